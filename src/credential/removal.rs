//! Taking a credential out of a request before it is forwarded.

use std::borrow::Cow;

use http::header::{AUTHORIZATION, COOKIE, Entry};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::model::{CanonicalPath, Request};

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

    /// What is left of a header field: nothing, less, or all of it.
    pub fn rest_of<'v>(
        &self,
        name: &HeaderName,
        value: &'v HeaderValue,
    ) -> Option<Cow<'v, HeaderValue>> {
        let mut rest = Cow::Borrowed(value);
        for place in &self.0 {
            match place {
                // An `Authorization` of another scheme is not ours to take.
                Place::Bearer if *name == AUTHORIZATION && bearer_credentials(value).is_some() => {
                    return None;
                }
                Place::Header(ours) if name == ours => return None,
                Place::Cookie(ours) if *name == COOKIE && has_cookie(&rest, ours) => {
                    rest = Cow::Owned(without_cookie(&rest, ours)?);
                }
                _ => {}
            }
        }
        Some(rest)
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

    /// Leaves of a request what is left of its parts.
    pub fn apply(&self, request: &mut Request) {
        if let Cow::Owned(path) = self.rest_of_path(&request.path) {
            request.path = path;
        }
        for place in &self.0 {
            match place {
                Place::Bearer => self.revise(&mut request.headers, &AUTHORIZATION),
                Place::Header(name) => self.revise(&mut request.headers, name),
                Place::Cookie(_) => self.revise(&mut request.headers, &COOKIE),
                Place::Query(_) => {}
            }
        }
    }

    fn revise(&self, headers: &mut HeaderMap, name: &HeaderName) {
        let field = match headers.try_entry(name) {
            Ok(Entry::Occupied(field)) => field,
            Ok(Entry::Vacant(_)) => return,
            // Out of a map that has no room to look, the whole field goes.
            Err(_) => return drop(headers.remove(name)),
        };
        let (mut kept, mut whole) = (Vec::new(), true);
        for value in field.iter() {
            let rest = self.rest_of(name, value);
            whole &= matches!(rest, Some(Cow::Borrowed(_)));
            kept.extend(rest.map(Cow::into_owned));
        }
        if whole {
            return;
        }
        field.remove();
        for value in kept {
            headers.append(name, value);
        }
    }
}

fn has_cookie(header: &HeaderValue, name: &str) -> bool {
    let mut pairs = header.as_bytes().split(|byte| *byte == b';');
    pairs.any(|pair| cookie_value(pair, name).is_some())
}

/// The header without the cookie; nothing when no other cookie stands in it.
fn without_cookie(header: &HeaderValue, name: &str) -> Option<HeaderValue> {
    let pairs: Vec<&[u8]> = header
        .as_bytes()
        .split(|byte| *byte == b';')
        .filter(|pair| cookie_value(pair, name).is_none())
        .collect();
    let joined = pairs.join(&b';');
    let kept = joined.trim_ascii();
    HeaderValue::from_bytes(kept)
        .ok()
        .filter(|value| !value.is_empty())
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
