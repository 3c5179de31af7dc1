//! What a recorded refusal was about: the gate, the request, or the credential.

use crate::model::Reason;
use crate::policy::Access;

use super::evidence::Evidence;

/// What is known of the issuers that the judging route accepted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Prior<'p> {
    /// It was a route of this very policy.
    Same,
    /// It was a route with this access.
    Of(&'p Access),
    /// Nothing.
    Unknown,
}

/// Whether a refusal says nothing of the policy, but of what stands around the gate.
pub(super) fn is_no_decision(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::UpstreamUnreachable
            | Reason::UpstreamTimeout
            | Reason::IssuerUnavailable
            | Reason::StoreUnavailable
            | Reason::SenderKeyUnavailable
            | Reason::DeliveryPending
            | Reason::Overloaded
    )
}

/// Whether the request was refused before anybody asked a policy. An odd spelling is the policy's business;
/// then the record knows how the request came.
pub(super) fn was_unreadable(reason: Reason, evidence: &Evidence<'_, '_>) -> bool {
    match reason {
        Reason::HostInvalid
        | Reason::ForwardedInvalid
        | Reason::RequestInvalid
        | Reason::HeadersTooLarge
        | Reason::RequestTimeout
        | Reason::FrontUntrusted
        | Reason::WrongDoor => true,
        Reason::PathAmbiguous => evidence.record.scheme.is_none(),
        _ => false,
    }
}

/// Whether a credential was refused, or missing.
pub(super) fn is_of_credential(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::CredentialAmbiguous
            | Reason::TokenMissing
            | Reason::TokenMalformed
            | Reason::TokenExpired
            | Reason::TokenNotYetValid
            | Reason::TokenSignatureInvalid
            | Reason::TokenKeyUnknown
            | Reason::TokenIssuerUnknown
            | Reason::TokenAudienceMismatch
            | Reason::TokenClaimMissing
            | Reason::TokenClaimInvalid
            | Reason::WrongTokenType
            | Reason::KeyMissing
            | Reason::KeyUnknown
            | Reason::KeyExpired
            | Reason::KeyNotYetValid
            | Reason::KeyRevoked
    ) || is_of_signature(reason)
}

/// Whether a delivery was refused for its signature or for the body that it covers, or had none.
pub(super) fn is_of_signature(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::SignatureMissing
            | Reason::SignatureInvalid
            | Reason::SignatureExpired
            | Reason::SignatureReplayed
            | Reason::BodyTooLarge
            | Reason::ContentEncoded
    )
}

/// Whether whoever is accepted now was accepted before. What must be signed besides is no matter of who calls.
pub(super) fn is_within(now: &Access, before: &Access) -> bool {
    match (now, before) {
        (
            Access::Authenticated { accepted: now, .. },
            Access::Authenticated {
                accepted: before, ..
            },
        ) => match (now, before) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(now), Some(before)) => now.iter().all(|name| before.contains(name)),
        },
        _ => false,
    }
}
