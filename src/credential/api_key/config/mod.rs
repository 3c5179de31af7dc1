//! Reading the section `api_keys` of the policy file, and gathering the keys that it lists.

mod defaults;
mod entry;
mod folder;
mod listed;
mod sharing;
mod source;
mod words;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;

use crate::document::{Environment, Fields, Node, OneOrMany, Placed, Problems, Read, Shape, Value};
use crate::keys::{Format, KeySet};
use crate::model::ApiKey;
use crate::secret::Secret;

use super::super::location::Place;
use super::super::reader::Claim;
use super::KeyProfile;
use entry::Entry;
use listed::{Context, read_list, refuse_many_slow, refuse_twice};

pub(in crate::credential) use defaults::Defaults;
pub(in crate::credential) use sharing::refuse_shared;
pub use source::KeySource;

/// A set of keys as the file describes it.
#[derive(Debug)]
pub(in crate::credential) struct Settings {
    set: KeySet,
    places: Box<[Place]>,
    node: Node,
    sources: Sources,
    defaults: Defaults,
    entries: Vec<Entry>,
}

/// What is outside of the policy file.
#[derive(Debug, Default)]
struct Sources {
    file: Option<Placed<PathBuf>>,
    environment: Option<Placed<String>>,
    folder: Option<Placed<PathBuf>>,
}

/// The world outside, while keys are gathered.
pub(in crate::credential) struct Gathering<'g> {
    /// Where relative paths begin.
    pub(in crate::credential) folder: &'g Path,
    pub(in crate::credential) environment: Environment<'g>,
    /// Whether the policy is only tried: what is not on this machine is no mistake then.
    pub(in crate::credential) is_trial: bool,
    /// What was read.
    pub(in crate::credential) sources: &'g mut Vec<KeySource>,
}

/// A key that is listed beside those of a set, so that a policy can be tried where its keys are not.
#[derive(Debug, Clone)]
pub struct FurtherKey {
    /// The key.
    pub key: ApiKey,
    /// What its holder signs deliveries with.
    pub signing: Option<Arc<Secret>>,
}

/// A set, with what is listed of it.
#[derive(Debug)]
pub(in crate::credential) struct Listed {
    pub(in crate::credential) set: KeySet,
    pub(in crate::credential) keys: Vec<ApiKey>,
    /// What holders sign deliveries with, by the ids of their keys.
    pub(in crate::credential) signing: HashMap<Box<str>, Arc<Secret>>,
}

impl Settings {
    /// Reads a section. Every mistake in it is reported; with one that matters, nothing is given.
    pub(in crate::credential) fn read(
        name: &Arc<str>,
        node: &Node,
        problems: &Problems,
    ) -> Option<Self> {
        let mut fields = Fields::of(node, "key set", problems)?;
        fields.refuse_blanks();
        let written = fields.optional::<Placed<String>>("prefix");
        let has_prefix = written.is_some();
        let format = written.and_then(|prefix| read_format(&prefix, problems));
        let foreign = read_foreign(&mut fields, has_prefix, problems);
        let places = read_places(&mut fields, problems);
        let defaults = fields.shaped("defaults", || Shape::Section("key defaults"));
        let defaults = defaults.and_then(|node| Defaults::read(node, problems));
        let defaults = defaults.unwrap_or_default();
        let context = Context {
            set: name,
            format: format.as_ref(),
            prefix: format.as_ref().map(Format::prefix),
            foreign,
            defaults: &defaults,
        };
        let has_list = fields.has("keys");
        let list = fields.shaped("keys", || Shape::list(Shape::Section("listed key")));
        let entries = list.map(|list| read_list(list, &context, problems));
        let sources = Sources {
            file: fields.optional("file"),
            environment: fields.optional("environment"),
            folder: fields.optional("folder"),
        };
        let is_fixed = has_list
            || ["file", "environment", "folder"]
                .iter()
                .any(|key| fields.has(key));
        let stored = read_stored(&mut fields, is_fixed, has_prefix, problems);
        let (lifetime, longest) = read_lifetime(&mut fields, stored, problems);
        fields.finish();
        Some(Self {
            set: KeySet {
                name: Arc::clone(name),
                format: format.filter(|_| has_prefix),
                foreign,
                stored,
                lifetime,
                longest,
            },
            places,
            node: node.clone(),
            sources,
            defaults,
            entries: entries.unwrap_or_default(),
        })
    }

    /// The name the file gives the set.
    pub(in crate::credential) fn name(&self) -> &Arc<str> {
        &self.set.name
    }

    /// Whether its keys, or some of them, are in the store.
    pub(in crate::credential) fn is_stored(&self) -> bool {
        self.set.stored
    }

