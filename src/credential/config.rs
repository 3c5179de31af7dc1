//! The sections `issuers`, `tokens`, `api_keys` and `webhooks` of the policy file.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::document::{Environment, Fields, Named, Node, Problems, Shape};
use crate::jwks::KeySets;
use crate::model::WebhookProfile;
use crate::webhook::{self, Fetcher};

use super::api_key::{self, ApiKeys, FurtherKey, Gathering, KeyProfile, KeySource, refuse_shared};
use super::id_token::{IdTokens, Profile, Settings};
use super::location::Place;
use super::places::Places;
use super::tokens::Tokens;
use super::verifiers::Verifiers;
use super::webhook::Webhooks;

/// Whose credentials are known, and where they are read.
#[derive(Debug)]
pub struct Config {
    names: Vec<Arc<str>>,
    issuers: Vec<Settings>,
    tokens: Tokens,
    set_names: Vec<Arc<str>>,
    sets: Vec<api_key::Settings>,
    /// Whether the keys that are listed outside of the file are here, too.
    are_gathered: bool,
    webhooks: webhook::Settings,
    /// What fetches certificates of senders.
    fetcher: Arc<Fetcher>,
}

impl Config {
    /// Reads the keys `issuers`, `tokens`, `api_keys` and `webhooks`.
    pub fn read(fields: &mut Fields<'_>, problems: &Problems) -> Self {
        let issuers = fields.shaped("issuers", || Shape::named(Shape::Section("issuer")));
        let issuers = issuers.and_then(|node| Named::of(node, "names to issuers", problems));
        let (mut names, mut settings) = (Vec::new(), Vec::new());
        for (key, node) in issuers.into_iter().flatten() {
            let name: Arc<str> = key.name.as_str().into();
            settings.extend(Settings::read(&name, node, problems));
            names.push(name);
        }
        refuse_shared_iss(&settings, problems);
        let tokens = Tokens::read(fields, problems);
        let (set_names, sets) = read_sets(fields, &names, problems);
        let shared: &[Place] = if names.is_empty() {
            &[]
        } else {
            &tokens.places
        };
        refuse_shared(&sets, shared, problems);
        let webhooks = webhook::Settings::read(fields, problems);
        refuse_taken(fields.node(), &webhooks, &names, &set_names, problems);
        Self {
            names,
            issuers: settings,
            tokens,
            set_names,
            sets,
            are_gathered: false,
            webhooks,
            fetcher: Arc::default(),
        }
    }

    /// Has certificates of senders fetched and remembered here. Whoever does not say has them fetched anew.
    pub fn fetch_with(&mut self, fetcher: &Arc<Fetcher>) {
        self.fetcher = Arc::clone(fetcher);
    }

    /// Reads the keys that are listed outside of the policy file: in files, which relative paths lead to from
    /// `folder`, and in variables. `is_trial` says that the policy is tried where these are not: what is
    /// missing then is no mistake. Gives what was read, so that whoever asks can notice when it changes.
    pub fn gather_keys(
        &mut self,
        folder: &Path,
        environment: Environment<'_>,
        is_trial: bool,
        problems: &Problems,
    ) -> Vec<KeySource> {
        let mut sources = Vec::new();
        for set in &mut self.sets {
            let gathering = &mut Gathering {
                folder,
                environment,
                is_trial,
                sources: &mut sources,
            };
            set.gather(gathering, problems);
        }
        self.are_gathered = true;
        sources
    }

    /// The names of all issuers, also of those with mistakes, in the order of the file.
    pub fn issuer_names(&self) -> Vec<Arc<str>> {
        self.names.clone()
    }

    /// The names of all sets of API keys, also of those with mistakes, in the order of the file.
    pub fn key_set_names(&self) -> Vec<Arc<str>> {
        self.set_names.clone()
    }

    /// The names of those whose keys, or some of them, are in the store.
    pub fn stored_key_set_names(&self) -> Vec<Arc<str>> {
        let stored = self.sets.iter().filter(|set| set.is_stored());
        stored.map(|set| Arc::clone(set.name())).collect()
    }

    /// The webhooks as far as routes must fit them, also those with mistakes.
    pub fn webhook_profiles(&self) -> Vec<WebhookProfile> {
        self.webhooks.profiles()
    }

    /// What the tokens of each issuer are like, in the order of the file.
    pub fn profiles(&self) -> Vec<Profile> {
        self.issuers.iter().map(Settings::profile).collect()
    }

