//! Keys over HTTP: what a request for them means and what is answered, wherever it came in.

use std::time::SystemTime;

use http::{Method, StatusCode};
use serde_json::Value;

use super::{KeySet, NewKey, Registry};

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
    /// The path below the place where keys are served: ``, `/ID`, `/ID/rotate`.
    pub path: &'a str,
    /// The query.
    pub query: Option<&'a str>,
    /// The body, whole; at most 64 KiB.
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
        /// Says why the caller may not hand on what is wished for, if so.
        ceiling: &'a (dyn Fn(&Wish<'_>) -> Result<(), String> + Sync),
    },
}

/// What is answered: JSON, never to be stored by anybody.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The document; nothing for an empty answer.
    pub body: Option<Value>,
    /// The methods that would be right, with a 405.
    pub allow: Option<&'static str>,
}

impl Service {
    /// Over this registry.
    pub fn new(registry: Registry) -> Self {
        Self { registry }
    }

    /// Answers. Never panics, never waits longer than the store's time-out.
    pub async fn answer(&self, _ask: Ask<'_>) -> Reply {
        let _ = &self.registry;
        Reply {
            status: StatusCode::NOT_FOUND,
            body: None,
            allow: None,
        }
    }

    /// The OpenAPI description (3.1) of what is served; `tenant` for the caller's side of it.
    pub fn openapi(_tenant: bool) -> Value {
        Value::Null
    }
}
