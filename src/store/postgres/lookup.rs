//! The connection for look-ups: many at a time, pipelined.

use std::time::Duration;

use tokio_postgres::types::Type;
use tokio_postgres::{Client, Statement};

use super::error::unavailable;
use super::line::Duty;
use super::migrate::ensure;
use super::read::{BY_IDS, can_be, columns, keys, parts};
use crate::model::ApiKey;
use crate::store::{Error, Listed, Lookup};

const BY_DIGEST: &str = concat!(
    columns!(),
    "FROM sidegate_generations f JOIN sidegate_keys k ON k.id = f.key_id",
    parts!(),
    "WHERE f.set_name = $1 AND f.digest = $2 ORDER BY k.id, g.number DESC"
);

const BY_START: &str = concat!(
    columns!(),
    "FROM (SELECT DISTINCT key_id FROM sidegate_generations
           WHERE set_name = $1 AND start = $2 AND digest IS NULL LIMIT $3) f
     JOIN sidegate_keys k ON k.id = f.key_id",
    parts!(),
    "ORDER BY k.id, g.number DESC"
);

/// Finds keys.
#[derive(Debug)]
pub(super) struct Looker {
    client: Client,
    by_digest: Statement,
    by_start: Statement,
}

impl Duty for Looker {
    async fn set_up(mut client: Client, migrate: bool, patience: Duration) -> Result<Self, Error> {
        ensure(&mut client, migrate, patience).await?;
        let prepared = async {
            let by_digest = client.prepare(BY_DIGEST).await?;
            let by_start = client
                .prepare_typed(BY_START, &[Type::TEXT, Type::TEXT, Type::INT8])
                .await?;
            Ok((by_digest, by_start))
        };
        let (by_digest, by_start) = prepared.await.map_err(|error| unavailable(&error))?;
        Ok(Self {
            client,
            by_digest,
            by_start,
        })
    }
}

impl Looker {
    /// Keys that may have the text that is looked for.
    pub(super) async fn find(&self, set: &str, lookup: Lookup<'_>) -> Result<Vec<ApiKey>, Error> {
        let most = i64::from(Lookup::MOST) + 1;
        let rows = match lookup {
            Lookup::Digest(digest) => {
                self.client
                    .query(&self.by_digest, &[&set, &digest.as_slice()])
                    .await
            }
            Lookup::Start(start) if !can_be(start) => return Ok(Vec::new()),
            Lookup::Start(start) => {
                self.client
                    .query(&self.by_start, &[&set, &start, &most])
                    .await
            }
        };
        let found = keys(&rows.map_err(|error| unavailable(&error))?)?;
        if matches!(lookup, Lookup::Start(_)) {
            Lookup::refuse_crowd(found.len())?;
        }
        Ok(found.into_iter().map(|listed| listed.key).collect())
    }

    /// One key.
    pub(super) async fn key(&self, id: &str) -> Result<Option<Listed>, Error> {
        if !can_be(id) {
            return Ok(None);
        }
        let ids = [id];
        let rows = self
            .client
            .query_typed(BY_IDS, &[(&ids.as_slice(), Type::TEXT_ARRAY)])
            .await
            .map_err(|error| unavailable(&error))?;
        Ok(keys(&rows)?.into_iter().next())
    }
}
