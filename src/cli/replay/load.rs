//! The two policies, loaded as serving loads them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::exit::Failure;
use crate::cli::files::{self, Files};
use crate::cli::trial::{Setting, World};
use crate::config;
use crate::document::{Problem, Problems};

use super::holders::Holders;
use super::side::Side;
use super::trust::Trust;

/// A policy file and what was made of it.
pub(super) struct Loaded {
    pub(super) file: PathBuf,
    pub(super) world: World,
}

/// Which upstreams routes may name, and the new policy, as the process file and the command line say.
pub(super) struct Named {
    pub(super) policy: PathBuf,
    upstreams: Option<Vec<Arc<str>>>,
}

impl Named {
    pub(super) fn by(files: &Files) -> Result<Self, Failure> {
        let (config, policy) = match (files.config(), files.policy.clone()) {
            (None, None) => {
                let help = "name the new policy: --policy FILE, or --config FILE";
                return Err(Failure::usage(help));
            }
            (None, Some(policy)) => {
                return Ok(Self {
                    policy,
                    upstreams: None,
                });
            }
            (Some(config), policy) => (config, policy),
        };
        files::readable(&config)?;
        let problems = Problems::new();
        let flags = policy.map(|path| ("policy".to_owned(), path.display().to_string()));
        let flags = flags.into_iter().collect();
        match config::load(Some(&config), files::environment(), flags, &problems) {
            Some(settings) => Ok(Self {
                upstreams: settings.upstream_names(),
                policy: settings.policy,
            }),
            None => Err(mistakes(problems.into_sorted())),
        }
    }

    /// Loads the new policy.
    pub(super) fn load(&self) -> Result<Loaded, Failure> {
        load(&self.policy, self.upstreams.clone())
    }
}

/// Loads a policy; whatever upstreams it names will do.
pub(super) fn load(file: &Path, upstreams: Option<Vec<Arc<str>>>) -> Result<Loaded, Failure> {
    files::readable(file)?;
    let world = World::load(&Setting {
        policy: file,
        upstreams,
        environment: &BTreeMap::new(),
        tokens: Vec::new(),
        keys: Vec::new(),
        deliveries: Vec::new(),
        found: Vec::new(),
        every_issuer: false,
    })?;
    Ok(Loaded {
        file: file.to_owned(),
        world: world.map_err(mistakes)?,
    })
}

fn mistakes(problems: Vec<Problem>) -> Failure {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    Failure::invalid(lines.join("\n"))
}

impl Loaded {
    /// The policy, ready to judge records.
    pub(super) fn side(&self, trust: Trust) -> Side<'_> {
        let known = Holders {
            issuers: self.world.issuers().map(str::to_owned).collect(),
            sets: self.world.api_key_sets().map(str::to_owned).collect(),
            webhooks: self.world.webhooks().map(str::to_owned).collect(),
        };
        Side::new(&self.world.engine, known, trust)
    }
}
