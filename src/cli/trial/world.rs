//! A policy with everything outside of it replaced.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use jsonwebtoken::Algorithm;
use serde_json::Value as Json;
use tokio::runtime::LocalRuntime;

use crate::app::{self, Loader, StandIn};
use crate::cli::exit::Failure;
use crate::cli::token::KeyError;
use crate::credential::Profile;
use crate::document::{Node, Problem, Problems, Value, parse};
use crate::engine::Engine;
use crate::jwks::{KeySets, Settings};
use crate::model::Principal;
use crate::secret::Secret;
use crate::telemetry::Registry;

use super::caller::PrincipalDraft;
use super::keys::{Keyring, made_up, preferred};
use super::token::{Minted, TokenDraft};

/// What a policy is loaded with.
pub(in crate::cli) struct Setting<'a> {
    pub(in crate::cli) policy: &'a Path,
    /// The upstreams that routes may name; nothing when the process file is not known.
    pub(in crate::cli) upstreams: Option<Vec<Arc<str>>>,
    /// Variables that count where the environment has none of that name.
    pub(in crate::cli) environment: &'a BTreeMap<String, String>,
    /// The tokens that will be signed, so that keys are made for them and no others.
    pub(in crate::cli) tokens: Vec<&'a TokenDraft>,
    /// Whether tokens of every issuer will be signed.
    pub(in crate::cli) every_issuer: bool,
}

/// A policy ready to be tried.
pub(in crate::cli) struct World {
    pub(in crate::cli) engine: Engine,
    profiles: Vec<Profile>,
    ring: Keyring,
    key_sets: BTreeMap<String, Json>,
    /// Variables that hold secrets that were made up.
    made_up: BTreeMap<String, String>,
    pub(super) runtime: LocalRuntime,
}

impl World {
    /// Loads a policy. What is wrong with it is the inner error.
    pub(in crate::cli) fn load(
        setting: &Setting<'_>,
    ) -> Result<Result<Self, Vec<Problem>>, Failure> {
        let ring = Keyring::default();
        let made_up = missing_secrets(setting);
        let (profiles, key_sets) = (RefCell::new(Vec::new()), RefCell::new(BTreeMap::new()));
        let environment = |name: &str| {
            let given = || setting.environment.get(name).cloned();
            variable(name)
                .or_else(given)
                .or_else(|| made_up.get(name).cloned())
        };
        let secret = |issuer: &str, node: &mut Node| keep_secret(&ring, issuer, node);
        let failed = RefCell::new(None);
        let keys = |profile: &Profile| {
            let set = key_set(profile, &setting.tokens, setting.every_issuer, &ring);
            let set = set.map_err(|error| failed.replace(Some(error))).ok();
            profiles.borrow_mut().push(profile.clone());
            let set = set.filter(|_| !profile.is_shared())?;
            let name = profile.name().to_string();
            key_sets.borrow_mut().insert(name, set.clone());
            Some(set)
        };
        let loader = Loader {
            path: setting.policy.to_owned(),
            upstreams: setting.upstreams.clone(),
            key_sets: KeySets::new(Settings::default(), &Registry::new())
                .map_err(Failure::environment)?,
            workers: NonZeroUsize::MIN,
            directory: None,
            metrics: None,
        };
        let loaded = loader.load_with(&StandIn {
            environment: &environment,
            secret: &secret,
            keys: &keys,
        });
        if let Some(error) = failed.take() {
            return Err(Failure::environment(error));
        }
        let Some(engine) = loaded.engine else {
            return Ok(Err(loaded.problems));
        };
        Ok(Ok(Self {
            engine,
            profiles: profiles.into_inner(),
            key_sets: key_sets.into_inner(),
            ring,
            made_up,
            runtime: app::runtime()?,
        }))
    }

    /// The names of the issuers, in the order of the file.
    pub(in crate::cli) fn issuers(&self) -> impl Iterator<Item = &str> {
        self.profiles.iter().map(|profile| profile.name().as_ref())
    }

