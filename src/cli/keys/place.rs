//! Where keys are: the policy that declares sets of them, and the store.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::exit::Failure;
use crate::cli::files::{self, Files};
use crate::cli::output::Output;
use crate::cli::trial::{Setting, World};
use crate::config;
use crate::document::{Problem, Problems, closest};
use crate::keys::{KeySet, Sealer};
use crate::store::{Backend, Settings};

/// What the store is called that nobody names; it is beside the policy file.
const DEFAULT: &str = "sidegate.db";

/// The files, and the store.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Whereabouts {
    #[command(flatten)]
    pub(super) files: Files,
    /// Where keys are kept: `sqlite:PATH` or `postgres://...`; a URL with a password belongs into the variable
    /// [env: SIDEGATE_STORE] [default: sidegate.db beside the policy]
    #[arg(long, value_name = "WHERE")]
    pub(super) store: Option<String>,
}

/// What was named, in whichever way.
pub(in crate::cli) struct Place {
    pub(super) policy: Option<PathBuf>,
    upstreams: Option<Vec<Arc<str>>>,
    store: Option<Settings>,
    /// Whether somebody named the store.
    named: bool,
    /// What encrypts the secrets that are kept for keys, where the process file says so.
    sealer: Option<Arc<Sealer>>,
}

impl Whereabouts {
    /// Reads the process file, if one is named.
    pub(in crate::cli) fn place(&self, output: Output) -> Result<Place, Failure> {
        match self.files.config() {
            Some(file) => self.of_process_file(&file, output),
            None => self.of_words(output),
        }
    }

    fn of_process_file(&self, file: &Path, output: Output) -> Result<Place, Failure> {
        files::readable(file)?;
        let problems = Problems::new();
        let policy = self.files.policy.as_ref();
        let given = [
            ("policy", policy.map(|path| path.display().to_string())),
            ("store", self.store.clone()),
        ];
        let flags = given.into_iter();
        let flags = flags.filter_map(|(key, text)| Some((key.to_owned(), text?)));
        let flags = flags.collect();
        let settings = config::load(Some(file), files::environment(), flags, &problems);
        let Some(settings) = settings else {
            say(&problems.into_sorted(), output);
            return Err(Failure::invalid(format_args!(
                "`{}` cannot be used here; name --policy and --store instead",
                file.display()
            )));
        };
        Ok(Place {
            upstreams: settings.upstream_names(),
            named: self.store.is_some(),
            store: Some(settings.store),
            sealer: settings.api_keys.sealer,
            policy: Some(settings.policy),
        })
    }

    fn of_words(&self, output: Output) -> Result<Place, Failure> {
        let variable = |name| crate::cli::variable(name).filter(|value| !value.is_empty());
        let policy = variable("SIDEGATE_POLICY").map(PathBuf::from);
        let policy = self.files.policy.clone().or(policy);
        let flag = self
            .store
            .iter()
            .map(|text| ("store".to_owned(), text.clone()));
        let problems = Problems::new();
        let store = config::store(files::environment(), flag.collect(), &problems);
        if problems.has_errors() {
            say(&problems.into_sorted(), output);
            let help = "no store is named; a URL with a password belongs into SIDEGATE_STORE";
            return Err(Failure::usage(help));
        }
        Ok(Place {
            named: store.is_some(),
            store: store.or_else(|| beside(policy.as_deref())),
            policy,
            upstreams: None,
            sealer: None,
        })
    }
}

/// The SQLite file beside a policy.
fn beside(policy: Option<&Path>) -> Option<Settings> {
    let folder = policy?.parent().unwrap_or(Path::new(""));
    Some(Settings::sqlite(folder.join(DEFAULT)))
}

impl Place {
    /// The policy that declares sets of keys. Secrets that are not here are made up.
    pub(super) fn world(&self, output: Output) -> Result<World, Failure> {
        let Some(policy) = &self.policy else {
            let help = "name the policy that declares the set of keys: --policy FILE";
            return Err(Failure::usage(help));
        };
        files::readable(policy)?;
        let world = World::load(&Setting {
            policy,
            upstreams: self.upstreams.clone(),
            environment: &BTreeMap::new(),
            tokens: Vec::new(),
            keys: Vec::new(),
            deliveries: Vec::new(),
            found: Vec::new(),
            every_issuer: false,
        })?;
        world.map_err(|mistakes| {
            say(&mistakes, output);
            let counts = files::tally(files::counted(&mistakes));
            Failure::invalid(format_args!("`{}` has {counts}", policy.display()))
        })
    }

