//! Why a request about keys is refused: stable codes, and the problem document (RFC 9457) of each.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::Error;
use super::{Reply, Scope};
use crate::store;

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:ident;)*) => {
        /// Why a request about keys is refused. The codes are part of the product's interface.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Fault {
            $($(#[$doc])* $name,)*
        }

        impl Fault {
            /// Every fault.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable code.
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

faults! {
    /// The body is not JSON, or not of the form asked for.
    BodyInvalid = "BODY_INVALID", BAD_REQUEST;
    /// A parameter of the query is unknown or wrong.
    QueryInvalid = "QUERY_INVALID", BAD_REQUEST;
    /// The token of the admin listener is missing or wrong.
    TokenInvalid = "ADMIN_TOKEN_INVALID", UNAUTHORIZED;
    /// The caller may not choose this field.
    FieldNotAllowed = "FIELD_NOT_ALLOWED", FORBIDDEN;
    /// The key would be able to do more than whoever asks for it.
    RightsExceeded = "RIGHTS_EXCEEDED", FORBIDDEN;
    /// The request concerns another tenant than the caller's.
    TenantMismatch = "TENANT_MISMATCH", FORBIDDEN;
    /// There is no such key within the caller's reach.
    KeyNotFound = "KEY_NOT_FOUND", NOT_FOUND;
    /// There is nothing at this path.
    PathUnknown = "PATH_UNKNOWN", NOT_FOUND;
    /// No keys are served here.
    NotServed = "KEYS_NOT_SERVED", NOT_FOUND;
    /// The path takes other methods.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", METHOD_NOT_ALLOWED;
    /// The key was revoked, or has expired.
    KeyOver = "KEY_OVER", CONFLICT;
    /// Others change the key all the time.
    KeyChanged = "KEY_CHANGED", CONFLICT;
    /// There is such a key already.
    KeyExists = "KEY_EXISTS", CONFLICT;
    /// The body is longer than is taken.
    BodyTooLarge = "BODY_TOO_LARGE", PAYLOAD_TOO_LARGE;
    /// The body is not said to be JSON.
    MediaTypeUnsupported = "MEDIA_TYPE_UNSUPPORTED", UNSUPPORTED_MEDIA_TYPE;
    /// A field is not what a key may have.
    KeyInvalid = "KEY_INVALID", UNPROCESSABLE_ENTITY;
    /// The store does not answer, or there is none.
    StoreUnavailable = "STORE_UNAVAILABLE", SERVICE_UNAVAILABLE;
    /// No text can be made: the system has no randomness.
    KeyNotMade = "KEY_NOT_MADE", SERVICE_UNAVAILABLE;
}

impl Fault {
    /// The code as a person would say it: `Key not found`.
    pub fn title(self) -> String {
        let mut title = self.code().to_ascii_lowercase().replace('_', " ");
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        title
    }
}

/// A refusal on its way to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    fault: Fault,
    field: Option<String>,
    detail: String,
    pub(super) allow: Option<&'static str>,
}

impl Refusal {
    /// A refusal, with what would be right.
    pub(super) fn new(fault: Fault, detail: impl Into<String>) -> Self {
        Self {
            fault,
            field: None,
            detail: detail.into(),
            allow: None,
        }
    }

    /// A refusal that concerns one field or parameter.
    pub(super) fn of(fault: Fault, field: &str, detail: impl Into<String>) -> Self {
        let field = Some(field.to_owned());
        Self {
            field,
            ..Self::new(fault, detail)
        }
    }

    /// What this caller may know: the state of a database is its operator's business.
    pub(super) fn told(mut self, scope: &Scope<'_>) -> Self {
        if self.fault == Fault::StoreUnavailable && matches!(scope, Scope::Tenant { .. }) {
            self.detail = "keys cannot be read or changed now".into();
        }
        self
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let fault = match &error {
            Error::Invalid { field, message } => {
                return Self::of(Fault::KeyInvalid, field, format!("`{field}` {message}"));
            }
            Error::NotAllowed(why) => return Self::new(Fault::RightsExceeded, why.as_str()),
            Error::Unknown => Fault::KeyNotFound,
            Error::Over(_) => Fault::KeyOver,
            Error::NotMade(_) => Fault::KeyNotMade,
            Error::Store(store::Error::Exists(_)) => Fault::KeyExists,
            Error::Store(store::Error::Changed) => Fault::KeyChanged,
            Error::Store(store::Error::Unknown) => Fault::KeyNotFound,
            Error::Store(store::Error::Unavailable(_) | store::Error::Unusable(_)) => {
                Fault::StoreUnavailable
            }
        };
        Self::new(fault, error.to_string())
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let (code, status) = (refusal.fault.code(), refusal.fault.status());
        let mut body = json!({
            "type": format!("urn:sidegate:reason:{code}"),
            "title": refusal.fault.title(),
            "status": status.as_u16(),
            "code": code,
            "detail": refusal.detail,
        });
        if let (Value::Object(members), Some(field)) = (&mut body, refusal.field) {
            members.insert("field".into(), Value::String(field));
        }
        Self {
            status,
            body: Some(body),
            allow: refusal.allow,
            location: None,
        }
    }
}
