//! What came of many records, added up.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::policy::{Rule, Told};

use super::change::Change;
use super::evidence::Evidence;
use super::missing::What;
use super::verdict::Verdict;

/// How many broken lines are named.
const NAMED_LINES: usize = 10;

/// Records, and the requests that they stand for.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Count {
    pub(super) records: u64,
    /// Each record of a sample stands for several requests.
    pub(super) requests: f64,
}

impl Count {
    pub(super) fn add(&mut self, weight: f64) {
        self.records += 1;
        self.requests += weight;
    }

    fn merge(&mut self, other: Self) {
        self.records += other.records;
        self.requests += other.requests;
    }
}

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    /// The file, by its position among the arguments.
    pub(super) file: usize,
    pub(super) line: u64,
}

/// One record of a group.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Example {
    pub(super) at: At,
    pub(super) time: Option<std::time::SystemTime>,
    pub(super) method: String,
    pub(super) path: String,
    /// Nothing when nobody was authenticated.
    pub(super) subject: Option<String>,
    pub(super) roles: Vec<String>,
    pub(super) request_id: Option<String>,
    /// The check that decides, in words.
    pub(super) told: Option<(Rule, Told)>,
    /// What exactly was wrong, before or after.
    pub(super) detail: String,
}

/// What the records of a group have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) change: Change,
    pub(super) before: Verdict,
    pub(super) after: Verdict,
    pub(super) route_before: Option<Box<str>>,
    pub(super) route_after: Option<Box<str>>,
}

/// Records that have something in common.
#[derive(Debug, Clone, Default)]
pub(super) struct Group {
    pub(super) count: Count,
    /// Callers by the hashes of their names.
    subjects: HashSet<u64>,
    pub(super) examples: Vec<Example>,
}

/// Records for which one thing is not known.
#[derive(Debug, Clone, Default)]
pub(super) struct Lack {
    pub(super) group: Group,
    /// The routes and rules that need it.
    pub(super) readers: BTreeSet<(Option<Box<str>>, Option<Rule>)>,
}

/// Everything that is counted.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Lines that are no decision records.
    pub(super) others: u64,
    /// All records that could be read.
    pub(super) records: Count,
    /// Records of no decision.
    pub(super) skipped: Count,
    pub(super) changes: BTreeMap<Change, Count>,
    pub(super) groups: HashMap<Key, Group>,
    pub(super) lacks: HashMap<(What, Cow<'static, str>), Lack>,
    /// Records that the old policy would have decided otherwise than they say.
    pub(super) drift: HashMap<Key, Group>,
    /// How many records came from which policy.
    pub(super) policies: BTreeMap<Box<str>, u64>,
    /// How many lines are broken, and what is wrong with the first of them.
    pub(super) broken: u64,
    pub(super) broken_lines: Vec<(At, String)>,
}

impl Group {
    /// Adds a record; an example is made only when one more is wanted.
    pub(super) fn add(
        &mut self,
        evidence: &Evidence<'_, '_>,
        wanted: usize,
        example: impl FnOnce() -> Example,
    ) {
        self.count.add(weight(evidence));
        self.subjects.extend(subject(evidence));
        if self.examples.len() < wanted {
            self.examples.push(example());
        }
    }

    /// How many callers there were.
    pub(super) fn subjects(&self) -> usize {
        self.subjects.len()
    }

    fn merge(&mut self, other: Self, wanted: usize) {
        self.count.merge(other.count);
        self.subjects.extend(other.subjects);
        let room = wanted.saturating_sub(self.examples.len());
        self.examples.extend(other.examples.into_iter().take(room));
    }
}

/// How many requests a record stands for.
pub(super) fn weight(evidence: &Evidence<'_, '_>) -> f64 {
    1.0 / evidence.record.sample
}

/// A caller, told from others by issuer and subject. Nothing when nobody is known to call.
fn subject(evidence: &Evidence<'_, '_>) -> Option<u64> {
    let subject = evidence.record.subject.known()?;
    let mut hasher = DefaultHasher::new();
    evidence.record.issuer.known().hash(&mut hasher);
    subject.hash(&mut hasher);
    Some(hasher.finish())
}

impl Tally {
    /// Notes that a line cannot be used.
    pub(super) fn broken(&mut self, at: At, problem: String) {
        self.broken += 1;
        if self.broken_lines.len() < NAMED_LINES {
            self.broken_lines.push((at, problem));
        }
    }

    /// Notes which policy wrote a record.
    pub(super) fn came_from(&mut self, policy: &str) {
        match self.policies.get_mut(policy) {
            Some(count) => *count += 1,
            None => drop(self.policies.insert(policy.into(), 1)),
        }
    }

    /// How many records changed in a way.
    pub(super) fn count(&self, change: Change) -> Count {
        self.changes.get(&change).copied().unwrap_or_default()
    }

    /// Adds what came of the records behind these.
    pub(super) fn merge(&mut self, other: Self, wanted: usize) {
        self.others += other.others;
        self.records.merge(other.records);
        self.skipped.merge(other.skipped);
        for (change, count) in other.changes {
            self.changes.entry(change).or_default().merge(count);
        }
        for (key, group) in other.groups {
            self.groups.entry(key).or_default().merge(group, wanted);
        }
        for (key, group) in other.drift {
            self.drift.entry(key).or_default().merge(group, wanted);
        }
        for (key, lack) in other.lacks {
            let mine = self.lacks.entry(key).or_default();
            mine.group.merge(lack.group, wanted);
            mine.readers.extend(lack.readers);
        }
        for (policy, count) in other.policies {
            *self.policies.entry(policy).or_default() += count;
        }
        self.broken += other.broken;
        let room = NAMED_LINES.saturating_sub(self.broken_lines.len());
        let lines = other.broken_lines.into_iter().take(room);
        self.broken_lines.extend(lines);
    }
}