    /// The issuer of a name; without a name, the only one.
    pub(in crate::cli) fn issuer(&self, name: Option<&str>) -> Option<&Profile> {
        match (name, self.profiles.as_slice()) {
            (Some(name), profiles) => {
                let mut profiles = profiles.iter();
                profiles.find(|profile| **profile.name() == *name)
            }
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }

    /// The principal of a draft. Without an issuer there is none: the policy then has public routes only.
    pub(in crate::cli) fn principal(
        &self,
        draft: &PrincipalDraft,
        now: SystemTime,
    ) -> Option<Arc<Principal>> {
        let issuer = self.issuer(draft.issuer.as_deref())?;
        Some(draft.principal(issuer.name(), now))
    }

    /// Signs a token. Without an issuer there is none.
    pub(in crate::cli) fn mint(
        &self,
        draft: &TokenDraft,
        now: SystemTime,
    ) -> Result<Option<Minted>, KeyError> {
        let profile = self.issuer(draft.issuer.as_deref());
        profile
            .map(|profile| draft.mint(profile, &self.ring, now))
            .transpose()
    }

    /// A token that speaks for exactly this principal, if its issuer has such tokens.
    pub(in crate::cli) fn mint_for(
        &self,
        principal: &Principal,
        now: SystemTime,
    ) -> Result<Option<Minted>, KeyError> {
        let profile = self.issuer(Some(&principal.issuer));
        let Some((profile, claims)) =
            profile.and_then(|profile| Some((profile, profile.claims_of(principal)?)))
        else {
            return Ok(None);
        };
        let draft = TokenDraft {
            claims,
            ..TokenDraft::default()
        };
        draft.mint(profile, &self.ring, now).map(Some)
    }

    /// The key sets that stand in for those of issuers, by the issuers' names.
    pub(in crate::cli) fn key_sets(&self) -> &BTreeMap<String, Json> {
        &self.key_sets
    }

    /// Whether an issuer's secret was made up.
    pub(in crate::cli) fn has_made_up(&self, issuer: &str) -> bool {
        self.ring.has_made_up(issuer)
    }

    /// Secrets that were made up, by the variables that would have held them.
    pub(in crate::cli) fn made_up(&self) -> &BTreeMap<String, String> {
        &self.made_up
    }
}

/// A variable of the environment; an empty one counts as not set.
fn variable(name: &str) -> Option<String> {
    crate::cli::variable(name).filter(|value| !value.is_empty())
}

/// Secrets for the variables that a policy takes secrets from, and that are not set.
fn missing_secrets(setting: &Setting<'_>) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(setting.policy).unwrap_or_default();
    // What is wrong with the file is said when it is loaded.
    let problems = Problems::new();
    let itself = |name: &str| Some(format!("${{{name}}}"));
    let top = parse("", &text, &itself, &problems);
    let issuers = top.as_ref().and_then(|top| top.at("issuers"));
    let Some(Value::Map(issuers)) = issuers.map(|issuers| &issuers.value) else {
        return BTreeMap::new();
    };
    let missing = issuers.iter().filter_map(|(issuer, node)| {
        let secret = node.at("secret")?.text()?;
        let name = secret.strip_prefix("${")?.strip_suffix('}')?;
        let set = variable(name).is_some() || setting.environment.contains_key(name);
        (!set).then(|| (name.to_owned(), made_up(&issuer.name)))
    });
    missing.collect()
}

/// Keeps an issuer's secret. One whose file cannot be read is made up.
fn keep_secret(ring: &Keyring, issuer: &str, node: &mut Node) {
    let file = node.at("file").and_then(Node::text);
    if file.is_some_and(|file| std::fs::File::open(file).is_err()) {
        node.value = Value::Text(made_up(issuer));
        node.from_environment = true;
        node.is_variable = true;
    }
    // A mistake in it is said when the policy is loaded.
    if let Some(secret) = <Secret as crate::document::Read>::read(node, &Problems::new()) {
        ring.keep(issuer, secret);
    }
}

/// The keys that an issuer publishes here: for each algorithm that one of its tokens is signed with.
fn key_set(
    profile: &Profile,
    tokens: &[&TokenDraft],
    every: bool,
    ring: &Keyring,
) -> Result<Json, KeyError> {
    let own = |token: &&&TokenDraft| {
        let named =
            |name: &Option<String>| name.as_deref().is_none_or(|name| **profile.name() == *name);
        named(&token.issuer)
            || token
                .key
                .as_deref()
                .is_some_and(|key| *key == **profile.name())
    };
    let mut needed: BTreeSet<String> = BTreeSet::new();
    let mut algorithms: Vec<Algorithm> = Vec::new();
    for token in tokens.iter().filter(own) {
        let algorithm = token.algorithm(profile);
        if needed.insert(format!("{algorithm:?}")) {
            algorithms.push(algorithm);
        }
    }
    if every {
        let algorithm = preferred(profile.algorithms());
        if needed.insert(format!("{algorithm:?}")) {
            algorithms.push(algorithm);
        }
    }
    if algorithms.is_empty() {
        // A set must not be empty; this key is made in no time, and nobody signs with it.
        algorithms.push(Algorithm::ES256);
    }
    ring.key_set(profile.name(), &algorithms)
}