    /// Lets key sets that `keys` gives stand in for those that issuers publish, so that nobody on the
    /// network need be asked. Keys that are on this machine already go on to count.
    pub fn stand_in(
        &mut self,
        folder: &Path,
        keys: &dyn Fn(&Profile) -> Option<serde_json::Value>,
        problems: &Problems,
    ) {
        for settings in &mut self.issuers {
            if let Some(set) = keys(&settings.profile()) {
                settings.stand_in(folder, set, problems);
            }
        }
    }

    /// Lists keys that `keys` gives in each set, beside its own, so that a policy can be tried where its keys
    /// are not. After [`Config::gather_keys`].
    pub fn list_also(&mut self, keys: &dyn Fn(&KeyProfile) -> Vec<FurtherKey>) {
        for settings in &mut self.sets {
            let further = keys(&settings.profile());
            settings.list_also(further);
        }
    }

    /// Makes the verifiers and subscribes to the issuers' keys. `folder` is where the policy file
    /// is: key files are found from there. When `problems` holds an error, of whatever section,
    /// nothing is given and nobody is asked. Keys that [`Config::gather_keys`] did not gather are, by the
    /// environment of this process.
    pub fn build(
        mut self,
        folder: &Path,
        key_sets: &Arc<KeySets>,
        problems: &Problems,
    ) -> Option<Verifiers> {
        if !self.are_gathered {
            self.gather_keys(folder, &|name| std::env::var(name).ok(), false, problems);
        }
        // Made of what was read before: with mistakes, nothing is.
        let webhooks = self.webhooks.build(&self.fetcher);
        let has_tokens = !self.issuers.is_empty() || self.sets.is_empty();
        let Tokens {
            places,
            forward,
            memory,
        } = self.tokens;
        let id_tokens = IdTokens::build(self.issuers, memory, folder, key_sets, problems)?;
        let claims: Vec<_> = self.sets.iter().map(api_key::Settings::claim).collect();
        let places = Places::new(places, has_tokens, forward, &claims);
        let sets = self.sets.into_iter().map(api_key::Settings::into_parts);
        let api_keys = ApiKeys::new(sets.collect());
        let webhooks = Webhooks::new(webhooks, &places);
        Some(Verifiers::new(places, id_tokens, api_keys).with_webhooks(webhooks))
    }
}

/// One name means one thing, whatever it is the name of.
fn refuse_taken(
    top: &Node,
    webhooks: &webhook::Settings,
    issuers: &[Arc<str>],
    sets: &[Arc<str>],
    problems: &Problems,
) {
    for profile in webhooks.profiles() {
        let other = match &profile.name {
            name if issuers.contains(name) => "an issuer",
            name if sets.contains(name) => "a set of keys",
            _ => continue,
        };
        let written = top
            .at("webhooks")
            .and_then(|webhooks| webhooks.at(&profile.name));
        problems.error_with(
            written.unwrap_or(top),
            format!("there is {other} `{}` as well", profile.name),
            "`authenticate` names all alike: call one of them something else",
        );
    }
}

fn read_sets(
    fields: &mut Fields<'_>,
    issuers: &[Arc<str>],
    problems: &Problems,
) -> (Vec<Arc<str>>, Vec<api_key::Settings>) {
    let sets = fields.shaped("api_keys", || Shape::named(Shape::Section("key set")));
    let sets = sets.and_then(|node| Named::of(node, "names to sets of keys", problems));
    let (mut names, mut settings) = (Vec::new(), Vec::new());
    for (key, node) in sets.into_iter().flatten() {
        let name: Arc<str> = key.name.as_str().into();
        if issuers.contains(&name) {
            problems.error_with(
                node,
                format!("there is an issuer `{name}` as well"),
                "`authenticate` names both alike: call one of them something else",
            );
        }
        settings.extend(api_key::Settings::read(&name, node, problems));
        names.push(name);
    }
    (names, settings)
}

/// `iss` must lead to exactly one issuer.
fn refuse_shared_iss(issuers: &[Settings], problems: &Problems) {
    let mut first = HashMap::new();
    for settings in issuers {
        if let Some(name) = first.insert(settings.issuer(), settings.name()) {
            problems.error_with(
                settings.node(),
                format!("its tokens have the same `iss` as those of issuer `{name}`"),
                "one issuer can accept several audiences: `audience: [a, b]`",
            );
        }
    }
}
