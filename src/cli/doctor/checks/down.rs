//! With sidegate stopped, nothing passes.

use crate::cli::doctor::fate::Fate;
use crate::cli::doctor::finding::{Check, Kind, Outcome, Scene, joined, told};
use crate::cli::doctor::probe::{Exchange, Probe};
use crate::cli::doctor::sample::Sample;
use crate::cli::doctor::site::Site;

pub(in crate::cli::doctor) static DOWN: Kind = Kind {
    name: "sidegate-down",
    asks: "with sidegate stopped, every request is refused, on public routes too",
    right: "a 5xx or a 403 of the front's own, and nothing comes to the app",
    missing: "nginx: no `error_page 500 = @app`; Envoy: `failure_mode_allow: false` (HTTP and gRPC); HAProxy: deny \
              when the question failed; Traefik, Caddy: no fallback to the app",
    judge,
};

pub(super) fn check(site: &Site) -> Check {
    let samples = &site.samples;
    let hooks = samples.hooks.iter().map(|hook| &hook.sample);
    let all = samples.public.iter().chain(&samples.protected).chain(hooks);
    let probes: Vec<Probe> = all.map(probe).collect();
    match probes.is_empty() {
        true => Check::unable(&DOWN, "the policy has no route that can be asked for"),
        false => Check::new(&DOWN, probes),
    }
}

/// Not by what the engine says: nobody asks it.
fn probe(sample: &Sample) -> Probe {
    Probe::new(&sample.method, &sample.host, &sample.path)
}

fn judge(scene: &Scene<'_>, exchanges: &[Exchange]) -> Outcome {
    let fates: Vec<(&Exchange, Fate)> = exchanges
        .iter()
        .map(|exchange| (exchange, scene.fate(exchange)))
        .collect();
    let alive = exchanges.iter().find_map(|exchange| {
        let answer = exchange.answer.as_ref().ok()?;
        answer.code()
    });
    if let Some(code) = alive {
        return Outcome::NotChecked(format!("sidegate still answers ({code}): stop it first"));
    }
    let passed = fates.iter().filter(|(exchange, fate)| match fate {
        Fate::Passed(_) => true,
        // A front that cannot ask says 5xx, one that denies 403; whatever else is said here, the app says.
        Fate::Unclear(_) => exchange
            .answer
            .as_ref()
            .is_ok_and(|answer| !answer.status.is_server_error()),
        Fate::Refused(_) => false,
    });
    let passed: Vec<String> = passed.map(told).collect();
    match passed.is_empty() {
        true => Outcome::Ok(String::new()),
        false => Outcome::Hole(joined(&passed)),
    }
}
