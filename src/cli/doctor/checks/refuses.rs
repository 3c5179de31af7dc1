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

/// What sidegate says to a front that it does not understand, or that it takes no questions from.
const UNHEARD: [&str; 3] = ["FRONT_UNTRUSTED", "FORWARDED_INVALID", "WRONG_DOOR"];

/// Why the refusals that were seen prove nothing: no request was judged, and whatever comes would be refused.
pub(in crate::cli::doctor) fn unjudged(exchanges: &[Exchange]) -> Option<String> {
    let codes = exchanges
        .iter()
        .filter_map(|exchange| exchange.answer.as_ref().ok()?.code());
    let code = codes
        .into_iter()
        .find(|code| UNHEARD.contains(&code.as_str()))?;
    let why = match code.as_str() {
        "FRONT_UNTRUSTED" => {
            "sidegate takes no questions from this front: name its address in `trusted_proxies.cidrs`"
        }
        "FORWARDED_INVALID" => {
            "the front does not tell sidegate what was asked: see `detail` in sidegate's log, and `sidegate gen`"
        }
        _ => {
            "this route cannot be judged at this door: see what `sidegate check --config` says of it"
        }
    };
    Some(format!("everything is refused with {code}; {why}"))
}

/// Where to look when what came back has nothing of sidegate, as far as that shows.
fn hint(scene: &Scene<'_>, exchanges: &[Exchange]) -> String {
    let front = &scene.site.front;
    let broken = exchanges.iter().any(|exchange| {
        let answer = exchange.answer.as_ref().ok();
        answer.is_some_and(|answer| answer.status.is_server_error() && answer.code().is_none())
    });
    let arrived = exchanges
        .iter()
        .any(|exchange| !exchange.arrived.is_empty());
    match (broken, arrived) {
        (true, _) => "; does sidegate run, where the front asks it?".to_owned(),
        (false, false) if front.has_no_name() => format!(
            "; the front was asked as `{}`: if it goes by names, say the app's: --host NAME",
            front.authority
        ),
        _ => String::new(),
    }
}

/// Here nothing may be unclear: a 404 of the app is the app's answer, and so is a 502 in its place.
fn judge(scene: &Scene<'_>, exchanges: &[Exchange]) -> Outcome {
    if let Some(why) = unjudged(exchanges) {
        return Outcome::NotChecked(why);
    }
    let fates = exchanges
        .iter()
        .map(|exchange| (exchange, scene.fate(exchange)));
    let fates: Vec<(&Exchange, Fate)> = fates.collect();
    let wrong = fates.iter().filter(|fated| !is_refusal(fated));
    let wrong: Vec<String> = wrong.map(told).collect();
    if !wrong.is_empty() {
        let hint = hint(scene, exchanges);
        return Outcome::Hole(format!("{}{hint}", joined(&wrong)));
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
