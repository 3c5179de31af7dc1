//! One record, judged by both sides and counted.

use crate::telemetry::{LogLine, RecordedDecision};

use super::change::Change;
use super::evidence::Evidence;
use super::refusal::Prior;
use super::side::Side;
use super::tally::{At, Example, Key, Tally, weight};
use super::verdict::{Judged, Verdict};

/// What the new policy is held against.
pub(super) struct Comparison<'e> {
    pub(super) new: Side<'e>,
    /// Nothing when that is what was recorded.
    pub(super) old: Option<Side<'e>>,
    /// How many examples of each group are wanted.
    pub(super) examples: usize,
}

/// The verdict that the new one is compared with.
struct Before {
    verdict: Verdict,
    route: Option<Box<str>>,
    /// What the old policy made of it, if there is one.
    judged: Option<Judged>,
}

impl Comparison<'_> {
    /// Counts one line.
    pub(super) fn line(&self, file: usize, line: LogLine<'_>, tally: &mut Tally) {
        let at = At {
            file,
            line: line.number,
        };
        match line.decision() {
            Ok(Some(record)) => self.record(at, &record, tally),
            Ok(None) => tally.others += 1,
            // The report names the file and the line.
            Err(error) => {
                let text = error.to_string();
                let line = format!("line {}: ", line.number);
                tally.broken(at, text.strip_prefix(&line).unwrap_or(&text).to_owned());
            }
        }
    }

    fn record(&self, at: At, record: &RecordedDecision<'_>, tally: &mut Tally) {
        let evidence = Evidence::of(record);
        let weight = weight(&evidence);
        tally.records.add(weight);
        tally.came_from(record.policy.as_deref().unwrap_or_default());
        let Some(before) = self.before(at, &evidence, tally) else {
            return tally.skipped.add(weight);
        };
        let prior = self.prior(&before, record);
        let Some(after) = self.new.judge(&evidence, prior) else {
            return tally.skipped.add(weight);
        };
        let change = Change::between(before.verdict, after.verdict);
        tally.changes.entry(change).or_default().add(weight);
        match change {
            Change::Same => {}
            Change::Unknown => self.lacks(at, &evidence, (&before, &after), tally),
            _ => {
                let key = Key {
                    change,
                    before: before.verdict,
                    after: after.verdict,
                    route_before: before.route.clone(),
                    route_after: name(&self.new, &after),
                };
                let group = tally.groups.entry(key).or_default();
                group.add(&evidence, self.examples, || {
                    self.example(at, &evidence, &before, &after)
                });
            }
        }
    }

    /// What was decided before: by the old policy, or as it was recorded.
    fn before(&self, at: At, evidence: &Evidence<'_, '_>, tally: &mut Tally) -> Option<Before> {
        let route = evidence.record.route.as_deref().map(Box::from);
        let recorded = match evidence.passed() {
            true => Verdict::Allow,
            false => Verdict::Deny(evidence.reason),
        };
        let Some(old) = &self.old else {
            return Some(Before {
                verdict: recorded,
                route,
                judged: None,
            });
        };
        let judged = old.judge(evidence, Prior::Same)?;
        let own = evidence.record.policy.as_deref() == Some(&**old.engine.version());
        match judged.verdict {
            // It is the old policy's own word.
            Verdict::Unknown if own => {
                return Some(Before {
                    verdict: recorded,
                    route,
                    judged: Some(judged),
                });
            }
            Verdict::Unknown => {}
            verdict => match Change::between(recorded, verdict) {
                Change::Same => {}
                change => {
                    let key = Key {
                        change,
                        before: recorded,
                        after: verdict,
                        route_before: route,
                        route_after: name(old, &judged),
                    };
                    let group = tally.drift.entry(key).or_default();
                    let example = || drifted(at, evidence, old, &judged);
                    group.add(evidence, self.examples, example);
                }
            },
        }
        Some(Before {
            verdict: judged.verdict,
            route: name(old, &judged),
            judged: Some(judged),
        })
    }

    /// What is known of the issuers that were accepted when the record was made.
    fn prior<'p>(&'p self, before: &Before, record: &RecordedDecision<'_>) -> Prior<'p> {
        let old = self.old.as_ref().zip(before.judged.as_ref());
        if let Some(route) = old.and_then(|(old, judged)| old.route(judged.route)) {
            return Prior::Of(route.access());
        }
        match record.policy.as_deref() == Some(&**self.new.engine.version()) {
            true => Prior::Same,
            false => Prior::Unknown,
        }
    }

    /// Counts what would have had to be known: under the new policy, or else under the old one.
    fn lacks(
        &self,
        at: At,
        evidence: &Evidence<'_, '_>,
        (before, after): (&Before, &Judged),
        tally: &mut Tally,
    ) {
        let old = self.old.as_ref().zip(before.judged.as_ref());
        let (side, judged) = match (after.verdict, old) {
            (Verdict::Unknown, _) | (_, None) => (&self.new, after),
            (_, Some(old)) => old,
        };
        let mut seen = Vec::new();
        for missing in &judged.missing {
            let key = (missing.what.clone(), missing.why.clone());
            let lack = tally.lacks.entry(key.clone()).or_default();
            let reader = (name(side, judged), missing.rule);
            if !lack.readers.contains(&reader) {
                lack.readers.insert(reader);
            }
            // Two rules of one route may read the same fact.
            if !seen.contains(&key) {
                lack.group.add(evidence, self.examples, || {
                    self.example(at, evidence, before, after)
                });
                seen.push(key);
            }
        }
    }

    /// Shows a record, with the check that decides: of the new policy what refuses, of the old one what
    /// refused.
    fn example(
        &self,
        at: At,
        evidence: &Evidence<'_, '_>,
        before: &Before,
        after: &Judged,
    ) -> Example {
        let old = self.old.as_ref().zip(before.judged.as_ref());
        let refusing = match (after.verdict, old) {
            (Verdict::Deny(_), _) => Some((&self.new, after)),
            (_, Some((old, judged))) if matches!(judged.verdict, Verdict::Deny(_)) => {
                Some((old, judged))
            }
            _ => None,
        };
        match refusing {
            Some((side, judged)) => drifted(at, evidence, side, judged),
            None => shown(at, evidence),
        }
    }
}

fn name(side: &Side<'_>, judged: &Judged) -> Option<Box<str>> {
    let route = side.route(judged.route)?;
    Some(Box::from(&**route.name()))
}

/// A record with the check of a policy that decides it.
fn drifted(at: At, evidence: &Evidence<'_, '_>, side: &Side<'_>, judged: &Judged) -> Example {
    Example {
        told: side.tell(judged, evidence),
        detail: judged.detail.to_string(),
        ..shown(at, evidence)
    }
}

/// A record as it stands in the log.
fn shown(at: At, evidence: &Evidence<'_, '_>) -> Example {
    let record = evidence.record;
    let text = |fact: &crate::telemetry::Recorded<std::borrow::Cow<'_, str>>| {
        fact.known().map(|text| text.to_string())
    };
    let hidden = || format!("[{}]", super::missing::NOT_RECORDED);
    let roles = record.roles.known().into_iter().flatten();
    Example {
        at,
        time: record.time,
        method: record.method.as_deref().unwrap_or("?").to_owned(),
        path: text(&record.path).unwrap_or_else(hidden),
        subject: record
            .kind
            .map(|_| text(&record.subject).unwrap_or_else(hidden)),
        roles: roles.map(ToString::to_string).collect(),
        request_id: record.request_id.as_deref().map(str::to_owned),
        told: None,
        detail: record.detail.as_deref().unwrap_or_default().to_owned(),
    }
}
