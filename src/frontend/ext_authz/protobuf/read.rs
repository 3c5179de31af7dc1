//! What is read. Fields that nobody asks for are skipped.

use bytes::Bytes;
use http::Method;
use prost::Message;

/// `envoy.service.auth.v3.CheckRequest`.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(in crate::frontend::ext_authz) struct CheckRequest {
    #[prost(message, optional, tag = "1")]
    pub(in crate::frontend::ext_authz) attributes: Option<AttributeContext>,
}

/// `envoy.service.auth.v3.AttributeContext`.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(in crate::frontend::ext_authz) struct AttributeContext {
    #[prost(message, optional, tag = "1")]
    source: Option<Peer>,
    #[prost(message, optional, tag = "4")]
    request: Option<Request>,
}

/// `AttributeContext.Peer`.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
struct Peer {
    #[prost(message, optional, tag = "1")]
    address: Option<Address>,
}

/// `envoy.config.core.v3.Address`, where it is one of a socket.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
struct Address {
    #[prost(message, optional, tag = "1")]
    socket_address: Option<SocketAddress>,
}

/// `envoy.config.core.v3.SocketAddress`.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(in crate::frontend::ext_authz) struct SocketAddress {
    #[prost(bytes = "bytes", tag = "2")]
    pub(in crate::frontend::ext_authz) address: Bytes,
    #[prost(uint32, tag = "3")]
    pub(in crate::frontend::ext_authz) port: u32,
}

/// `AttributeContext.Request`.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
struct Request {
    #[prost(message, optional, tag = "2")]
    http: Option<HttpRequest>,
}

/// `AttributeContext.HttpRequest`.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(in crate::frontend::ext_authz) struct HttpRequest {
    #[prost(bytes = "bytes", tag = "2")]
    pub(in crate::frontend::ext_authz) method: Bytes,
    /// A map: without `encode_raw_headers`. Values of one name are joined, and what is no UTF-8 is replaced.
    #[prost(message, repeated, tag = "3")]
    pub(in crate::frontend::ext_authz) headers: Vec<HeaderValue>,
    #[prost(bytes = "bytes", tag = "4")]
    pub(in crate::frontend::ext_authz) path: Bytes,
    #[prost(bytes = "bytes", tag = "5")]
    pub(in crate::frontend::ext_authz) host: Bytes,
    #[prost(bytes = "bytes", tag = "6")]
    pub(in crate::frontend::ext_authz) scheme: Bytes,
    #[prost(bytes = "bytes", tag = "10")]
    pub(in crate::frontend::ext_authz) protocol: Bytes,
    #[prost(bytes = "bytes", tag = "11")]
    pub(in crate::frontend::ext_authz) body: Bytes,
    #[prost(bytes = "bytes", tag = "12")]
    pub(in crate::frontend::ext_authz) raw_body: Bytes,
    /// With `encode_raw_headers`.
    #[prost(message, optional, tag = "13")]
    pub(in crate::frontend::ext_authz) header_map: Option<HeaderMap>,
}

/// `envoy.config.core.v3.HeaderMap`.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(in crate::frontend::ext_authz) struct HeaderMap {
    #[prost(message, repeated, tag = "1")]
    pub(in crate::frontend::ext_authz) headers: Vec<HeaderValue>,
}

/// `envoy.config.core.v3.HeaderValue`, which begins as an entry of a map of strings does.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(in crate::frontend::ext_authz) struct HeaderValue {
    #[prost(bytes = "bytes", tag = "1")]
    pub(in crate::frontend::ext_authz) key: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    pub(in crate::frontend::ext_authz) value: Bytes,
    #[prost(bytes = "bytes", tag = "3")]
    pub(in crate::frontend::ext_authz) raw_value: Bytes,
}

/// `grpc.health.v1.HealthCheckRequest`.
#[derive(Clone, PartialEq, Message)]
pub(in crate::frontend::ext_authz) struct HealthCheckRequest {
    #[prost(bytes = "bytes", tag = "1")]
    pub(in crate::frontend::ext_authz) service: Bytes,
}

impl CheckRequest {
    /// The method that is asked about, as far as it can be read, for the record.
    pub(in crate::frontend::ext_authz) fn method(&self) -> Method {
        let request = self
            .attributes
            .as_ref()
            .and_then(|all| all.request.as_ref());
        let http = request.and_then(|request| request.http.as_ref());
        let method = http.and_then(|http| Method::from_bytes(&http.method).ok());
        method.unwrap_or_default()
    }
}

impl AttributeContext {
    /// Who was connected to the proxy that asks, and what was asked for.
    pub(in crate::frontend::ext_authz) fn into_parts(
        self,
    ) -> (Option<SocketAddress>, Option<HttpRequest>) {
        let address = self.source.and_then(|source| source.address);
        let address = address.and_then(|address| address.socket_address);
        (address, self.request.and_then(|request| request.http))
    }
}

impl HeaderValue {
    /// Its value, whichever way it came.
    pub(in crate::frontend::ext_authz) fn bytes(&self) -> &Bytes {
        match self.raw_value.is_empty() {
            true => &self.value,
            false => &self.raw_value,
        }
    }
}
