//! Taking credentials out of a request before it is forwarded.

use std::borrow::Cow;

use http::header::{AUTHORIZATION, COOKIE, HeaderName, REFERER};

use crate::model::{CanonicalPath, Field, Rest};

use super::location::{Place, bearer_credentials, cookie_value, percent_decoded, query_value};
use super::reader::Reading;

/// How credentials are taken out of a request: out of every place they may be read from, so that the
/// upstream sees none of their copies. Other cookies and query parameters stay byte for byte as they were.
/// What stands in the query may stand in a `Referer` as well, and is taken out of that, too.
#[derive(Debug, Clone, Default)]
pub struct Removal(Box<[Taken]>);

/// What is taken out of one place.
#[derive(Debug, Clone)]
struct Taken {
    place: Place,
    /// Only texts that begin like this; without a list, whatever stands there.
    beginnings: Option<Box<[Box<str>]>>,
}

impl Taken {
    fn takes(&self, text: &[u8]) -> bool {
        let Some(beginnings) = &self.beginnings else {
            return true;
        };
        let mut beginnings = beginnings.iter();
        beginnings.any(|beginning| text.starts_with(beginning.as_bytes()))
    }

    fn takes_cookie(&self, pair: &[u8], name: &str) -> bool {
        cookie_value(pair, name).is_some_and(|value| self.takes(value))
    }

    fn takes_parameter(&self, pair: &str) -> bool {
        let Place::Query(name) = &self.place else {
            return false;
        };
        let value = query_value(pair, name);
        value.is_some_and(|value| self.takes(percent_decoded(value).as_bytes()))
    }
}

impl Removal {
    /// Takes out whatever stands in these places; with none, changes nothing.
    pub(super) fn of(places: impl IntoIterator<Item = Place>) -> Self {
        let taken = places.into_iter().map(|place| Taken {
            place,
            beginnings: None,
        });
        Self(taken.collect())
    }

    /// The same, and whatever stands in these places as well.
    pub(super) fn and(&self, places: impl IntoIterator<Item = Place>) -> Self {
        let more = Self::of(places).0;
        Self(self.0.iter().cloned().chain(more).collect())
    }

    /// Takes out what can only be keys: whatever stands where nothing else is read, and what begins like a
    /// key where tokens are read, too. Nothing when there are no keys.
    pub(super) fn of_keys(readings: &[Reading]) -> Option<Self> {
        let places = readings.iter().filter(|reading| reading.has_keys());
        let taken = places.map(|reading| Taken {
            place: reading.place.clone(),
            beginnings: reading.beside_tokens(),
        });
        let taken: Box<[Taken]> = taken.collect();
        (!taken.is_empty()).then_some(Self(taken))
    }

    /// What is left of a header field.
    pub fn rest_of(&self, field: Field<'_>) -> Rest {
        let mut part = None;
        for taken in &self.0 {
            match &taken.place {
                // An `Authorization` of another scheme is not ours to take.
                Place::Bearer if is(field, &AUTHORIZATION) => {
                    let credentials = bearer_credentials(field.value());
                    if credentials.is_some_and(|credentials| taken.takes(credentials)) {
                        return Rest::Nothing;
                    }
                }
                Place::Header(ours) if is(field, ours) && taken.takes(field.value()) => {
                    return Rest::Nothing;
                }
                Place::Cookie(ours) if is(field, &COOKIE) => {
                    let left = part.as_deref().unwrap_or(field.value());
                    let shorter = without_cookie(left, |pair| taken.takes_cookie(pair, ours));
                    part = shorter.or(part);
                }
                Place::Query(_) if is(field, &REFERER) => {
                    let left = part.as_deref().unwrap_or(field.value());
                    let shorter = without_reference(left, |pair| taken.takes_parameter(pair));
                    part = shorter.or(part);
                }
                _ => {}
            }
        }
        match part {
            None => Rest::Whole,
            Some(left) if left.is_empty() => Rest::Nothing,
            Some(left) => Rest::Part(left),
        }
    }

