//! From claims to a principal.

use std::sync::Arc;
use std::time::SystemTime;

use crate::model::{ClaimPath, Denied, Memo, Principal, PrincipalKind};

use super::claims::{invalid, missing};
use super::json::{Json, Object};

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

/// What is known of a token whose signature is verified.
pub(super) struct Genuine<'t> {
    pub(super) claims: &'t Object<'t>,
    /// The claims that the principal keeps; without a list, all.
    pub(super) kept: Option<&'t [Box<str>]>,
    /// The name that the policy gives its issuer.
    pub(super) issuer: &'t Arc<str>,
    pub(super) expires_at: SystemTime,
}

impl Mapping {
    /// The person the claims speak of.
    pub(super) fn user(&self, token: &Genuine<'_>) -> Result<Principal, Denied> {
        let roles = list(token.claims, &self.roles)?;
        self.principal(PrincipalKind::User, roles, &self.scopes, token)
    }

    /// The program the claims speak of; its roles are the policy's word.
    pub(super) fn machine(
        &self,
        roles: &[Box<str>],
        scopes: &Alternatives,
        token: &Genuine<'_>,
    ) -> Result<Principal, Denied> {
        self.principal(PrincipalKind::Machine, roles.to_vec(), scopes, token)
    }

    fn principal(
        &self,
        kind: PrincipalKind,
        roles: Vec<Box<str>>,
        scopes: &Alternatives,
        token: &Genuine<'_>,
    ) -> Result<Principal, Denied> {
        let claims = token.claims;
        let subject = text(claims, &self.subject)?.ok_or_else(|| match self.subject.first() {
            Some(path) => missing(&path.to_string()),
            None => missing("sub"),
        })?;
        if subject.len() > MAX_SUBJECT {
            return Err(invalid("sub"));
        }
        Ok(Principal {
            kind,
            subject: subject.into(),
            tenant: text(claims, &self.tenant)?.map(Into::into),
            email: text(claims, &self.email)?.map(Into::into),
            roles,
            scopes: list(claims, scopes)?,
            issuer: Arc::clone(token.issuer),
            claims: claims.to_claims(token.kept),
            expires_at: token.expires_at,
            key: None,
            webhook: None,
            memo: Memo::default(),
        })
    }
}

/// The first alternative that is there; `null` says nothing.
fn first<'c, 'p>(
    claims: &'c Object<'_>,
    paths: &'p Alternatives,
) -> Option<(&'p ClaimPath, &'c Json<'c>)> {
    paths.iter().find_map(|path| {
        let value = claims.at(path).filter(|value| **value != Json::Null)?;
        Some((path, value))
    })
}

/// A fact that is one text, never empty.
pub(super) fn text<'c>(
    claims: &'c Object<'_>,
    paths: &Alternatives,
) -> Result<Option<&'c str>, Denied> {
    match first(claims, paths) {
        None => Ok(None),
        Some((_, Json::Text(text))) if !text.is_empty() => Ok(Some(text)),
        Some((path, _)) => Err(invalid(&path.to_string())),
    }
}

/// A fact that is a list of names: a list of texts, or one text with spaces between names (RFC 6749
/// section 3.3).
fn list(claims: &Object<'_>, paths: &Alternatives) -> Result<Vec<Box<str>>, Denied> {
    match first(claims, paths) {
        None => Ok(Vec::new()),
        Some((_, Json::Text(text))) => Ok(text.split_ascii_whitespace().map(Into::into).collect()),
        Some((path, Json::List(items))) => items
            .iter()
            .map(|item| match item.as_str() {
                Some(name) if !name.is_empty() => Ok(name.into()),
                _ => Err(invalid(&path.to_string())),
            })
            .collect(),
        Some((path, _)) => Err(invalid(&path.to_string())),
    }
}
