//! `check`: every mistake in both files, before they are used.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::exit::{Exit, Failure};
use super::files::{self, Files};
use super::output::{Output, Tone};
use super::routes;
use super::trial;
use crate::app::Loader;
use crate::config::{self, ProcessConfig};
use crate::document::{Problem, Problems, Severity};
use crate::engine::Engine;
use crate::jwks::KeySets;
use crate::policy::Route;
use crate::telemetry::Registry;

const EXAMPLES: &str = "\
Examples:
  sidegate check --policy policy.yaml
  sidegate check --config sidegate.yaml
  sidegate check --config sidegate.yaml --policy policy.yaml --json
  sidegate check --policy policy.yaml --explain-routes

Ends with 0 when the files can be used, with 1 when they have mistakes, with 4 when a file cannot be
read. Warnings count as mistakes with --strict only. Nobody on the network is asked.";

/// Name every mistake in the process file and the policy file
///
/// Each mistake comes with file, line and column, the key it concerns, and what would be right. With
/// --policy alone only that file is read; with --config also the policy file that it names.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    files: Files,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Let warnings count as mistakes
    #[arg(long)]
    strict: bool,
    /// Show what every route asks once its groups and defaults are counted in, and where that stands
    #[arg(long)]
    explain_routes: bool,
    /// At which time: RFC 3339 or seconds since 1970. Observed rules whose time is over are mistakes [default: now]
    #[arg(long, value_name = "TIME", value_parser = trial::flag)]
    now: Option<SystemTime>,
}

/// What was looked at and what was found.
#[derive(Debug, Default)]
struct Findings {
    files: Vec<PathBuf>,
    problems: Vec<Problem>,
    /// What the policy comes to, if it can be used.
    engine: Option<Engine>,
}

pub(in crate::cli) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    let findings = find(&arguments.files, arguments.now.unwrap_or_else(now))?;
    let (errors, warnings) = files::counted(&findings.problems);
    let fine = errors == 0 && (warnings == 0 || !arguments.strict);
    if arguments.json {
        let mut report = findings.as_json(fine);
        if let (true, Value::Object(report)) = (arguments.explain_routes, &mut report) {
            let routes = findings.routes().map(routes::as_json);
            report.insert("routes".to_owned(), routes.collect());
        }
        output.line(report)?;
    } else {
        if arguments.explain_routes {
            let policy = findings.engine.as_ref().map(Engine::policy);
            for (route, policy) in findings.routes().zip(policy.iter().cycle()) {
                let words = policy.vocabulary();
                output.line(routes::shown(route, words, |tone, text| {
                    output.tint(tone, text)
                }))?;
            }
        }
        findings.show(fine, output)?;
    }
    Ok(if fine { Exit::Success } else { Exit::Negative })
}

/// Looks at the process file if one is named, then at the policy: the one that was named, or the one
/// that the process file names.
fn find(named: &Files, now: SystemTime) -> Result<Findings, Failure> {
    let mut findings = Findings::default();
    let (policy, settings) = match named.config() {
        Some(file) => findings.look_at_settings(&file, named.policy.as_deref())?,
        None => (named.policy.clone(), None),
    };
    match policy {
        Some(policy) => findings.look_at_policy(policy, settings, now)?,
        None if findings.files.is_empty() => {
            let help = "name a file: --config FILE, --policy FILE, or both";
            return Err(Failure::usage(help));
        }
        None => {}
    }
    Ok(findings)
}

impl Findings {
    /// Gives the policy's path, and the settings if they can be used.
    fn look_at_settings(
        &mut self,
        file: &Path,
        policy: Option<&Path>,
    ) -> Result<(Option<PathBuf>, Option<ProcessConfig>), Failure> {
        files::readable(file)?;
        self.files.push(file.to_owned());
        let problems = Problems::new();
        let flags = policy.map(|path| ("policy".to_owned(), path.display().to_string()));
        let flags = flags.into_iter().collect();
        let settings = config::load(Some(file), files::environment(), flags, &problems);
        self.problems.extend(problems.into_sorted());
        let named = settings.as_ref().map(|settings| settings.policy.clone());
        Ok((named.or(policy.map(Path::to_owned)), settings))
    }

    /// Without usable settings nothing is known about upstreams, so routes may name any.
    fn look_at_policy(
        &mut self,
        path: PathBuf,
        settings: Option<ProcessConfig>,
        now: SystemTime,
    ) -> Result<(), Failure> {
        files::readable(&path)?;
        self.files.push(path.clone());
        let upstreams = settings.as_ref().map(|settings| {
            let names = settings.upstreams.iter();
            names.map(|upstream| Arc::clone(&upstream.name)).collect()
        });
        // Without any, all doors only answer.
        let upstreams = upstreams.filter(|names: &Vec<_>| !names.is_empty());
        let doors = settings
            .as_ref()
            .map(ProcessConfig::doors)
            .unwrap_or_default();
        let fetching = settings
            .map(|settings| settings.key_sets)
            .unwrap_or_default();
        let loader = Loader {
            path,
            upstreams,
            doors,
            key_sets: KeySets::new(fetching, &Registry::new()).map_err(Failure::environment)?,
            workers: NonZeroUsize::MIN,
            directory: None,
            metrics: None,
            deliveries: crate::app::Deliveries::default(),
        };
        let loaded = loader.check(now);
        self.problems.extend(loaded.problems);
        self.engine = loaded.engine;
        Ok(())
    }

