//! Callers in words.

use std::fmt;

use crate::model::{Principal, PrincipalKind};

/// A principal in words: what tells it from others.
#[derive(Debug)]
pub(super) struct Described<'a> {
    pub(super) principal: &'a Principal,
    /// Whether the issuer matters.
    pub(super) issuer: bool,
}

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let principal = self.principal;
        match principal.kind {
            PrincipalKind::User => f.write_str("a user")?,
            PrincipalKind::Machine => f.write_str("a machine")?,
            PrincipalKind::ApiKey => f.write_str("an API key")?,
            PrincipalKind::Webhook => f.write_str("a signed delivery")?,
        }
        if self.issuer {
            let what = match principal.kind {
                PrincipalKind::ApiKey => "set",
                PrincipalKind::Webhook => "webhook",
                _ => "issuer",
            };
            write!(f, " of {what} `{}`", principal.issuer)?;
        }
        match (principal.roles.as_slice(), principal.kind) {
            ([], PrincipalKind::User) => f.write_str(" without a role")?,
            ([], PrincipalKind::Machine | PrincipalKind::ApiKey | PrincipalKind::Webhook) => {}
            (roles, _) => write!(f, " with {}", listed("role", roles))?,
        }
        match principal.scopes.as_slice() {
            [] => Ok(()),
            scopes if principal.roles.is_empty() && principal.kind != PrincipalKind::User => {
                write!(f, " with {}", listed("scope", scopes))
            }
            scopes if principal.roles.is_empty() => write!(f, ", with {}", listed("scope", scopes)),
            scopes => write!(f, " and {}", listed("scope", scopes)),
        }?;
        match &principal.webhook {
            Some(facts) if principal.kind != PrincipalKind::Webhook => {
                write!(f, ", with a signature of `{}`", facts.name)
            }
            _ => Ok(()),
        }
    }
}

/// `role `a`` or `roles `a`, `b``.
pub(super) fn listed(what: &str, names: &[impl AsRef<str>]) -> String {
    let quoted: Vec<String> = names
        .iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect();
    let plural = if names.len() == 1 { "" } else { "s" };
    format!("{what}{plural} {}", quoted.join(", "))
}
