//! The anchor "plain hyper": a reverse proxy that asks nobody anything.
//!
//! One thread per core, each with its own runtime, socket and upstream connections; no policy, no
//! credential, no metrics, no log, no limits. It does what a proxy must: hop-by-hop headers go
//! (RFC 9110, section 7.6.1), `X-Forwarded-For` grows, bodies stream.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::{Either, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;

use crate::Failure;
use crate::arguments::Arguments;
use crate::serve;

type Body = Either<Incoming, Empty<Bytes>>;

static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Named by RFC 9110 or of old; what `Connection` names goes as well.
static HOP_BY_HOP: [HeaderName; 6] = [
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// One thread's upstream connections. The lock has no other taker: it is there because tasks of
/// this runtime must be `Send`.
struct Pool {
    upstream: SocketAddr,
    idle: Mutex<VecDeque<SendRequest<Incoming>>>,
}

impl Pool {
    /// A connection that can take a request at once. One whose answer is still being read waits on.
    fn ready(&self) -> Option<SendRequest<Incoming>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..idle.len() {
            let sender = idle.pop_front()?;
            if sender.is_ready() {
                return Some(sender);
            }
            if !sender.is_closed() {
                idle.push_back(sender);
            }
        }
        None
    }

    async fn open(&self) -> Result<SendRequest<Incoming>, Failure> {
        let stream = TcpStream::connect(self.upstream).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }

    async fn send(&self, request: Request<Incoming>) -> Result<Response<Incoming>, Failure> {
        let mut sender = match self.ready() {
            Some(sender) => sender,
            None => self.open().await?,
        };
        let response = sender.send_request(request).await?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push_back(sender);
        Ok(response)
    }
}

fn strip(headers: &mut HeaderMap) {
    if let Some(named) = headers.remove(header::CONNECTION) {
        for name in named.to_str().unwrap_or_default().split(',') {
            headers.remove(name.trim());
        }
    }
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}

/// In origin form, with the host as a header: HTTP/2 callers say it in the URI.
fn outbound(request: &mut Request<Incoming>, peer: HeaderValue) -> Result<(), Failure> {
    if let Some(authority) = request.uri().authority() {
        let host = HeaderValue::from_str(authority.as_str())?;
        request.headers_mut().insert(header::HOST, host);
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = path.map_or_else(Uri::default, Uri::from);
    }
    strip(request.headers_mut());
    request.headers_mut().append(&FORWARDED_FOR, peer);
    *request.version_mut() = Version::HTTP_11;
    Ok(())
}

async fn exchange(
    mut request: Request<Incoming>,
    pool: Arc<Pool>,
    peer: HeaderValue,
) -> Result<Response<Body>, Infallible> {
    let sent = match outbound(&mut request, peer) {
        Ok(()) => pool.send(request).await,
        Err(failure) => Err(failure),
    };
    Ok(match sent {
        Ok(mut response) => {
            strip(response.headers_mut());
            response.map(Either::Left)
        }
        Err(_) => {
            let mut response = Response::new(Either::Right(Empty::new()));
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            response
        }
    })
}

fn connection(stream: TcpStream, peer: SocketAddr, pool: &Arc<Pool>) {
    let Ok(peer) = HeaderValue::from_str(&peer.ip().to_string()) else {
        return;
    };
    let pool = Arc::clone(pool);
    let service = service_fn(move |request| exchange(request, Arc::clone(&pool), peer.clone()));
    tokio::spawn(async move {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new());
        // A caller that goes away is the caller's business.
        let _ = builder
            .serve_connection(TokioIo::new(stream), service)
            .await;
    });
}

/// Serves on `--listen`, in front of `--upstream`, with `--threads`.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let upstream: SocketAddr = arguments.required("upstream")?;
    let threads = arguments.value("threads")?.unwrap_or(1);
    serve::run(arguments.required("listen")?, threads, || {
        let pool = Arc::new(Pool {
            upstream,
            idle: Mutex::default(),
        });
        move |stream, peer| connection(stream, peer, &pool)
    })
}
