//! One decision as one line, appended to a buffer that is used again and again.
//!
//! What many records share is spelled out once: the route, the upstream and the policy when they are
//! loaded, the caller when it is first recorded, the second of the time when it begins. What a request
//! says is spelled out while it is there. The rest is put between.

mod beside;
mod caller;
mod escape;
mod facts;
mod number;
mod parts;
mod reading;
mod spell;
mod value;

use std::time::{Duration, SystemTime};

use super::LogFormat;
use super::decision_log::{Hidden, Redactable, Share};
use crate::model::{Principal, Reason};

pub use beside::{OtherPolicy, WouldRefuse};
pub(super) use escape::escape_hidden;
pub use facts::Facts;
pub(super) use number::Stamp;
pub use parts::{Asked, Ready, RequestFields};
use spell::{Line, name};
pub(super) use spell::{MAX_TEXT, REDACTED, TOO_LONG};

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
/// There is no field for a token, a key or a body: what is not here cannot be written. Of headers, query
/// and claims, [`Facts`] names what the rules of a policy read.
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
    pub caller: Option<&'a Principal>,
    /// What the policy's rules read, besides what every record says.
    pub facts: &'a Facts,
    /// A fingerprint of the credential, from which it cannot be had back.
    pub fingerprint: Option<&'a str>,
    /// The upstream's name, as [`Ready::upstream`] spells it.
    pub upstream: Option<&'a Ready>,
    /// The door that was asked, where another proxy sends the request on.
    pub door: Option<&'a str>,
    /// How long the whole request took.
    pub duration: Duration,
    /// What exactly was wrong; empty when the reason says it all.
    pub detail: &'a str,
    /// An observed rule that would have refused the request.
    pub observed: Option<WouldRefuse>,
    /// What another policy would have decided instead.
    pub shadow: Option<OtherPolicy<'a>>,
    /// The hash of the policy that decided, as [`Ready::policy`] spells it.
    pub policy: &'a Ready,
}

/// How one log's lines are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    pub(super) format: LogFormat,
    /// What is not shown.
    pub(super) hidden: Hidden,
    /// How many of the allowed requests are recorded.
    pub(super) sample: Share,
}

impl Record<'_> {
    /// When the delivery was signed, if it is one and its signature says so.
    #[inline(always)]
    fn signed_at(&self) -> Option<SystemTime> {
        self.caller?.webhook.as_deref()?.signed_at
    }

    /// Appends the record as one line, with its line end.
    pub(super) fn append(&self, manner: Manner, stamp: &mut Stamp, out: &mut Vec<u8>) {
        match manner.format {
            LogFormat::Json => self.lay_out(&mut Line::<true>(out), manner, stamp),
            LogFormat::Text => self.lay_out(&mut Line::<false>(out), manner, stamp),
        }
    }

    fn lay_out<const JSON: bool>(
        &self,
        line: &mut Line<'_, JSON>,
        manner: Manner,
        stamp: &mut Stamp,
    ) {
        line.pieces("{\"schema\":1,\"time\":\"", "time=");
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
            self.facts.append_caller(caller, manner.hidden, line);
        }
        line.optional(name!("fingerprint"), self.fingerprint);
        if let Some(signed_at) = self.signed_at() {
            line.pieces(",\"age_seconds\":", " age_seconds=");
            number::seconds_since(signed_at, self.time, line.0);
        }
        line.add(self.request.id());
        line.ready(self.upstream);
        line.optional(name!("door"), self.door);
        line.pieces(",\"duration_ms\":", " duration_ms=");
        number::milliseconds(self.duration, line.0);
        if !self.detail.is_empty() {
            let detail = match manner.hidden.has(Redactable::Detail) {
                true => REDACTED,
                false => self.detail,
            };
            line.text(name!("detail"), detail);
        }
        if manner.sample != Share::WHOLE && !self.stands_out() {
            line.sample(manner.sample);
        }
        if self.observed.is_some() || self.shadow.is_some() {
            self.beside(line);
        }
        line.ready(Some(self.policy));
        line.pieces("}\n", "\n");
    }
}

#[cfg(test)]
mod tests;
