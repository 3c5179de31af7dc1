//! gRPC over HTTP/2, as far as one question and one answer go.
//!
//! It knows the paths, fields and five-byte prefixes of the protocol, and nothing of what the messages say. All of
//! it is pure: bytes in, bytes out.
//!
//! Always: one message per call and no compression; what is no gRPC at all is answered in HTTP, everything else by
//! a status (gRPC over HTTP2, "Responses").

mod message;
mod status;
mod timeout;

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};

use crate::model::{Fields, ascii};

pub(super) use message::{Incomplete, Message, framed};
pub(super) use status::{Code, Status};

/// What may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rpc {
    /// `envoy.service.auth.v3.Authorization/Check`.
    Check,
    /// `grpc.health.v1.Health/Check`.
    Health,
    /// `grpc.health.v1.Health/Watch`.
    Watch,
}

impl Rpc {
    const ALL: [(&'static str, Self); 3] = [
        ("/envoy.service.auth.v3.Authorization/Check", Self::Check),
        ("/grpc.health.v1.Health/Check", Self::Health),
        ("/grpc.health.v1.Health/Watch", Self::Watch),
    ];
}

/// A call, by its head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) rpc: Rpc,
    /// How long the caller waits, if it says so.
    pub(super) timeout: Option<Duration>,
}

/// Why a head is no call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It is not gRPC: this is the answer's status in HTTP.
    Http(StatusCode),
    /// It is, but not of ours.
    Grpc(Status),
}

impl Call {
    /// Reads a head. Of the fields it looks at, none may be said twice.
    pub(super) fn read(method: &Method, path: &str, headers: &Fields) -> Result<Self, Unfit> {
        if !one(headers, CONTENT_TYPE.as_str()).is_ok_and(is_protobuf) {
            return Err(Unfit::Http(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        if *method != Method::POST {
            return Err(Unfit::Http(StatusCode::METHOD_NOT_ALLOWED));
        }
        let mut known = Rpc::ALL.into_iter();
        let Some((_, rpc)) = known.find(|(name, _)| *name == path) else {
            return Err(Unfit::Grpc(Status::UNKNOWN_METHOD));
        };
        let encoding = one(headers, "grpc-encoding").map_err(Unfit::Grpc)?;
        if encoding.is_some_and(|encoding| encoding != "identity") {
            return Err(Unfit::Grpc(Status::COMPRESSED));
        }
        let timeout = one(headers, "grpc-timeout").map_err(Unfit::Grpc)?;
        let timeout = timeout.map(|text| timeout::parse(text).ok_or(Status::TIMEOUT));
        Ok(Self {
            rpc,
            timeout: timeout.transpose().map_err(Unfit::Grpc)?,
        })
    }
}

/// The one value of a field; nothing when the field is missing.
fn one<'h>(headers: &'h Fields, name: &'static str) -> Result<Option<&'h str>, Status> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => ascii(value).map(Some).ok_or(Status::HEAD),
        (Some(_), Some(_)) => Err(Status::HEAD),
    }
}

/// Whether messages are protocol buffers, as they are when nothing is said.
fn is_protobuf(content_type: Option<&str>) -> bool {
    let kind = content_type.and_then(|text| text.split(';').next());
    let kind = kind.map(str::trim).unwrap_or_default();
    ["application/grpc", "application/grpc+proto"]
        .iter()
        .any(|known| kind.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests;
