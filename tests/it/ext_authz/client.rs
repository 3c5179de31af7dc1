//! What Envoy would ask, asked by hand.

use std::net::SocketAddr;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;

use super::messages::{
    Address, Attributes, CheckRequest, CheckResponse, Denied, HeaderMap, Http, Passed, Peer,
    RawHeader, SocketAddress, framed, unframed,
};
use crate::support::h2::{self, Answer};

pub(super) const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";

/// A question in the making.
#[derive(Debug, Clone)]
pub(super) struct Question {
    source: String,
    http: Http,
    /// Whether fields go into the map of strings.
    map: bool,
}

impl Question {
    pub(super) fn new(method: &str, path: &str) -> Self {
        let http = Http {
            method: method.to_owned(),
            path: path.to_owned(),
            host: "app.example.com".to_owned(),
            scheme: "https".to_owned(),
            protocol: "HTTP/1.1".to_owned(),
            header_map: Some(HeaderMap::default()),
            ..Http::default()
        };
        Self {
            source: "203.0.113.9".to_owned(),
            http,
            map: false,
        }
    }

    pub(super) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    #[must_use]
    pub(super) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref();
        if self.map {
            let text = String::from_utf8(value.to_vec()).unwrap();
            self.http.headers.insert(name.to_owned(), text);
        } else {
            let map = self.http.header_map.get_or_insert_default();
            map.headers.push(RawHeader {
                key: name.to_owned(),
                raw_value: value.to_vec(),
            });
        }
        self
    }

    #[must_use]
    pub(super) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// As Envoy asks that was not told `encode_raw_headers`. Before any field.
    #[must_use]
    pub(super) fn mapped(mut self) -> Self {
        self.map = true;
        self.http.header_map = None;
        self
    }

    #[must_use]
    pub(super) fn from(mut self, source: &str) -> Self {
        self.source = source.to_owned();
        self
    }

    #[must_use]
    pub(super) fn with(mut self, change: impl FnOnce(&mut Http)) -> Self {
        change(&mut self.http);
        self
    }

    /// As Envoy asks with `with_request_body` and `pack_as_bytes`.
    #[must_use]
    pub(super) fn body(self, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref().to_vec();
        let question = self.header("content-length", body.len().to_string());
        let question = question.header("x-envoy-auth-partial-body", "false");
        question.with(|http| http.raw_body = body)
    }

    pub(super) fn message(&self) -> CheckRequest {
        let socket = SocketAddress {
            address: self.source.clone(),
            port: 40_000,
        };
        let address = Address {
            socket: Some(socket),
        };
        let source = Peer {
            address: Some(address),
            principal: "spiffe://example.com/caller".to_owned(),
        };
        let request = super::messages::Request {
            http: Some(self.http.clone()),
        };
        CheckRequest {
            attributes: Some(Attributes {
                source: Some(source),
                request: Some(request),
                context_extensions: [("virtual_host".to_owned(), "app".to_owned())].into(),
            }),
        }
    }

    /// Asks, and fails unless there is an answer.
    #[track_caller]
    pub(super) fn ask(&self, address: SocketAddr) -> CheckResponse {
        let answer = call(address, CHECK, &[], framed(&self.message()));
        read(&answer)
    }
}

/// The message of an answer that ended well.
#[track_caller]
pub(super) fn read<M: prost::Message + Default>(answer: &Answer) -> M {
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "application/grpc");
    assert_eq!(answer.trailers["grpc-status"], "0", "{answer:?}");
    unframed(&answer.body)
}

/// One call over HTTP/2.
pub(super) fn call(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: Bytes,
) -> Answer {
    h2::send(address, request(address, path, headers, body))
}

pub(super) fn request(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: Bytes,
) -> Request<Full<Bytes>> {
    let mut request = Request::post(format!("http://{address}{path}")).header("te", "trailers");
    if !headers.iter().any(|(name, _)| *name == "content-type") {
        request = request.header("content-type", "application/grpc");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::new(body)).unwrap()
}

/// The status of a call that has no message: it stands in the head.
#[track_caller]
pub(super) fn failure(answer: &Answer) -> &str {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(
        answer.body.is_empty() && answer.trailers.is_empty(),
        "{answer:?}"
    );
    answer.headers["grpc-status"].to_str().unwrap()
}

impl CheckResponse {
    pub(super) fn code(&self) -> i32 {
        self.status.as_ref().unwrap().code
    }

    /// What passes.
    #[track_caller]
    pub(super) fn passed(&self) -> &Passed {
        assert_eq!((self.code(), &self.denied), (0, &None), "{self:?}");
        self.ok.as_ref().unwrap()
    }

    /// What is refused, with this status and reason.
    #[track_caller]
    pub(super) fn refused(&self, status: i32, reason: &str) -> &Denied {
        assert_ne!(self.code(), 0, "{self:?}");
        assert_eq!(self.ok, None);
        let denied = self.denied.as_ref().unwrap();
        assert_eq!(denied.status.as_ref().unwrap().code, status, "{self:?}");
        assert_eq!(self.fact("reason"), Some(reason), "{self:?}");
        denied
    }

    pub(super) fn fact(&self, name: &str) -> Option<&str> {
        let fields = &self.metadata.as_ref()?.fields;
        fields.get(name)?.text.as_deref()
    }
}

impl Passed {
    /// What is set, by name.
    pub(super) fn set(&self) -> Vec<(&str, &str)> {
        let set = self.headers.iter().map(|option| {
            assert_eq!(option.append_action, 2, "{option:?}");
            assert_eq!(option.append.as_ref().map(|flag| flag.value), Some(false));
            let header = option.header.as_ref().unwrap();
            (&*header.key, &*header.value)
        });
        let mut set: Vec<_> = set.collect();
        set.sort_unstable();
        set
    }

    pub(super) fn removed(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.headers_to_remove.iter().map(String::as_str).collect();
        names.sort_unstable();
        names
    }
}

impl Denied {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let headers = self
            .headers
            .iter()
            .filter_map(|option| option.header.as_ref());
        let mut named = headers.filter(|header| header.key == name);
        named.next().map(|header| &*header.value)
    }
}
