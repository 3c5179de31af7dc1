//! Changes to the file. Each runs inside a transaction of whoever calls.

use rusqlite::{Connection, params};

use super::error::unavailable;
use crate::model::{ApiKey, Generation, KeyHash, Sealed};
use crate::store::change::MADE;
use crate::store::row::{list_json, object_json};
use crate::store::time::{to_i64, to_micros};
use crate::store::{AuditEntry, Error, Uses};

/// What the writer remembers of the file, in KiB: usually, and from when many keys are added, which
/// touches pages all over it, until changes are pruned.
const USUAL: i64 = 8 * 1024;
const LOADING: i64 = 256 * 1024;

/// Adds keys.
pub(super) fn create(
    connection: &Connection,
    keys: &[ApiKey],
    audit: &AuditEntry,
) -> Result<(), Error> {
    if keys.len() > MADE {
        cache(connection, LOADING)?;
    }
    for key in keys {
        insert(connection, key)?;
        for generation in &key.generations {
            insert_generation(connection, key, generation)?;
        }
    }
    if keys.len() > MADE {
        // Told one by one, they would keep followers busy for nothing.
        note(connection, None)?;
    } else {
        keys.iter()
            .try_for_each(|key| note(connection, Some(&key.id)))?;
    }
    record(connection, audit)
}

/// Puts a changed key in the place of the one before it.
pub(super) fn replace(
    connection: &Connection,
    key: &ApiKey,
    audit: &AuditEntry,
) -> Result<(), Error> {
    if update(connection, key)? == 0 {
        let there = execute(
            connection,
            "UPDATE sidegate_keys SET id = id WHERE id = ?1",
            params![key.id],
        )?;
        return Err(if there > 0 {
            Error::Changed
        } else {
            Error::Unknown
        });
    }
    execute(
        connection,
        "DELETE FROM sidegate_generations WHERE key = (SELECT key FROM sidegate_keys WHERE id = ?1)",
        params![key.id],
    )?;
    for generation in &key.generations {
        insert_generation(connection, key, generation)?;
    }
    note(connection, Some(&key.id))?;
    record(connection, audit)
}

/// Adds to the uses of keys that are there.
pub(super) fn count(connection: &Connection, uses: &[Uses]) -> Result<(), Error> {
    for used in uses {
        execute(
            connection,
            "INSERT INTO sidegate_uses (key, uses, last_used_at)
             SELECT key, ?2, ?3 FROM sidegate_keys WHERE id = ?1
             ON CONFLICT (key) DO UPDATE SET
                 uses = uses + excluded.uses, last_used_at = max(last_used_at, excluded.last_used_at)",
            params![used.id, to_i64(used.count), to_micros(used.last)],
        )?;
    }
    Ok(())
}

/// Removes changes older than `keep_micros` and all but the newest `rows`; the newest one stays.
///
/// Gives back the memory that adding many keys took, too.
pub(super) fn prune(connection: &Connection, keep_micros: i64, rows: i64) -> Result<(), Error> {
    cache(connection, USUAL)?;
    execute(
        connection,
        "DELETE FROM sidegate_changes WHERE number < (SELECT max(number) FROM sidegate_changes)
         AND (number <= (SELECT max(number) FROM sidegate_changes) - ?2
              OR at < CAST(unixepoch('subsec') * 1000000 AS INTEGER) - ?1)",
        params![keep_micros, rows],
    )?;
    Ok(())
}

/// Lets a connection remember so many KiB of the file.
fn cache(connection: &Connection, kib: i64) -> Result<(), Error> {
    connection
        .pragma_update(None, "cache_size", -kib)
        .and_then(|()| connection.release_memory())
        .map_err(|error| unavailable(&error))
}

fn insert(connection: &Connection, key: &ApiKey) -> Result<(), Error> {
    let statement = "INSERT INTO sidegate_keys (id, set_name, name, tenant, owner, roles, scopes, sources, networks,
             not_before, expires_at, created_at, created_by, revoked_at, metadata, version)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
    write_row(connection, statement, key).map(|_| ())
}

fn update(connection: &Connection, key: &ApiKey) -> Result<usize, Error> {
    let statement = "UPDATE sidegate_keys SET set_name = ?2, name = ?3, tenant = ?4, owner = ?5, roles = ?6,
             scopes = ?7, sources = ?8, networks = ?9, not_before = ?10, expires_at = ?11, created_at = ?12,
             created_by = ?13, revoked_at = ?14, metadata = ?15, version = ?16
         WHERE id = ?1 AND version = ?16 - 1";
    write_row(connection, statement, key)
}

/// Runs a statement with all columns of a key, numbered as the table has them.
fn write_row(connection: &Connection, statement: &str, key: &ApiKey) -> Result<usize, Error> {
    execute(
        connection,
        statement,
        params![
            key.id,
            key.set,
            key.name,
            key.tenant,
            key.owner,
            key.roles.as_deref().map(list_json),
            list_json(&key.scopes),
            key.sources.as_deref().map(list_json),
            key.networks.as_deref().map(list_json),
            key.not_before.map(to_micros),
            key.expires_at.map(to_micros),
            to_micros(key.created_at),
            key.created_by,
            key.revoked_at.map(to_micros),
            object_json(&key.metadata),
            to_i64(key.version),
        ],
    )
}

fn insert_generation(
    connection: &Connection,
    key: &ApiKey,
    generation: &Generation,
) -> Result<(), Error> {
    let (digest, hash) = match &generation.hash {
        KeyHash::Sha256(digest) => (Some(digest), None),
        KeyHash::Bcrypt(hash) | KeyHash::Argon2(hash) => (None, Some(hash)),
    };
    execute(
        connection,
        "INSERT INTO sidegate_generations (key, number, set_name, hash_kind, digest, hash, start, created_at, ends_at,
             signing)
         SELECT key, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM sidegate_keys WHERE id = ?1",
        params![
            key.id,
            generation.number,
            key.set,
            generation.hash.kind(),
            digest,
            hash,
            generation.start,
            to_micros(generation.created_at),
            generation.ends_at.map(to_micros),
            generation.signing.as_ref().map(Sealed::as_bytes),
        ],
    )
    .map(|_| ())
}

fn note(connection: &Connection, key: Option<&str>) -> Result<(), Error> {
    execute(
        connection,
        "INSERT INTO sidegate_changes (key_id) VALUES (?1)",
        params![key],
    )
    .map(|_| ())
}

fn record(connection: &Connection, entry: &AuditEntry) -> Result<(), Error> {
    execute(
        connection,
        "INSERT INTO sidegate_audit (at, by, action, key_id, tenant, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            to_micros(entry.at),
            entry.by,
            entry.action,
            entry.key,
            entry.tenant,
            object_json(&entry.detail),
        ],
    )
    .map(|_| ())
}

fn execute(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<usize, Error> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(parameters))
        .map_err(|error| unavailable(&error))
}
