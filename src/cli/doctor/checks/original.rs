//! What a caller says about the original request is not believed.

use crate::cli::doctor::finding::{Check, Kind, Outcome, Scene, joined};
use crate::cli::doctor::probe::{Exchange, Probe};
use crate::cli::doctor::sample::Sample;
use crate::cli::doctor::site::Site;

use super::door::is_trusted;
use super::refuses::NOTHING_PROTECTED;

pub(in crate::cli::doctor) static ORIGINAL: Kind = Kind {
    name: "original-request",
    asks: "what a caller says about the original request is not believed",
    right: "the same refusal as without these fields",
    missing: "nginx: `proxy_set_header X-Original-URL $scheme://$http_host$request_uri;` and `X-Original-Method \
              $request_method` in the location that asks, from nginx's own variables only; Traefik: \
              `trustForwardHeader: false`; others: the front sets these fields itself and takes the caller's out",
    judge,
};

/// What no route is for, where the policy has no public one to name.
const NOWHERE: &str = "/doctor-probe-nowhere";

pub(super) fn check(site: &Site) -> Check {
    let Some(real) = site.samples.protected.first() else {
        return Check::unable(&ORIGINAL, NOTHING_PROTECTED);
    };
    let named = site.samples.public.first();
    let plain = Probe::new(&real.method, &real.host, &real.path);
    let mut probes = vec![plain.clone()];
    let fields = fields(site, real, named);
    probes.extend(
        fields
            .iter()
            .map(|(name, value)| plain.clone().header(name, value)),
    );
    let all = fields
        .iter()
        .fold(plain, |probe, (name, value)| probe.header(name, value));
    probes.push(all.called("all at once"));
    let probes = probes.into_iter().map(|probe| site.expecting(probe));
    Check::new(&ORIGINAL, probes.collect())
}

/// Fields that say another request was meant: one for everybody, or one that no route is for.
fn fields(site: &Site, real: &Sample, named: Option<&Sample>) -> Vec<(&'static str, String)> {
    let path = named.map_or(NOWHERE, |named| &named.path).to_owned();
    let host = named.map_or(real.host.as_str(), |named| &named.host);
    let method = named.map_or("OPTIONS", |named| &named.method);
    let url = format!("{}://{host}{path}", site.front.scheme.as_str());
    let own = |text: &str| text.to_owned();
    vec![
        ("X-Original-URL", url.clone()),
        ("X-Original-URL", path.clone()),
        ("X-Original-URI", path.clone()),
        ("X_Original_URI", path.clone()),
        ("X-Original-Method", own(method)),
        ("X-Forwarded-Uri", path.clone()),
        ("X-Forwarded-Method", own("OPTIONS")),
        ("X-Forwarded-Host", own(host)),
        ("X-Forwarded-Proto", own("https")),
        ("X-Forwarded-Prefix", path.clone()),
        ("X-Rewrite-URL", path.clone()),
        ("X-Envoy-Original-Path", path),
        ("X-HTTP-Method-Override", own("OPTIONS")),
        ("X-Forwarded-For", own("127.0.0.1")),
    ]
}

fn judge(scene: &Scene<'_>, exchanges: &[Exchange]) -> Outcome {
    let trusted =
        |exchange: &Exchange| is_trusted(scene.site.trusted.as_ref(), exchange.from) == Some(true);
    match scene.all_refused_unless_open(exchanges) {
        // Whoever may speak for callers is believed: that is no hole where the front is sidegate itself.
        Outcome::Hole(seen) if exchanges.iter().any(trusted) => Outcome::Hole(format!(
            "{seen}; the process file trusts this machine: see whether it is so from one that is no front"
        )),
        Outcome::Ok(remark) => match believed(exchanges) {
            found if found.is_empty() => Outcome::Ok(remark),
            found => Outcome::Hole(joined(&found)),
        },
        other => other,
    }
}

/// Requests that were refused as another request would be: no route is for what the field names.
fn believed(exchanges: &[Exchange]) -> Vec<String> {
    let code = |exchange: &Exchange| exchange.answer.as_ref().ok()?.code();
    let Some((plain, others)) = exchanges.split_first() else {
        return Vec::new();
    };
    if code(plain).is_none_or(|plain| plain == "NO_ROUTE") {
        return Vec::new();
    }
    let turned = others
        .iter()
        .filter(|other| code(other).as_deref() == Some("NO_ROUTE"));
    turned
        .map(|other| {
            format!(
                "{} -> NO_ROUTE: the field was believed",
                other.probe.shown()
            )
        })
        .collect()
}
