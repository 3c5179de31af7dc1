//! Deliveries: those that are not genuine are refused, and those that are arrive as they were signed.

use crate::cli::doctor::fate::Fate;
use crate::cli::doctor::finding::{AS_APP, Check, Kind, Outcome, Scene, joined, told};
use crate::cli::doctor::probe::{Exchange, Expected, Probe};
use crate::cli::doctor::sample::Hook;
use crate::cli::doctor::site::Site;
use crate::cli::trial::{Change, DeliveryDraft};

pub(in crate::cli::doctor) static REFUSALS: Kind = Kind {
    name: "webhook-refusals",
    asks: "deliveries without a right signature, changed or too long, are refused",
    right: "401, and 413 for the one that is too long",
    missing: "the front must ask sidegate about this location as well, with the body: Traefik `forwardBody: true`, \
              Envoy `with_request_body`; nginx, Caddy and HAProxy send none, so there sidegate is the proxy",
    judge: refusals,
};

pub(in crate::cli::doctor) static BODY: Kind = Kind {
    name: "webhook-body",
    asks: "a signed delivery passes, and its body arrives byte for byte",
    right: "the very bytes that were signed",
    missing: "the body must reach sidegate whole and unchanged (no decompression, no rewriting, a limit that is large \
              enough: Traefik `maxBodySize`, Envoy `max_request_bytes`), and the app as well",
    judge: body,
};

/// The longest body that is sent to see it refused, in bytes.
const MOST: usize = 4 << 20;
/// What the probe with a long body is called.
const TOO_LONG: &str = "longer than may be held";

const NO_HOOK: &str = "the policy has no route for signed deliveries alone";

pub(super) fn checks(site: &Site) -> [Check; 2] {
    match site.samples.hooks.first() {
        Some(hook) => [refusals_of(site, hook), body_of(site, hook)],
        None => [
            Check::unable(&REFUSALS, NO_HOOK),
            Check::unable(&BODY, NO_HOOK),
        ],
    }
}

fn refusals_of(site: &Site, hook: &Hook) -> Check {
    let plain = plain(site, hook);
    let mut probes = vec![site.expecting(plain.clone()).called("no signature")];
    let held = site.holds_secret(hook);
    let wrong = match held {
        true => signed(site, hook, &plain, Some(Change::OtherSecret)),
        false => signed(site, hook, &plain, None),
    };
    probes.extend(
        wrong
            .ok()
            .map(|probe| probe.called("another secret has signed it")),
    );
    if held {
        let changed = signed(site, hook, &plain, Some(Change::Body));
        probes.extend(
            changed
                .ok()
                .map(|probe| probe.called("one byte is another")),
        );
    }
    if hook.most_body < MOST {
        let mut long = plain.clone();
        long.body = Some(vec![b' '; hook.most_body + 1]);
        let signed = signed(site, hook, &long, None);
        probes.push(signed.unwrap_or(long).called(TOO_LONG));
    }
    let refused = |probe: Probe| match probe.expected {
        Expected::Refusal(ref statuses) if !statuses.is_empty() => probe,
        _ => probe.expecting(Expected::Refusal(vec![401, 413])),
    };
    Check::new(&REFUSALS, probes.into_iter().map(refused).collect())
}

fn body_of(site: &Site, hook: &Hook) -> Check {
    if !site.stands_in {
        return Check::unable(&BODY, AS_APP);
    }
    if !site.holds_secret(hook) {
        let name = &hook.webhook;
        let why = format!(
            "no secret of the webhook `{name}` is here: set the variable that the policy names"
        );
        return Check::unable(&BODY, why);
    }
    match signed(site, hook, &plain(site, hook), None) {
        Ok(probe) => {
            let target = probe.target.clone();
            Check::new(&BODY, vec![probe.expecting(Expected::Passage(target))])
        }
        Err(why) => Check::unable(&BODY, why),
    }
}

/// A delivery with a body in which every careless hand leaves a trace.
fn plain(site: &Site, hook: &Hook) -> Probe {
    let sample = &hook.sample;
    let mut probe = Probe::new(&sample.method, &sample.host, &sample.path)
        .header("Content-Type", "application/json");
    let body = format!(
        "{{ \"doctor\":  \"{}\",\r\n\t\"text\": \"\u{e9}\\u00e9 + %41\", \"number\": 1.0 }}\n",
        site.nonce
    );
    probe.body = Some(body.into_bytes());
    probe
}

impl Site {
    /// Whether deliveries can be signed here as their sender does.
    fn holds_secret(&self, hook: &Hook) -> bool {
        !self.world.stands_in_for(&hook.webhook)
    }
}

/// The same, signed; or why it cannot be.
fn signed(
    site: &Site,
    hook: &Hook,
    probe: &Probe,
    change: Option<Change>,
) -> Result<Probe, String> {
    let draft = DeliveryDraft {
        webhook: Some(hook.webhook.clone()),
        change,
        ..DeliveryDraft::default()
    };
    let mut ask = site.ask(probe);
    site.world.sign(&draft, None, &mut ask)?;
    let mut probe = probe.clone();
    probe.target = ask.target;
    probe.headers = ask.headers;
    probe.body = Some(ask.body);
    probe.secret = true;
    Ok(probe)
}

fn refusals(scene: &Scene<'_>, exchanges: &[Exchange]) -> Outcome {
    let is_long = |exchange: &Exchange| exchange.probe.what == TOO_LONG;
    let fates = exchanges
        .iter()
        .map(|exchange| (exchange, scene.fate(exchange)));
    // What ends with an error is `errors-refuse`'s, once that is known to fail.
    let counted = fates.filter(|(exchange, _)| !(scene.errors_pass && is_long(exchange)));
    let passed = counted.filter(|(_, fate)| matches!(fate, Fate::Passed(_)));
    let passed: Vec<String> = passed.map(|fated| told(&fated)).collect();
    if !passed.is_empty() {
        return Outcome::Hole(joined(&passed));
    }
    let long = exchanges.iter().find(|exchange| is_long(exchange));
    match long.map(|exchange| (exchange, scene.fate(exchange))) {
        Some((exchange, fate)) if !has_status(exchange, 413) => Outcome::Ok(format!(
            "the one that is too long ended with {}",
            fate.seen()
        )),
        Some(_) => Outcome::Ok(String::new()),
        None => Outcome::Ok("none that is too long was sent: it would be very long".to_owned()),
    }
}

fn has_status(exchange: &Exchange, status: u16) -> bool {
    let answer = exchange.answer.as_ref();
    answer.is_ok_and(|answer| answer.status.as_u16() == status)
}

fn body(scene: &Scene<'_>, exchanges: &[Exchange]) -> Outcome {
    let Some(exchange) = exchanges.first() else {
        return Outcome::NotChecked("nothing was sent".to_owned());
    };
    let sent = exchange.probe.body.as_deref().unwrap_or_default();
    if let Some(arrival) = exchange.arrived.first() {
        return match arrival.body == sent {
            true => Outcome::Ok(String::new()),
            false => Outcome::Hole(format!(
                "{} bytes were signed, {} other bytes arrived",
                sent.len(),
                arrival.body.len()
            )),
        };
    }
    match (scene.fate(exchange), scene.blind()) {
        (Fate::Refused(seen), _) => Outcome::Hole(format!(
            "a signed delivery is refused ({seen}): its body does not come to sidegate as it was signed, or its \
             secret there is another"
        )),
        (_, Some(blind)) => blind,
        (fate, None) => Outcome::Hole(format!(
            "a signed delivery does not arrive ({})",
            fate.seen()
        )),
    }
}
