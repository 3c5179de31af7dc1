//! The head of a request, as the connection it goes out on needs it.

use http::header::HOST;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderValue, Method, Uri};
use hyper::body::Body;

use super::Target;
use super::body::RequestBody;
use super::error::Error;
use super::headers::{self, Kept};
use super::pool::Line;
use super::settings::HostMode;
use super::upgrade;

/// A request as it leaves, but for its body.
#[derive(Clone)]
pub(super) struct Head {
    pub(super) method: Method,
    pub(super) target: PathAndQuery,
    pub(super) headers: HeaderMap,
    /// The protocol that the caller offers to switch to.
    pub(super) offer: Option<HeaderValue>,
}

impl Head {
    /// Whether sending the request twice is the same as sending it once (RFC 9110 section 9.2.2), and we
    /// could: there is no body that would be gone.
    pub(super) fn is_repeatable(&self, body: &RequestBody) -> bool {
        self.method.is_idempotent() && body.is_end_stream() && self.offer.is_none()
    }

    /// The request as `line` needs it.
    pub(super) fn framed(
        mut self,
        target: &Target,
        body: RequestBody,
        kept: &Kept,
        line: &Line,
    ) -> Result<http::Request<RequestBody>, Error> {
        let uri = match line {
            Line::Http1(_) => {
                let may_trail = |name: &str| body.may_trail(name);
                headers::frame_http1(&mut self.headers, &self.method, &body, kept, may_trail);
                if let Some(protocol) = self.offer {
                    upgrade::set(&mut self.headers, protocol);
                }
                Uri::from(self.target)
            }
            Line::Http2(..) => {
                headers::frame_http2(&mut self.headers, &body, kept);
                absolute(target, &mut self.headers, self.target)?
            }
        };
        let mut request = http::Request::new(body);
        *request.method_mut() = self.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers;
        Ok(request)
    }
}

/// The URI that HTTP/2 makes its pseudo-fields from; `Host` becomes `:authority` (RFC 9113 section 8.3.1).
fn absolute(target: &Target, headers: &mut HeaderMap, path: PathAndQuery) -> Result<Uri, Error> {
    let host = headers.remove(HOST);
    let authority = match target.settings.host {
        HostMode::Rewrite => target.authority.clone(),
        HostMode::Keep => host
            .and_then(|host| Authority::try_from(host.as_bytes()).ok())
            .ok_or_else(Error::no_upstream)?,
    };
    Uri::builder()
        .scheme(target.scheme.clone())
        .authority(authority)
        .path_and_query(path)
        .build()
        .map_err(|_| Error::no_upstream())
}