    /// The sets of keys that the policy declares.
    pub(super) fn sets(&self, output: Output) -> Result<Vec<KeySet>, Failure> {
        Ok(self.world(output)?.engine.key_sets().to_vec())
    }

    /// The set of a name; without a name the only one in the store, or else the only one.
    pub(super) fn set<'s>(
        &self,
        sets: &'s [KeySet],
        name: Option<&str>,
    ) -> Result<&'s KeySet, Failure> {
        let mut stored = sets.iter().filter(|set| set.stored);
        match (name, stored.next(), stored.next()) {
            (None, Some(only), None) => Ok(only),
            _ => named(sets, name, self.policy.as_deref()),
        }
    }

    /// The same, of those that are in the store.
    pub(super) fn stored_set<'s>(
        &self,
        sets: &'s [KeySet],
        name: Option<&str>,
    ) -> Result<&'s KeySet, Failure> {
        let set = self.set(sets, name)?;
        match set.stored {
            true => Ok(set),
            false => Err(Failure::usage(format_args!(
                "the keys of `{}` are not in a store; `store: true` in the policy keeps more of them there",
                set.name
            ))),
        }
    }

    /// Fails when the policy is known and has no set of this name.
    pub(super) fn check_set(&self, name: Option<&str>, output: Output) -> Result<(), Failure> {
        if let (Some(name), Some(_)) = (name, &self.policy) {
            let sets = self.sets(output)?;
            named(&sets, Some(name), self.policy.as_deref())?;
        }
        Ok(())
    }

    /// What encrypts the secrets that are kept for keys; nothing without a process file.
    pub(super) fn sealer(&self) -> Option<Arc<Sealer>> {
        self.sealer.clone()
    }

    /// Where the store is.
    pub(in crate::cli) fn store(&self) -> Result<&Settings, Failure> {
        let help = "name the store or the policy: --store sqlite:PATH, --policy FILE";
        self.store.as_ref().ok_or_else(|| Failure::usage(help))
    }

    /// Where the store is that must be there already: a wrong path must not look like one without keys.
    pub(in crate::cli) fn present(&self, output: Output) -> Result<&Settings, Failure> {
        let settings = self.store()?;
        let Backend::Sqlite(file) = &settings.backend else {
            return Ok(settings);
        };
        if file.exists() {
            return Ok(settings);
        }
        let missing = format!("there is no `{}`", file.display());
        if self.named || self.policy.is_none() {
            return Err(Failure::environment(missing));
        }
        let sets = self.sets(output)?;
        match sets.iter().any(|set| set.stored) {
            true => Err(Failure::environment(format_args!(
                "{missing}: no key has been made yet, and `sidegate keys new` makes one"
            ))),
            false => Err(Failure::usage(not_stored(&sets, self.policy.as_deref()))),
        }
    }
}

/// The set of a name; without a name, the only one.
fn named<'s>(
    sets: &'s [KeySet],
    name: Option<&str>,
    policy: Option<&Path>,
) -> Result<&'s KeySet, Failure> {
    let known = || {
        let names: Vec<String> = sets.iter().map(|set| format!("`{}`", set.name)).collect();
        names.join(", ")
    };
    match (name, sets) {
        (_, []) => Err(Failure::usage(not_stored(sets, policy))),
        (None, [only]) => Ok(only),
        (None, _) => Err(Failure::usage(format_args!(
            "there are several sets of keys: say --set with one of {}",
            known()
        ))),
        (Some(name), sets) => sets.iter().find(|set| *set.name == *name).ok_or_else(|| {
            let near = closest(name, sets.iter().map(|set| &*set.name));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", known()),
            };
            Failure::usage(format_args!("there is no set of keys `{name}`; {help}"))
        }),
    }
}

/// Says that a policy has no stored set, and what would be one.
pub(super) fn not_stored(sets: &[KeySet], policy: Option<&Path>) -> String {
    let policy = policy.map_or_else(String::new, |path| format!("`{}` ", path.display()));
    match sets {
        [] => format!(
            "{policy}has no set of API keys; write `api_keys: {{ partners: {{ prefix: acme_ }} }}`"
        ),
        sets => {
            let names: Vec<String> = sets.iter().map(|set| format!("`{}`", set.name)).collect();
            format!(
                "{policy}keeps no set of API keys in a store: the keys of {} are listed where the policy says",
                names.join(", ")
            )
        }
    }
}

fn say(problems: &[Problem], output: Output) {
    for problem in problems {
        let shown = files::shown(problem, |tone, word| output.tint_note(tone, word));
        output.note(shown);
    }
}
