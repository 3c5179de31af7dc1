//! The set-up that is looked at, as the policy knows it.

use std::time::SystemTime;

use bytes::Bytes;

use crate::cli::trial::{Ask, Effects, Verdict, World};
use crate::frontend::TrustedProxies;
use crate::model::Request;
use crate::policy::Refused;

use super::address::Address;
use super::bearer::Bearer;
use super::probe::{Expected, Probe};
use super::sample::Samples;

/// What doctor knows before it asks anything.
pub(super) struct Site {
    pub(super) world: World,
    pub(super) samples: Samples,
    pub(super) front: Address,
    pub(super) door: Option<Address>,
    pub(super) app: Option<Address>,
    /// Whom the doors believe, where the process file is known.
    pub(super) trusted: Option<TrustedProxies>,
    /// A token, or how one would be had.
    pub(super) bearer: Result<Bearer, String>,
    /// Whether somebody stands in the app's place.
    pub(super) stands_in: bool,
    /// What nobody else says: probes and spoofed values are told by it.
    pub(super) nonce: String,
    /// The field that a probe is told by, which nothing of the policy removes.
    pub(super) marker: &'static str,
    pub(super) now: SystemTime,
}

/// Fields that a probe can be told by.
const MARKERS: [&str; 3] = ["X-Doctor-Probe", "Doctor-Probe", "Probe-Number"];

/// The first of those fields that the policy removes from no request.
pub(super) fn marker(world: &World) -> &'static str {
    let stripped = world.engine.policy().stripped();
    let mut kept = MARKERS.iter().filter(|name| !stripped.contains(name));
    kept.next().copied().unwrap_or("User-Agent-Probe")
}

impl Site {
    /// What a right set-up does with a request: what the engine says.
    pub(super) fn expecting(&self, probe: Probe) -> Probe {
        let expected = self.expected(&probe);
        probe.expecting(expected)
    }

    fn expected(&self, probe: &Probe) -> Expected {
        let ask = self.ask(probe);
        let request = match ask.read() {
            Ok(request) => request,
            Err(denied) => return Expected::Refusal(vec![denied.reason.status().as_u16()]),
        };
        let body = Bytes::from(ask.body);
        let verdict = self.world.judge(&request, &body, None);
        match effects(&verdict, &request) {
            Some(effects) => Expected::Passage(effects.path),
            None => Expected::Refusal(self.statuses(&verdict, &request)),
        }
    }

    /// The request as the front door would read it.
    pub(super) fn ask(&self, probe: &Probe) -> Ask {
        let mut ask = Ask::new(&probe.method, &probe.target, self.now);
        ask.scheme = self.front.scheme;
        ask.host.clone_from(&probe.host);
        ask.headers.clone_from(&probe.headers);
        ask.body = probe.body.clone().unwrap_or_default();
        ask
    }

    /// The statuses that a refusal may have, by the policy's own words.
    fn statuses(&self, verdict: &Verdict, request: &Request) -> Vec<u16> {
        let Some(reason) = verdict.reason() else {
            // An answer that sidegate gives itself: no refusal, and nothing comes to the app.
            return vec![200, 204];
        };
        let request = self.world.engine.repeatable(request);
        let told = |browser| {
            let refused = Refused {
                reason,
                route: verdict.route(),
                principal: None,
                request: Some(&request),
                request_id: "",
                browser,
            };
            let answer = self.world.engine.policy().answer(&refused);
            answer.status.as_u16()
        };
        vec![reason.status().as_u16(), told(false), told(true)]
    }

    /// The names that the policy takes out of every request: those it lists, and one for each beginning of names.
    pub(super) fn stripped_names(&self) -> (Vec<String>, Vec<String>) {
        let stripped = self.world.engine.policy().stripped();
        let listed = stripped.names().iter().take(MOST_NAMES);
        let begun = stripped.prefixes().iter().take(MOST_NAMES);
        (
            listed.map(|name| titled(name.as_str())).collect(),
            begun
                .map(|prefix| titled(&format!("{prefix}subject")))
                .collect(),
        )
    }

    /// The value of spoofed fields.
    pub(super) fn spoof(&self) -> String {
        format!("spoofed-{}", self.nonce)
    }
}

/// The most fields that are spoofed at once.
const MOST_NAMES: usize = 12;

/// What becomes of a request that passes and is sent on.
pub(super) fn effects(verdict: &Verdict, request: &Request) -> Option<Effects> {
    let permit = verdict.decision()?.permit()?;
    let own = permit.reply().is_some() || permit.route().serves().is_some();
    (!own).then(|| Effects::of(permit, request))
}

/// `x-user` as people write it: `X-User`.
pub(super) fn titled(name: &str) -> String {
    let mut begins = true;
    let letters = name.chars().map(|letter| {
        let titled = match begins {
            true => letter.to_ascii_uppercase(),
            false => letter,
        };
        begins = letter == '-';
        titled
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_people_do() {
        assert_eq!(titled("x-user-id"), "X-User-Id");
        assert_eq!(titled("x--a"), "X--A");
    }
}
