//! Questions to the file.

use std::time::SystemTime;

use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::error::unavailable;
use crate::model::ApiKey;
use crate::store::change::{Bounds, Position, Step, TOLD, step};
use crate::store::feed::{Batch, News};
use crate::store::row::{self, Keys, Row};
use crate::store::time::{from_micros, to_micros};
use crate::store::{AuditEntry, Error, Filter, Listed, Lookup, Page};

/// The columns that [`Keys`] takes, of a key `k`, its uses `u` and its generations `g`.
macro_rules! columns {
    () => {
        "SELECT k.id, k.set_name, k.name, k.tenant, k.owner, k.roles, k.scopes, k.sources, k.networks, \
         k.not_before, k.expires_at, k.created_at, k.created_by, k.revoked_at, k.metadata, k.version, \
         u.uses, u.last_used_at, \
         g.number, g.hash_kind, g.digest, g.hash, g.start, g.created_at, g.ends_at, g.signing "
    };
}

/// What belongs to the keys `k`.
macro_rules! parts {
    () => {
        " JOIN sidegate_generations g ON g.key = k.key LEFT JOIN sidegate_uses u ON u.key = k.key "
    };
}

const BY_DIGEST: &str = concat!(
    columns!(),
    "FROM sidegate_generations f JOIN sidegate_keys k ON k.key = f.key",
    parts!(),
    "WHERE f.set_name = ?1 AND f.digest = ?2 ORDER BY k.id, g.number DESC"
);

const BY_START: &str = concat!(
    columns!(),
    "FROM (SELECT DISTINCT key FROM sidegate_generations
           WHERE set_name = ?1 AND start = ?2 AND digest IS NULL LIMIT ?3) f
     JOIN sidegate_keys k ON k.key = f.key",
    parts!(),
    "ORDER BY k.id, g.number DESC"
);

const BY_IDS: &str = concat!(
    columns!(),
    "FROM json_each(?1) i JOIN sidegate_keys k ON k.id = i.value",
    parts!(),
    "ORDER BY k.id, g.number DESC"
);

/// Keys that may have the text that is looked for.
pub(super) fn find(
    connection: &Connection,
    set: &str,
    lookup: &Wanted,
) -> Result<Vec<ApiKey>, Error> {
    let listed = match lookup {
        Wanted::Digest(digest) => keys(connection, BY_DIGEST, params![set, digest])?,
        Wanted::Start(start) => {
            let most = Lookup::MOST;
            let found = keys(connection, BY_START, params![set, start, most + 1])?;
            Lookup::refuse_crowd(found.len())?;
            found
        }
    };
    Ok(listed.into_iter().map(|listed| listed.key).collect())
}

/// A [`Lookup`] that another thread can have.
#[derive(Debug)]
pub(super) enum Wanted {
    Digest([u8; 32]),
    Start(Box<str>),
}

impl From<Lookup<'_>> for Wanted {
    fn from(lookup: Lookup<'_>) -> Self {
        match lookup {
            Lookup::Digest(digest) => Self::Digest(*digest),
            Lookup::Start(start) => Self::Start(start.into()),
        }
    }
}

/// One key.
pub(super) fn key(connection: &Connection, id: &str) -> Result<Option<Listed>, Error> {
    by_ids(connection, &[id.into()]).map(|found| found.into_iter().next())
}

fn by_ids(connection: &Connection, ids: &[Box<str>]) -> Result<Vec<Listed>, Error> {
    keys(connection, BY_IDS, params![row::list_json(ids)])
}

/// One page of keys.
pub(super) fn list(connection: &Connection, filter: &Filter) -> Result<Page, Error> {
    let mut conditions: Vec<&str> = Vec::new();
    let mut values: Vec<Value> = Vec::new();
    let mut ask = |condition, value| {
        conditions.push(condition);
        values.push(value);
    };
    let text = |text: &str| Value::Text(text.to_owned());
    let time = |time: SystemTime| Value::Integer(to_micros(time));
    if let Some(set) = &filter.set {
        ask("set_name = ?", text(set));
    }
    if let Some(tenant) = &filter.tenant {
        ask("tenant = ?", text(tenant));
    }
    if let Some(owner) = &filter.owner {
        ask("owner = ?", text(owner));
    }
    if let Some(before) = filter.ending_before {
        ask("revoked_at IS NULL AND expires_at < ?", time(before));
    }
    if let Some(at) = filter.usable_at {
        ask(
            "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)",
            time(at),
        );
    }
    if let Some(after) = &filter.after {
        ask("id > ?", text(after));
    }
    let limit = filter.bounded_limit();
    let wanted = if conditions.is_empty() {
        "TRUE".to_owned()
    } else {
        conditions.join(" AND ")
    };
    let sql = format!(
        "{} FROM (SELECT * FROM sidegate_keys WHERE {wanted} ORDER BY id LIMIT {}) k {} ORDER BY k.id, g.number DESC",
        columns!(),
        limit + 1,
        parts!()
    );
    let keys = keys(connection, &sql, params_from_iter(values))?;
    Ok(Page::of(keys, limit))
}

