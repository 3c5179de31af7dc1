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

mod body;
mod fault;
mod json;
mod listing;
mod making;
mod openapi;
mod own;
mod place;
#[cfg(all(test, feature = "sqlite"))]
mod tests;

use std::fmt;
use std::time::SystemTime;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::registry::Change;
use super::{KeySet, Made, NewKey, Reach, Registry, shown};
use crate::model::KeyFacts;
use crate::store::AuditEntry;

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

/// A request about keys.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// The sets of the policy in force.
    pub sets: &'a [KeySet],
    /// Who asks, for which keys.
    pub scope: Scope<'a>,
    /// The method.
    pub method: &'a Method,
    /// The path of the place where keys are served: `/keys`, `/tenant/api-keys`; empty at the root.
    pub at: &'a str,
    /// The path below that place, as it was sent: ``, `/ID`, `/ID/rotate`, `/openapi.json`.
    pub path: &'a str,
    /// The query.
    pub query: Option<&'a str>,
    /// What the body is, as its header says.
    pub content_type: Option<&'a [u8]>,
    /// The body, whole; at most [`MOST_BODY`] bytes.
    pub body: &'a [u8],
    /// When it came.
    pub now: SystemTime,
}

/// What a new key, or a rotated one, would be able to do; asked of whoever makes it.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// The key as it would be.
    pub key: &'a NewKey,
}

/// Who asks, for which keys.
#[derive(Clone, Copy)]
pub enum Scope<'a> {
    /// The operator: every key.
    Everything {
        /// Who it is, for the audit.
        by: &'a str,
    },
    /// A caller of a guarded route: the keys of the own tenant in one set.
    Tenant {
        /// The set.
        set: &'a str,
        /// The tenant.
        tenant: &'a str,
        /// The caller's subject, for the audit; the owner of the keys they make.
        by: &'a str,
        /// The roles that keys they make are bound by.
        roles: Option<&'a [Box<str>]>,
        /// What bounds the caller, when it is itself a key: keys it makes are bound alike, or more.
        maker: Option<Maker<'a>>,
        /// Says why the caller may not hand on what is wished for, if so.
        ceiling: &'a (dyn Fn(&Wish<'_>) -> Result<(), String> + Sync),
    },
}

/// What bounds a caller that is itself a key.
#[derive(Debug, Clone, Copy)]
pub struct Maker<'a> {
    /// Its sources and networks.
    pub key: &'a KeyFacts,
    /// The nearest end of it.
    pub expires_at: SystemTime,
}

/// What is answered: JSON, to be sent with `Cache-Control: no-store`. It may hold the text of a key, once.
#[derive(Clone, PartialEq)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The document; nothing for an empty answer. It is left out of an answer to `HEAD`.
    pub body: Option<Value>,
    /// The methods that would be right, with a 405.
    pub allow: Option<&'static str>,
    /// The path of what was made, with a 201.
    pub location: Option<String>,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({})", self.status.as_u16())
    }
}

impl Reply {
    /// A refusal, with what would be right.
    pub fn refused(fault: Fault, detail: impl Into<String>) -> Self {
        Refusal::new(fault, detail).into()
    }

    /// The media type of the document.
    pub fn content_type(&self) -> &'static str {
        match self.status.as_u16() {
            ..400 => "application/json",
            _ => "application/problem+json",
        }
    }

    fn document(status: StatusCode, body: Value) -> Self {
        Self {
            status,
            body: Some(body),
            allow: None,
            location: None,
        }
    }
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
            .make(set, new, ask.scope.by(), ask.now)
            .await?;
        let location = format!("{}/{}", ask.at, made.key.id);
        Ok(Reply {
            location: Some(location),
            ..with_text(StatusCode::CREATED, &made, ask.now)
        })
    }

    async fn rotate(&self, ask: &Ask<'_>, id: &str) -> Result<Reply, Refusal> {
        let grace = making::grace(ask)?;
        let change = Change {
            reach: ask.scope.reach(),
            by: ask.scope.by(),
            now: ask.now,
        };
        let scope = ask.scope;
        let may = |key: &_| own::may_have(&scope, key, ask.now);
        let rotation = self.registry.rotate_if(ask.sets, id, grace, change, &may);
        Ok(with_text(StatusCode::OK, &rotation.await?, ask.now))
    }

    async fn revoke(&self, ask: &Ask<'_>, id: &str) -> Result<Reply, Refusal> {
        let (reach, by) = (ask.scope.reach(), ask.scope.by());
        let key = self.registry.revoke(id, reach, by, ask.now).await?;
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

impl<'a> Scope<'a> {
    fn by(&self) -> &'a str {
        match *self {
            Self::Everything { by } | Self::Tenant { by, .. } => by,
        }
    }

    fn tenant(&self) -> Option<&'a str> {
        match *self {
            Self::Everything { .. } => None,
            Self::Tenant { tenant, .. } => Some(tenant),
        }
    }

    fn reach(&self) -> Reach<'a> {
        match *self {
            Self::Everything { .. } => Reach::default(),
            Self::Tenant { set, tenant, .. } => Reach {
                set: Some(set),
                tenant: Some(tenant),
            },
        }
    }
}

/// The document of a key that has a new text, with the text: the one time that it is shown.
fn with_text(status: StatusCode, made: &Made, now: SystemTime) -> Reply {
    let mut document = shown::document(&made.key, now);
    let text = String::from_utf8_lossy(made.text.expose());
    if let Value::Object(members) = &mut document {
        members.insert("key".into(), Value::String(text.into_owned()));
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
