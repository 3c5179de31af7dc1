//! The tables, and how they are brought up to date.

use std::time::Duration;

use tokio_postgres::{Client, GenericClient, Transaction};

use super::error::{is_forbidden, unavailable};
use crate::store::{Error, Version};

/// What makes each version out of the one before; the first makes version 1.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/1.sql"),
    include_str!("migrations/2.sql"),
];

/// Makes a new connection ready: its time-outs, and tables that this program works with.
pub(super) async fn ensure(
    client: &mut Client,
    may_migrate: bool,
    patience: Duration,
) -> Result<(), Error> {
    // Whoever stops in the middle of a change must not keep the others waiting for ever.
    let limits = format!(
        "SET statement_timeout = {}; SET idle_in_transaction_session_timeout = '10s'",
        patience.as_millis()
    );
    let failed = |error: tokio_postgres::Error| unavailable(&error);
    client.batch_execute(&limits).await.map_err(failed)?;
    let version = version(client).await?;
    if !version.is_current() && may_migrate {
        migrate(client).await?;
        return Ok(());
    }
    version.check()
}

/// The version that the tables have; 0 when there are none.
pub(super) async fn version(client: &impl GenericClient) -> Result<Version, Error> {
    let failed = |error: tokio_postgres::Error| unavailable(&error);
    // `to_regclass` would answer from a cache that does not know what another connection has just made.
    let there = "SELECT EXISTS (SELECT FROM pg_catalog.pg_class
                                WHERE relname = 'sidegate_schema' AND pg_catalog.pg_table_is_visible(oid))";
    let there = client.query_one(there, &[]).await.map_err(failed)?;
    let mut found = 0;
    if there.try_get(0).map_err(failed)? {
        let version = "SELECT version FROM sidegate_schema";
        let version = client.query_opt(version, &[]).await.map_err(failed)?;
        let version: i32 = version
            .map_or(Ok(0), |row| row.try_get(0))
            .map_err(failed)?;
        found = u32::try_from(version).unwrap_or(0);
    }
    let wanted = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    Ok(Version { found, wanted })
}

/// Brings the tables up to date, whole or not at all; gives the version that they had.
pub(super) async fn migrate(client: &mut Client) -> Result<Version, Error> {
    let before = version(client).await?;
    before.refuse_newer()?;
    if before.is_current() {
        return Ok(before);
    }
    let failed = |error: tokio_postgres::Error| unavailable(&error);
    let transaction = client.transaction().await.map_err(failed)?;
    // One replica does it, and the others find it done.
    let alone = "SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(1936286821, 1)";
    transaction.batch_execute(alone).await.map_err(failed)?;
    let found = version(&transaction).await?;
    found.refuse_newer()?;
    for step in MIGRATIONS.iter().skip(found.found as usize) {
        run(&transaction, step).await?;
    }
    let wanted = i32::try_from(found.wanted).unwrap_or(i32::MAX);
    let update = format!("UPDATE sidegate_schema SET version = {wanted}");
    run(&transaction, &update).await?;
    transaction.commit().await.map_err(failed)?;
    Ok(before)
}

async fn run(transaction: &Transaction<'_>, statements: &str) -> Result<(), Error> {
    let done = transaction.batch_execute(statements).await;
    done.map_err(|error| {
        if is_forbidden(&error) {
            let help = "the tables have to be made or changed, which this user may not do: run `sidegate store migrate` as one who may";
            return Error::Unusable(help.into());
        }
        unavailable(&error)
    })
}