/// What was changed, the newest first.
pub(super) fn audit(
    connection: &Connection,
    key: Option<&str>,
    limit: u32,
) -> Result<Vec<AuditEntry>, Error> {
    let sql = match key {
        Some(_) => {
            "SELECT at, by, action, key_id, tenant, detail FROM sidegate_audit
             WHERE key_id = ?1 ORDER BY number DESC LIMIT ?2"
        }
        None => {
            "SELECT at, by, action, key_id, tenant, detail FROM sidegate_audit
             WHERE ?1 IS NULL ORDER BY number DESC LIMIT ?2"
        }
    };
    let mut entries = Vec::new();
    each(connection, sql, params![key, limit], |row| {
        entries.push(row::audit_entry(row)?);
        Ok(())
    })?;
    Ok(entries)
}

/// What changed after what is known.
pub(super) fn changes(connection: &Connection, known: Option<Position>) -> Result<Batch, Error> {
    let number = known.map(|known| known.number);
    let mut rows = Vec::new();
    // Without a number, none is greater than it.
    let sql = "SELECT number, key_id, at FROM sidegate_changes WHERE number > ?1 ORDER BY number LIMIT ?2";
    each(connection, sql, params![number, TOLD + 1], |row| {
        rows.push(row::change(row)?);
        Ok(())
    })?;
    let mut bounds = Bounds::default();
    let sql = "SELECT (SELECT min(number) FROM sidegate_changes), l.number, l.at,
                      (SELECT at FROM sidegate_changes WHERE number = ?1)
               FROM sidegate_changes l ORDER BY l.number DESC LIMIT 1";
    each(connection, sql, params![number], |row| {
        bounds = row::bounds(row)?;
        Ok(())
    })?;
    let (position, news) = match step(known, &rows, bounds) {
        Step::Gap(position) => (position, News::Gap),
        Step::Keys(position, ids) => (position, told(connection, &ids)?),
    };
    Ok(Batch { position, news })
}

/// The keys behind changes. One that cannot be read must not keep the others from being told.
fn told(connection: &Connection, ids: &[Box<str>]) -> Result<News, Error> {
    if ids.is_empty() {
        return Ok(News::Keys(Vec::new()));
    }
    match by_ids(connection, ids) {
        Ok(listed) => Ok(News::in_order(listed, ids)),
        Err(Error::Unusable(_)) => Ok(News::Gap),
        Err(error) => Err(error),
    }
}

fn keys(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<Listed>, Error> {
    let mut keys = Keys::default();
    each(connection, sql, parameters, |row| keys.add(row))?;
    Ok(keys.into_vec())
}

/// Calls a function on every row of a result.
fn each(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
    mut take: impl FnMut(&rusqlite::Row<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let failed = |error: rusqlite::Error| unavailable(&error);
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let mut rows = statement.query(parameters).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        take(row)?;
    }
    Ok(())
}

impl Row for rusqlite::Row<'_> {
    fn text(&self, column: usize) -> Result<Option<Box<str>>, Error> {
        self.get(column).map_err(|error| unreadable(&error))
    }

    fn number(&self, column: usize) -> Result<Option<i64>, Error> {
        self.get(column).map_err(|error| unreadable(&error))
    }

    fn time(&self, column: usize) -> Result<Option<SystemTime>, Error> {
        Ok(self.number(column)?.map(from_micros))
    }

    fn bytes(&self, column: usize) -> Result<Option<Vec<u8>>, Error> {
        self.get(column).map_err(|error| unreadable(&error))
    }
}

fn unreadable(error: &rusqlite::Error) -> Error {
    Error::Unusable(error.to_string().into())
}
