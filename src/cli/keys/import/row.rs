//! A row as a key.

use std::time::SystemTime;

use sha2::{Digest as _, Sha256};

use crate::document::{Fields, Node, Problems};
use crate::keys::{Error, KeySet, Registry};
use crate::model::{ApiKey, Generation, KeyHash};

use super::values::{hash, list, metadata, moment, networks, text};

/// What a row may say.
pub(super) const COLUMNS: [&str; 17] = [
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
    "revoked_at",
    "metadata",
];

/// What ids that are made here consist of.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// How long they are.
const ID: usize = 12;

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
        let before = problems.len();
        let key = self.read(row, problems)?;
        if problems.len() > before {
            return None;
        }
        match Registry::acceptable(key, self.by, self.now) {
            Ok(key) => Some(key),
            Err(Error::Invalid { field, message }) => {
                let other = match field {
                    "start" => "key_prefix",
                    "sources" => "allowed_sources",
                    field => field,
                };
                let node = row.at(field).or_else(|| row.at(other));
                let message = match node {
                    Some(_) => message,
                    None => format!("`{field}` {message}"),
                };
                problems.error(node.unwrap_or(row), message);
                None
            }
            Err(error) => {
                problems.error(row, error.to_string());
                None
            }
        }
    }

    fn read(&self, row: &Node, problems: &Problems) -> Option<ApiKey> {
        let mut fields = Fields::of(row, "row", problems)?;
        let hash = read_hash(&mut fields, problems);
        let start = one_of(&mut fields, ["start", "key_prefix"], problems);
        let start = start.and_then(|node| self.start(node, problems));
        let sources = one_of(&mut fields, ["sources", "allowed_sources"], problems);
        let sources = sources.and_then(|node| list(node, problems));
        let mut word = |name| fields.raw(name).and_then(|node| text(node, problems));
        let (id, name) = (word("id"), word("name"));
        let (tenant, owner) = (word("tenant"), word("owner"));
        let mut words = |name| fields.raw(name).and_then(|node| list(node, problems));
        let (roles, scopes) = (words("roles"), words("scopes"));
        let nets = fields.raw("networks");
        let nets = nets.and_then(|node| networks(node, problems));
        let mut time = |name| {
            let node = fields.raw(name)?;
            moment(node, name == "expires_at", problems)
        };
        let (not_before, expires_at) = (time("not_before"), time("expires_at"));
        let (created_at, revoked_at) = (time("created_at"), time("revoked_at"));
        let facts = fields.raw("metadata");
        let facts = facts.and_then(|node| metadata(node, problems));
        fields.finish();

        let hash = hash?;
        let id = id.unwrap_or_else(|| id_of(&self.set.name, &hash));
        let created_at = created_at.unwrap_or(self.now);
        Some(ApiKey {
            name: name.unwrap_or_else(|| id.clone()),
            id,
            set: (*self.set.name).into(),
            tenant,
            owner,
            roles,
            scopes: scopes.unwrap_or_default(),
            sources,
            networks: nets,
            not_before,
            expires_at,
            created_at,
            created_by: self.by.into(),
            revoked_at,
            metadata: facts.unwrap_or_default(),
            generations: vec![Generation {
                number: 1,
                hash,
                start: start.unwrap_or_default(),
                created_at,
                ends_at: None,
                signing: None,
            }],
            version: 1,
        })
    }

    /// How the text begins, which has to be a text that the set looks up.
    fn start(&self, node: &Node, problems: &Problems) -> Option<Box<str>> {
        let start = text(node, problems)?;
        let format = self.set.format.as_ref().filter(|_| !self.set.foreign);
        if let Some(format) = format
            && !format.prefix().starts_with(&*start)
            && !start.starts_with(format.prefix())
        {
            let help = format!(
                "keys of `{}` begin with `{}`; with `format: any` others may be keys, too",
                self.set.name,
                format.prefix()
            );
            problems.error_with(node, "no key of this set begins like this", help);
        }
        Some(start)
    }
}

fn read_hash(fields: &mut Fields<'_>, problems: &Problems) -> Option<KeyHash> {
    if let Some(node) = fields.raw("hash") {
        return hash(node, problems);
    }
    let help = "`sha256:` with 64 hex digits, or what bcrypt or Argon2 gave";
    problems.error_with(fields.node(), "row needs a `hash`", help);
    None
}

/// What stands under one of two names for the same.
fn one_of<'a>(
    fields: &mut Fields<'a>,
    [first, second]: [&'static str; 2],
    problems: &Problems,
) -> Option<&'a Node> {
    match (fields.raw(first), fields.raw(second)) {
        (Some(_), Some(other)) => {
            let message = format!("`{first}` and `{second}` are two names of one thing");
            problems.error_with(other, message, "write one of them");
            None
        }
        (found, other) => found.or(other),
    }
}

/// The id of a key that has none: the same for the same hash, so that a row is never there twice.
fn id_of(set: &str, hash: &KeyHash) -> Box<str> {
    let mut digest = Sha256::new_with_prefix(set.as_bytes());
    match hash {
        KeyHash::Sha256(bytes) => digest.update(bytes),
        KeyHash::Bcrypt(text) | KeyHash::Argon2(text) => digest.update(text.as_bytes()),
    }
    let digits = digest.finalize().into_iter().take(ID).map(|byte| {
        let digit = DIGITS.get(usize::from(byte) % DIGITS.len());
        char::from(digit.copied().unwrap_or(b'0'))
    });
    digits.collect::<String>().into()
}
