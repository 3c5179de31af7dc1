//! The messages of Envoy's authorization service, and of gRPC's health service, as protocol buffers.
//!
//! Only what is read or said here, by the field numbers of the published files: `envoy/service/auth/v3`,
//! `envoy/config/core/v3`, `google/rpc/status.proto`, `google/protobuf/struct.proto`, `grpc/health/v1`. What is read
//! shares the memory that it came in; what is said is written once, into memory of the right size.
//!
//! Always: text is read as bytes, so that what somebody sent cannot make a message unreadable; what is written as
//! text is text.

mod read;
mod write;

pub(super) use read::{
    AttributeContext, CheckRequest, HeaderValue, HealthCheckRequest, HttpRequest,
};
pub(super) use write::{Sink, written};
