//! What a credential looks like from outside, for whoever explains a decision: never the credential itself.

use std::sync::Arc;

use crate::model::Request;

use super::location::{self, Place, query_value};
use super::verifiers::Verifiers;

/// What stands in the place of a credential where a request is shown.
const REMOVED: &str = "[removed]";

/// Where a request has a token, and whose it claims to be.
#[derive(Debug, Clone, Default)]
pub struct Sighting {
    /// The places that hold one.
    pub places: Vec<String>,
    /// The issuer, by its name in the policy, that the token names before anything of it is verified.
    pub issuer: Option<Arc<str>>,
}

impl Verifiers {
    /// Looks where tokens are read from. Verifies nothing.
    pub fn sight(&self, request: &Request) -> Sighting {
        let holds = |place: &&Place| {
            let found = location::find(std::slice::from_ref(*place), request);
            !matches!(found, Ok(None))
        };
        let holding = self.places().iter().filter(holds);
        let presented = location::find(self.places(), request);
        let token = presented.ok().flatten();
        Sighting {
            places: holding.map(ToString::to_string).collect(),
            issuer: token.and_then(|token| self.id_tokens().named_by(token.token().ok()?)),
        }
    }

    /// A query with every token taken out of it that it may hold.
    pub fn redacted(&self, query: &str) -> String {
        let secret = |pair: &str| {
            self.places().iter().any(
                |place| matches!(place, Place::Query(name) if query_value(pair, name).is_some()),
            )
        };
        let pairs = query.split('&').map(|pair| match secret(pair) {
            true => format!("{}={REMOVED}", pair.split('=').next().unwrap_or_default()),
            false => pair.to_owned(),
        });
        pairs.collect::<Vec<_>>().join("&")
    }
}
