//! A token that the operator lends, and the route that it opens.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde_json::{Map, Value};

use crate::cli::trial::{Ask, Effects, TokenDraft, World};
use crate::credential::Place;
use crate::secret::Secret;

use super::address::Address;
use super::probe::{Expected, Probe};
use super::sample::{Sample, Samples};
use super::site::{Site, effects, titled};

/// How a token would be had.
pub(super) const NO_TOKEN: &str =
    "give a token that may read something: --token TOKEN or --token-file FILE";

const OPENS_NOTHING: &str =
    "the token opens no GET of the policy that doctor can make up: name one with --token-path PATH";

/// A token that opens a route, and what its holder is known by there.
pub(super) struct Bearer {
    token: Secret,
    place: Place,
    pub(super) sample: Sample,
    /// What becomes of a request with it, where what it says can be read.
    pub(super) expected: Option<Effects>,
}

impl Bearer {
    /// Looks for a route that the token opens: the one that was named, or one that takes such claims.
    pub(super) fn of(
        world: &World,
        samples: &Samples,
        token: Secret,
        path: Option<&str>,
        (front, now): (&Address, SystemTime),
    ) -> Result<Self, String> {
        let place = world.engine.verifiers().places().first();
        let place = place.cloned().unwrap_or(Place::Bearer);
        let claims = claims(&token);
        let fill = |capture: &str| of_claims(claims.as_ref()?, capture);
        let reading = samples
            .protected
            .iter()
            .filter(|sample| sample.method == "GET");
        let mut tried: Vec<Sample> = reading.map(|sample| sample.filled(fill)).collect();
        if let (Some(path), Some(first)) = (path, tried.first_mut()) {
            path.clone_into(&mut first.path);
            tried.truncate(1);
        }
        let found = tried.iter().find_map(|sample| {
            let asked = (sample, &place, front, now);
            Some((sample.clone(), tried_as(world, claims.as_ref()?, asked)?))
        });
        let (sample, expected) = match (found, tried.into_iter().next(), path) {
            (Some((sample, expected)), _, _) => (sample, Some(expected)),
            (None, Some(named), Some(_)) => (named, None),
            (None, _, _) => return Err(OPENS_NOTHING.to_owned()),
        };
        Ok(Self {
            token,
            place,
            sample,
            expected,
        })
    }

    /// Presents the token, on the route that it opens.
    pub(super) fn present(&self, probe: Probe, site: &Site) -> Probe {
        let mut ask = site.ask(&probe);
        ask.carry(&self.place, &self.text());
        let own = self.sample.path.clone();
        let target = self
            .expected
            .as_ref()
            .map_or(own, |expected| expected.path.clone());
        Probe {
            headers: ask.headers,
            target: ask.target,
            secret: true,
            ..probe
        }
        .expecting(Expected::Passage(target))
    }

    /// The names of the identity headers that are set for its holder, as people write them.
    pub(super) fn identity(&self) -> Vec<String> {
        let injected = self.expected.iter().flat_map(|expected| &expected.injected);
        injected.map(|(name, _)| titled(name)).collect()
    }

    /// Whether the policy lets the app see it.
    pub(super) fn is_kept(&self) -> bool {
        let name = match &self.place {
            Place::Bearer => "authorization",
            Place::Header(name) => name.as_str(),
            // What is left of others cannot be told by a name.
            Place::Cookie(_) | Place::Query(_) => return false,
        };
        self.expected
            .as_ref()
            .is_some_and(|expected| expected.arrives(name))
    }

    /// The token itself, to look for it; never to be shown.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(self.token.expose()).into_owned()
    }
}

/// What a token says, as far as it can be read.
fn claims(token: &Secret) -> Option<Map<String, Value>> {
    let text = std::str::from_utf8(token.expose()).ok()?;
    let payload = URL_SAFE_NO_PAD.decode(text.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// What a capture may be called in a token: `tenant`, `tenant_id`, `custom:tenant_id`.
fn of_claims(claims: &Map<String, Value>, capture: &str) -> Option<String> {
    let named = |name: &String| {
        let bare = name.rsplit([':', '/']).next().unwrap_or_default();
        bare == capture || bare.strip_suffix("_id") == Some(capture)
    };
    let mut found = claims.iter().filter(|(name, _)| named(name));
    found.find_map(|(_, value)| value.as_str().map(str::to_owned))
}

/// What becomes of a request whose token says the same, signed by a key of the trial.
fn tried_as(
    world: &World,
    claims: &Map<String, Value>,
    (sample, place, front, now): (&Sample, &Place, &Address, SystemTime),
) -> Option<Effects> {
    world.issuers().map(str::to_owned).find_map(|issuer| {
        let draft = TokenDraft {
            issuer: Some(issuer),
            claims: claims.clone(),
            ..TokenDraft::default()
        };
        let minted = world.mint(&draft, now).ok()??;
        let mut ask = Ask::new(&sample.method, &sample.path, now);
        ask.scheme = front.scheme;
        ask.host.clone_from(&sample.host);
        ask.carry(place, &minted.token);
        let request = ask.read().ok()?;
        effects(&world.judge(&request, &Bytes::new(), None), &request)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn capture_is_filled_by_the_claim_that_is_called_like_it() {
        let claims = json!({ "custom:tenant_id": "acme", "tenant": 7, "https://a.test/org": "o", "sub": "s" });
        let claims = claims.as_object().unwrap();
        assert_eq!(of_claims(claims, "tenant").as_deref(), Some("acme"));
        assert_eq!(of_claims(claims, "org").as_deref(), Some("o"));
        assert_eq!(of_claims(claims, "ten"), None);
    }

    #[test]
    fn text_that_is_no_token_has_no_claims() {
        for text in ["", "a.b.c", "sk_live_abc", "a.e30"] {
            let claims = claims(&Secret::new(text.as_bytes().to_vec()));
            assert_eq!(claims.is_some(), text == "a.e30", "{text}");
        }
    }
}
