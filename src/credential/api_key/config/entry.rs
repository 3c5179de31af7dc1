//! One key that is listed: in the policy, in a file, or as a folder of small files.

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Map, Value};

use crate::document::{Fields, Named, Node, OneOrMany, Placed, Problems, Shape};
use crate::keys::parse_hash;
use crate::model::{ApiKey, Generation, KeyHash};
use crate::secret::Secret;

use super::listed::Context;
use super::words::{Moment, Network, Word, texts};

/// The fewest characters that a slow hash is found by.
const LEAST_START: usize = 4;

/// A listed key.
#[derive(Debug)]
pub(super) struct Entry {
    /// Where it stands.
    pub(super) node: Node,
    pub(super) key: ApiKey,
    /// What its holder signs deliveries with.
    pub(super) signing: Option<Arc<Secret>>,
    /// A hash from the environment that is none.
    pub(super) unread: Option<Node>,
}

/// What is known of a text without reading a hash.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) hash: KeyHash,
    pub(super) start: Box<str>,
}

/// A hash as it is written.
enum Written {
    Hash(KeyHash),
    /// It came from the environment and is none: that may be the fault of a stand-in for the variable.
    Unread(Node),
}

impl Entry {
    /// A key that says nothing but its name.
    pub(super) fn of(name: &str, text: Text, node: &Node, context: &Context<'_>) -> Self {
        let mut key = key(name.into(), context);
        context.defaults.fill(&mut key, false);
        key.generations = vec![generation(text)];
        Self {
            node: node.clone(),
            key,
            signing: None,
            unread: None,
        }
    }

    /// Reads a key. `text` stands in for `hash` and `start`, where the key itself is there.
    pub(super) fn read(
        node: &Node,
        text: Option<Text>,
        context: &Context<'_>,
        problems: &Problems,
    ) -> Option<Self> {
        let mut fields = Fields::of(node, "listed key", problems)?;
        fields.refuse_blanks();
        let name = fields.required::<Word>("name");
        let (written, start) = match text {
            Some(text) => (Some(Written::Hash(text.hash)), Some(text.start)),
            None => (
                read_hash(&mut fields, problems),
                read_start(&mut fields, context, problems),
            ),
        };
        let mut key = key(
            name.clone().map_or_else(Box::default, |name| name.0),
            context,
        );
        let says_scopes = fields.has("scopes");
        read_facts(&mut fields, &mut key, problems);
        read_times(&mut fields, &mut key, problems);
        let signing = fields.optional::<Secret>("signing_secret").map(Arc::new);
        fields.finish();
        context.defaults.fill(&mut key, says_scopes);
        let (hash, unread) = match written? {
            Written::Hash(hash) => (hash, None),
            // Nobody has a text with this hash.
            Written::Unread(node) => (KeyHash::Sha256([0; 32]), Some(node)),
        };
        check_start(node, &hash, start.as_deref(), problems)?;
        let start = start.unwrap_or_default();
        key.generations = vec![generation(Text { hash, start })];
        name.map(|_| Self {
            node: node.clone(),
            key,
            signing,
            unread,
        })
    }
}

/// A key of this name, without anything else.
fn key(name: Box<str>, context: &Context<'_>) -> ApiKey {
    ApiKey {
        id: name.clone(),
        set: context.set.into(),
        name,
        tenant: None,
        owner: None,
        roles: None,
        scopes: Vec::new(),
        sources: None,
        networks: None,
        not_before: None,
        expires_at: None,
        created_at: SystemTime::UNIX_EPOCH,
        created_by: "policy".into(),
        revoked_at: None,
        metadata: Map::new(),
        generations: Vec::new(),
        version: 1,
    }
}

fn generation(Text { hash, start }: Text) -> Generation {
    Generation {
        number: 1,
        hash,
        start,
        created_at: SystemTime::UNIX_EPOCH,
        ends_at: None,
        signing: None,
    }
}

