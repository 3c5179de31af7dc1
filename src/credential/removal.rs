//! Taking a credential out of a request before it is forwarded.

use std::borrow::Cow;

use http::header::{AUTHORIZATION, COOKIE, HeaderName};

use crate::model::{CanonicalPath, Field, Rest};

use super::location::{Place, bearer_credentials, cookie_value, query_value};

/// How the credentials of one kind are taken out of a request: out of every place they may be read
/// from, so that the upstream sees none of their copies. Other cookies and query parameters stay byte
/// for byte as they were.
#[derive(Debug, Clone)]
pub struct Removal(Box<[Place]>);

impl Removal {
    /// Takes out whatever stands in these places; with none, changes nothing.
    pub(super) fn from(places: Box<[Place]>) -> Self {
        Self(places)
    }

    /// What is left of a header field.
    pub fn rest_of(&self, field: Field<'_>) -> Rest {
        let mut part = None;
        for place in &self.0 {
            match place {
                // An `Authorization` of another scheme is not ours to take.
                Place::Bearer if is(field, &AUTHORIZATION) && is_bearer(field) => {
                    return Rest::Nothing;
                }
                Place::Header(ours) if is(field, ours) => return Rest::Nothing,
                Place::Cookie(ours) if is(field, &COOKIE) => {
                    let left = part.as_deref().unwrap_or(field.value());
                    if has_cookie(left, ours) {
                        part = Some(without_cookie(left, ours));
                    }
                }
                _ => {}
            }
        }
        match part {
            None => Rest::Whole,
            Some(cookies) if cookies.is_empty() => Rest::Nothing,
            Some(cookies) => Rest::Part(cookies),
        }
    }

    /// What is left of path and query.
    pub fn rest_of_path<'p>(&self, path: &'p CanonicalPath) -> Cow<'p, CanonicalPath> {
        let mut rest = Cow::Borrowed(path);
        for place in &self.0 {
            if let Place::Query(name) = place
                && let Some(shorter) = without_parameter(&rest, name)
            {
                rest = Cow::Owned(shorter);
            }
        }
        rest
    }
}

fn is(field: Field<'_>, name: &HeaderName) -> bool {
    field.name() == name.as_str().as_bytes()
}

fn is_bearer(field: Field<'_>) -> bool {
    bearer_credentials(field.value()).is_some()
}

fn has_cookie(header: &[u8], name: &str) -> bool {
    let mut pairs = header.split(|byte| *byte == b';');
    pairs.any(|pair| cookie_value(pair, name).is_some())
}

/// The header without the cookie; empty when no other cookie stands in it.
fn without_cookie(header: &[u8], name: &str) -> Vec<u8> {
    let pairs: Vec<&[u8]> = header
        .split(|byte| *byte == b';')
        .filter(|pair| cookie_value(pair, name).is_none())
        .collect();
    pairs.join(&b';').trim_ascii().to_vec()
}

/// The path without the parameter, if it has it.
fn without_parameter(path: &CanonicalPath, name: &str) -> Option<CanonicalPath> {
    let query = path.query()?;
    let ours = |pair: &&str| query_value(pair, name).is_some();
    if !query.split('&').any(|pair| ours(&pair)) {
        return None;
    }
    let kept: Vec<&str> = query.split('&').filter(|pair| !ours(pair)).collect();
    let kept = kept.join("&");
    let shorter = Some(kept.as_str()).filter(|kept| !kept.is_empty());
    // A shorter query always fits; if it did not, the query would go rather than the token stay.
    let path = path.with_query(shorter).or_else(|_| path.with_query(None));
    path.ok()
}
