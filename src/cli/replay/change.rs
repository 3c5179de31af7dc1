//! What becomes of a decision under another policy.

use std::fmt;

use crate::model::Reason;

use super::verdict::Verdict;

/// How two verdicts differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, clap::ValueEnum)]
pub(super) enum Change {
    /// Whoever passed is refused.
    AllowToDeny,
    /// Whoever was refused passes.
    DenyToAllow,
    /// Refused before and after, for another reason.
    Reason,
    /// Cannot be known.
    Unknown,
    /// Nothing changes.
    #[value(skip)]
    Same,
}

impl Change {
    /// All of them, in the order of the report.
    pub(super) const ALL: [Self; 5] = [
        Self::AllowToDeny,
        Self::DenyToAllow,
        Self::Reason,
        Self::Unknown,
        Self::Same,
    ];

    pub(super) fn between(before: Verdict, after: Verdict) -> Self {
        match (before, after) {
            (Verdict::Unknown, _) | (_, Verdict::Unknown) => Self::Unknown,
            (Verdict::Allow, Verdict::Deny(_)) => Self::AllowToDeny,
            (Verdict::Deny(_), Verdict::Allow) => Self::DenyToAllow,
            (Verdict::Deny(Some(before)), Verdict::Deny(Some(after))) if before != after => {
                Self::Reason
            }
            (Verdict::Allow, Verdict::Allow) | (Verdict::Deny(_), Verdict::Deny(_)) => Self::Same,
        }
    }

    /// The name in reports.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::AllowToDeny => "allow_to_deny",
            Self::DenyToAllow => "deny_to_allow",
            Self::Reason => "reason",
            Self::Unknown => "unknown",
            Self::Same => "same",
        }
    }
}

impl Verdict {
    /// `allow`, `deny`, or `unknown`.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny(_) => "deny",
            Self::Unknown => "unknown",
        }
    }

    /// Why it is a refusal, if that is known.
    pub(super) const fn reason(self) -> Option<Reason> {
        match self {
            Self::Deny(reason) => reason,
            Self::Allow | Self::Unknown => None,
        }
    }
}

/// `allow`, `deny 403 INSUFFICIENT_ROLE`.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason() {
            Some(reason) => write!(f, "deny {} {reason}", reason.status().as_u16()),
            None => f.write_str(self.word()),
        }
    }
}
