//! Why a request was refused: a closed list with stable codes.

use std::borrow::Cow;
use std::fmt;

use http::StatusCode;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:ident;)*) => {
        /// Why a request was refused.
        ///
        /// The code is part of the product's interface: answers, logs, metrics and tests use it, and
        /// it never changes once released. The status is what an HTTP caller gets (RFC 9110 section
        /// 15; the choice between 401 and 403 follows RFC 6750 section 3.1).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason {
            $($(#[$doc])* $name,)*
        }

        impl Reason {
            /// Every reason, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable code, in capitals, as it appears in answers, logs and metrics.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status of the answer.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }
        }
    };
}

reasons! {
    /// The request target has more than one reading.
    PathAmbiguous = "PATH_AMBIGUOUS", BAD_REQUEST;
    /// The host is missing, given twice, or not a host name.
    HostInvalid = "HOST_INVALID", BAD_REQUEST;
    /// A trusted proxy sent forwarding headers that contradict themselves.
    ForwardedInvalid = "FORWARDED_INVALID", BAD_REQUEST;
    /// The request is not one that HTTP lets a proxy pass on.
    RequestInvalid = "REQUEST_INVALID", BAD_REQUEST;
    /// The request's head is longer, or has more fields, than the listener takes (RFC 6585 section 5).
    HeadersTooLarge = "HEADERS_TOO_LARGE", REQUEST_HEADER_FIELDS_TOO_LARGE;
    /// The caller stopped sending in the middle of a request.
    RequestTimeout = "REQUEST_TIMEOUT", REQUEST_TIMEOUT;
    /// Two different credentials of one kind in one request.
    CredentialAmbiguous = "CREDENTIAL_AMBIGUOUS", BAD_REQUEST;

    /// The route needs an ID token and none was sent.
    TokenMissing = "TOKEN_MISSING", UNAUTHORIZED;
    /// The token is not a compact JWS with JSON inside (RFC 7515 section 7.1).
    TokenMalformed = "TOKEN_MALFORMED", UNAUTHORIZED;
    /// `exp` lies in the past (RFC 7519 section 4.1.4).
    TokenExpired = "TOKEN_EXPIRED", UNAUTHORIZED;
    /// `nbf` or `iat` lies in the future (RFC 7519 sections 4.1.5 and 4.1.6).
    TokenNotYetValid = "TOKEN_NOT_YET_VALID", UNAUTHORIZED;
    /// The signature does not verify, or its algorithm is not the key's.
    TokenSignatureInvalid = "TOKEN_SIGNATURE_INVALID", UNAUTHORIZED;
    /// The issuer has no key of that name.
    TokenKeyUnknown = "TOKEN_KEY_UNKNOWN", UNAUTHORIZED;
    /// `iss` names nobody this route trusts.
    TokenIssuerUnknown = "TOKEN_ISSUER_UNKNOWN", UNAUTHORIZED;
    /// `aud` does not name us (RFC 7519 section 4.1.3).
    TokenAudienceMismatch = "TOKEN_AUDIENCE_MISMATCH", UNAUTHORIZED;
    /// A claim that must be there is not, or is empty.
    TokenClaimMissing = "TOKEN_CLAIM_MISSING", UNAUTHORIZED;
    /// A claim has a value or a type that is not the expected one.
    TokenClaimInvalid = "TOKEN_CLAIM_INVALID", UNAUTHORIZED;
    /// The route asks for a stronger or a newer sign-in (RFC 9470 section 3).
    StepUpRequired = "STEP_UP_REQUIRED", UNAUTHORIZED;
    /// The route needs an API key and none was sent.
    KeyMissing = "KEY_MISSING", UNAUTHORIZED;
    /// The key is nobody's, or of a set this route does not accept.
    KeyUnknown = "KEY_UNKNOWN", UNAUTHORIZED;
    /// The key, or this text of a rotated one, is over.
    KeyExpired = "KEY_EXPIRED", UNAUTHORIZED;
    /// The key does not count yet.
    KeyNotYetValid = "KEY_NOT_YET_VALID", UNAUTHORIZED;
    /// The key was revoked.
    KeyRevoked = "KEY_REVOKED", UNAUTHORIZED;
    /// The route needs a signed delivery and there is no signature where one must be.
    SignatureMissing = "SIGNATURE_MISSING", UNAUTHORIZED;
    /// The signature cannot be read, or no secret that counts made it.
    SignatureInvalid = "SIGNATURE_INVALID", UNAUTHORIZED;
    /// The delivery was signed too long ago, or in the future.
    SignatureExpired = "SIGNATURE_EXPIRED", UNAUTHORIZED;
    /// The upstream has accepted this very delivery before.
    SignatureReplayed = "SIGNATURE_REPLAYED", CONFLICT;
    /// The token is genuine but not of the kind this issuer is trusted for.
    WrongTokenType = "WRONG_TOKEN_TYPE", FORBIDDEN;

    /// No route matches: nothing is forwarded.
    NoRoute = "NO_ROUTE", FORBIDDEN;
    /// The other end of the connection is no proxy whose questions are answered.
    FrontUntrusted = "FRONT_UNTRUSTED", FORBIDDEN;
    /// The request's route cannot be judged at the door that was asked.
    WrongDoor = "WRONG_DOOR", FORBIDDEN;
    /// The request concerns another tenant than the principal's.
    TenantMismatch = "TENANT_MISMATCH", FORBIDDEN;
    /// The principal has none of the roles the route asks for.
    InsufficientRole = "INSUFFICIENT_ROLE", FORBIDDEN;
    /// The principal lacks a scope the route asks for.
    InsufficientScope = "INSUFFICIENT_SCOPE", FORBIDDEN;
    /// No role or scope of the principal grants the permission.
    PermissionDenied = "PERMISSION_DENIED", FORBIDDEN;
    /// The credential may not be used for this source, or not from this network.
    SourceNotAllowed = "SOURCE_NOT_ALLOWED", FORBIDDEN;
    /// The route's condition does not hold.
    ConditionFalse = "CONDITION_FALSE", FORBIDDEN;
    /// The route's condition cannot be worked out for this request.
    ConditionFailed = "CONDITION_FAILED", FORBIDDEN;

    /// The body is longer than may be held to verify it.
    BodyTooLarge = "BODY_TOO_LARGE", PAYLOAD_TOO_LARGE;
    /// The body is compressed, and what was signed must be sent as it is (RFC 9110 section 15.5.16).
    ContentEncoded = "CONTENT_ENCODED", UNSUPPORTED_MEDIA_TYPE;

    /// The upstream could not be reached, or broke the protocol.
    UpstreamUnreachable = "UPSTREAM_UNREACHABLE", BAD_GATEWAY;
    /// The upstream took longer than its time-out.
    UpstreamTimeout = "UPSTREAM_TIMEOUT", GATEWAY_TIMEOUT;

    /// No key set of the issuer could be had so far.
    IssuerUnavailable = "ISSUER_UNAVAILABLE", SERVICE_UNAVAILABLE;
    /// What a sender signs with is published by the sender, and could not be had so far.
    SenderKeyUnavailable = "SENDER_KEY_UNAVAILABLE", SERVICE_UNAVAILABLE;
    /// The same delivery is with the upstream at this moment.
    DeliveryPending = "DELIVERY_PENDING", SERVICE_UNAVAILABLE;
    /// A store that the answer depends on does not answer: that of API keys, or of deliveries seen before.
    StoreUnavailable = "STORE_UNAVAILABLE", SERVICE_UNAVAILABLE;
    /// The process has as much to do as it was told to accept.
    Overloaded = "OVERLOADED", SERVICE_UNAVAILABLE;
}

impl Reason {
    /// The code as a person would say it: `Token expired`.
    pub fn title(self) -> String {
        let mut title = self.code().to_ascii_lowercase().replace('_', " ");
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        title
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A refusal: the reason the caller may know and the detail that stays in the log.
///
/// The detail never holds a credential, nor text that a caller chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// The stable reason.
    pub reason: Reason,
    /// What exactly was wrong, for the operator; empty when the reason says it all.
    pub detail: Cow<'static, str>,
}

impl Denied {
    /// A refusal with a detail for the log.
    pub fn new(reason: Reason, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }
}

impl From<Reason> for Denied {
    fn from(reason: Reason) -> Self {
        Self {
            reason,
            detail: Cow::Borrowed(""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_in_capitals() {
        let mut codes: Vec<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert!(
            codes
                .iter()
                .all(|code| code.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
        );
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Reason::ALL.len());
    }

    #[test]
    fn every_reason_is_a_refusal() {
        assert!(
            Reason::ALL
                .iter()
                .all(|reason| reason.status().as_u16() >= 400)
        );
    }
}
