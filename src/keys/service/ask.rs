//! What is asked about keys, by whom, and what is answered.

use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use http::{Method, StatusCode};
use serde_json::Value;

use super::fault::{Fault, Refusal};
use crate::keys::{KeySet, NewKey, Reach};
use crate::model::KeyFacts;

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
    /// The body, whole; at most [`MOST_BODY`](super::MOST_BODY) bytes.
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
        /// The caller's subject: the owner of the keys they make, and who they are in the audit, unless they
        /// are a key of somebody else.
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

    pub(super) fn document(status: StatusCode, body: Value) -> Self {
        Self {
            status,
            body: Some(body),
            allow: None,
            location: None,
        }
    }
}

impl<'a> Scope<'a> {
    /// Who asks, as the audit names it: a key that acts for somebody is told from whom it acts for.
    pub(super) fn by(&self) -> Cow<'a, str> {
        match *self {
            Self::Tenant {
                by,
                maker: Some(Maker { key, .. }),
                ..
            } if *key.id != *by => format!("key {} of {by}", key.id).into(),
            Self::Everything { by } | Self::Tenant { by, .. } => by.into(),
        }
    }

    pub(super) fn tenant(&self) -> Option<&'a str> {
        match *self {
            Self::Everything { .. } => None,
            Self::Tenant { tenant, .. } => Some(tenant),
        }
    }

    pub(super) fn reach(&self) -> Reach<'a> {
        match *self {
            Self::Everything { .. } => Reach::default(),
            Self::Tenant { set, tenant, .. } => Reach {
                set: Some(set),
                tenant: Some(tenant),
            },
        }
    }
}
