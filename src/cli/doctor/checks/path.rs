//! The path that is judged is the path that is sent.

use crate::cli::doctor::fate::Fate;
use crate::cli::doctor::finding::{Check, Kind, Outcome, Scene, joined};
use crate::cli::doctor::probe::{Exchange, Expected, Probe};
use crate::cli::doctor::sample::Sample;
use crate::cli::doctor::site::Site;

pub(in crate::cli::doctor) static PATH: Kind = Kind {
    name: "path-as-judged",
    asks: "the path that is judged is the path that is sent",
    right: "what is refused never arrives, and what passes arrives in the one spelling that was judged",
    missing: "nginx: `proxy_pass http://app$target;` with the `X-Sidegate-Target` of sidegate's answer, and \
              `$request_uri` in `X-Original-URL`, never `$uri`; others: no rewriting between the question and the app",
    judge,
};

pub(super) fn check(site: &Site) -> Check {
    let mut probes = Vec::new();
    let (public, protected) = (site.samples.public.first(), site.samples.protected.first());
    if let Some(sample) = protected {
        probes.extend(spellings(sample));
    }
    if let Some(sample) = public {
        probes.extend(spellings(sample));
    }
    if let Some((public, protected)) = public.zip(protected) {
        probes.extend(crossings(public, protected));
    }
    // The plain one is first: how it arrives is what the others are held against.
    if let Some(sample) = public {
        probes.insert(0, Probe::new(&sample.method, &sample.host, &sample.path));
    }
    match probes.is_empty() {
        true => Check::unable(&PATH, "the policy has no route that a GET finds"),
        false => {
            let probes = probes.into_iter().map(|probe| site.expecting(probe));
            Check::new(&PATH, probes.collect())
        }
    }
}

/// One path in several spellings.
fn spellings(sample: &Sample) -> Vec<Probe> {
    let path = sample.path.as_str();
    let below = path.strip_prefix('/').unwrap_or(path);
    let mut targets = vec![
        format!("//{below}"),
        format!("/./{below}"),
        format!("/doctor-probe/../{below}"),
        format!("/doctor-probe/%2e%2e/{below}"),
        format!("/%2e/{below}"),
        format!("{path}/"),
        format!("{path};a=b"),
        format!("{path}%20"),
        format!("{path}/%2e%2e%2f"),
        format!("{path}%5c.."),
        format!("{path}?a=b&c=%2F"),
    ];
    if let Some(first) = below.bytes().next().filter(u8::is_ascii_alphanumeric) {
        let rest = below.get(1..).unwrap_or_default();
        targets.push(format!("/%{first:02x}{rest}"));
        targets.push(format!("/%25{first:02x}{rest}"));
    }
    let probe = |target: &String| Probe::new(&sample.method, &sample.host, target);
    targets.iter().map(probe).collect()
}

/// A path that begins as one for everybody and ends as one for few.
fn crossings(public: &Sample, protected: &Sample) -> Vec<Probe> {
    let (open, closed) = (public.path.as_str(), protected.path.as_str());
    let ups = public.path.matches('/').count();
    let plain = "/..".repeat(ups);
    let targets = [
        format!("{open}{plain}{closed}"),
        format!("{open}{}{closed}", "/%2e%2e".repeat(ups)),
        format!(
            "{open}{}{}",
            "%2f..".repeat(ups),
            closed.replace('/', "%2f")
        ),
        format!("{open}{}{closed}", "/..;".repeat(ups)),
        format!("{open}\\..\\..{}", closed.replace('/', "\\")),
        format!("{open}/%252e%252e{closed}"),
    ];
    let probe = |target: &String| Probe::new(&public.method, &protected.host, target);
    targets.iter().map(probe).collect()
}

fn judge(scene: &Scene<'_>, exchanges: &[Exchange]) -> Outcome {
    if let Some(why) = &scene.open {
        return Outcome::NotChecked(why.clone());
    }
    let mut holes = Vec::new();
    let mut refused = 0;
    for exchange in exchanges {
        match (&exchange.probe.expected, scene.fate(exchange)) {
            (Expected::Passage(target), Fate::Passed(_)) => {
                holes.extend(changed(exchange, target));
            }
            (Expected::Refusal(statuses), Fate::Passed(seen)) => {
                // A request that ends with an error is `errors-refuse`'s.
                let denied = statuses.iter().any(|status| matches!(status, 401 | 403));
                if denied || !scene.errors_pass {
                    holes.push(format!("{} -> {seen}", exchange.probe.shown()));
                }
            }
            (Expected::Passage(_), _) => refused += 1,
            (Expected::Refusal(_), _) => {}
        }
    }
    if rewrites(exchanges) {
        return Outcome::NotChecked("the front rewrites paths, also the plain one".to_owned());
    }
    match (holes.is_empty(), scene.blind()) {
        (false, _) => Outcome::Hole(joined(&holes)),
        (true, None) if refused > 0 => Outcome::Ok(format!(
            "{refused} spellings that sidegate would take were refused"
        )),
        (true, None) => Outcome::Ok(String::new()),
        (true, Some(_)) => Outcome::Ok(
            "what must be refused is; how paths arrive is not seen without --as-app".to_owned(),
        ),
    }
}

/// How a request arrived that may arrive in one way only.
fn changed(exchange: &Exchange, target: &str) -> Option<String> {
    let arrived = exchange.arrived.iter();
    let mut other = arrived.filter(|arrival| arrival.target() != target);
    let arrival = other.next()?;
    Some(format!(
        "{} arrived as `{}`, and was judged as `{target}`",
        exchange.probe.shown(),
        arrival.target()
    ))
}

/// Whether the plain request arrives under another path: then nothing can be held against anything.
fn rewrites(exchanges: &[Exchange]) -> bool {
    exchanges
        .first()
        .is_some_and(|plain| match &plain.probe.expected {
            Expected::Passage(target) => changed(plain, target).is_some(),
            Expected::Refusal(_) => false,
        })
}
