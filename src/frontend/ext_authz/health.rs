//! `grpc.health.v1.Health`: whether questions are taken here.
//!
//! Whoever may connect may ask; what it is told is said by the open port as well.

use bytes::Bytes;
use prost::Message;

use super::protobuf::{HealthCheckRequest, written};
use super::rpc::Status;

/// The services that are known; none in particular is the process as a whole.
const SERVICES: [&str; 2] = ["", "envoy.service.auth.v3.Authorization"];

/// `HealthCheckResponse.ServingStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Serving {
    /// Questions are taken.
    Yes = 1,
    /// No more are.
    No = 2,
    /// There is no such service: said to those who watch for it to appear.
    Unknown = 3,
}

impl Serving {
    /// `HealthCheckResponse`, behind its prefix.
    pub(super) fn message(self) -> Bytes {
        written(|response| response.number(1, self as u16))
    }
}

/// Reads a question; says whether it is about a service that is known.
pub(super) fn is_known(question: Bytes) -> Result<bool, Status> {
    let question = HealthCheckRequest::decode(question).map_err(|_| Status::UNREADABLE)?;
    Ok(SERVICES
        .iter()
        .any(|name| question.service == name.as_bytes()))
}
