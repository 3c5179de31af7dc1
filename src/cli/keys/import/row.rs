//! A row as a key.

use std::time::SystemTime;

use crate::document::{Fields, Node, Problems};
use crate::keys::KeySet;
use crate::model::{ApiKey, Generation, KeyHash};

use super::values::{hash, id, list, metadata, moment, networks, text};

/// What a row may say, for headings.
pub(super) const COLUMNS: [&str; 16] = [
    "id",
    "name",
    "hash",
    "start",
    "key_prefix",
    "tenant",
    "owner",
    "roles",
    "scopes",
    "sources",
    "allowed_sources",
    "networks",
    "not_before",
    "expires_at",
    "created_at",
    "metadata",
];

/// How much of a foreign text is kept for people and for finding slow hashes, in characters.
const START: usize = 8;

/// Whose keys rows become.
pub(super) struct Target<'a> {
    pub(super) set: &'a KeySet,
    /// Who imports them.
    pub(super) by: &'a str,
    /// When.
    pub(super) now: SystemTime,
}

impl Target<'_> {
    /// The key of a row. Whatever is wrong with it is a problem at its place.
    pub(super) fn key(&self, row: &Node, problems: &Problems) -> Option<ApiKey> {
        let mut fields = Fields::of(row, "row", problems)?;
        let before = problems.len();
        let hash = match fields.raw("hash") {
            Some(node) => hash(node, problems),
            None => {
                let help = "`sha256:` with 64 hexadecimal digits, or what bcrypt or Argon2 gave";
                problems.error_with(row, "a row needs a `hash`", help);
                None
            }
        };
        let start = one_of(&mut fields, ["start", "key_prefix"], problems);
        let start = self.start(start, hash.as_ref(), row, problems);
        let sources = one_of(&mut fields, ["sources", "allowed_sources"], problems);
        let sources = sources.and_then(|node| list(node, problems));
        let mut word = |name| {
            let node = fields.raw(name)?;
            text(node, problems)
        };
        let (name, tenant, owner) = (word("name"), word("tenant"), word("owner"));
        let id = fields.raw("id").and_then(|node| id(node, problems));
        let roles = fields.raw("roles").and_then(|node| list(node, problems));
        let scopes = fields.raw("scopes").and_then(|node| list(node, problems));
        let networks = fields.raw("networks");
        let networks = networks.and_then(|node| networks_of(node, problems));
        let mut time = |name| {
            let node = fields.raw(name)?;
            moment(node, name == "expires_at", problems).map(|moment| (node, moment))
        };
        let (begin, end) = (time("not_before"), time("expires_at"));
        let created_at = time("created_at").map_or(self.now, |(_, moment)| moment);
        let facts = fields.raw("metadata");
        let facts = facts.and_then(|node| metadata(node, problems));
        fields.finish();
        if let (Some((_, begin)), Some((node, end))) = (begin, end)
            && end <= begin
        {
            problems.error_with(node, "the key ends before it begins", "let it end after `not_before`");
        }
        if problems.len() > before {
            return None;
        }
        let hash = hash?;
        let id = id.unwrap_or_else(|| super::values::id_of(&self.set.name, &hash));
        let start = start.unwrap_or_default();
        Some(ApiKey {
            name: name.unwrap_or_else(|| id.clone()),
            id,
            set: (*self.set.name).into(),
            tenant,
            owner,
            roles,
            scopes: scopes.unwrap_or_default(),
            sources,
            networks,
            not_before: begin.map(|(_, moment)| moment),
            expires_at: end.map(|(_, moment)| moment),
            created_at,
            created_by: self.by.into(),
            revoked_at: None,
            metadata: facts.unwrap_or_default(),
            generations: vec![Generation {
                number: 1,
                hash,
                start,
                created_at,
                ends_at: None,
            }],
            version: 1,
        })
    }

    /// How the text begins. Slow hashes are found by it, so that they need it exactly.
    fn start(
        &self,
        node: Option<&Node>,
        hash: Option<&KeyHash>,
        row: &Node,
        problems: &Problems,
    ) -> Option<Box<str>> {
        let slow = matches!(hash, Some(KeyHash::Bcrypt(_) | KeyHash::Argon2(_)));
        let Some(node) = node else {
            if slow {
                let kind = hash.map_or("", KeyHash::kind);
                let message = format!("a {kind} hash needs `key_prefix` beside it");
                problems.error_with(row, message, "the first 8 characters of the key's text");
            }
            return None;
        };
        let start = text(node, problems)?;
        let length = start.chars().count();
        if slow && length != START {
            let message = format!("has {length} characters, and {START} are needed to find the key");
            problems.error_with(node, message, "the first 8 characters of the key's text");
        } else if length > longest_start(self.set) {
            let message = format!("has {length} characters, which gives too much of a key away");
            problems.error_with(node, message, "the first 8 characters of the key's text");
        }
        Some(start)
    }
}

/// Our own keys begin with prefix and public id.
fn longest_start(set: &KeySet) -> usize {
    let own = set.format.as_ref().map_or(0, |format| format.prefix().len() + 12);
    own.max(START)
}

fn networks_of(node: &Node, problems: &Problems) -> Option<Vec<ipnet::IpNet>> {
    networks(node, problems)
}

/// What stands under one of two names for the same.
fn one_of<'a>(
    fields: &mut Fields<'a>,
    [first, second]: [&'static str; 2],
    problems: &Problems,
) -> Option<&'a Node> {
    match (fields.raw(first), fields.raw(second)) {
        (Some(_), Some(other)) => {
            let message = format!("`{first}` and `{second}` are the same");
            problems.error_with(other, message, "write one of them");
            None
        }
        (found, other) => found.or(other),
    }
}
