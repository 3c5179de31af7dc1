//! With what credential a request comes.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use crate::model::{Claims, KeyFacts, Memo, Principal, PrincipalKind};

use super::api_key::KeyDraft;
use super::token::TokenDraft;

/// Who calls.
#[derive(Debug, Clone)]
pub(in crate::cli) enum Caller {
    /// Whoever the request itself has a credential of.
    AsSent,
    /// Somebody given outright, without a credential.
    Given(PrincipalDraft),
    /// Whoever a token speaks for that is signed on the spot.
    Claims(TokenDraft),
    /// Whoever an API key speaks for that is made on the spot.
    Key(KeyDraft),
    /// Whoever this text speaks for, a token or an API key.
    Token {
        /// The text.
        text: String,
        /// It came from the environment, and so must not be printed.
        secret: bool,
    },
}

/// A principal that lacks only what the policy knows.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct PrincipalDraft {
    pub(in crate::cli) subject: String,
    pub(in crate::cli) machine: bool,
    pub(in crate::cli) tenant: Option<String>,
    pub(in crate::cli) email: Option<String>,
    pub(in crate::cli) roles: Vec<String>,
    pub(in crate::cli) scopes: Vec<String>,
    /// The issuer, or the set of API keys, by its name in the policy; nothing means the only one.
    pub(in crate::cli) issuer: Option<String>,
    pub(in crate::cli) claims: Map<String, Value>,
    /// What is known of the API key, for callers with one.
    pub(in crate::cli) key: Option<KeyFacts>,
}

impl PrincipalDraft {
    /// The principal, whose facts last for an hour.
    pub(super) fn principal(&self, issuer: &Arc<str>, now: SystemTime) -> Arc<Principal> {
        let boxed = |names: &[String]| names.iter().map(|name| name.as_str().into()).collect();
        let hour = Duration::from_secs(3600);
        Arc::new(Principal {
            kind: match (&self.key, self.machine) {
                (Some(_), _) => PrincipalKind::ApiKey,
                (None, true) => PrincipalKind::Machine,
                (None, false) => PrincipalKind::User,
            },
            subject: self.subject.as_str().into(),
            tenant: self.tenant.as_deref().map(Into::into),
            email: self.email.as_deref().map(Into::into),
            roles: boxed(&self.roles),
            scopes: boxed(&self.scopes),
            issuer: Arc::clone(issuer),
            claims: Claims::new(self.claims.clone()),
            expires_at: now.checked_add(hour).unwrap_or(now),
            key: self.key.clone().map(Arc::new),
            webhook: None,
            memo: Memo::default(),
        })
    }
}
