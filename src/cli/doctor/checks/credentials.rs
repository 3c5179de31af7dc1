//! With a token: what was verified is taken out, and what it says of the caller arrives.

use crate::cli::doctor::bearer::NO_TOKEN;
use crate::cli::doctor::finding::{AS_APP, Check, Kind, Outcome, Scene, joined};
use crate::cli::doctor::probe::{Exchange, Probe};
use crate::cli::doctor::site::{Site, titled};

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
