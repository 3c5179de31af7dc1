//! Keys for tests.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::model::{ApiKey, Generation, KeyHash};

use super::hash::{digest, start_of};

static NUMBERS: AtomicU64 = AtomicU64::new(1);

/// A key of a set, with this text, without any bounds.
pub(super) fn key(set: &str, text: &[u8]) -> ApiKey {
    with_hash(set, KeyHash::Sha256(digest(text)), start_of(text))
}

/// A key of a set that is known by this hash, of a text that begins like this.
pub(super) fn with_hash(set: &str, hash: KeyHash, start: &str) -> ApiKey {
    let created_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_900_000_000);
    let id = format!("key-{}", NUMBERS.fetch_add(1, Ordering::Relaxed));
    ApiKey {
        id: id.into(),
        set: set.into(),
        name: "a key".into(),
        tenant: Some("acme".into()),
        owner: None,
        roles: None,
        scopes: vec!["*".into()],
        sources: None,
        networks: None,
        not_before: None,
        expires_at: None,
        created_at,
        created_by: "test".into(),
        revoked_at: None,
        metadata: serde_json::Map::new(),
        generations: vec![Generation {
            number: 1,
            hash,
            start: start.into(),
            created_at,
            ends_at: None,
            signing: None,
        }],
        version: 1,
    }
}

/// bcrypt of a text, at the lowest cost.
pub(super) fn bcrypt_of(text: &[u8]) -> String {
    bcrypt_with_cost(text, 4)
}

/// bcrypt of a text.
pub(super) fn bcrypt_with_cost(text: &[u8], cost: u32) -> String {
    let hash = bcrypt::hash_with_salt(text, cost, *b"0123456789abcdef");
    hash.unwrap().to_string()
}

/// Argon2 of a text, at a low cost.
pub(super) fn argon2_of(kind: Algorithm, version: Version, text: &[u8]) -> String {
    let params = Params::new(16, 1, 1, Some(32)).unwrap();
    let argon2 = Argon2::new(kind, version, params);
    let mut output = [0; 32];
    argon2
        .hash_password_into(text, b"saltsalt", &mut output)
        .unwrap();
    let salt = STANDARD_NO_PAD.encode(b"saltsalt");
    let output = STANDARD_NO_PAD.encode(output);
    let version = match version {
        Version::V0x10 => "",
        Version::V0x13 => "$v=19",
    };
    format!("${kind}{version}$m=16,t=1,p=1${salt}${output}")
}
