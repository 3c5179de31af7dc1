//! Lists of keys and of the audit, over the connection for changes.

use tokio_postgres::types::Type;

use super::error::unavailable;
use super::read::{Parameter, can_be, columns, keys, parts};
use super::write::Changer;
use crate::store::time::kept;
use crate::store::{AuditEntry, Error, Filter, Page, row};

impl Changer {
    /// One page of keys.
    pub(super) async fn list(&self, filter: &Filter) -> Result<Page, Error> {
        let texts = [
            ("set_name = ", &filter.set),
            ("tenant = ", &filter.tenant),
            ("owner = ", &filter.owner),
            ("id > ", &filter.after),
        ];
        let nobody = texts
            .iter()
            .any(|(_, text)| text.as_ref().is_some_and(|text| !can_be(text)));
        if nobody {
            return Ok(Page::of(Vec::new(), 0));
        }
        let times = [
            ("revoked_at IS NULL AND expires_at < ", filter.ending_before),
            (
                "revoked_at IS NULL AND coalesce(expires_at, 'infinity') > ",
                filter.usable_at,
            ),
        ];
        let times = times.map(|(condition, time)| (condition, time.map(kept)));
        let mut wanted = String::from("TRUE");
        let mut parameters: Vec<Parameter<'_>> = Vec::new();
        let mut ask = |condition: &str, parameter| {
            parameters.push(parameter);
            wanted.push_str(&format!(" AND {condition}${}", parameters.len()));
        };
        for (condition, text) in &texts {
            if let Some(text) = text {
                ask(condition, (text, Type::TEXT));
            }
        }
        for (condition, time) in &times {
            if let Some(time) = time {
                ask(condition, (time, Type::TIMESTAMPTZ));
            }
        }
        let limit = filter.bounded_limit();
        let sql = format!(
            "{} FROM (SELECT * FROM sidegate_keys WHERE {wanted} ORDER BY id LIMIT {}) k {} ORDER BY k.id, g.number DESC",
            columns!(),
            limit + 1,
            parts!()
        );
        let client = self.0.lock().await;
        let rows = client.query_typed(&sql, &parameters).await;
        let keys = keys(&rows.map_err(|error| unavailable(&error))?)?;
        Ok(Page::of(keys, limit))
    }

    /// What was changed, the newest first.
    pub(super) async fn audit(
        &self,
        key: Option<&str>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, Error> {
        if key.is_some_and(|key| !can_be(key)) {
            return Ok(Vec::new());
        }
        let sql = match key {
            Some(_) => {
                "SELECT at, by, action, key_id, tenant, detail::text FROM sidegate_audit
                 WHERE key_id = $1 ORDER BY number DESC LIMIT $2"
            }
            None => {
                "SELECT at, by, action, key_id, tenant, detail::text FROM sidegate_audit
                 WHERE $1::text IS NULL ORDER BY number DESC LIMIT $2"
            }
        };
        let limit = i64::from(limit);
        let client = self.0.lock().await;
        let rows = client
            .query_typed(sql, &[(&key, Type::TEXT), (&limit, Type::INT8)])
            .await
            .map_err(|error| unavailable(&error))?;
        rows.iter().map(row::audit_entry).collect()
    }
}
