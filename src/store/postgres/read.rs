//! Questions that both kinds of connection ask, and what rows say.

use std::time::SystemTime;

use tokio_postgres::types::{FromSql, ToSql, Type};

use super::error::unavailable;
use crate::store::row::{Keys, Row};
use crate::store::{Error, Listed};

/// The columns that [`Keys`] takes, of a key `k`, its uses `u` and its generations `g`.
macro_rules! columns {
    () => {
        "SELECT k.id, k.set_name, k.name, k.tenant, k.owner, k.roles::text, k.scopes::text, k.sources::text, \
         k.networks::text, k.not_before, k.expires_at, k.created_at, k.created_by, k.revoked_at, \
         k.metadata::text, k.version, u.uses, u.last_used_at, \
         g.number::bigint, g.hash_kind, g.digest, g.hash, g.start, g.created_at, g.ends_at, g.signing "
    };
}

/// What belongs to the keys `k`.
macro_rules! parts {
    () => {
        " JOIN sidegate_generations g ON g.key_id = k.id LEFT JOIN sidegate_uses u ON u.key_id = k.id "
    };
}

pub(super) use {columns, parts};

/// Keys by their ids.
pub(super) const BY_IDS: &str = concat!(
    columns!(),
    "FROM sidegate_keys k",
    parts!(),
    "WHERE k.id = ANY ($1) ORDER BY k.id, g.number DESC"
);

/// A value for a statement, and its type.
pub(super) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// Keys out of rows.
pub(super) fn keys(rows: &[tokio_postgres::Row]) -> Result<Vec<Listed>, Error> {
    let mut keys = Keys::default();
    rows.iter().try_for_each(|row| keys.add(row))?;
    Ok(keys.into_vec())
}

/// Whether the database could hold this text at all: PostgreSQL knows no NUL.
pub(super) fn can_be(text: &str) -> bool {
    !text.contains('\0')
}

impl Row for tokio_postgres::Row {
    fn text(&self, column: usize) -> Result<Option<Box<str>>, Error> {
        get(self, column)
    }

    fn number(&self, column: usize) -> Result<Option<i64>, Error> {
        get(self, column)
    }

    fn time(&self, column: usize) -> Result<Option<SystemTime>, Error> {
        get(self, column)
    }

    fn bytes(&self, column: usize) -> Result<Option<Vec<u8>>, Error> {
        get(self, column)
    }
}

fn get<'a, T: FromSql<'a>>(
    row: &'a tokio_postgres::Row,
    column: usize,
) -> Result<Option<T>, Error> {
    row.try_get(column).map_err(|error| unavailable(&error))
}
