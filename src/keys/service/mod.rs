//! Keys over HTTP: what a request for them means and what is answered, wherever it came in.
//!
//! It knows paths, methods, queries and bodies, and how a refusal is written. It refuses to know
//! sockets, tokens and policies: a front door says who asks, and for which keys.
//!
//! Straight line: place (path, method) -> query or body, strictly -> within the caller's bounds ->
//! [`Registry`] -> document.
//!
//! Always: nothing unknown is passed over, neither a field nor a parameter; a caller of a guarded
//! route sees and changes only keys of the own tenant in one set, and gets the text of no key that may
//! do more than the caller; a text is in one answer, and in nothing that could be written down.

mod ask;
mod body;
mod fault;
mod json;
mod listing;
mod making;
mod openapi;
mod own;
mod place;
#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests;

use std::time::SystemTime;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::registry::Change;
use super::{Made, Registry, shown};
use crate::store::AuditEntry;

pub use ask::{Ask, Maker, Reply, Scope, Wish};
pub use body::unless_form;
pub use fault::Fault;
use fault::Refusal;
use place::Place;

/// The longest body, in bytes.
pub const MOST_BODY: usize = 64 << 10;
/// How many entries of the audit are shown.
const MOST_AUDIT: u32 = 1000;

/// Answers requests about keys.
#[derive(Debug, Clone)]
pub struct Service {
    registry: Registry,
}

impl Service {
    /// Over this registry.
    pub fn new(registry: Registry) -> Self {
        Self { registry }
    }

    /// Answers. Never panics, never waits longer than the store's time-out for each of a few questions.
    pub async fn answer(&self, ask: Ask<'_>) -> Reply {
        self.settle(&ask).await.unwrap_or_else(Into::into)
    }

    /// The OpenAPI description (3.1) of what is served at this path; `tenant` for the caller's side of it.
    pub fn openapi(at: &str, tenant: bool) -> Value {
        openapi::document(at, tenant)
    }

    async fn settle(&self, ask: &Ask<'_>) -> Result<Reply, Refusal> {
        let place = Place::of(ask)?;
        place.check(ask)?;
        match place {
            Place::Keys if *ask.method == Method::POST => self.make(ask).await,
            Place::Keys => self.list(ask).await,
            Place::Key(id) if *ask.method == Method::DELETE => self.revoke(ask, id).await,
            Place::Key(id) => self.show(ask, id).await,
            Place::Rotation(id) => self.rotate(ask, id).await,
            Place::Audit(id) => self.audit(id).await,
            Place::Description => Ok(Reply::document(
                StatusCode::OK,
                Self::openapi(ask.at, ask.scope.tenant().is_some()),
            )),
        }
        .map_err(|refusal| refusal.told(&ask.scope))
    }

    async fn make(&self, ask: &Ask<'_>) -> Result<Reply, Refusal> {
        let wished = making::read(ask)?;
        let set = making::set(ask, wished.set.as_deref())?;
        let new = own::bound(ask, set, wished)?;
        let made = self
            .registry
            .make(set, new, &ask.scope.by(), ask.now)
            .await?;
        let location = format!("{}/{}", ask.at, made.key.id);
        Ok(Reply {
            location: Some(location),
            ..with_text(StatusCode::CREATED, &made, ask.now)
        })
    }

    async fn rotate(&self, ask: &Ask<'_>, id: &str) -> Result<Reply, Refusal> {
        let rotation = making::rotation(ask)?;
        let by = ask.scope.by();
        let change = Change {
            reach: ask.scope.reach(),
            by: &by,
            now: ask.now,
        };
        let scope = ask.scope;
        let may = |key: &_| own::may_have(&scope, key, ask.now);
        let rotation = self
            .registry
            .rotate_if(ask.sets, id, rotation, change, &may);
        Ok(with_text(StatusCode::OK, &rotation.await?, ask.now))
    }

    async fn revoke(&self, ask: &Ask<'_>, id: &str) -> Result<Reply, Refusal> {
        let (reach, by) = (ask.scope.reach(), ask.scope.by());
        let key = self.registry.revoke(id, reach, &by, ask.now).await?;
        let document = shown::document(&key, ask.now);
        Ok(Reply::document(StatusCode::OK, document))
    }

    async fn show(&self, ask: &Ask<'_>, id: &str) -> Result<Reply, Refusal> {
        let found = self.registry.show(id, ask.scope.reach()).await?;
        let document = shown::document(&found, ask.now);
        Ok(Reply::document(StatusCode::OK, document))
    }

    async fn list(&self, ask: &Ask<'_>) -> Result<Reply, Refusal> {
        let page = self.registry.list(&listing::filter(ask)?).await?;
        let document = listing::document(&page, ask.now);
        Ok(Reply::document(StatusCode::OK, document))
    }

    async fn audit(&self, id: &str) -> Result<Reply, Refusal> {
        let entries = self.registry.audit(Some(id), MOST_AUDIT).await?;
        let entries: Vec<Value> = entries.iter().map(entry).collect();
        let document = json!({ "entries": entries });
        Ok(Reply::document(StatusCode::OK, document))
    }
}

/// The document of a key that has a new text, with the text: the one time that it is shown.
fn with_text(status: StatusCode, made: &Made, now: SystemTime) -> Reply {
    let mut document = shown::document(&made.key, now);
    let text = String::from_utf8_lossy(made.text.expose());
    if let Value::Object(members) = &mut document {
        members.insert("key".into(), Value::String(text.into_owned()));
        if let Some(secret) = &made.signing {
            let text = String::from_utf8_lossy(secret.expose());
            members.insert("signing_secret".into(), Value::String(text.into_owned()));
        }
    }
    Reply::document(status, document)
}

/// An entry of the audit as JSON.
fn entry(entry: &AuditEntry) -> Value {
    let mut value = json!({
        "at": shown::time(entry.at),
        "by": entry.by,
        "action": entry.action,
        "detail": entry.detail,
    });
    if let Value::Object(members) = &mut value {
        let named = [("key", &entry.key), ("tenant", &entry.tenant)];
        for (name, text) in named {
            text.iter().for_each(|text| {
                members.insert(name.into(), json!(text));
            });
        }
    }
    value
}
