//! With a token: what was verified is taken out, and what it says of the caller arrives.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde_json::{Map, Value};

use crate::cli::doctor::address::Address;
use crate::cli::doctor::finding::{AS_APP, Check, Kind, Outcome, Scene, joined};
use crate::cli::doctor::probe::{Exchange, Expected, Probe};
use crate::cli::doctor::sample::{Sample, Samples};
use crate::cli::doctor::site::{Site, effects, titled};
use crate::cli::trial::{Ask, Effects, TokenDraft, World};
use crate::credential::Place;
use crate::secret::Secret;

pub(in crate::cli::doctor) static REMOVED: Kind = Kind {
    name: "credentials-removed",
    asks: "the caller's credential does not come to the app",
    right: "no field and no parameter holds it, unless the policy leaves it there",
    missing: "nginx: `proxy_set_header Authorization $authorization;` with what sidegate's answer has of it; Traefik, \
              Caddy: the revised names among those that are copied; HAProxy: `http-request del-header` before what \
              the answer has is set",
    judge: removed,
};

pub(in crate::cli::doctor) static IDENTITY: Kind = Kind {
    name: "identity-headers",
    asks: "the identity headers of sidegate's answer come to the app",
    right: "each of them once, with the value that the policy makes",
    missing: "nginx: `auth_request_set` and `proxy_set_header` for each name; Traefik: `authResponseHeaders`; Caddy: \
              `copy_headers`; HAProxy: `http-request set-header` from the answer; Envoy: `allowed_upstream_headers`",
    judge: identity,
};

pub(in crate::cli::doctor) const NO_TOKEN: &str =
    "give a token that may read something: --token TOKEN or --token-file FILE";

const OPENS_NOTHING: &str =
    "the token opens no GET of the policy that doctor can make up: name one with --token-path PATH";

/// A token that opens a route, and what its holder is known by there.
pub(in crate::cli::doctor) struct Bearer {
    token: Secret,
    place: Place,
    pub(in crate::cli::doctor) sample: Sample,
    expected: Option<Effects>,
}

impl Bearer {
    /// Looks for a route that the token opens: the one that was named, or one that takes such claims.
    pub(in crate::cli::doctor) fn of(
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
    pub(in crate::cli::doctor) fn present(&self, probe: Probe, site: &Site) -> Probe {
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
    fn identity(&self) -> Vec<String> {
        let injected = self.expected.iter().flat_map(|expected| &expected.injected);
        injected.map(|(name, _)| titled(name)).collect()
    }

    /// Whether the policy lets the app see it.
    fn is_kept(&self) -> bool {
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

    fn text(&self) -> String {
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

pub(super) fn checks(site: &Site) -> [Check; 2] {
    let bearer = match (&site.bearer, site.stands_in) {
        (Ok(bearer), true) => bearer,
        (Ok(_), false) => return unable(AS_APP),
        (Err(why), _) => return unable(why),
    };
    let sample = &bearer.sample;
    let plain = Probe::new(&sample.method, &sample.host, &sample.path);
    let shown = bearer.present(plain.clone(), site);
    let mut probes = vec![shown.clone()];
    let names = bearer.identity();
    if !names.is_empty() {
        // What a proxy sets before it takes out what `Connection` names is lost (RFC 9110 section 7.6.1).
        let hop = plain.header("Connection", &names.join(", "));
        probes.push(
            bearer
                .present(hop, site)
                .called("with their names in `Connection`"),
        );
    }
    [
        Check::new(&REMOVED, vec![shown]),
        Check::new(&IDENTITY, probes),
    ]
}

fn unable(why: &str) -> [Check; 2] {
    [Check::unable(&REMOVED, why), Check::unable(&IDENTITY, why)]
}

fn removed(scene: &Scene<'_>, exchanges: &[Exchange]) -> Outcome {
    let (Some(exchange), Ok(bearer)) = (exchanges.first(), &scene.site.bearer) else {
        return Outcome::NotChecked(NO_TOKEN.to_owned());
    };
    if let Some(why) = &scene.open {
        return Outcome::NotChecked(why.clone());
    }
    let Some(arrival) = exchange.arrived.first() else {
        return did_not_arrive(scene, exchange);
    };
    let kept = bearer.is_kept();
    match (arrival.shows(&bearer.text()), kept) {
        (false, _) => Outcome::Ok(String::new()),
        (true, true) => Outcome::Ok("the policy leaves it there".to_owned()),
        (true, false) => {
            let text = bearer.text();
            let fields = arrival
                .fields
                .iter()
                .filter(|(_, value)| value.contains(&text));
            let names: Vec<String> = fields.map(|(name, _)| format!("`{name}`")).collect();
            Outcome::Hole(format!(
                "it arrived in {}",
                match names.is_empty() {
                    true => "the target".to_owned(),
                    false => names.join(", "),
                }
            ))
        }
    }
}

fn identity(scene: &Scene<'_>, exchanges: &[Exchange]) -> Outcome {
    let Ok(bearer) = &scene.site.bearer else {
        return Outcome::NotChecked(NO_TOKEN.to_owned());
    };
    if let Some(why) = &scene.open {
        return Outcome::NotChecked(why.clone());
    }
    let Some(expected) = &bearer.expected else {
        let why = "what the token says cannot be read, so nobody knows what should arrive";
        return Outcome::NotChecked(why.to_owned());
    };
    if let [exchange, ..] = exchanges
        && exchange.arrived.is_empty()
    {
        return did_not_arrive(scene, exchange);
    }
    let mut wrong = Vec::new();
    for exchange in exchanges {
        for arrival in &exchange.arrived {
            for (name, value) in &expected.injected {
                let values: Vec<&str> = arrival.values(name).collect();
                let said = match values.as_slice() {
                    [one] if one == value => continue,
                    [] => "did not arrive",
                    [_] => "arrived with another value than the policy makes of this token",
                    _ => "arrived more than once",
                };
                let odd = match exchange.probe.what.as_str() {
                    "" => String::new(),
                    what => format!(" ({what})"),
                };
                wrong.push(format!("`{}` {said}{odd}", titled(name)));
            }
        }
    }
    match (wrong.is_empty(), expected.injected.is_empty()) {
        (false, _) => Outcome::Hole(joined(&wrong)),
        (true, true) => Outcome::Ok("the route sets none for this caller".to_owned()),
        (true, false) => Outcome::Ok(String::new()),
    }
}

/// A token that does not pass proves nothing of what would arrive.
fn did_not_arrive(scene: &Scene<'_>, exchange: &Exchange) -> Outcome {
    let seen = scene.fate(exchange);
    let path = &exchange.probe.target;
    Outcome::NotChecked(format!(
        "{} with the token came to {}; a token that may read it, or --token-path PATH",
        path.split('?').next().unwrap_or_default(),
        seen.seen()
    ))
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
