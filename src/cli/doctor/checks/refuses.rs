//! A protected route refuses whoever shows nothing.

use crate::cli::doctor::fate::Fate;
use crate::cli::doctor::finding::{Check, Kind, Outcome, Scene, joined, told};
use crate::cli::doctor::probe::{Exchange, Probe};
use crate::cli::doctor::site::Site;

pub(in crate::cli::doctor) static REFUSES: Kind = Kind {
    name: "refuses",
    asks: "protected routes refuse whoever shows nothing",
    right: "401 or 403, or what the policy's `errors` say; neither a page of the app nor a 5xx",
    missing: "nginx: `auth_request` in the location; Traefik: the middleware on the router; Caddy: `forward_auth` \
              before `reverse_proxy`; HAProxy: `http-request deny` unless sidegate said yes; Envoy: the ext_authz \
              filter before the router",
    judge,
};

/// A route that anybody finds and nobody may use.
pub(super) const NOTHING_PROTECTED: &str =
    "the policy has no protected route that a GET or an empty POST finds";

pub(super) fn check(site: &Site) -> Check {
    let protected = site.samples.protected.iter();
    let probes: Vec<Probe> = protected
        .map(|sample| site.expecting(Probe::new(&sample.method, &sample.host, &sample.path)))
        .collect();
    match probes.is_empty() {
        true => Check::unable(&REFUSES, NOTHING_PROTECTED),
        false => Check::new(&REFUSES, probes),
    }
}

/// Here nothing may be unclear: a 404 of the app is the app's answer, and so is a 502 in its place.
fn judge(scene: &Scene<'_>, exchanges: &[Exchange]) -> Outcome {
    let fates = exchanges
        .iter()
        .map(|exchange| (exchange, scene.fate(exchange)));
    let fates: Vec<(&Exchange, Fate)> = fates.collect();
    let wrong = fates.iter().filter(|fated| !is_refusal(fated));
    let wrong: Vec<String> = wrong.map(told).collect();
    if !wrong.is_empty() {
        return Outcome::Hole(joined(&wrong));
    }
    let foreign = exchanges.iter().filter_map(|exchange| {
        let answer = exchange.answer.as_ref().ok()?;
        answer
            .code()
            .is_none()
            .then(|| answer.status.as_u16().to_string())
    });
    match foreign.collect::<Vec<_>>().as_slice() {
        [] => Outcome::Ok(String::new()),
        [first, ..] => Outcome::Ok(format!("{first}, not in sidegate's own words")),
    }
}

/// Whether it was refused with an answer, as callers are.
fn is_refusal((exchange, fate): &(&Exchange, Fate)) -> bool {
    let Ok(answer) = &exchange.answer else {
        return false;
    };
    let status = answer.status.as_u16();
    let wanted = match &exchange.probe.expected {
        crate::cli::doctor::probe::Expected::Refusal(statuses) => statuses.contains(&status),
        crate::cli::doctor::probe::Expected::Passage(_) => false,
    };
    let known = wanted || matches!(status, 401 | 403) || answer.code().is_some();
    known && matches!(fate, Fate::Refused(_))
}
