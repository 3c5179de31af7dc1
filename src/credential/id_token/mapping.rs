//! From claims to a principal.

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::Value;

use crate::model::{ClaimPath, Claims, Denied, Memo, Principal, PrincipalKind};

use super::claims::{invalid, missing};

/// The longest subject, in bytes. OpenID Connect Core section 2 allows 255 characters.
const MAX_SUBJECT: usize = 1024;

/// The claims that may hold one fact; the first that is there counts.
pub(super) type Alternatives = Box<[ClaimPath]>;

/// Which claims hold the facts about a caller.
#[derive(Debug, Clone)]
pub(super) struct Mapping {
    pub(super) subject: Alternatives,
    pub(super) tenant: Alternatives,
    pub(super) roles: Alternatives,
    pub(super) scopes: Alternatives,
    pub(super) email: Alternatives,
}

impl Default for Mapping {
    fn default() -> Self {
        Self {
            subject: top_level(&["sub"]),
            tenant: top_level(&["tenant_id"]),
            roles: top_level(&["roles"]),
            scopes: top_level(&["scope", "scp"]),
            email: top_level(&["email"]),
        }
    }
}

/// Top-level claims of these names.
pub(super) fn top_level(names: &[&str]) -> Alternatives {
    names.iter().map(|name| ClaimPath::exact(&[name])).collect()
}

impl Mapping {
    /// The person the claims speak of.
    pub(super) fn user(
        &self,
        claims: Claims,
        issuer: &Arc<str>,
        expires_at: SystemTime,
    ) -> Result<Principal, Denied> {
        let roles = list(&claims, &self.roles)?;
        self.principal(
            PrincipalKind::User,
            roles,
            &self.scopes,
            claims,
            issuer,
            expires_at,
        )
    }

    /// The program the claims speak of; its roles are the policy's word.
    pub(super) fn machine(
        &self,
        roles: &[Box<str>],
        scopes: &Alternatives,
        claims: Claims,
        issuer: &Arc<str>,
        expires_at: SystemTime,
    ) -> Result<Principal, Denied> {
        let kind = PrincipalKind::Machine;
        self.principal(kind, roles.to_vec(), scopes, claims, issuer, expires_at)
    }

    fn principal(
        &self,
        kind: PrincipalKind,
        roles: Vec<Box<str>>,
        scopes: &Alternatives,
        claims: Claims,
        issuer: &Arc<str>,
        expires_at: SystemTime,
    ) -> Result<Principal, Denied> {
        let subject = text(&claims, &self.subject)?.ok_or_else(|| match self.subject.first() {
            Some(path) => missing(&path.to_string()),
            None => missing("sub"),
        })?;
        if subject.len() > MAX_SUBJECT {
            return Err(invalid("sub"));
        }
        Ok(Principal {
            kind,
            subject,
            tenant: text(&claims, &self.tenant)?,
            email: text(&claims, &self.email)?,
            roles,
            scopes: list(&claims, scopes)?,
            issuer: Arc::clone(issuer),
            claims,
            expires_at,
            memo: Memo::default(),
        })
    }
}

/// The first alternative that is there; `null` says nothing.
pub(super) fn first<'c, 'p>(
    claims: &'c Claims,
    paths: &'p Alternatives,
) -> Option<(&'p ClaimPath, &'c Value)> {
    paths.iter().find_map(|path| {
        let value = claims.at(path).filter(|value| !value.is_null())?;
        Some((path, value))
    })
}

/// A fact that is one text, never empty.
pub(super) fn text(claims: &Claims, paths: &Alternatives) -> Result<Option<Box<str>>, Denied> {
    match first(claims, paths) {
        None => Ok(None),
        Some((_, Value::String(text))) if !text.is_empty() => Ok(Some(text.as_str().into())),
        Some((path, _)) => Err(invalid(&path.to_string())),
    }
}

/// A fact that is a list of names: a list of texts, or one text with spaces between names (RFC 6749
/// section 3.3).
fn list(claims: &Claims, paths: &Alternatives) -> Result<Vec<Box<str>>, Denied> {
    match first(claims, paths) {
        None => Ok(Vec::new()),
        Some((_, Value::String(text))) => {
            Ok(text.split_ascii_whitespace().map(Into::into).collect())
        }
        Some((path, Value::Array(items))) => items
            .iter()
            .map(|item| match item.as_str() {
                Some(name) if !name.is_empty() => Ok(name.into()),
                _ => Err(invalid(&path.to_string())),
            })
            .collect(),
        Some((path, _)) => Err(invalid(&path.to_string())),
    }
}
