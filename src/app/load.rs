//! From the policy file to an engine, or to everything that is wrong with it.

use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::credential::{self, FurtherKey, KeyProfile, Profile, Verifiers};
use crate::document::{Environment, Fields, Node, Place, Problem, Problems, Severity, parse};
use crate::engine::Engine;
use crate::frontend::{Located, unfit};
use crate::jwks::KeySets;
use crate::policy::lint::{self, Cases, Ignores};
use crate::policy::{self, Known, Policy};

use super::deliveries::Deliveries;
use super::keys::{StoredKeys, Unopened};
use super::secrets::{anchor_secrets, each_secret, each_webhook};
use super::seen::{Seen, bytes, digest};
use super::status::now;

/// A policy file, and what its rules are joined with.
#[derive(Debug, Clone)]
pub struct Loader {
    /// The file as the operator named it.
    pub path: PathBuf,
    /// The upstreams that routes may name; nothing when the process file is not known.
    pub upstreams: Option<Vec<Arc<str>>>,
    /// What stands behind the listeners; nothing when the process file is not known.
    pub doors: Vec<Located>,
    /// Where the issuers' keys come from.
    pub key_sets: Arc<KeySets>,
    /// Where stored API keys are found; without it, none is.
    pub directory: Option<StoredKeys>,
    /// How many workers share what is remembered of verified tokens.
    pub workers: NonZeroUsize,
    /// What verifiers count into.
    pub metrics: Option<credential::Metrics>,
    /// What signed deliveries need of the process; nothing where they are only tried.
    pub deliveries: Deliveries,
}

/// What stands in the place of the world outside while a policy is tried.
pub struct StandIn<'a> {
    /// Where `${NAME}` is looked up.
    pub environment: Environment<'a>,
    /// Is given the `secret` of every issuer that has one, with the issuer's name, and may put another value
    /// there.
    pub secret: &'a dyn Fn(&str, &mut Node),
    /// Gives the key set that stands in for the one that an issuer publishes.
    pub keys: &'a dyn Fn(&Profile) -> Option<serde_json::Value>,
    /// Gives keys that are listed in a set beside its own.
    pub api_keys: &'a dyn Fn(&KeyProfile) -> Vec<FurtherKey>,
    /// Is given every webhook as it is written, with its name, and may put other keys there.
    pub webhook: &'a dyn Fn(&str, &mut Node),
}

/// What came of reading a policy file.
#[derive(Debug)]
pub struct Loaded {
    /// The engine, or nothing when a problem is an error.
    pub engine: Option<Engine>,
    /// All problems in the order of their lines; with an engine they are only warnings.
    pub problems: Vec<Problem>,
    /// What was read, to notice when it changes.
    pub seen: Seen,
    /// Why the store that the policy needs cannot be had.
    pub store: Option<Unopened>,
}

/// What is found out beside the engine.
#[derive(Default)]
struct Found {
    ignores: Ignores,
    seen: Seen,
    store: Option<Unopened>,
}

impl Loader {
    /// Reads, checks and compiles the file. Reads the secrets and key files it names, asks nobody on
    /// the network, and subscribes to the issuers' keys only when the file is without errors.
    ///
    /// Rules that are still written as observed though their time is over are a warning: a policy that was
    /// forgotten is enforced, and keeps no gate from starting. So is a secret that has not come in its time.
    pub fn load(&self) -> Loaded {
        self.loaded(None, Cases::Unknown, Some((now(), Severity::Warning)))
    }

    /// Like [`Loader::load`] at this time, for those who check the file: looks beside it whether there are
    /// cases that test it, and takes observed rules whose time is over for errors.
    pub fn check(&self, now: SystemTime) -> Loaded {
        let cases = match self.has_cases() {
            true => Cases::Present,
            false => Cases::Absent,
        };
        self.loaded(None, cases, Some((now, Severity::Error)))
    }

    /// The same, with other things in the place of the world outside: to try a policy where the secrets are
    /// not, and without asking an issuer for its keys. Lints are for those who check the policy, and nobody
    /// asks what the time is.
    pub fn load_with(&self, stand_in: &StandIn<'_>) -> Loaded {
        self.loaded(Some(stand_in), Cases::Unknown, None)
    }

    fn loaded(
        &self,
        stand_in: Option<&StandIn<'_>>,
        cases: Cases,
        time: Option<(SystemTime, Severity)>,
    ) -> Loaded {
        let problems = Problems::new();
        let mut found = Found::default();
        let engine = match read(&self.path) {
            Ok(text) => self.compile(&text, stand_in, cases, &problems, &mut found),
            Err(error) => {
                problems.add(self.whole(format!("the policy file cannot be read: {error}")));
                None
            }
        };
        if let (Some(engine), Some((now, overdue))) = (&engine, time) {
            let webhooks = engine.verifiers().webhooks();
            let amiss = webhooks.flat_map(|webhook| webhook.amiss(now, overdue));
            let overdue = engine.policy().overdue(now, overdue);
            overdue
                .into_iter()
                .chain(amiss)
                .for_each(|problem| problems.add(problem));
        }
        for problem in engine.iter().flat_map(|engine| unfit(engine, &self.doors)) {
            problems.add(problem);
        }
        Loaded {
            engine: engine.filter(|_| !problems.has_errors()),
            problems: found.ignores.settle(problems.into_sorted()),
            seen: found.seen,
            store: found.store,
        }
    }

