//! Which files of cases are meant, and the policy that each is held against.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::exit::Failure;
use crate::cli::files;
use crate::cli::trial::{Caller, Setting, World};
use crate::config;
use crate::document::{Problem, Problems, Severity};

use super::Arguments;
use super::case::Case;
use super::file::CasesFile;

/// A file of cases with its policy, both loaded.
pub(super) struct Suite {
    pub(super) file: PathBuf,
    pub(super) policy: PathBuf,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) cases: Vec<Case>,
    /// Nothing when the policy has mistakes.
    pub(super) world: Option<World>,
    pub(super) problems: Vec<Problem>,
}

impl Suite {
    /// Whether the policy, or the file of cases, has mistakes.
    pub(super) fn is_broken(&self) -> bool {
        let mut problems = self.problems.iter();
        self.world.is_none() || problems.any(|problem| problem.severity == Severity::Error)
    }
}

/// What the process file says, if one is named.
#[derive(Default)]
struct Process {
    policy: Option<PathBuf>,
    upstreams: Option<Vec<Arc<str>>>,
}

/// Loads every file that is meant.
pub(super) fn load(arguments: &Arguments) -> Result<Vec<Suite>, Failure> {
    let process = process(arguments)?;
    let policy = arguments.files.policy.clone().or(process.policy);
    let files = match (&*arguments.cases, &policy) {
        ([], None) => {
            let help = "name a file: --policy FILE, --config FILE, or a file of cases";
            return Err(Failure::usage(help));
        }
        ([], Some(policy)) => beside(policy)?,
        (named, _) => {
            let files = named.iter().map(|path| match path.is_dir() {
                true => cases_in(path),
                false => Ok(vec![path.clone()]),
            });
            let files: Result<Vec<Vec<PathBuf>>, Failure> = files.collect();
            files?.concat()
        }
    };
    let suites = files.iter().map(|file| {
        let named = policy.as_deref();
        suite(file, named, process.upstreams.as_deref(), arguments)
    });
    suites.collect()
}

fn process(arguments: &Arguments) -> Result<Process, Failure> {
    let Some(file) = arguments.files.config() else {
        return Ok(Process::default());
    };
    files::readable(&file)?;
    let problems = Problems::new();
    let policy = arguments.files.policy.as_ref();
    let flags = policy.map(|path| ("policy".to_owned(), path.display().to_string()));
    let flags = flags.into_iter().collect();
    match config::load(Some(&file), files::environment(), flags, &problems) {
        Some(settings) => Ok(Process {
            upstreams: settings.upstream_names(),
            policy: Some(settings.policy),
        }),
        None => {
            let found = problems.into_sorted();
            let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
            Err(Failure::invalid(lines.join("\n")))
        }
    }
}

/// The files of cases in a policy's folder, in the order of their names.
fn beside(policy: &Path) -> Result<Vec<PathBuf>, Failure> {
    files::readable(policy)?;
    let folder = match policy.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    cases_in(folder)
}

fn cases_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name == "cases.yaml" || name.ends_with(".cases.yaml"))
        })
        .collect();
    found.sort();
    if found.is_empty() {
        let folder = folder.display();
        return Err(Failure::environment(format_args!(
            "there is no `cases.yaml` and no `*.cases.yaml` in `{folder}`"
        )));
    }
    Ok(found)
}

fn suite(
    file: &Path,
    policy: Option<&Path>,
    upstreams: Option<&[Arc<str>]>,
    arguments: &Arguments,
) -> Result<Suite, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::environment(format_args!("cannot read `{}`: {error}", file.display()))
    })?;
    let problems = Problems::new();
    let read = CasesFile::read(file, &text, arguments.now, &problems).unwrap_or_default();
    let folder = file.parent().unwrap_or(Path::new(""));
    let policy = match (policy, &read.policy) {
        (Some(policy), _) => policy.to_owned(),
        (None, Some(named)) => folder.join(named),
        (None, None) => folder.join("policy.yaml"),
    };
    files::readable(&policy)?;
    let tokens = read.cases.iter().filter_map(|case| match &case.who.caller {
        Caller::Claims(draft) => Some(draft),
        _ => None,
    });
    let keys = read.cases.iter().filter_map(|case| match &case.who.caller {
        Caller::Key(draft) => Some((draft, case.ask.now)),
        _ => None,
    });
    let deliveries = read.cases.iter().filter_map(|case| case.who.draft());
    let world = World::load(&Setting {
        policy: &policy,
        upstreams: upstreams.map(<[_]>::to_vec),
        environment: &read.environment,
        tokens: tokens.collect(),
        keys: keys.collect(),
        deliveries: deliveries.collect(),
        found: Vec::new(),
        every_issuer: arguments.list || arguments.jwks_out.is_some(),
    })?;
    let world = match world {
        Ok(world) => {
            for case in &read.cases {
                case.check(&world, &problems);
            }
            Ok(world)
        }
        Err(mistakes) => Err(mistakes),
    };
    let mut found = distinct(problems.into_sorted());
    let world = world.map_err(|mistakes| found.extend(mistakes)).ok();
    let wanted = |case: &Case| {
        let text = arguments.filter.as_deref();
        text.is_none_or(|text| case.name.contains(text))
    };
    Ok(Suite {
        file: file.to_owned(),
        policy,
        environment: read.environment,
        cases: read.cases.into_iter().filter(wanted).collect(),
        world,
        problems: found,
    })
}

/// A mistake in a table is found once for each of its combinations.
fn distinct(problems: Vec<Problem>) -> Vec<Problem> {
    let mut distinct: Vec<Problem> = Vec::new();
    for problem in problems {
        if !distinct.contains(&problem) {
            distinct.push(problem);
        }
    }
    distinct
}