fn read_hash(fields: &mut Fields<'_>, problems: &Problems) -> Option<Written> {
    let Some(node) = fields.needed("hash", || Shape::Text) else {
        problems.error_with(
            fields.node(),
            "listed key needs the key `hash`",
            "`sidegate keys hash` makes one of a key's text",
        );
        return None;
    };
    let Some(text) = node.text() else {
        let message = "a hash is text, in quotes if it looks like something else";
        problems.error(node, message);
        return None;
    };
    match parse_hash(text) {
        Ok(hash) => Some(Written::Hash(hash)),
        Err(_) if node.from_environment => Some(Written::Unread(node.clone())),
        Err(error) => {
            problems.error_with(node, error.message, error.help);
            None
        }
    }
}

/// How the text begins: `start`, which other systems call `key_prefix`.
fn read_start(
    fields: &mut Fields<'_>,
    context: &Context<'_>,
    problems: &Problems,
) -> Option<Box<str>> {
    let start = fields.optional::<Placed<Word>>("start");
    let other = fields.optional::<Placed<Word>>("key_prefix");
    if let (Some(_), Some(other)) = (&start, &other) {
        let message = "`start` and `key_prefix` are two names of one thing";
        problems.error_with(&other.node, message, "write one of them");
    }
    let Placed { value, node } = start.or(other)?;
    if let Some(prefix) = context.prefix.filter(|_| !context.foreign)
        && !value.0.starts_with(prefix)
    {
        problems.error_with(
            &node,
            "no key of this set begins like this",
            format!("they begin with `{prefix}`; with `format: any` others may be keys, too"),
        );
    }
    Some(value.0)
}

/// Slow hashes are found by how their texts begin.
fn check_start(
    node: &Node,
    hash: &KeyHash,
    start: Option<&str>,
    problems: &Problems,
) -> Option<()> {
    let is_long_enough = start.is_some_and(|start| start.len() >= LEAST_START);
    if matches!(hash, KeyHash::Sha256(_)) || is_long_enough {
        return Some(());
    }
    problems.error_with(
        node.at("start").unwrap_or(node),
        format!(
            "a key with a {} hash needs the key `start`, of {LEAST_START} characters or more",
            hash.kind()
        ),
        "it is how the key begins, such as its first 8 characters: only keys that begin like it are hashed",
    );
    None
}

fn read_facts(fields: &mut Fields<'_>, key: &mut ApiKey, problems: &Problems) {
    let mut word = |name| fields.optional::<Word>(name).map(|word| word.0);
    if let Some(id) = word("id") {
        key.id = id;
    }
    key.tenant = word("tenant");
    key.owner = word("owner");
    let mut names = |name| {
        let OneOrMany(names) = fields.optional::<OneOrMany<Word>>(name)?;
        Some(texts(names))
    };
    key.roles = names("roles");
    key.scopes = names("scopes").unwrap_or_default();
    key.sources = names("allowed_sources");
    let networks = fields.optional::<OneOrMany<Network>>("networks");
    key.networks = networks.map(|OneOrMany(all)| all.into_iter().map(|one| one.0).collect());
    let metadata = fields.shaped("metadata", || Shape::named(Shape::Anything));
    let metadata = metadata.filter(|node| Named::of(node, "names to facts", problems).is_some());
    if let Some(Value::Object(members)) = metadata.map(Node::to_json) {
        key.metadata = members;
    }
}

fn read_times(fields: &mut Fields<'_>, key: &mut ApiKey, problems: &Problems) {
    let begin = fields.optional::<Moment>("not_before");
    let end = fields.optional::<Placed<Moment>>("expires_at");
    key.not_before = begin.map(|moment| moment.begin);
    key.expires_at = end.as_ref().map(|moment| moment.value.end);
    if let (Some(begin), Some(end)) = (begin, &end)
        && end.value.end <= begin.begin
    {
        let message = "this lies before `not_before`: the key would never count";
        problems.error(&end.node, message);
    }
    let revoked = fields.or("revoked", false);
    key.revoked_at = revoked.then_some(SystemTime::UNIX_EPOCH);
}
