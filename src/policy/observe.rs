//! Rules of a route that are judged but refuse nothing yet, up to a moment that is written down.
//!
//! The moment is compared with when a request arrived, by serving and by every tool alike. From then on
//! the rules are enforced: a rule that somebody forgot never stays open.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::document::{Node, Placed, Problem, Severity};
use crate::model::Denied;

use super::Policy;
use super::check::Rule;
use super::route::Route;

/// How far ahead the end may lie.
const LONGEST: Duration = Duration::from_secs(90 * DAY);
/// A day, in seconds.
const DAY: u64 = 86_400;

/// What an observed rule would have refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// The rule.
    pub rule: Rule,
    /// What the refusal would have said.
    pub denied: Denied,
}

/// Which rules of a route are observed, and until when.
#[derive(Debug)]
pub(super) struct Observation {
    pub(super) rules: Box<[Rule]>,
    pub(super) until: Until,
    /// Where the end is written.
    pub(super) node: Node,
}

/// The end of an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Until {
    /// The first moment at which the rules are enforced.
    end: SystemTime,
    /// Whether a whole day was written, which counts to its end.
    is_day: bool,
}

impl Until {
    /// Reads a date, whose whole day counts (UTC), or a moment (RFC 3339).
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Ok(moment) = text.parse::<Timestamp>() {
            return Some(Self {
                end: moment.into(),
                is_day: false,
            });
        }
        // A date alone: the parser would also take one with a time behind it.
        let date: Date = text
            .parse()
            .ok()
            .filter(|_| text.len() == "2026-12-31".len())?;
        let next = date.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?;
        Some(Self {
            end: next.timestamp().into(),
            is_day: true,
        })
    }

    /// Whether it lies further ahead than it may.
    fn is_too_far(self, now: SystemTime) -> bool {
        let day = Duration::from_secs(if self.is_day { DAY } else { 0 });
        let latest = now.checked_add(LONGEST + day);
        latest.is_some_and(|latest| self.end > latest)
    }
}

impl Route {
    /// Whether a rule of this route is observed up to some moment, so that what it asks may not hold of
    /// what passes. Of requests that arrive later it holds.
    pub fn observes(&self, rule: Rule) -> bool {
        let observation = self.observation.as_ref();
        observation.is_some_and(|observation| observation.rules.contains(&rule))
    }

    /// Whether a rule refuses nothing of what arrives at this moment.
    pub fn observes_at(&self, rule: Rule, at: SystemTime) -> bool {
        self.observes(rule) && self.observed_until().is_some_and(|end| at < end)
    }

    /// The first moment at which every rule of this route is enforced; nothing when each is anyway.
    pub fn observed_until(&self) -> Option<SystemTime> {
        let observation = self.observation.as_ref();
        observation.map(|observation| observation.until.end)
    }

    /// The rules that are observed.
    pub fn observed_rules(&self) -> &[Rule] {
        let observation = self.observation.as_ref();
        observation.map_or(&[], |observation| &observation.rules)
    }
}

impl Policy {
    /// What is wrong with the observed rules of this policy at some moment: those whose time is over,
    /// with the severity that the reader of the file gives that, and those that are to be observed for
    /// too long, which is always an error.
    pub fn overdue(&self, now: SystemTime, over: Severity) -> Vec<Problem> {
        let observing = self.routes.iter();
        let observing = observing.filter_map(|route| Some((route, route.observation.as_ref()?)));
        let problems = observing.filter_map(|(route, observation)| {
            let (severity, message, help) = if observation.until.end <= now {
                let message = format!(
                    "the time to observe `{}` is over: its rules are enforced again",
                    route.name
                );
                (over, message, "take `observe` away".to_owned())
            } else if observation.until.is_too_far(now) {
                let latest = now.checked_add(LONGEST).and_then(date);
                let latest = latest.map(|date| format!("write a day up to {date}; "));
                let help = latest.unwrap_or_default() + "an observed rule refuses nothing";
                let message = "this is more than 90 days ahead".to_owned();
                (Severity::Error, message, help)
            } else {
                return None;
            };
            Some(Problem {
                severity,
                place: observation.node.place.clone(),
                path: observation.node.path.to_string(),
                message,
                help: Some(help),
                lint: None,
            })
        });
        problems.collect()
    }
}

fn date(moment: SystemTime) -> Option<Date> {
    let moment = Timestamp::try_from(moment).ok()?;
    Some(moment.to_zoned(TimeZone::UTC).date())
}

/// A rule by the key that writes it. `acr` and `max_age` are one rule, judged together.
pub(super) fn rule(key: &Placed<String>) -> Option<Rule> {
    RULES
        .iter()
        .find(|(known, _)| *known == key.value)
        .map(|(_, rule)| *rule)
}

/// The rules that can be observed, by their keys. From where a key may be presented is not among them: that
/// is the key's own word, and no route can set it aside.
pub(super) const RULES: [(&str, Rule); 8] = [
    ("tenant", Rule::Tenant),
    ("source", Rule::Source),
    ("acr", Rule::Authentication),
    ("max_age", Rule::Authentication),
    ("roles", Rule::Roles),
    ("scopes", Rule::Scopes),
    ("permission", Rule::Permission),
    ("when", Rule::Condition),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SystemTime {
        text.parse::<Timestamp>().unwrap().into()
    }

    #[test]
    fn date_counts_to_the_end_of_its_day_and_moment_to_itself() {
        let end = |text: &str| Until::parse(text).map(|until| until.end);
        assert_eq!(end("2026-12-31"), Some(at("2027-01-01T00:00:00Z")));
        assert_eq!(
            end("2026-12-31T12:00:00+02:00"),
            Some(at("2026-12-31T10:00:00Z"))
        );
        for wrong in [
            "2026-12-31T12:00:00",
            "31.12.2026",
            "2026-02-30",
            "2026-12",
            "20261231",
            "soon",
            "",
            "9999-12-31",
        ] {
            assert_eq!(end(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ninety_days_ahead_is_not_too_far_and_one_more_is() {
        let now = at("2026-01-01T12:00:00Z");
        let far = |text: &str| Until::parse(text).unwrap().is_too_far(now);
        assert!(!far("2026-04-01") && far("2026-04-02"));
        assert!(!far("2026-04-01T12:00:00Z") && far("2026-04-01T12:00:01Z"));
    }
}
