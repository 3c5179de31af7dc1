//! What there is to report, in the order in which it is reported.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use super::change::Change;
use super::load::Loaded;
use super::missing::What;
use super::tally::{At, Count, Group, Key, Lack, Tally};
use super::trust::Differences;
use super::words::{counted, quoted};

/// Everything that a report is made of.
pub(super) struct Report<'r> {
    pub(super) tally: &'r Tally,
    pub(super) new: &'r Loaded,
    pub(super) old: Option<&'r Loaded>,
    pub(super) logs: &'r [PathBuf],
    /// How the two policies' issuers differ, if there are two.
    pub(super) differences: Option<&'r Differences>,
    /// The changes that are wanted; nothing stands for all.
    pub(super) only: &'r [Change],
}

/// Groups, the largest of each change first.
type Sorted<'t> = Vec<(&'t Key, &'t Group)>;

impl<'r> Report<'r> {
    /// Whether a change is wanted.
    pub(super) fn wants(&self, change: Change) -> bool {
        self.only.is_empty() || self.only.contains(&change)
    }

    /// What differs and is wanted.
    pub(super) fn groups(&self) -> Sorted<'r> {
        let mut groups = sorted(&self.tally.groups);
        groups.retain(|(key, _)| self.wants(key.change));
        groups
    }

    /// Where the old policy does not reproduce the log.
    pub(super) fn drift(&self) -> Sorted<'r> {
        sorted(&self.tally.drift)
    }

    /// What is not known, what is needed most often first.
    pub(super) fn lacks(&self) -> Vec<(&'r (What, Cow<'static, str>), &'r Lack)> {
        let mut lacks: Vec<_> = match self.wants(Change::Unknown) {
            true => self.tally.lacks.iter().collect(),
            false => Vec::new(),
        };
        lacks.sort_by(|(this, mine), (that, others)| {
            let count = |lack: &Lack| Reverse(lack.group.count.records);
            (count(mine), *this).cmp(&(count(others), *that))
        });
        lacks
    }

    /// Whether some records stand for more than one request.
    pub(super) fn is_sampled(&self) -> bool {
        let all = self.tally.records;
        all.requests > all.records as f64
    }

    /// The log's name.
    pub(super) fn log(&self, at: At) -> String {
        let log = self.logs.get(at.file);
        log.map(|log| log.display().to_string()).unwrap_or_default()
    }

    /// The command that explains a record under the new policy.
    pub(super) fn hint(&self, at: At) -> Option<String> {
        let log = self.log(at);
        let policy = quoted(&self.new.file.display().to_string());
        (log != "-").then(|| {
            format!(
                "sed -n {}p {} | sidegate explain --policy {policy} --record -",
                at.line,
                quoted(&log)
            )
        })
    }

    /// What a reader has to know to judge the rest.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        match self.differences {
            None => notes.push(
                "the issuers, the sets of API keys, and where credentials are read from, are taken to be \
                 those that the log was written under; --against OLD compares them"
                    .to_owned(),
            ),
            Some(differences) if !differences.is_empty() => notes.push(told(differences)),
            Some(_) => {}
        }
        let broken = self.tally.broken;
        if broken > 0 {
            let lines = counted(broken, "line");
            notes.push(format!(
                "{lines} cannot be used; what they say is not counted"
            ));
        }
        notes
    }
}

fn sorted(groups: &HashMap<Key, Group>) -> Sorted<'_> {
    let mut groups: Vec<_> = groups.iter().collect();
    groups.sort_by_key(|(key, group)| (key.change, Reverse(group.count.records), *key));
    groups
}

fn told(differences: &Differences) -> String {
    let mut parts = Vec::new();
    if differences.places {
        parts.push("`tokens.from` differs".to_owned());
    }
    let kinds = [
        ("issuer", &differences.issuers),
        ("key set", &differences.sets),
        ("webhook", &differences.webhooks),
    ];
    for (kind, changes) in kinds {
        parts.extend(quoted_names(&changes.added).map(|names| format!("{kind} {names} is new")));
        parts.extend(quoted_names(&changes.removed).map(|names| format!("{kind} {names} is gone")));
        let changed = quoted_names(&changes.changed);
        parts.extend(changed.map(|names| format!("the settings of {kind} {names} differ")));
    }
    let grown = quoted_names(&differences.grown);
    parts.extend(grown.map(|names| format!("key set {names} lists more keys")));
    format!(
        "{}: a record holds no credential to verify again, so what depends on it is unknown",
        parts.join(", ")
    )
}

/// `a`, `b`; nothing without names.
fn quoted_names(names: &BTreeSet<String>) -> Option<String> {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    (!quoted.is_empty()).then(|| quoted.join(", "))
}

/// Requests as a whole number.
pub(super) fn rounded(count: Count) -> u64 {
    // Far below 2^52, where every whole number is exact.
    count.requests.round() as u64
}