    /// What is left of path and query.
    pub fn rest_of_path<'p>(&self, path: &'p CanonicalPath) -> Cow<'p, CanonicalPath> {
        let mut queries = self.0.iter();
        let has_queries = queries.any(|taken| matches!(taken.place, Place::Query(_)));
        let shorter = match path.query().filter(|_| has_queries) {
            Some(query) => without_parameters(query, |pair| self.takes_parameter(pair)),
            None => None,
        };
        let Some(shorter) = shorter else {
            return Cow::Borrowed(path);
        };
        let kept = Some(shorter.as_str()).filter(|kept| !kept.is_empty());
        // A shorter query always fits; if it did not, the query would go rather than a credential stay.
        let rest = path.with_query(kept).or_else(|_| path.with_query(None));
        rest.map_or(Cow::Borrowed(path), Cow::Owned)
    }

    /// Whether a pair of a query is taken out.
    pub(super) fn takes_parameter(&self, pair: &str) -> bool {
        self.0.iter().any(|taken| taken.takes_parameter(pair))
    }
}

fn is(field: Field<'_>, name: &HeaderName) -> bool {
    field.name() == name.as_str().as_bytes()
}

/// The header without the cookie, if it has it; empty when no other cookie stands in it.
fn without_cookie(header: &[u8], ours: impl Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
    let pairs = || header.split(|byte| *byte == b';');
    if !pairs().any(&ours) {
        return None;
    }
    let kept: Vec<&[u8]> = pairs().filter(|pair| !ours(pair)).collect();
    Some(kept.join(&b';').trim_ascii().to_vec())
}

/// The query without the parameters, if it has any of them. What stands behind a `;` counts as well: there are
/// apps that take it for an `&` (HTML 4.01, appendix B.2.2).
fn without_parameters(query: &str, ours: impl Fn(&str) -> bool) -> Option<String> {
    let has = |pair: &str| ours(pair) || pair.split(';').any(&ours);
    if !query.split('&').any(has) {
        return None;
    }
    let kept = query
        .split('&')
        .filter(|pair| !ours(pair))
        .filter_map(|pair| {
            let kept: Vec<&str> = pair.split(';').filter(|part| !ours(part)).collect();
            (!kept.is_empty()).then(|| kept.join(";"))
        });
    let kept: Vec<String> = kept.collect();
    Some(kept.join("&"))
}

/// The URL of a `Referer` without the parameters, if it has any of them. Whatever stands behind its first
/// question mark is taken for the query; one that is not text goes as a whole. A fragment has no business
/// there (RFC 9110 section 10.1.3): with a parameter of ours in it, it goes.
fn without_reference(url: &[u8], ours: impl Fn(&str) -> bool) -> Option<Vec<u8>> {
    let (url, fragment) = split_at(url, b'#');
    let (before, query) = split_at(url, b'?');
    let query_left = match std::str::from_utf8(query) {
        Ok("") => None,
        Ok(query) => without_parameters(query.strip_prefix('?').unwrap_or(query), &ours),
        Err(_) => Some(String::new()),
    };
    let fragment_goes = match std::str::from_utf8(fragment) {
        Ok(text) => text.split(['#', '?', '&', ';']).any(&ours),
        Err(_) => true,
    };
    if query_left.is_none() && !fragment_goes {
        return None;
    }
    let query = query_left.map_or_else(
        || query.to_vec(),
        |left| match left.is_empty() {
            true => Vec::new(),
            false => format!("?{left}").into_bytes(),
        },
    );
    let fragment = if fragment_goes { &[] } else { fragment };
    Some([before, &query, fragment].concat())
}

/// What stands before the first of these bytes, and the rest.
fn split_at(text: &[u8], mark: u8) -> (&[u8], &[u8]) {
    let at = text.iter().position(|byte| *byte == mark);
    text.split_at_checked(at.unwrap_or(text.len()))
        .unwrap_or((text, &[]))
}
