//! What Envoy is told: `envoy.service.auth.v3.CheckResponse`.
//!
//! Always: whatever is no pass has a code that is not zero, so that Envoy takes it for a denial and neither for a
//! pass nor for a service that is broken; a field that is set replaces all that the caller sent under its name.

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, HeaderName};

use super::protobuf::{Sink, written};
use super::rpc::Code;
use crate::model::{Field, Fields};

/// What the access log and the filters behind may know of a decision: dynamic metadata.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Facts<'f> {
    pub(super) subject: Option<&'f str>,
    pub(super) tenant: Option<&'f str>,
    pub(super) route: Option<&'f str>,
    pub(super) reason: Option<&'f str>,
}

/// A request that may pass, and how it is changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pass<'p> {
    /// Takes the place of whatever came under the same names.
    pub(super) set: &'p Fields,
    /// What may not be sent on, as it was spelled. None of these is set.
    pub(super) remove: &'p [HeaderName],
    /// Path and query, where they are not as they came.
    pub(super) path: Option<&'p str>,
    /// The host, where it is not as it came.
    pub(super) authority: Option<&'p str>,
    pub(super) facts: Facts<'p>,
}

/// A request that ends at Envoy, and what its caller gets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended<'e> {
    pub(super) status: StatusCode,
    pub(super) fields: &'e Fields,
    /// Nothing else but text can be said.
    pub(super) body: &'e [u8],
    pub(super) facts: Facts<'e>,
}

/// How a field is told: `HeaderValueOption`. The older `append` is there for those who know no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Put {
    /// `OVERWRITE_IF_EXISTS_OR_ADD`.
    Set,
    /// `APPEND_IF_EXISTS_OR_ADD`.
    Append,
}

/// `HeaderAppendAction`.
const OVERWRITE_IF_EXISTS_OR_ADD: u16 = 2;

impl Pass<'_> {
    /// The message, behind its prefix.
    pub(super) fn message(self) -> Bytes {
        written(|response| {
            response.message(1, |_| {});
            response.message(3, |ok| {
                put_all(ok, self.set, is_text);
                for (name, value) in [(":path", self.path), (":authority", self.authority)] {
                    if let Some(value) = value {
                        put(ok, name.as_bytes(), value.as_bytes(), Put::Set);
                    }
                }
                for name in self.remove {
                    ok.text(5, name.as_str().as_bytes());
                }
            });
            self.facts.write(response);
        })
    }
}

impl Ended<'_> {
    /// The message, behind its prefix.
    pub(super) fn message(self) -> Bytes {
        let code = match self.status {
            StatusCode::UNAUTHORIZED => Code::Unauthenticated,
            _ => Code::PermissionDenied,
        };
        // One value that is no text would make all of the message unreadable.
        let body = std::str::from_utf8(self.body).unwrap_or_default();
        written(|response| {
            response.message(1, |status| status.number(1, code as u16));
            response.message(2, |denied| {
                denied.message(1, |status| status.number(1, self.status.as_u16()));
                put_all(denied, self.fields, is_told);
                if !body.is_empty() {
                    denied.text(3, body.as_bytes());
                }
            });
            self.facts.write(response);
        })
    }
}

impl Facts<'_> {
    /// `google.protobuf.Struct`: a map from names to values, all of them text.
    fn write(self, response: &mut Sink<'_>) {
        let facts = [
            ("subject", self.subject),
            ("tenant", self.tenant),
            ("route", self.route),
            ("reason", self.reason),
        ];
        let known =
            |(name, value): (&'static str, Option<_>)| value.map(|value: &str| (name, value));
        response.message(4, |metadata| {
            for (name, value) in facts.into_iter().filter_map(known) {
                metadata.message(1, |entry| {
                    entry.text(1, name.as_bytes());
                    entry.message(2, |text| text.text(3, value.as_bytes()));
                });
            }
        });
    }
}

/// Whether a value can be told at all.
pub(super) fn is_text(field: Field<'_>) -> bool {
    std::str::from_utf8(field.value()).is_ok()
}

/// Whether a field of a refusal is told. Envoy frames and dates its answers itself.
fn is_told(field: Field<'_>) -> bool {
    let own = [CONTENT_LENGTH, CONNECTION, DATE];
    is_text(field)
        && !own
            .iter()
            .any(|name| name.as_str().as_bytes() == field.name())
}

/// Fields: the first of a name takes the place of all that came, the others stand behind it.
fn put_all(sink: &mut Sink<'_>, fields: &Fields, told: impl Fn(Field<'_>) -> bool) {
    for (at, field) in fields.iter().enumerate().filter(|(_, field)| told(*field)) {
        let mut before = fields.iter().take(at);
        let how = match before.any(|other| other.name() == field.name()) {
            true => Put::Append,
            false => Put::Set,
        };
        put(sink, field.name(), field.value(), how);
    }
}

fn put(sink: &mut Sink<'_>, name: &[u8], value: &[u8], how: Put) {
    sink.message(2, |option| {
        option.message(1, |header| {
            header.text(1, name);
            header.text(2, value);
        });
        match how {
            Put::Set => {
                option.message(2, |_| {});
                option.number(3, OVERWRITE_IF_EXISTS_OR_ADD);
            }
            Put::Append => option.message(2, |append| append.number(1, 1)),
        }
    });
}