    /// What tells its keys from other credentials.
    pub(in crate::credential) fn claim(&self) -> Claim<'_> {
        Claim {
            places: &self.places,
            prefix: self.set.format.as_ref().map(Format::prefix),
            foreign: self.set.foreign,
        }
    }

    /// Reads the keys that are listed outside of the policy file, and holds all listed ones against each
    /// other.
    pub(in crate::credential) fn gather(
        &mut self,
        gathering: &mut Gathering<'_>,
        problems: &Problems,
    ) {
        let context = Context {
            set: &self.set.name,
            format: self.set.format.as_ref(),
            prefix: self.set.format.as_ref().map(Format::prefix),
            foreign: self.set.foreign,
            defaults: &self.defaults,
        };
        let mut found = Vec::new();
        if let Some(file) = &self.sources.file {
            found.extend(context.file(file, gathering, problems));
        }
        if let Some(variable) = &self.sources.environment {
            found.extend(context.variable(variable, gathering, problems));
        }
        if let Some(Placed { value, node }) = &self.sources.folder {
            let path = gathering.folder.join(value);
            found.extend(folder::read(&path, node, &context, gathering, problems));
        }
        self.entries.extend(found);
        let unread = self
            .entries
            .iter()
            .filter_map(|entry| entry.unread.as_ref());
        for node in unread.filter(|_| !gathering.is_trial) {
            problems.error_with(
                node,
                "this value from the environment is not a hash of a key",
                "`sidegate keys hash` makes one of a key's text",
            );
        }
        refuse_twice(&self.entries, problems);
        refuse_many_slow(&self.entries, &self.node, problems);
    }

    /// What its keys are like.
    pub(in crate::credential) fn profile(&self) -> KeyProfile {
        let Sources {
            file,
            environment,
            folder,
        } = &self.sources;
        let elsewhere = file.is_some() || environment.is_some() || folder.is_some();
        KeyProfile {
            set: self.set.clone(),
            places: self.places.clone(),
            defaults: self.defaults.clone(),
            listed: elsewhere || self.node.at("keys").is_some(),
        }
    }

    /// Lists further keys.
    pub(in crate::credential) fn list_also(&mut self, keys: Vec<FurtherKey>) {
        let entries = keys.into_iter().map(|further| Entry {
            node: self.node.clone(),
            key: further.key,
            signing: further.signing,
            unread: None,
        });
        self.entries.extend(entries);
    }

    /// The set with its listed keys.
    pub(in crate::credential) fn into_parts(self) -> Listed {
        let mut listed = Listed {
            set: self.set,
            keys: Vec::with_capacity(self.entries.len()),
            signing: HashMap::new(),
        };
        for entry in self.entries {
            if let Some(secret) = entry.signing {
                listed.signing.insert(entry.key.id.clone(), secret);
            }
            listed.keys.push(entry.key);
        }
        listed
    }
}

fn read_format(prefix: &Placed<String>, problems: &Problems) -> Option<Format> {
    let format = Format::new(&prefix.value);
    let format = format.map_err(|error| {
        let help = "something short that tells your keys from others, such as `acme_`";
        problems.error_with(&prefix.node, error.to_string(), help);
    });
    format.ok()
}

fn read_foreign(fields: &mut Fields<'_>, has_prefix: bool, problems: &Problems) -> bool {
    let words = [("sidegate", false), ("any", true)];
    let format = fields.choice("format", &words);
    if format == Some(false) && !has_prefix {
        let node = fields.node().at("format").unwrap_or(fields.node());
        let message = "keys of this form begin with a prefix";
        problems.error_with(node, message, "write `prefix` as well, such as `acme_`");
    }
    format.unwrap_or(!has_prefix)
}

fn read_places(fields: &mut Fields<'_>, problems: &Problems) -> Box<[Place]> {
    let default = || Box::new([Place::Header(HeaderName::from_static("x-api-key"))]);
    let Some(node) = fields.shaped("from", OneOrMany::<Place>::shape) else {
        return default();
    };
    if matches!(&node.value, Value::List(items) if items.is_empty()) {
        problems.error(node, "keys must be read from somewhere");
    }
    let places = OneOrMany::<Place>::read(node, problems);
    let mut once: Vec<Place> = Vec::new();
    for place in places.into_iter().flat_map(|places| places.0) {
        if !once.contains(&place) {
            once.push(place);
        }
    }
    once.into()
}

/// Whether the keys, or some of them, are in the store.
fn read_stored(
    fields: &mut Fields<'_>,
    is_fixed: bool,
    has_prefix: bool,
    problems: &Problems,
) -> bool {
    let written = fields.optional::<Placed<bool>>("store");
    let stored = written.as_ref().map_or(!is_fixed, |written| written.value);
    let node = written
        .as_ref()
        .map_or(fields.node(), |written| &written.node);
    let sources = "`keys`, `file`, `environment` or `folder`";
    if !stored && !is_fixed {
        let message = "this set has no keys";
        problems.error_with(
            node,
            message,
            format!("say where they are: `store: true`, or {sources}"),
        );
    }
    if stored && !has_prefix {
        let message = "keys in the store need a `prefix`, which tells them from other credentials";
        let help =
            format!("write one, such as `prefix: acme_`, or say where the keys are: {sources}");
        problems.error_with(node, message, help);
    }
    stored
}

fn read_lifetime(
    fields: &mut Fields<'_>,
    stored: bool,
    problems: &Problems,
) -> (Option<Duration>, Option<Duration>) {
    let lifetime = fields.optional::<Placed<Duration>>("lifetime");
    let most = fields.optional::<Placed<Duration>>("most");
    for written in [&lifetime, &most].into_iter().flatten() {
        if written.value.is_zero() {
            problems.error(&written.node, "a key has to last for some time");
        }
        if !stored {
            let message = "this is about new keys, and none is made in this set";
            let help = "new keys are made in the store: write `store: true`, or leave this out";
            problems.error_with(&written.node, message, help);
        }
    }
    if let (Some(lifetime), Some(most)) = (&lifetime, &most)
        && lifetime.value > most.value
    {
        let message = "keys would last longer than they may by `most`";
        problems.error(&lifetime.node, message);
    }
    (
        lifetime.map(|written| written.value),
        most.map(|written| written.value),
    )
}
