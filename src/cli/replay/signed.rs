//! What a record says of a signature, held against what a policy asks for.
//!
//! A record has no body and no signature, so neither is verified again: what was said of them is taken over where
//! the webhooks' settings are the same, and is not known where nobody asked.

use crate::model::{Principal, PrincipalKind, Reason};
use crate::policy::{Access, Match};

use super::evidence::Evidence;
use super::missing::{Missing, NOT_RECORDED, What};
use super::refusal::{Prior, is_of_signature};
use super::side::Side;
use super::trust::Standing;
use super::verdict::Judged;

impl Side<'_> {
    /// What comes of a caller whose request must be signed as well, unless it was.
    pub(super) fn unsigned(
        &self,
        matched: &Match<'_>,
        evidence: &Evidence<'_, '_>,
        principal: &Principal,
    ) -> Option<Judged> {
        let signed = matched.route.access().signed()?;
        let unsure = |what, why| {
            let missing = Missing::before_rules(what, why);
            Some(self.unless_nobody(matched, evidence, missing))
        };
        let webhook = principal.webhook.as_deref();
        if webhook.is_some_and(|facts| facts.name == *signed) {
            let known = self.known.webhooks.contains(&**signed);
            let kind = PrincipalKind::Webhook;
            return match self.trust.caller(kind, signed, known) {
                Standing::Same => None,
                Standing::Gone | Standing::Unknown(_) => {
                    unsure(What::WebhookSettings, "webhooks differ")
                }
            };
        }
        match evidence.reason.filter(|_| !evidence.passed()) {
            Some(reason) if is_of_signature(reason) => match self.trust.refusal(reason) {
                None => Some(Judged::denied(reason.into(), Some(matched.route.index()))),
                Some(missing) => Some(self.unless_nobody(matched, evidence, missing)),
            },
            _ => unsure(What::Signature, NOT_RECORDED),
        }
    }

    /// What is not known of a request that had no credential: it may have been signed, for a webhook that nobody
    /// looked for.
    pub(super) fn may_be_signed(
        &self,
        now: &Access,
        reason: Reason,
        prior: Prior<'_>,
    ) -> Option<Missing> {
        let before = match (reason, prior) {
            // Some webhook was looked for, and it is taken to be the same.
            (Reason::SignatureMissing, Prior::Unknown) | (_, Prior::Same) => return None,
            (
                Reason::TokenMissing | Reason::KeyMissing | Reason::SignatureMissing,
                Prior::Of(before),
            ) => Some(before),
            (Reason::TokenMissing | Reason::KeyMissing, Prior::Unknown) => None,
            _ => return None,
        };
        let more = self.known.takes_more_deliveries(now, before);
        more.then(|| Missing::before_rules(What::Signature, NOT_RECORDED))
    }
}
