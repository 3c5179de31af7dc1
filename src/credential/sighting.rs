//! What a credential looks like from outside, for whoever explains a decision: never the credential itself.

use std::sync::Arc;

use crate::model::Request;
use crate::secret::Secret;

use super::location;
use super::reader::Reader;
use super::verifiers::Verifiers;

/// What stands in the place of a credential where a request is shown.
const REMOVED: &str = "[removed]";

/// Where a request has a credential, and whose it claims to be.
#[derive(Debug, Clone, Default)]
pub struct Sighting {
    /// The places that hold one.
    pub places: Vec<String>,
    /// The issuer, by its name in the policy, that a token names before anything of it is verified.
    pub issuer: Option<Arc<str>>,
    /// The set, by its name in the policy, that it is a key of by form and place, before anybody has looked
    /// for it.
    pub key_set: Option<Arc<str>>,
}

impl Verifiers {
    /// Looks where credentials are read from. Verifies nothing.
    pub fn sight(&self, request: &Request) -> Sighting {
        let readings = &self.all_places().readings;
        let holding = readings.iter().filter(|reading| {
            let found = location::find(std::slice::from_ref(*reading), request);
            !matches!(found, Ok(None))
        });
        let presented = location::find(readings, request).ok().flatten();
        let reader = presented.as_ref().map(location::Presented::reader);
        let token = presented.filter(|_| reader == Some(Reader::Tokens));
        Sighting {
            places: holding.map(|reading| reading.place.to_string()).collect(),
            issuer: token.and_then(|token| self.id_tokens().named_by(token.token().ok()?)),
            key_set: match reader {
                Some(Reader::Set(set)) => self.key_sets().get(set).map(|set| Arc::clone(&set.name)),
                _ => None,
            },
        }
    }

    /// The API key that a request presents, with the set that it is a key of by form and place: for whoever
    /// looks it up elsewhere.
    pub fn presented_key(&self, request: &Request) -> Option<(Arc<str>, Secret)> {
        let readings = &self.all_places().readings;
        let presented = location::find(readings, request).ok().flatten()?;
        let Reader::Set(set) = presented.reader() else {
            return None;
        };
        let name = Arc::clone(&self.key_sets().get(set)?.name);
        Some((name, Secret::new(presented.key().ok()?.to_vec())))
    }

    /// A query with every credential taken out of it that it may hold.
    pub fn redacted(&self, query: &str) -> String {
        let (removal, signed) = (&self.all_places().everything, self.webhooks.in_query());
        let is_taken = |pair| removal.takes_parameter(pair) || signed.takes_parameter(pair);
        let pairs = query.split('&').map(|pair| match is_taken(pair) {
            true => format!("{}={REMOVED}", pair.split('=').next().unwrap_or_default()),
            false => pair.to_owned(),
        });
        pairs.collect::<Vec<_>>().join("&")
    }
}
