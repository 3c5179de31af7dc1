//! Taking a credential out of a request before it is forwarded.

use http::HeaderValue;
use http::header::{AUTHORIZATION, COOKIE};

use crate::model::Request;

use super::location::{Place, bearer_credentials, cookie_value, query_value};

/// How the credentials of one kind are taken out of a request.
#[derive(Debug, Clone)]
pub struct Removal(Box<[Place]>);

impl Removal {
    /// Takes out whatever stands in these places; with none, changes nothing.
    pub(super) fn from(places: Box<[Place]>) -> Self {
        Self(places)
    }

    /// Takes the credential out of every place it may be read from, so that the upstream sees none of
    /// its copies. Other cookies and query parameters stay byte for byte as they were.
    pub fn apply(&self, request: &mut Request) {
        for place in &self.0 {
            match place {
                Place::Bearer => remove_bearer(request),
                Place::Header(name) => {
                    request.headers.remove(name);
                }
                Place::Cookie(name) => remove_cookie(request, name),
                Place::Query(name) => remove_parameter(request, name),
            }
        }
    }
}

/// An `Authorization` of another scheme is not ours to take.
fn remove_bearer(request: &mut Request) {
    let ours = request
        .headers
        .get_all(AUTHORIZATION)
        .iter()
        .any(|value| bearer_credentials(value).is_some());
    if ours {
        request.headers.remove(AUTHORIZATION);
    }
}

fn remove_cookie(request: &mut Request, name: &str) {
    let present = request.headers.get_all(COOKIE).iter().any(|header| {
        let mut pairs = header.as_bytes().split(|byte| *byte == b';');
        pairs.any(|pair| cookie_value(pair, name).is_some())
    });
    if !present {
        return;
    }
    let kept: Vec<HeaderValue> = request
        .headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| without_cookie(header, name))
        .collect();
    request.headers.remove(COOKIE);
    for value in kept {
        request.headers.append(COOKIE, value);
    }
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

fn remove_parameter(request: &mut Request, name: &str) {
    let Some(query) = request.path.query() else {
        return;
    };
    let mut pairs = query.split('&');
    if !pairs.any(|pair| query_value(pair, name).is_some()) {
        return;
    }
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| query_value(pair, name).is_none())
        .collect();
    let kept = kept.join("&");
    let shorter = Some(kept.as_str()).filter(|kept| !kept.is_empty());
    // A shorter query always fits; if it did not, the query would go rather than the token stay.
    let path = request.path.with_query(shorter);
    if let Ok(path) = path.or_else(|_| request.path.with_query(None)) {
        request.path = path;
    }
}