    /// The routes of a policy without mistakes, in the order of the file.
    fn routes(&self) -> impl Iterator<Item = &Arc<Route>> {
        let engine = self.engine.iter();
        engine.flat_map(|engine| engine.policy().routes())
    }

    fn show(&self, fine: bool, output: Output) -> std::io::Result<()> {
        for problem in &self.problems {
            output.line(files::shown(problem, |tone, word| output.tint(tone, word)))?;
        }
        let names: Vec<String> = self
            .files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        let names = names.join(", ");
        let (errors, warnings) = files::counted(&self.problems);
        let verdict = match (errors, warnings) {
            (0, 0) => output.tint(Tone::Good, "fine"),
            counts => files::tally(counts),
        };
        let verdict = if fine {
            verdict
        } else {
            output.tint(Tone::Bad, verdict)
        };
        output.line(format_args!("{names}: {verdict}"))
    }

    fn as_json(&self, fine: bool) -> Value {
        let (errors, warnings) = files::counted(&self.problems);
        let names = self.files.iter().map(|file| file.display().to_string());
        json!({
            "schema": 1,
            "ok": fine,
            "files": names.collect::<Vec<_>>(),
            "errors": errors,
            "warnings": warnings,
            "problems": self.problems.iter().map(problem_as_json).collect::<Vec<_>>(),
        })
    }
}

fn problem_as_json(problem: &Problem) -> Value {
    json!({
        "severity": match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "file": &*problem.place.file,
        "lint": problem.lint,
        "line": problem.place.line,
        "column": problem.place.column,
        "path": problem.path,
        "message": problem.message,
        "help": problem.help,
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "whether the time to observe a rule is over depends on the day of the check"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn files(config: Option<PathBuf>, policy: Option<PathBuf>) -> Files {
        Files { config, policy }
    }

    const GOOD: &str =
        "issuers:\n  main: { url: https://idp.example.com, audience: a }\nroutes:\n  - path: /**\n";

    #[test]
    fn policy_alone_is_checked_alone() {
        let folder = tempfile::tempdir().unwrap();
        let good = write(
            folder.path(),
            "policy.yaml",
            &format!("{GOOD}    upstream: any\n"),
        );
        let findings = find(&files(None, Some(good)), now()).unwrap();
        assert!(findings.problems.is_empty(), "{:?}", findings.problems);
    }

    #[test]
    fn mistakes_of_both_files_are_named_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let bad = GOOD.replace("path:", "pth:");
        write(folder.path(), "policy.yaml", &bad);
        let config = "polcy: a\npolicy: policy.yaml\nupstream: http://127.0.0.1:9000\n";
        let config = write(folder.path(), "sidegate.yaml", config);
        let policy = folder.path().join("policy.yaml");
        let findings = find(&files(Some(config), Some(policy)), now()).unwrap();
        let found: Vec<String> = findings.problems.iter().map(ToString::to_string).collect();
        assert!(
            found
                .iter()
                .any(|line| line.contains("did you mean `policy`")),
            "{found:#?}"
        );
        assert!(
            found
                .iter()
                .any(|line| line.contains("did you mean `path`")),
            "{found:#?}"
        );
        assert_eq!(findings.as_json(false)["errors"], found.len());
    }

    #[test]
    fn file_that_cannot_be_read_is_not_a_mistake_in_it() {
        let missing = files(None, Some("/does/not/exist.yaml".into()));
        assert_eq!(find(&missing, now()).unwrap_err().exit, Exit::Environment);
    }

    #[test]
    fn observed_rule_is_a_mistake_from_its_end_on_and_only_a_warning_for_a_gate() {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "{GOOD}    upstream: any\n    roles: [admin]\n    observe: {{ until: 2026-06-30 }}\n"
        );
        let file = write(folder.path(), "policy.yaml", &text);
        let at = |time: &str| {
            let time = trial::moment(time).unwrap();
            find(&files(None, Some(file.clone())), time).unwrap()
        };
        let before = at("2026-06-30T23:59:59Z");
        assert!(before.problems.is_empty(), "{:?}", before.problems);
        let after = at("2026-07-01T00:00:00Z");
        assert_eq!(
            files::counted(&after.problems),
            (1, 0),
            "{:?}",
            after.problems
        );
        assert!(after.engine.is_none());
        let said = after.problems[0].to_string();
        assert!(said.contains("policy.yaml:7:"), "{said}");
        assert!(said.contains("is over"), "{said}");
        let early = at("2026-03-31T00:00:00Z");
        assert!(
            early.problems[0].message.contains("90 days"),
            "{:?}",
            early.problems
        );

        let loader = Loader {
            path: file.clone(),
            upstreams: None,
            doors: Vec::new(),
            key_sets: KeySets::new(Default::default(), &Registry::new()).unwrap(),
            workers: NonZeroUsize::MIN,
            directory: None,
            metrics: None,
            deliveries: crate::app::Deliveries::default(),
        };
        let loaded = loader.load();
        assert!(loaded.engine.is_some());
        assert_eq!(files::counted(&loaded.problems), (0, 1));
    }
}
