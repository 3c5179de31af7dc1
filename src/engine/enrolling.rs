//! A request that brings the secret its sender signs with from then on.
//!
//! Always: the rules of the route hold for it as for the deliveries that come after it; nothing is sent on; the
//! secret is kept by an engine that serves, and by no other.

use crate::credential::Verified;
use crate::model::Request;
use crate::policy::Match;
use crate::webhook::Enrolling;

use super::accepting::Accepts;
use super::head::denial;
use super::{Decision, Denial, Engine, Permit};

impl Engine {
    /// The answer to it. Waits for the disk, unless the policy is only tried.
    pub(super) async fn enrol(
        &self,
        (matched, accepts): (&Match<'_>, &Accepts),
        first: Option<Verified>,
        request: &Request,
        enrolling: Enrolling,
        only_tried: bool,
    ) -> Decision {
        let genuine = &enrolling.genuine;
        let verified = match self.verifiers.delivered(&accepts.webhook, genuine, first) {
            Ok(verified) => verified,
            Err(refused) => {
                let (first, denied) = *refused;
                return denial(matched, first, denied).into();
            }
        };
        let grant = match self.granted(matched, request, &verified) {
            Ok(grant) => grant,
            // Nobody has proved to be the sender: the refusal is nobody's.
            Err(denied) => return Denial::on(matched.route, denied).into(),
        };
        if only_tried || !self.enrols {
            return Permit::answering(grant, self.stripped(), None, enrolling.reply).into();
        }
        let id = enrolling.id().clone();
        let counted = accepts.tally().map(|tally| tally.enrolling(&id));
        let then = move || {
            if let Some(count) = counted {
                count();
            }
        };
        match enrolling.keep(then).await {
            Ok(reply) => {
                let webhook = accepts.webhook.name();
                let detail = format!("enrolled the secret {id} of {webhook}");
                Permit::enrolled(grant, self.stripped(), reply, detail).into()
            }
            Err(refusal) => {
                accepts.refused(refusal.reason);
                Denial::on(matched.route, refusal.denied).into()
            }
        }
    }
}