    /// Whether `cases.yaml` or a `*.cases.yaml` is in the policy's folder.
    fn has_cases(&self) -> bool {
        let folder = match self.folder() {
            folder if folder.as_os_str().is_empty() => Path::new("."),
            folder => folder,
        };
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names = entries.map(|entry| entry.file_name());
        names.any(|name| {
            let name = name.to_string_lossy();
            name == "cases.yaml" || name.ends_with(".cases.yaml")
        })
    }

    /// Whether the file, a secret it names, or API keys it lists elsewhere are not what they were.
    pub fn has_changed(&self, seen: &Seen) -> bool {
        seen.is_stale(&self.path)
    }

    fn compile(
        &self,
        text: &str,
        stand_in: Option<&StandIn<'_>>,
        cases: Cases,
        problems: &Problems,
        found: &mut Found,
    ) -> Option<Engine> {
        let digest = digest(text.as_bytes());
        found.seen.note_text(digest);
        // An empty file is what is left of one that is being written.
        if text.trim().is_empty() {
            problems.add(self.whole("the policy file is empty".to_owned()));
            return None;
        }
        let own = |name: &str| std::env::var(name).ok();
        let environment = stand_in.map_or(&own as Environment<'_>, |given| given.environment);
        let top = self.parsed(text, environment, stand_in, problems, found)?;
        let folder = self.folder();
        let mut fields = Fields::of(&top, "policy file", problems)?;
        let mut credentials = credential::Config::read(&mut fields, problems);
        credentials.fetch_with(&self.deliveries.fetcher);
        if let Some(given) = stand_in {
            credentials.stand_in(folder, given.keys, problems);
        }
        let keys = credentials.gather_keys(folder, environment, stand_in.is_some(), problems);
        found.seen.note_keys(keys);
        if let Some(given) = stand_in {
            credentials.list_also(given.api_keys);
        }
        let rules = policy::Config::read(&mut fields, problems);
        fields.finish();
        let known = Known {
            webhooks: &credentials.webhook_profiles(),
            issuers: &credentials.issuer_names(),
            key_sets: &credentials.key_set_names(),
            stored_key_sets: &credentials.stored_key_set_names(),
            upstreams: self.upstreams.as_deref(),
        };
        let policy = rules.compile(&known, problems);
        let verifiers = credentials.build(folder, &self.key_sets, problems)?;
        let policy = policy?;
        if stand_in.is_none() {
            lint::run(&policy, &top, cases, &found.ignores, problems);
        }
        let joined = self.joined(policy, verifiers, version(&digest));
        let unopened = |error: Unopened| {
            problems.add(Problem {
                help: Some(error.help.to_owned()),
                ..self.whole(error.what.clone())
            });
            found.store = Some(error);
        };
        joined.map_err(unopened).ok()
    }

    /// The file as it is read from here on, with what a trial puts in the place of its secrets. What is named in it
    /// is noted, so that a change of that is seen.
    fn parsed(
        &self,
        text: &str,
        environment: Environment<'_>,
        stand_in: Option<&StandIn<'_>>,
        problems: &Problems,
        found: &mut Found,
    ) -> Option<Node> {
        let name = self.path.display().to_string();
        let mut top = parse(&name, text, environment, problems)?;
        found.ignores = Ignores::read(&top, problems);
        anchor_secrets(&mut top, self.folder());
        found.seen.note_secrets(&top);
        found.seen.note_folders(top.at("webhooks"));
        if let Some(given) = stand_in {
            each_secret(&mut top, given.secret);
            each_webhook(&mut top, given.webhook);
        }
        Some(top)
    }

    /// The policy with its verifiers, with what is known of stored keys, and with what signed deliveries need.
    fn joined(
        &self,
        policy: Policy,
        verifiers: Verifiers,
        version: Arc<str>,
    ) -> Result<Engine, Unopened> {
        let verifiers = verifiers
            .for_workers(self.workers)
            .keeping(policy.claims_read());
        let verifiers = match &self.metrics {
            Some(metrics) => verifiers.observed_by(metrics),
            None => verifiers,
        };
        let (verifiers, service) = match &self.directory {
            Some(keys) => keys.join(verifiers)?,
            None => (verifiers, None),
        };
        let engine = Engine::new(policy, verifiers, version);
        let engine = match service {
            Some(service) => engine.serving_keys(service),
            None => engine,
        };
        Ok(self.deliveries.join(engine))
    }

    /// Where the policy file is: what it names is beside it.
    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// A problem of the file as a whole.
    pub(super) fn whole(&self, message: String) -> Problem {
        Problem {
            severity: Severity::Error,
            lint: None,
            place: Place {
                file: self.path.display().to_string().into(),
                line: 0,
                column: 0,
            },
            path: String::new(),
            message,
            help: None,
        }
    }
}

/// The first twelve hexadecimal digits of the text's SHA-256, as `sha256sum` shows it.
fn version(digest: &[u8; 32]) -> Arc<str> {
    let short = digest.iter().take(6);
    short
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>()
        .into()
}

fn read(path: &Path) -> io::Result<String> {
    String::from_utf8(bytes(path)?).map_err(|_| io::Error::other("it is not UTF-8 text"))
}
