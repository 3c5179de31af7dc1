//! Fields that say who calls, sent by whoever calls: in every spelling that some app takes for the same.

use crate::cli::doctor::finding::{AS_APP, Check, Kind, Outcome, Scene, joined};
use crate::cli::doctor::place::Arrival;
use crate::cli::doctor::probe::{Exchange, Expected, Probe};
use crate::cli::doctor::sample::Sample;
use crate::cli::doctor::site::{Site, titled};

use super::refuses::NOTHING_PROTECTED;

pub(in crate::cli::doctor) static SPOOFED: Kind = Kind {
    name: "spoofed-headers",
    asks: "identity headers of the caller open nothing",
    right: "the same refusal as without them",
    missing: "the front must ask sidegate about every request, whatever fields it has; nothing may look at an \
              identity header before sidegate has set it",
    judge: |scene, exchanges| scene.all_refused_unless_open(exchanges),
};

pub(in crate::cli::doctor) static STRIPPED: Kind = Kind {
    name: "stripped-headers",
    asks: "identity headers of the caller never come to the app, in any spelling",
    right: "none of these fields arrives with the caller's value, on public routes either",
    missing: "nginx: `proxy_set_header` for this name in this very location; Traefik: the name in \
              `authResponseHeaders`; Caddy: `request_header -X-Name` before `forward_auth`; HAProxy: `http-request \
              del-header`; all of them, and not only on protected routes",
    judge: stripped_is,
};

/// A way to spell a name.
type Spelling = (&'static str, fn(&str) -> Vec<String>);

const SPELLINGS: [Spelling; 5] = [
    ("as the policy spells it", |name| vec![titled(name)]),
    ("in other letters", |name| vec![name.to_ascii_uppercase()]),
    ("with underscores", |name| vec![name.replace('-', "_")]),
    ("with dots", |name| vec![name.replace('-', ".")]),
    ("twice", |name| {
        vec![titled(name), name.to_ascii_lowercase()]
    }),
];

pub(super) fn refused(site: &Site) -> Check {
    match site.samples.protected.first() {
        Some(sample) => Check::new(
            &SPOOFED,
            spoofing(site, sample, |probe| site.expecting(probe)),
        ),
        None => Check::unable(&SPOOFED, NOTHING_PROTECTED),
    }
}

/// On a public route, or with a credential on another: somewhere the app must be reached.
pub(super) fn stripped(site: &Site) -> Check {
    if !site.stands_in {
        return Check::unable(&STRIPPED, AS_APP);
    }
    let mut probes = Vec::new();
    if let Some(sample) = site.samples.public.first() {
        probes.extend(spoofing(site, sample, |probe| site.expecting(probe)));
    }
    if let Ok(bearer) = &site.bearer {
        let passes = |probe: Probe| bearer.present(probe, site);
        probes.extend(spoofing(site, &bearer.sample, passes));
    }
    match probes.is_empty() {
        true => Check::unable(
            &STRIPPED,
            "the policy has no public route: --token with a token that may read something",
        ),
        false => Check::new(&STRIPPED, probes),
    }
}

/// Names that are listed in every spelling. Those that only begin as the policy says come by themselves: some doors
/// refuse them outright, and the others would not be seen then.
fn spoofing(site: &Site, sample: &Sample, finish: impl Fn(Probe) -> Probe) -> Vec<Probe> {
    let (listed, begun) = site.stripped_names();
    let value = site.spoof();
    let plain = Probe::new(&sample.method, &sample.host, &sample.path);
    let carrying = |called: &str, names: Vec<String>| {
        let probe = plain.clone().called(called);
        finish(
            names
                .iter()
                .fold(probe, |probe, name| probe.header(name, &value)),
        )
    };
    let mut probes = Vec::new();
    for (called, spell) in SPELLINGS {
        let spelled: Vec<String> = listed.iter().flat_map(|name| spell(name)).collect();
        if !spelled.is_empty() {
            probes.push(carrying(called, spelled));
        }
    }
    probes.push(carrying(
        "names that begin as those that are kept",
        begun.clone(),
    ));
    let underscored = begun.iter().map(|name| name.replace('-', "_"));
    probes.push(carrying("the same with underscores", underscored.collect()));
    probes
}

fn stripped_is(scene: &Scene<'_>, exchanges: &[Exchange]) -> Outcome {
    let spoof = scene.site.spoof();
    let mut found: Vec<String> = Vec::new();
    // A route that is open to anybody has one hole, and not two.
    let counted = |exchange: &&Exchange| scene.open.is_none() || !exchange.probe.secret;
    let counted = exchanges.iter().filter(counted);
    for arrival in counted.flat_map(|exchange| &exchange.arrived) {
        for name in spoofed_in(arrival, &spoof) {
            let line = format!("`{name}` arrived with the caller's value");
            if !found.contains(&line) {
                found.push(line);
            }
        }
    }
    if !found.is_empty() {
        return Outcome::Hole(joined(&found));
    }
    if let Some(blind) = scene.blind() {
        return blind;
    }
    let refused = exchanges
        .iter()
        .filter(|exchange| exchange.arrived.is_empty());
    let expected = exchanges
        .iter()
        .filter(|exchange| matches!(exchange.probe.expected, Expected::Passage(_)));
    match (refused.count(), expected.count()) {
        (0, _) => Outcome::Ok(String::new()),
        (refused, all) if refused < all => Outcome::Ok(format!(
            "{refused} of {all} spellings were refused outright"
        )),
        _ => Outcome::Ok("all of them were refused outright".to_owned()),
    }
}

fn spoofed_in<'a>(arrival: &'a Arrival, spoof: &'a str) -> impl Iterator<Item = &'a str> {
    let fields = arrival.fields.iter();
    let spoofed = fields.filter(move |(_, value)| value.contains(spoof));
    spoofed.map(|(name, _)| name.as_str())
}
