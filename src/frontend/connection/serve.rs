//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::fmt;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::leave::Leave;
use super::link::{Link, Verdict, Watch};
use super::seldom::Seldom;
use super::stall::Streams;
use super::stream::Watched;
use super::{Head, http1};
use crate::frontend::{Door, Doors};
use crate::listener::{Connection, Limits, Protocol};
use crate::model::Fields;
use crate::upstream::CallerBody;

/// How much of a body one connection buffers, in bytes.
const BUFFER: usize = 128 << 10;
/// How often a quiet HTTP/2 connection is asked whether it still lives.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// How long it may take to say so.
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// How many streams a caller may reset before we have seen them (CVE-2023-44487).
const PENDING_RESETS: usize = 20;
/// How many streams a caller may make us reset (CVE-2025-8671).
const LOCAL_RESETS: usize = 64;

/// How connections are served, set up once.
#[derive(Debug)]
pub(in crate::frontend) struct Servers {
    http2: http2::Builder<Streams>,
}

impl Servers {
    pub(in crate::frontend) fn new(limits: &Limits) -> Self {
        let mut http2 = http2::Builder::new(Streams);
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(limits.http2_streams)
            .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
            .max_pending_accept_reset_streams(PENDING_RESETS)
            .max_local_error_reset_streams(LOCAL_RESETS)
            .max_send_buf_size(BUFFER)
            .keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_TIMEOUT);
        Self { http2 }
    }
}

impl Doors {
    /// Serves one connection that came to a door to its end, with whatever it is switched to. Once `drain` is ready, requests
    /// that have begun are finished and no more are taken. Must run inside a local runtime, in a task of its
    /// own: dropping the future closes the connection.
    pub async fn serve<S>(
        self: Rc<Self>,
        connection: Connection<S>,
        door: Arc<Door>,
        drain: impl Future<Output = ()>,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug + 'static,
    {
        let link = Link::new(connection.peer, connection.secure, connection.protocol);
        let trusted = &self.shared.settings.trusted;
        let link = Rc::new(link.through(&door, trusted, connection.identified));
        let stream = Watched::new(connection.stream, &link.pulse);
        match connection.protocol {
            Protocol::Http1 => self.serve_http1(&link, stream, drain).await,
            Protocol::Http2 => self.serve_http2(&link, stream, drain).await,
        }
    }

    async fn serve_http1<S>(
        &self,
        link: &Rc<Link>,
        stream: Watched<S>,
        drain: impl Future<Output = ()>,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + fmt::Debug + 'static,
    {
        let limits = &self.shared.settings.limits;
        let talk = pin!(http1::converse(self, link, stream));
        let ended = run(talk, |_| link.retire(), drain, link, limits).await;
        if let Some(Some(wire)) = ended
            && let Some(tunnel) = link.agreed.take()
        {
            // How a tunnel ends is between its two sides.
            let _ended = tunnel.run(wire.into_bare()).await;
        }
    }

    async fn serve_http2<S>(
        self: &Rc<Self>,
        link: &Rc<Link>,
        stream: Watched<S>,
        drain: impl Future<Output = ()>,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service_fn(|request: http::Request<Incoming>| {
            let (doors, link) = (Rc::clone(self), Rc::clone(link));
            let (parts, body) = request.into_parts();
            let head = Head {
                method: parts.method,
                target: parts.uri,
                version: parts.version,
                headers: Fields::from(&parts.headers),
            };
            // Boxed, because hyper and the runtime move it several times before it runs.
            Box::pin(async move {
                let body = CallerBody::Http2(body);
                Ok::<_, Infallible>(doors.answer(&link, head, body).await.into_http2())
            })
        });
        let limits = &self.shared.settings.limits;
        let io = TokioIo::new(stream);
        let served = pin!(self.servers.http2.serve_connection(io, service));
        run(served, |c| c.graceful_shutdown(), drain, link, limits).await;
    }
}

/// Runs a connection until it ends, or has to: then there is nothing to be given.
async fn run<C: Future>(
    mut connection: Pin<&mut C>,
    retire: impl Fn(Pin<&mut C>),
    drain: impl Future<Output = ()>,
    link: &Link,
    limits: &Limits,
) -> Option<C::Output> {
    let mut drain = Seldom::new(drain);
    let mut leave: Option<Leave> = None;
    let mut retired = false;
    let mut watch = Watch::new(limits);
    std::future::poll_fn(|cx| {
        if leave.is_none() && drain.poll(cx).is_ready() {
            leave = Some(Leave::begin(link));
            if link.protocol == Protocol::Http2 {
                retired = true;
                retire(connection.as_mut());
            }
        }
        loop {
            if let Poll::Ready(output) = connection.as_mut().poll(cx) {
                return Poll::Ready(Some(output));
            }
            // After the connection, which has now heard whatever has arrived.
            if let Some(leave) = leave.as_mut().filter(|_| !retired)
                && leave.poll(link, cx).is_ready()
            {
                retired = true;
                retire(connection.as_mut());
                continue;
            }
            match watch.poll(link, cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Verdict::Cut) => return Poll::Ready(None),
                Poll::Ready(Verdict::Retire) => retire(connection.as_mut()),
            }
        }
    })
    .await
}
