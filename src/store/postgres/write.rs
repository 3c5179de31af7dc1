//! The connection for changes, one after the other, and for lists.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, GenericClient, Transaction};

use super::error::unavailable;
use super::line::Duty;
use super::migrate::ensure;
use super::rows::{insert_generations, insert_keys, update};
use crate::model::ApiKey;
use crate::store::change::MADE;
use crate::store::row::object_json;
use crate::store::time::{kept, to_i64};
use crate::store::{AuditEntry, Error, Uses};

/// How many keys one statement adds.
const CHUNK: usize = 5000;

/// Changes keys.
#[derive(Debug)]
pub(super) struct Changer(pub(super) Mutex<Client>);

impl Duty for Changer {
    async fn set_up(mut client: Client, migrate: bool, patience: Duration) -> Result<Self, Error> {
        ensure(&mut client, migrate, patience).await?;
        Ok(Self(Mutex::new(client)))
    }
}

impl Changer {
    /// Adds keys.
    pub(super) async fn create(&self, keys: &[ApiKey], audit: &AuditEntry) -> Result<(), Error> {
        let mut client = self.0.lock().await;
        let transaction = begin(&mut client).await?;
        for chunk in keys.chunks(CHUNK) {
            insert_keys(&transaction, chunk).await?;
            insert_generations(&transaction, chunk).await?;
        }
        let ids: Vec<Option<&str>> = match keys.len() {
            0 => Vec::new(),
            many if many > MADE => vec![None],
            _ => keys.iter().map(|key| Some(&*key.id)).collect(),
        };
        finish(transaction, &ids, audit).await
    }

    /// Puts a changed key in the place of the one before it.
    pub(super) async fn replace(&self, key: &ApiKey, audit: &AuditEntry) -> Result<(), Error> {
        let mut client = self.0.lock().await;
        let transaction = begin(&mut client).await?;
        if update(&transaction, key).await? == 0 {
            let there = "SELECT 1 FROM sidegate_keys WHERE id = $1";
            let there = transaction.query_opt(there, &[&key.id]).await;
            return Err(match there.map_err(|error| unavailable(&error))? {
                Some(_) => Error::Changed,
                None => Error::Unknown,
            });
        }
        let forget = "DELETE FROM sidegate_generations WHERE key_id = $1";
        execute(&transaction, forget, &[&key.id]).await?;
        insert_generations(&transaction, std::slice::from_ref(key)).await?;
        finish(transaction, &[Some(&key.id)], audit).await
    }

    /// Adds to the uses of keys that are there, in the order of their ids, so that two replicas never
    /// wait for each other.
    pub(super) async fn count(&self, uses: &[Uses]) -> Result<(), Error> {
        let ids: Vec<&str> = uses.iter().map(|used| &*used.id).collect();
        let counts: Vec<i64> = uses.iter().map(|used| to_i64(used.count)).collect();
        let lasts: Vec<_> = uses.iter().map(|used| kept(used.last)).collect();
        let client = self.0.lock().await;
        execute(
            &*client,
            "INSERT INTO sidegate_uses (key_id, uses, last_used_at)
             SELECT k.id, sum(u.uses)::bigint, max(u.last)
             FROM unnest($1::text[], $2::bigint[], $3::timestamptz[]) u (id, uses, last)
             JOIN sidegate_keys k ON k.id = u.id GROUP BY k.id ORDER BY k.id
             ON CONFLICT (key_id) DO UPDATE SET uses = sidegate_uses.uses + excluded.uses,
                 last_used_at = greatest(sidegate_uses.last_used_at, excluded.last_used_at)",
            &[&ids, &counts, &lasts],
        )
        .await
        .map(|_| ())
    }

    /// Removes changes that are older, and all but the newest `rows`; the newest one stays.
    pub(super) async fn prune(&self, (age, rows): (Duration, i64)) -> Result<(), Error> {
        let client = self.0.lock().await;
        let seconds = age.as_secs_f64();
        execute(
            &*client,
            "DELETE FROM sidegate_changes WHERE number < (SELECT max(number) FROM sidegate_changes)
             AND (number <= (SELECT max(number) FROM sidegate_changes) - $2::bigint
                  OR at < clock_timestamp() - make_interval(secs => $1::float8))",
            &[&seconds, &rows],
        )
        .await
        .map(|_| ())
    }
}

async fn begin(client: &mut Client) -> Result<Transaction<'_>, Error> {
    client
        .transaction()
        .await
        .map_err(|error| unavailable(&error))
}

/// Writes the audit and what followers are to be told, and commits. From the lock on nobody else gets a
/// number before this one can be seen.
async fn finish(
    transaction: Transaction<'_>,
    ids: &[Option<&str>],
    audit: &AuditEntry,
) -> Result<(), Error> {
    execute(
        &transaction,
        "INSERT INTO sidegate_audit (at, by, action, key_id, tenant, detail)
         VALUES ($1, $2, $3, $4, $5, $6::text::json)",
        &[
            &kept(audit.at),
            &audit.by,
            &audit.action,
            &audit.key,
            &audit.tenant,
            &object_json(&audit.detail),
        ],
    )
    .await?;
    if !ids.is_empty() {
        let lock = "SELECT pg_advisory_xact_lock(1936286821, 2)";
        execute(&transaction, lock, &[]).await?;
        let note = "INSERT INTO sidegate_changes (key_id)
                    SELECT id FROM unnest($1::text[]) WITH ORDINALITY n (id, place) ORDER BY place";
        execute(&transaction, note, &[&ids]).await?;
        execute(&transaction, "NOTIFY sidegate_changes", &[]).await?;
    }
    transaction
        .commit()
        .await
        .map_err(|error| unavailable(&error))
}

pub(super) async fn execute(
    client: &impl GenericClient,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<u64, Error> {
    client
        .execute(sql, parameters)
        .await
        .map_err(|error| unavailable(&error))
}
