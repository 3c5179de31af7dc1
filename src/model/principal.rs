//! The verified caller.

use std::sync::Arc;
use std::time::SystemTime;

use ipnet::IpNet;

use super::{Claims, Memo, WebhookFacts};

/// What kind of caller a credential speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrincipalKind {
    /// A person: rights come from roles, and from scopes where the policy maps them.
    User,
    /// A program with a token of its own (client credentials): its scopes bound what its roles grant.
    Machine,
    /// An API key: its scopes bound what its roles grant, and it may be bound further, see [`KeyFacts`].
    ApiKey,
    /// The sender of a signed delivery: its scopes bound what its roles grant.
    Webhook,
}

impl PrincipalKind {
    /// The name used in headers, logs and conditions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Machine => "machine",
            Self::ApiKey => "api_key",
            Self::Webhook => "webhook",
        }
    }
}

/// A caller whose credential was verified, with the facts the credential states.
#[derive(Debug, Clone)]
pub struct Principal {
    /// Person or program.
    pub kind: PrincipalKind,
    /// The subject; never empty.
    pub subject: Box<str>,
    /// The tenant, when the credential names one; never empty.
    pub tenant: Option<Box<str>>,
    /// The e-mail address, when the credential names one.
    pub email: Option<Box<str>>,
    /// The roles the credential states; `default_role` is the policy's business, not a fact.
    pub roles: Vec<Box<str>>,
    /// The scopes the credential states.
    pub scopes: Vec<Box<str>>,
    /// The name the policy file gives the issuer.
    pub issuer: Arc<str>,
    /// Everything the credential says.
    pub claims: Claims,
    /// When the credential ends. No fact of it may be used at or after this moment.
    pub expires_at: SystemTime,
    /// What is known of an API key; nothing of any other credential.
    pub key: Option<Arc<KeyFacts>>,
    /// What is known of a signed delivery: of a sender's own, or beside another credential.
    pub webhook: Option<Arc<WebhookFacts>>,
    /// What the policy has worked out from these facts. Principals with other facts have a memo of
    /// their own.
    pub memo: Memo,
}

/// What is known of an API key beside whom it speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFacts {
    /// What the key is called by; safe to show.
    pub id: Box<str>,
    /// The only sources it may speak for; nothing when any.
    pub sources: Option<Box<[Box<str>]>>,
    /// The only networks it may be presented from; nothing when any.
    pub networks: Option<Box<[IpNet]>>,
}
