//! How a call ended.

use http::{HeaderMap, HeaderName, HeaderValue};

static GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
static GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// The codes that are used here (gRPC status codes; `google.rpc.Code` has the same numbers).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::frontend::ext_authz) enum Code {
    /// It was answered. What the answer says is another matter.
    Ok = 0,
    /// The message cannot be read.
    InvalidArgument = 3,
    /// The caller no longer waits.
    DeadlineExceeded = 4,
    /// There is no such service here.
    NotFound = 5,
    /// Refused.
    PermissionDenied = 7,
    /// The message is longer than may be.
    ResourceExhausted = 8,
    /// There is no such method here, or no such compression.
    Unimplemented = 12,
    /// The service is ending.
    Unavailable = 14,
    /// Refused, for want of a credential that counts.
    Unauthenticated = 16,
}

/// How a call ended, and why. The message is plain text: nothing in it needs an escape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::frontend::ext_authz) struct Status {
    pub(in crate::frontend::ext_authz) code: Code,
    pub(in crate::frontend::ext_authz) message: &'static str,
}

impl Status {
    pub(in crate::frontend::ext_authz) const OK: Self = Self::new(Code::Ok, "");
    pub(super) const UNKNOWN_METHOD: Self =
        Self::new(Code::Unimplemented, "there is no such method here");
    pub(super) const COMPRESSED: Self =
        Self::new(Code::Unimplemented, "messages are not compressed here");
    pub(super) const HEAD: Self = Self::new(
        Code::InvalidArgument,
        "a field of the call has two values, or is not text",
    );
    pub(super) const TIMEOUT: Self =
        Self::new(Code::InvalidArgument, "`grpc-timeout` is not a time");
    pub(super) const NOT_ONE: Self =
        Self::new(Code::InvalidArgument, "not exactly one whole message");
    pub(in crate::frontend::ext_authz) const TOO_LONG: Self =
        Self::new(Code::ResourceExhausted, "the message is too long");
    pub(in crate::frontend::ext_authz) const UNREADABLE: Self =
        Self::new(Code::InvalidArgument, "the message cannot be read");
    pub(in crate::frontend::ext_authz) const BROKEN_OFF: Self =
        Self::new(Code::InvalidArgument, "the message broke off");
    pub(in crate::frontend::ext_authz) const LATE: Self =
        Self::new(Code::DeadlineExceeded, "the caller no longer waits");
    pub(in crate::frontend::ext_authz) const UNKNOWN_SERVICE: Self =
        Self::new(Code::NotFound, "there is no such service here");
    pub(in crate::frontend::ext_authz) const LEAVING: Self =
        Self::new(Code::Unavailable, "the service is ending");

    const fn new(code: Code, message: &'static str) -> Self {
        Self { code, message }
    }

    /// The fields that end a call: behind its messages, or in its head when there are none.
    pub(in crate::frontend::ext_authz) fn fields(self) -> HeaderMap {
        let mut fields = HeaderMap::with_capacity(4);
        fields.insert(&GRPC_STATUS, HeaderValue::from(self.code as u16));
        if !self.message.is_empty() {
            fields.insert(&GRPC_MESSAGE, HeaderValue::from_static(self.message));
        }
        fields
    }
}
