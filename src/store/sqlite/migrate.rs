//! The schema of the file, and how it is brought up to date.

use rusqlite::{Connection, TransactionBehavior};

use super::error::unavailable;
use crate::store::{Error, Version};

/// What makes each version out of the one before; the first makes version 1.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/1.sql"),
    include_str!("migrations/2.sql"),
];

/// The version of the file's schema; 0 when there is none.
pub(super) fn version(connection: &Connection) -> Result<Version, Error> {
    let found: u32 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|error| unavailable(&error))?;
    Ok(Version {
        found,
        wanted: wanted(),
    })
}

/// The version that this program works with.
pub(super) fn wanted() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// Says why the file cannot be used as it is, if it cannot.
pub(super) fn check(connection: &Connection) -> Result<(), Error> {
    version(connection)?.check()
}

/// Brings the file up to date, whole or not at all.
pub(super) fn migrate(connection: &mut Connection) -> Result<Version, Error> {
    let before = version(connection)?;
    before.refuse_newer()?;
    if before.is_current() {
        return Ok(before);
    }
    let failed = |error: rusqlite::Error| unavailable(&error);
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    // Another process may have been faster.
    let found = version(&transaction)?;
    if found.found == 0 {
        refuse_foreign(&transaction)?;
    }
    for step in MIGRATIONS.iter().skip(found.found as usize) {
        transaction.execute_batch(step).map_err(failed)?;
    }
    transaction
        .pragma_update(None, "user_version", wanted())
        .map_err(failed)?;
    transaction.commit().map_err(failed)?;
    Ok(before)
}

/// A file of somebody else's is not written into.
fn refuse_foreign(connection: &Connection) -> Result<(), Error> {
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|error| unavailable(&error))?;
    if tables > 0 {
        return Err(Error::Unusable(
            "the file holds tables of another program".into(),
        ));
    }
    Ok(())
}
