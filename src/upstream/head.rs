//! The head of a request, as the connection it goes out on needs it.

use std::rc::Rc;

use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::uri::{Authority, PathAndQuery};
use http::{HeaderValue, Method, Uri};
use hyper::body::Body;

use super::Target;
use super::answer::Waiting;
use super::body::RequestBody;
use super::caller::CallerBody;
use super::connection::Connection;
use super::error::Error;
use super::exchange::Exchange;
use super::headers::{Hop, Kept, REQUEST_ID};
use super::outgoing::Outgoing;
use super::passage::Passage;
use super::pool::Pool;
use super::settings::HostMode;
use crate::engine::Permit;
use crate::http1::encode;
use crate::model::Fields;
use crate::policy::HeaderNames;

/// A request as it leaves, but for its body.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) method: Method,
    pub(super) target: PathAndQuery,
    /// Cleared of what the caller may not say about itself. What the permit takes away and sets is seen to as
    /// they are written.
    pub(super) headers: Fields,
    pub(super) hop: Hop,
    pub(super) kept: Kept,
    /// The protocol that the caller offers to switch to.
    pub(super) offer: Option<HeaderValue>,
}

/// How a body is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    None,
    Length(u64),
    Chunked,
}

impl Framing {
    fn of(body: &impl Body) -> Self {
        match body.size_hint().exact() {
            _ if body.is_end_stream() => Self::None,
            Some(length) => Self::Length(length),
            None => Self::Chunked,
        }
    }
}

impl Head {
    /// Whether sending the request twice is the same as sending it once (RFC 9110 section 9.2.2), and we
    /// could: there is no body that would be gone.
    pub(super) fn is_repeatable(&self, body: &impl Body) -> bool {
        self.method.is_idempotent() && body.is_end_stream() && self.offer.is_none()
    }

    /// Begins the exchange on a connection of HTTP/1.
    pub(super) fn write(
        mut self,
        mut connection: Box<Connection>,
        pool: &Rc<Pool>,
        body: CallerBody,
        passage: &Passage,
    ) -> Waiting {
        let permit = passage.permit();
        let stripped = permit.stripped();
        let framing = Framing::of(&body);
        let repeatable = self.is_repeatable(&body);
        self.kept.join_crumbs(&mut self.headers);
        permit.clear(&mut self.headers);
        self.encode(connection.wire.head(), framing, permit);
        let outgoing = match framing {
            Framing::None => Outgoing::bodiless(),
            Framing::Length(length) => {
                connection.wire.begin(false);
                Outgoing::with(body, stripped, Some(length))
            }
            Framing::Chunked => {
                connection.wire.begin(true);
                Outgoing::with(body, stripped, None)
            }
        };
        let exchange = Exchange::begin(connection, pool, outgoing);
        Waiting::new(exchange, self.method, self.offer, repeatable)
    }

    /// Everything of ours is gone from the caller's fields before ours are written: the order is the guarantee.
    fn encode(&self, out: &mut Vec<u8>, framing: Framing, permit: &Permit) {
        encode::request(out, &self.method, self.target.as_str());
        encode::fields(out, &self.headers);
        for (name, value) in permit.identity_headers() {
            encode::field(out, name.as_str(), value.as_bytes());
        }
        encode::fields(out, &self.hop.forwarding);
        encode::field(out, REQUEST_ID.as_str(), self.hop.request_id.as_bytes());
        match &self.offer {
            Some(protocol) => {
                encode::field(out, CONNECTION.as_str(), b"upgrade");
                encode::field(out, UPGRADE.as_str(), protocol.as_bytes());
            }
            None if self.kept.trailers => {
                encode::field(out, CONNECTION.as_str(), b"te");
                encode::field(out, TE.as_str(), b"trailers");
            }
            None => {}
        }
        self.encode_framing(out, framing, permit.stripped());
        out.extend_from_slice(b"\r\n");
    }

    fn encode_framing(&self, out: &mut Vec<u8>, framing: Framing, stripped: &HeaderNames) {
        match framing {
            Framing::None => {
                if matches!(self.method, Method::POST | Method::PUT | Method::PATCH) {
                    encode::length(out, 0);
                }
            }
            Framing::Length(length) => encode::length(out, length),
            Framing::Chunked => {
                encode::field(out, TRANSFER_ENCODING.as_str(), b"chunked");
                if let Some(names) = self.kept.announced(stripped) {
                    encode::field(out, TRAILER.as_str(), names.as_bytes());
                }
            }
        }
    }

    /// The request as HTTP/2 needs it, which frames by itself.
    pub(super) fn framed(
        self,
        target: &Target,
        body: RequestBody,
        permit: &Permit,
    ) -> Result<http::Request<RequestBody>, Error> {
        let mut fields = self.headers;
        permit.rewrite(&mut fields);
        fields.extend(&self.hop.forwarding);
        fields.append(&REQUEST_ID, &self.hop.request_id);
        if self.kept.trailers {
            fields.set(&TE, &HeaderValue::from_static("trailers"));
        }
        if let Framing::Length(length) = Framing::of(&body) {
            fields.set(&CONTENT_LENGTH, &length.into());
        }
        let uri = absolute(target, &fields, self.target)?;
        // Its own pseudo-field says it.
        fields.remove(&HOST);
        let mut request = http::Request::new(body);
        *request.method_mut() = self.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = fields.to_map();
        Ok(request)
    }
}

/// The URI that HTTP/2 makes its pseudo-fields from; `Host` becomes `:authority` (RFC 9113 section 8.3.1).
fn absolute(target: &Target, fields: &Fields, path: PathAndQuery) -> Result<Uri, Error> {
    let authority = match target.settings.host {
        HostMode::Rewrite => target.authority.clone(),
        HostMode::Keep => fields
            .get(&HOST)
            .and_then(|host| Authority::try_from(host).ok())
            .ok_or_else(Error::no_upstream)?,
    };
    Uri::builder()
        .scheme(target.scheme.clone())
        .authority(authority)
        .path_and_query(path)
        .build()
        .map_err(|_| Error::no_upstream())
}
