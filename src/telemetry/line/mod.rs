//! One decision as one line, appended to a buffer that is used again and again.
//!
//! What many records share is spelled out once: the route, the upstream and the policy when they are
//! loaded, the caller when it is first recorded, the second of the time when it begins. What a request
//! says is spelled out while it is there. The rest is put between.

mod escape;
mod number;
mod parts;
mod spell;

use std::time::{Duration, SystemTime};

use super::LogFormat;
use crate::model::{MemoOwner, Reason};

pub(super) use escape::escape_hidden;
pub(super) use number::Stamp;
pub use parts::{Caller, Ready, RequestFields};
use spell::{Line, name};

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The request may pass.
    Allow,
    /// It may not.
    Deny,
}

impl Outcome {
    /// The word used in logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

/// What the decision log says about one request.
///
/// There is no field for headers, query, token, key or body: what is not here cannot be written.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// When the request arrived.
    pub time: SystemTime,
    /// What was decided.
    pub outcome: Outcome,
    /// Why it failed; on an allowed request, why the upstream's answer did not come.
    pub reason: Option<Reason>,
    /// The status the caller got; zero when the caller left before there was one.
    pub status: u16,
    /// The route's name, as [`Ready::route`] spells it.
    pub route: Option<&'a Ready>,
    /// What was asked, from where.
    pub request: &'a RequestFields,
    /// Who called.
    pub caller: Option<Caller<'a>>,
    /// A fingerprint of the credential, from which it cannot be had back.
    pub fingerprint: Option<&'a str>,
    /// The upstream's name, as [`Ready::upstream`] spells it.
    pub upstream: Option<&'a Ready>,
    /// How long the whole request took.
    pub duration: Duration,
    /// What exactly was wrong; empty when the reason says it all.
    pub detail: &'a str,
    /// The hash of the policy that decided, as [`Ready::policy`] spells it.
    pub policy: &'a Ready,
}

/// How one log's lines are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    pub(super) format: LogFormat,
    /// Whose are the spellings that callers' memos hold.
    pub(super) owner: MemoOwner,
}

impl Manner {
    /// That of a log of its own.
    pub(super) fn new(format: LogFormat) -> Self {
        Self {
            format,
            owner: MemoOwner::unique(),
        }
    }
}

impl Record<'_> {
    /// Appends the record as one line, with its line end.
    pub(super) fn append(&self, manner: Manner, stamp: &mut Stamp, out: &mut Vec<u8>) {
        let owner = manner.owner;
        match manner.format {
            LogFormat::Json => self.lay_out(&mut Line::<true>(out), owner, stamp),
            LogFormat::Text => self.lay_out(&mut Line::<false>(out), owner, stamp),
        }
    }

    fn lay_out<const JSON: bool>(
        &self,
        line: &mut Line<'_, JSON>,
        owner: MemoOwner,
        stamp: &mut Stamp,
    ) {
        line.pieces("{\"time\":\"", "time=");
        stamp.write(self.time, line.0);
        match self.outcome {
            Outcome::Allow => line.pieces(
                "\",\"event\":\"decision\",\"decision\":\"allow\"",
                " event=decision decision=allow",
            ),
            Outcome::Deny => line.pieces(
                "\",\"event\":\"decision\",\"decision\":\"deny\"",
                " event=decision decision=deny",
            ),
        }
        if let Some(reason) = self.reason {
            line.word(name!("reason"), reason.code());
        }
        line.pieces(",\"status\":", " status=");
        number::status(self.status, line.0);
        line.ready(self.route);
        line.add(self.request.asked());
        if let Some(caller) = self.caller {
            caller.append(owner, line);
        }
        line.optional(name!("fingerprint"), self.fingerprint);
        line.add(self.request.id());
        line.ready(self.upstream);
        line.pieces(",\"duration_ms\":", " duration_ms=");
        number::milliseconds(self.duration, line.0);
        if !self.detail.is_empty() {
            line.text(name!("detail"), self.detail);
        }
        line.ready(Some(self.policy));
        line.pieces("}\n", "\n");
    }
}

#[cfg(test)]
mod tests;
