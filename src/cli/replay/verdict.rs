//! What a policy makes of a record, and on what grounds.

use std::borrow::Cow;

use crate::model::{Denied, Reason};

use super::missing::Missing;

/// What a policy makes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// The request may pass.
    Allow,
    /// It may not; the reason is not always known.
    Deny(Option<Reason>),
    /// Something is missing that would decide it.
    Unknown,
}

/// A verdict with its grounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    /// The route, by its position in the policy.
    pub(super) route: Option<usize>,
    /// The check that decided, by its position on the route.
    pub(super) by: Option<usize>,
    /// What exactly was wrong.
    pub(super) detail: Cow<'static, str>,
    /// What is not known and would have been needed.
    pub(super) missing: Vec<Missing>,
}

impl Judged {
    pub(super) fn new(verdict: Verdict, route: Option<usize>) -> Self {
        Self {
            verdict,
            route,
            by: None,
            detail: Cow::Borrowed(""),
            missing: Vec::new(),
        }
    }

    pub(super) fn denied(denied: Denied, route: Option<usize>) -> Self {
        Self {
            detail: denied.detail,
            ..Self::new(Verdict::Deny(Some(denied.reason)), route)
        }
    }

    pub(super) fn unknown(missing: Missing, route: Option<usize>) -> Self {
        Self {
            missing: vec![missing],
            ..Self::new(Verdict::Unknown, route)
        }
    }
}
