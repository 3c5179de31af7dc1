//! Keys out of rows: the same columns, in the same order, from either database.

use std::str::FromStr;
use std::time::SystemTime;

use serde_json::{Map, Value};

use super::change::{Bounds, Change, Position};
use super::{AuditEntry, Error, Listed};
use crate::model::{ApiKey, Generation, KeyHash, Sealed};

/// One row of a result, whichever database it comes from.
pub(super) trait Row {
    fn text(&self, column: usize) -> Result<Option<Box<str>>, Error>;
    fn number(&self, column: usize) -> Result<Option<i64>, Error>;
    fn time(&self, column: usize) -> Result<Option<SystemTime>, Error>;
    fn bytes(&self, column: usize) -> Result<Option<Vec<u8>>, Error>;
}

/// The rows of a query as keys. Rows of one key stand together, its newest generation first.
///
/// Columns: 0 id, 1 set, 2 name, 3 tenant, 4 owner, 5 roles, 6 scopes, 7 sources, 8 networks,
/// 9 `not_before`, 10 `expires_at`, 11 `created_at`, 12 `created_by`, 13 `revoked_at`, 14 metadata,
/// 15 version, 16 uses, 17 `last_used_at`; of the generation: 18 number, 19 kind, 20 digest, 21 hash,
/// 22 start, 23 `created_at`, 24 `ends_at`, 25 signing.
#[derive(Debug, Default)]
pub(super) struct Keys(Vec<Listed>);

impl Keys {
    /// Takes one row more.
    pub(super) fn add(&mut self, row: &impl Row) -> Result<(), Error> {
        let id = needed(row.text(0)?)?;
        let generation = generation(row).map_err(|error| damaged(&id, error))?;
        match self.0.last_mut() {
            Some(last) if last.key.id == id => last.key.generations.push(generation),
            _ => {
                let listed = listed(row, generation).map_err(|error| damaged(&id, error))?;
                self.0.push(listed);
            }
        }
        Ok(())
    }

    /// The keys, in the order of the rows.
    pub(super) fn into_vec(self) -> Vec<Listed> {
        self.0
    }
}

fn listed(row: &impl Row, generation: Generation) -> Result<Listed, Error> {
    let number = |column| row.number(column).map(|number| number.unwrap_or(0));
    let key = ApiKey {
        id: needed(row.text(0)?)?,
        set: needed(row.text(1)?)?,
        name: needed(row.text(2)?)?,
        tenant: row.text(3)?,
        owner: row.text(4)?,
        roles: list(row, 5)?,
        scopes: needed(list(row, 6)?)?,
        sources: list(row, 7)?,
        networks: parsed(row, 8)?,
        not_before: row.time(9)?,
        expires_at: row.time(10)?,
        created_at: needed(row.time(11)?)?,
        created_by: needed(row.text(12)?)?,
        revoked_at: row.time(13)?,
        metadata: object(&needed(row.text(14)?)?)?,
        version: number(15)?.unsigned_abs(),
        generations: vec![generation],
    };
    Ok(Listed {
        key,
        uses: number(16)?.unsigned_abs(),
        last_used_at: row.time(17)?,
    })
}

fn generation(row: &impl Row) -> Result<Generation, Error> {
    let kind = needed(row.text(19)?)?;
    let hash = match &*kind {
        "sha256" => KeyHash::Sha256(
            <[u8; 32]>::try_from(needed(row.bytes(20)?)?).map_err(|_| unreadable())?,
        ),
        "bcrypt" => KeyHash::Bcrypt(needed(row.text(21)?)?),
        "argon2" => KeyHash::Argon2(needed(row.text(21)?)?),
        _ => return Err(unreadable()),
    };
    Ok(Generation {
        number: u32::try_from(needed(row.number(18)?)?).map_err(|_| unreadable())?,
        hash,
        start: needed(row.text(22)?)?,
        created_at: needed(row.time(23)?)?,
        ends_at: row.time(24)?,
        signing: row.bytes(25)?.map(Sealed::new),
    })
}

/// An entry of the audit. Columns: 0 at, 1 by, 2 action, 3 key, 4 tenant, 5 detail.
pub(super) fn audit_entry(row: &impl Row) -> Result<AuditEntry, Error> {
    Ok(AuditEntry {
        at: needed(row.time(0)?)?,
        by: needed(row.text(1)?)?,
        action: needed(row.text(2)?)?,
        key: row.text(3)?,
        tenant: row.text(4)?,
        detail: object(&needed(row.text(5)?)?)?,
    })
}

/// A row of the table of changes. Columns: 0 number, 1 key, 2 at.
pub(super) fn change(row: &impl Row) -> Result<Change, Error> {
    Ok(Change {
        number: needed(row.number(0)?)?,
        key: row.text(1)?,
        at: needed(row.time(2)?)?,
    })
}

/// What else is in that table. Columns: 0 the first number, 1 the last one, 2 when that was, 3 when the
/// one was that is known.
pub(super) fn bounds(row: &impl Row) -> Result<Bounds, Error> {
    Ok(Bounds {
        first: row.number(0)?,
        last: Position {
            number: needed(row.number(1)?)?,
            at: row.time(2)?,
        },
        known_at: row.time(3)?,
    })
}

/// A list as it is kept.
pub(super) fn list_json(list: &[impl ToString]) -> String {
    let texts = list.iter().map(|item| Value::String(item.to_string()));
    Value::Array(texts.collect()).to_string()
}

/// An object as it is kept.
pub(super) fn object_json(object: &Map<String, Value>) -> String {
    serde_json::to_string(object).unwrap_or_else(|_| "{}".into())
}

fn list(row: &impl Row, column: usize) -> Result<Option<Vec<Box<str>>>, Error> {
    let text = row.text(column)?;
    text.map(|text| serde_json::from_str(&text).map_err(|_| unreadable()))
        .transpose()
}

fn parsed<T: FromStr>(row: &impl Row, column: usize) -> Result<Option<Vec<T>>, Error> {
    let Some(texts) = list(row, column)? else {
        return Ok(None);
    };
    let parsed = texts.iter().map(|text| text.parse());
    parsed
        .collect::<Result<_, _>>()
        .map(Some)
        .map_err(|_| unreadable())
}

fn object(text: &str) -> Result<Map<String, Value>, Error> {
    serde_json::from_str(text).map_err(|_| unreadable())
}

fn needed<T>(value: Option<T>) -> Result<T, Error> {
    value.ok_or_else(unreadable)
}

fn unreadable() -> Error {
    Error::Unusable("a row is not as this program writes it".into())
}

/// Names the key whose row is not as it should be.
fn damaged(id: &str, error: Error) -> Error {
    match error {
        Error::Unusable(what) => Error::Unusable(format!("key `{id}`: {what}").into()),
        other => other,
    }
}
