//! An API key as it is kept: everything but its text.

use std::fmt;
use std::time::SystemTime;

use ipnet::IpNet;
use serde_json::{Map, Value};

/// An API key: whose it is, what it may do, how long, and how its text is recognised.
///
/// Several generations share everything else: while a key is rotated, the old text and the new one
/// are the same key.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiKey {
    /// What it is called by; unique in its store, safe to show.
    pub id: Box<str>,
    /// The set it belongs to, by its name in the policy.
    pub set: Box<str>,
    /// A name for people.
    pub name: Box<str>,
    /// The tenant it acts in.
    pub tenant: Option<Box<str>>,
    /// The person or the account that it belongs to.
    pub owner: Option<Box<str>>,
    /// The roles of its owner, which bound what its scopes grant. `None`: no owner's roles bound it. An
    /// empty list: its owner has no rights, and so the key has none.
    pub roles: Option<Vec<Box<str>>>,
    /// What it may do; `*` is whatever its owner may.
    pub scopes: Vec<Box<str>>,
    /// The only sources it may speak for; `None` for any.
    pub sources: Option<Vec<Box<str>>>,
    /// The only networks it may be presented from; `None` for any.
    pub networks: Option<Vec<IpNet>>,
    /// Not good before this moment.
    pub not_before: Option<SystemTime>,
    /// Not good from this moment on.
    pub expires_at: Option<SystemTime>,
    /// When it was made.
    pub created_at: SystemTime,
    /// Who made it.
    pub created_by: Box<str>,
    /// When it was revoked. Nothing brings it back.
    pub revoked_at: Option<SystemTime>,
    /// Further facts, for conditions and identity headers; they are claims of the principal.
    pub metadata: Map<String, Value>,
    /// Its texts, the newest first; at least one.
    pub generations: Vec<Generation>,
    /// Grows by one with each change: whoever changes a key names the version it has seen.
    pub version: u64,
}

/// One text of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// From 1, growing.
    pub number: u32,
    /// What is known of the text.
    pub hash: KeyHash,
    /// How the text begins, for people to tell keys apart, never enough to use one: prefix and public id of
    /// our own keys, the first 8 characters of others. May be empty.
    pub start: Box<str>,
    /// When it was made.
    pub created_at: SystemTime,
    /// Not good from this moment on: the end of a rotation's grace.
    pub ends_at: Option<SystemTime>,
    /// What its holder signs deliveries with, if that is kept here.
    pub signing: Option<Sealed>,
}

/// A secret as a store keeps it: encrypted, of no use without the operator's key.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Box<[u8]>);

impl Sealed {
    /// These bytes, which are encrypted already.
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes as they are kept.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[sealed]")
    }
}

/// What is kept of a key's text.
#[derive(Clone, PartialEq, Eq)]
pub enum KeyHash {
    /// SHA-256 of the whole text: found by it.
    Sha256([u8; 32]),
    /// bcrypt in its modular form (`$2b$...`): found by how the text begins.
    Bcrypt(Box<str>),
    /// Argon2 in its PHC form (`$argon2id$...`): found by how the text begins.
    Argon2(Box<str>),
}

impl KeyHash {
    /// What kind of hash it is: `sha256`, `bcrypt` or `argon2`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Sha256(_) => "sha256",
            Self::Bcrypt(_) => "bcrypt",
            Self::Argon2(_) => "argon2",
        }
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:[hash]", self.kind())
    }
}
