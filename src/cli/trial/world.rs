//! A policy with everything outside of it replaced.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::Value as Json;
use tokio::runtime::LocalRuntime;

use crate::app::{self, Loader, StandIn};
use crate::cli::exit::Failure;
use crate::cli::token::KeyError;
use crate::credential::{FurtherKey, KeyProfile, Profile};
use crate::document::Problem;
use crate::engine::Engine;
use crate::jwks::{KeySets, Settings};
use crate::model::{ApiKey, Principal};
use crate::replay::{self, Replay};
use crate::telemetry::Registry;

use super::api_key::{KeyDraft, KeyRack};
use super::caller::PrincipalDraft;
use super::delivery::DeliveryDraft;
use super::keys::Keyring;
use super::senders::{Sender, Senders};
use super::standing::{keep_secret, key_set, make_keys, missing_secrets, variable};
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
    /// The API keys that will be presented, each with the moment of it.
    pub(in crate::cli) keys: Vec<(&'a KeyDraft, SystemTime)>,
    /// The deliveries that will be signed, so that keys are made for their webhooks.
    pub(in crate::cli) deliveries: Vec<&'a DeliveryDraft>,
    /// API keys that were found in a store.
    pub(in crate::cli) found: Vec<ApiKey>,
    /// Whether tokens of every issuer will be signed.
    pub(in crate::cli) every_issuer: bool,
}

/// A policy ready to be tried.
pub(in crate::cli) struct World {
    pub(in crate::cli) engine: Engine,
    profiles: Vec<Profile>,
    pub(super) sets: Vec<KeyProfile>,
    ring: Keyring,
    pub(super) rack: KeyRack,
    pub(super) senders: BTreeMap<String, Sender>,
    key_sets: BTreeMap<String, Json>,
    /// Variables that hold secrets that were made up.
    made_up: BTreeMap<String, String>,
    pub(super) runtime: LocalRuntime,
}

/// What is made while a policy is loaded, in the place of what others publish and keep.
#[derive(Default)]
struct Made {
    ring: Keyring,
    rack: RefCell<KeyRack>,
    profiles: RefCell<Vec<Profile>>,
    key_sets: RefCell<BTreeMap<String, Json>>,
    sets: RefCell<Vec<KeyProfile>>,
    failed: RefCell<Option<Failure>>,
}

impl Made {
    /// The key set that an issuer publishes here; nothing where it shares a secret.
    fn key_set(&self, profile: &Profile, setting: &Setting<'_>) -> Option<Json> {
        let set = key_set(profile, &setting.tokens, setting.every_issuer, &self.ring);
        let set = set.map_err(|error| self.fail(error)).ok();
        self.profiles.borrow_mut().push(profile.clone());
        let set = set.filter(|_| !profile.is_shared())?;
        let name = profile.name().to_string();
        self.key_sets.borrow_mut().insert(name, set.clone());
        Some(set)
    }

    /// The keys that are in a set here: those that will be presented, and those that were found.
    fn api_keys(&self, set: &KeyProfile, setting: &Setting<'_>) -> Vec<FurtherKey> {
        let made = make_keys(set, &setting.keys, &self.rack);
        self.sets.borrow_mut().push(set.clone());
        let found = setting.found.iter();
        let found = found.filter(|key| *key.set == *set.set().name);
        let found = found.map(|key| FurtherKey {
            key: key.clone(),
            signing: None,
        });
        match made {
            Ok(made) => made.into_iter().chain(found).collect(),
            Err(error) => {
                self.fail(error);
                Vec::new()
            }
        }
    }

    fn fail(&self, error: impl std::fmt::Display) {
        self.failed.replace(Some(Failure::environment(error)));
    }
}

/// Reads the policy, and nothing of the process around it.
fn loader(setting: &Setting<'_>) -> Result<Loader, Failure> {
    let key_sets = KeySets::new(Settings::default(), &Registry::new());
    Ok(Loader {
        path: setting.policy.to_owned(),
        upstreams: setting.upstreams.clone(),
        doors: Vec::new(),
        key_sets: key_sets.map_err(Failure::environment)?,
        workers: NonZeroUsize::MIN,
        directory: None,
        metrics: None,
        deliveries: app::Deliveries::default(),
    })
}

impl World {
    /// Loads a policy. What is wrong with it is the inner error.
    pub(in crate::cli) fn load(
        setting: &Setting<'_>,
    ) -> Result<Result<Self, Vec<Problem>>, Failure> {
        let senders = Senders::default();
        let made_up = missing_secrets(setting, &senders);
        let environment = |name: &str| {
            let given = || setting.environment.get(name).cloned();
            variable(name)
                .or_else(given)
                .or_else(|| made_up.get(name).cloned())
        };
        let beside = setting.policy.parent().unwrap_or(Path::new(""));
        let drafts = &setting.deliveries;
        let made = Made::default();
        let loaded = loader(setting)?.load_with(&StandIn {
            environment: &environment,
            secret: &|issuer, node| keep_secret(&made.ring, issuer, node),
            keys: &|profile| made.key_set(profile, setting),
            api_keys: &|set| made.api_keys(set, setting),
            webhook: &|name, node| senders.adopt(name, node, drafts, beside),
        });
        if let Some(failure) = made.failed.take() {
            return Err(failure);
        }
        let Some(engine) = loaded.engine else {
            return Ok(Err(loaded.problems));
        };
        let memory = Replay::new(&replay::Settings::default(), &Registry::new());
        Ok(Ok(Self {
            engine: engine.remembering(memory.map_err(Failure::environment)?),
            profiles: made.profiles.into_inner(),
            sets: made.sets.into_inner(),
            key_sets: made.key_sets.into_inner(),
            ring: made.ring,
            rack: made.rack.into_inner(),
            senders: senders.ready()?,
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
        let name = match draft.key {
            Some(_) => &self.api_key_set(draft.issuer.as_deref())?.set().name,
            None => self.issuer(draft.issuer.as_deref())?.name(),
        };
        Some(draft.principal(name, now))
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
