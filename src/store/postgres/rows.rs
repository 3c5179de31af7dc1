//! Keys into rows: many at once, a column at a time.

use tokio_postgres::Transaction;

use super::write::execute;
use crate::model::{ApiKey, Generation, KeyHash, Sealed};
use crate::store::Error;
use crate::store::row::{list_json, object_json};
use crate::store::time::{kept, to_i64};

/// The columns of keys, for `unnest`.
macro_rules! column {
    ($keys:ident, $key:ident => $value:expr) => {
        $keys.iter().map(|$key| $value).collect::<Vec<_>>()
    };
}

pub(super) async fn insert_keys(
    transaction: &Transaction<'_>,
    keys: &[ApiKey],
) -> Result<(), Error> {
    execute(
        transaction,
        "INSERT INTO sidegate_keys (id, set_name, name, tenant, owner, roles, scopes, sources, networks,
             not_before, expires_at, created_at, created_by, revoked_at, metadata, version)
         SELECT id, set_name, name, tenant, owner, roles::json, scopes::json, sources::json, networks::json,
             not_before, expires_at, created_at, created_by, revoked_at, metadata::json, version
         FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
             $8::text[], $9::text[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[], $13::text[],
             $14::timestamptz[], $15::text[], $16::bigint[])
         k (id, set_name, name, tenant, owner, roles, scopes, sources, networks, not_before, expires_at,
             created_at, created_by, revoked_at, metadata, version)",
        &[
            &column!(keys, key => &*key.id),
            &column!(keys, key => &*key.set),
            &column!(keys, key => &*key.name),
            &column!(keys, key => key.tenant.as_deref()),
            &column!(keys, key => key.owner.as_deref()),
            &column!(keys, key => key.roles.as_deref().map(list_json)),
            &column!(keys, key => list_json(&key.scopes)),
            &column!(keys, key => key.sources.as_deref().map(list_json)),
            &column!(keys, key => key.networks.as_deref().map(list_json)),
            &column!(keys, key => key.not_before.map(kept)),
            &column!(keys, key => key.expires_at.map(kept)),
            &column!(keys, key => kept(key.created_at)),
            &column!(keys, key => &*key.created_by),
            &column!(keys, key => key.revoked_at.map(kept)),
            &column!(keys, key => object_json(&key.metadata)),
            &column!(keys, key => to_i64(key.version)),
        ],
    )
    .await
    .map(|_| ())
}

pub(super) async fn update(transaction: &Transaction<'_>, key: &ApiKey) -> Result<u64, Error> {
    execute(
        transaction,
        "UPDATE sidegate_keys SET set_name = $2, name = $3, tenant = $4, owner = $5, roles = $6::text::json,
             scopes = $7::text::json, sources = $8::text::json, networks = $9::text::json, not_before = $10,
             expires_at = $11, created_at = $12, created_by = $13, revoked_at = $14,
             metadata = $15::text::json, version = $16::bigint
         WHERE id = $1 AND version = $16::bigint - 1",
        &[
            &key.id,
            &key.set,
            &key.name,
            &key.tenant,
            &key.owner,
            &key.roles.as_deref().map(list_json),
            &list_json(&key.scopes),
            &key.sources.as_deref().map(list_json),
            &key.networks.as_deref().map(list_json),
            &key.not_before.map(kept),
            &key.expires_at.map(kept),
            &kept(key.created_at),
            &key.created_by,
            &key.revoked_at.map(kept),
            &object_json(&key.metadata),
            &to_i64(key.version),
        ],
    )
    .await
}

pub(super) async fn insert_generations(
    transaction: &Transaction<'_>,
    keys: &[ApiKey],
) -> Result<(), Error> {
    let all: Vec<(&ApiKey, &Generation)> = keys
        .iter()
        .flat_map(|key| {
            key.generations
                .iter()
                .map(move |generation| (key, generation))
        })
        .collect();
    execute(
        transaction,
        "INSERT INTO sidegate_generations (key_id, number, set_name, hash_kind, digest, hash, start, created_at, ends_at,
             signing)
         SELECT * FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::bytea[], $6::text[],
             $7::text[], $8::timestamptz[], $9::timestamptz[], $10::bytea[])",
        &[
            &column!(all, one => &*one.0.id),
            &column!(all, one => i32::try_from(one.1.number).unwrap_or(i32::MAX)),
            &column!(all, one => &*one.0.set),
            &column!(all, one => one.1.hash.kind()),
            &column!(all, one => digest(&one.1.hash)),
            &column!(all, one => slow(&one.1.hash)),
            &column!(all, one => &*one.1.start),
            &column!(all, one => kept(one.1.created_at)),
            &column!(all, one => one.1.ends_at.map(kept)),
            &column!(all, one => one.1.signing.as_ref().map(Sealed::as_bytes)),
        ],
    )
    .await
    .map(|_| ())
}

fn digest(hash: &KeyHash) -> Option<&[u8]> {
    match hash {
        KeyHash::Sha256(digest) => Some(digest),
        KeyHash::Bcrypt(_) | KeyHash::Argon2(_) => None,
    }
}

fn slow(hash: &KeyHash) -> Option<&str> {
    match hash {
        KeyHash::Sha256(_) => None,
        KeyHash::Bcrypt(hash) | KeyHash::Argon2(hash) => Some(hash),
    }
}
