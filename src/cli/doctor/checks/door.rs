//! The door that decides answers the front and nobody else.

use std::net::IpAddr;

use crate::cli::doctor::client::Failed;
use crate::cli::doctor::fate::shown;
use crate::cli::doctor::finding::{Check, Kind, Outcome, Scene};
use crate::cli::doctor::probe::{Exchange, Probe, To};
use crate::cli::doctor::site::Site;
use crate::frontend::TrustedProxies;

pub(in crate::cli::doctor) static DOOR: Kind = Kind {
    name: "door",
    asks: "the door that decides answers nobody but the front",
    right: "403 FRONT_UNTRUSTED, or no connection at all",
    missing: "`trusted_proxies: { cidrs: [...] }` in sidegate.yaml with the front's own address and no wider, and a \
              listener that only the front can reach",
    judge,
};

pub(super) fn check(site: &Site) -> Check {
    let Some(door) = &site.door else {
        let why = "say where sidegate decides for the front: --door http://HOST:PORT";
        return Check::unable(&DOOR, why);
    };
    let sample = site
        .samples
        .public
        .first()
        .or(site.samples.protected.first());
    let Some(sample) = sample else {
        return Check::unable(&DOOR, "the policy has no route that a GET finds");
    };
    let (scheme, path) = (site.front.scheme.as_str(), sample.path.as_str());
    let url = format!("{scheme}://{}{path}", sample.host);
    let probe = Probe::new("GET", &door.authority, path)
        .called("a question as a front asks it")
        .to(To::Door)
        .header("X-Original-Method", &sample.method)
        .header("X-Original-URL", &url)
        .header("X-Forwarded-Method", &sample.method)
        .header("X-Forwarded-Proto", scheme)
        .header("X-Forwarded-Host", &sample.host)
        .header("X-Forwarded-Uri", path)
        .header("X-Forwarded-For", "192.0.2.1");
    Check::new(&DOOR, vec![probe])
}

fn judge(scene: &Scene<'_>, exchanges: &[Exchange]) -> Outcome {
    let Some(exchange) = exchanges.first() else {
        return Outcome::NotChecked("nothing was asked".to_owned());
    };
    let answer = match &exchange.answer {
        Err(Failed::Connect(error)) => return Outcome::Ok(error.to_string()),
        Err(failed) => return Outcome::Ok(failed.to_string()),
        Ok(answer) => answer,
    };
    let seen = shown(answer);
    if answer.code().as_deref() == Some("FRONT_UNTRUSTED") {
        return Outcome::Ok(seen);
    }
    match is_trusted(scene.site.trusted.as_ref(), exchange.from) {
        Some(false) => Outcome::Hole(format!(
            "{seen}, and the process file does not trust this machine"
        )),
        Some(true) | None => Outcome::NotChecked(format!(
            "{seen}: this machine is trusted; run doctor from one that is not the front"
        )),
    }
}

/// Whether the process file trusts the address that was asked from, as far as both are known.
pub(super) fn is_trusted(trusted: Option<&TrustedProxies>, from: Option<IpAddr>) -> Option<bool> {
    Some(trusted?.contains(from?, 0))
}
