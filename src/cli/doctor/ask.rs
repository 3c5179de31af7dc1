//! Sending every probe, and telling what arrived of which.

use std::time::{Duration, Instant};

use tokio::net::TcpListener;

use super::checks::{ERRORS, REFUSES};
use super::client::Client;
use super::fate::{Fate, Sight};
use super::finding::{AS_APP, Check, Finding, Outcome, Scene};
use super::place::{Arrival, Place};
use super::probe::{Exchange, Probe, To};
use super::site::Site;

/// How long what was mirrored or delayed may take to arrive after the last answer.
const GRACE: Duration = Duration::from_millis(300);
/// How long all requests may take together.
const MOST: Duration = Duration::from_secs(180);

/// Sends what the checks want to know, one after the other, and judges it.
pub(super) async fn ask(
    site: &Site,
    checks: Vec<Check>,
    client: &Client,
    place: Option<(Place, TcpListener)>,
) -> Vec<Finding> {
    let place = place.map(|(place, listener)| {
        tokio::task::spawn_local(place.clone().serve(listener));
        place
    });
    let mut asked = sent(site, checks, client).await;
    if let Some(place) = &place {
        tokio::time::sleep(GRACE).await;
        attribute(site, &mut asked, place.take());
    }
    judged(site, asked)
}

/// A check, and what came of its probes.
type Asked = (Check, Vec<Exchange>);

async fn sent(site: &Site, checks: Vec<Check>, client: &Client) -> Vec<Asked> {
    let begun = Instant::now();
    let mut number = 0;
    let mut asked = Vec::new();
    for mut check in checks {
        let mut exchanges = Vec::new();
        for probe in std::mem::take(&mut check.probes) {
            if begun.elapsed() > MOST {
                check.unable = Some("the front is too slow: there was no time left".to_owned());
                break;
            }
            number += 1;
            exchanges.push(exchange(site, client, probe, number).await);
        }
        asked.push((check, exchanges));
    }
    asked
}

async fn exchange(site: &Site, client: &Client, probe: Probe, number: usize) -> Exchange {
    let to = match probe.to {
        To::Front => Some(&site.front),
        To::Door => site.door.as_ref(),
        To::App => site.app.as_ref(),
    };
    let marker = site.mark(number);
    let bytes = probe.bytes((site.marker, &marker));
    let sent = client
        .send(to.unwrap_or(&site.front), &bytes, &probe.read_as())
        .await;
    Exchange {
        probe,
        answer: sent.answer,
        from: sent.from,
        arrived: Vec::new(),
    }
}

impl Site {
    /// What the probe of this number is told by.
    fn mark(&self, number: usize) -> String {
        format!("{}-{number}", self.nonce)
    }
}

/// What arrived is told by its mark; whatever has none was sent by somebody else.
fn attribute(site: &Site, asked: &mut [Asked], arrivals: Vec<Arrival>) {
    for arrival in arrivals {
        let mark = arrival.values(site.marker).next().unwrap_or_default();
        let number = mark.strip_prefix(&format!("{}-", site.nonce));
        let Some(number) = number.and_then(|number| number.parse::<usize>().ok()) else {
            continue;
        };
        let mut all = asked.iter_mut().flat_map(|(_, exchanges)| exchanges);
        if let Some(exchange) = all.nth(number.saturating_sub(1)) {
            exchange.arrived.push(arrival);
        }
    }
}

fn judged(site: &Site, asked: Vec<Asked>) -> Vec<Finding> {
    let mut scene = Scene {
        site,
        sight: sight(site, &asked),
        open: None,
        errors_pass: false,
    };
    let of = |name: &str| asked.iter().find(|(check, _)| check.kind.name == name);
    if let Some((_, exchanges)) = of(REFUSES.name) {
        scene.open = open(&scene, exchanges);
    }
    if let Some((_, exchanges)) = of(ERRORS.name) {
        scene.errors_pass = matches!((ERRORS.judge)(&scene, exchanges), Outcome::Hole(_));
    }
    let finding = |(check, exchanges): Asked| {
        let outcome = match check.unable {
            Some(why) => Outcome::NotChecked(why),
            None => (check.kind.judge)(&scene, &exchanges),
        };
        Finding {
            kind: check.kind,
            exchanges,
            outcome,
        }
    };
    asked.into_iter().map(finding).collect()
}

/// Whether what does not arrive was refused, or never comes here at all.
fn sight(site: &Site, asked: &[Asked]) -> Sight {
    let all = asked.iter().flat_map(|(_, exchanges)| exchanges);
    let passing: Vec<&Exchange> = all.filter(|exchange| exchange.probe.passes()).collect();
    let arrived = passing.iter().any(|exchange| !exchange.arrived.is_empty());
    match (site.stands_in, arrived, passing.is_empty()) {
        (false, _, _) => Sight::None(AS_APP.to_owned()),
        (true, true, _) => Sight::Clear,
        (true, false, true) => Sight::None(
            "nothing of this policy passes without a credential: --token with one that may read something"
                .to_owned(),
        ),
        (true, false, false) => Sight::None(
            "nothing came to the address of --as-app: point the front there, or see why it refuses everything"
                .to_owned(),
        ),
    }
}

/// Why probes to the protected route that others use prove nothing.
fn open(scene: &Scene<'_>, exchanges: &[Exchange]) -> Option<String> {
    let first = exchanges.first()?;
    match scene.fate(first) {
        Fate::Refused(_) => None,
        Fate::Passed(_) => Some(format!(
            "{} is open to anybody: see `{}`",
            first.probe.target, REFUSES.name
        )),
        Fate::Unclear(_) => Some(format!(
            "{} is not clearly refused: see `{}`",
            first.probe.target, REFUSES.name
        )),
    }
}
