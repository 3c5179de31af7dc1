//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::Proxy;
use super::leave::Leave;
use super::link::{Link, Verdict, Watch};
use super::stall::Streams;
use super::stream::Watched;
use crate::listener::{Connection, Limits, Protocol};

/// hyper's own limit, which costs nothing to keep: any other is kept on the heap for each request.
const DEFAULT_HEADER_COUNT: usize = 100;
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
pub(super) struct Servers {
    http1: http1::Builder,
    http2: http2::Builder<Streams>,
}

impl Servers {
    pub(super) fn new(limits: &Limits) -> Self {
        let mut http1 = http1::Builder::new();
        http1
            .max_header_size(limits.header_bytes)
            .max_buf_size(limits.header_bytes.max(BUFFER))
            // Head time-outs are kept by `Watch`, without a timer per request.
            .header_read_timeout(None);
        if limits.header_count != DEFAULT_HEADER_COUNT {
            http1.max_headers(limits.header_count);
        }
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
        Self { http1, http2 }
    }
}

impl Proxy {
    /// Serves one connection to its end, with whatever it is switched to. Once `drain` is ready, requests
    /// that have begun are finished and no more are taken. Must run inside a local runtime, in a task of its
    /// own: dropping the future closes the connection.
    pub async fn serve<S>(
        self: Rc<Self>,
        connection: Connection<S>,
        drain: impl Future<Output = ()>,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let link = Rc::new(Link::new(
            connection.peer,
            connection.secure,
            connection.protocol,
        ));
        let io = TokioIo::new(Watched::new(connection.stream, &link.pulse));
        let service = {
            let (proxy, link) = (Rc::clone(&self), Rc::clone(&link));
            service_fn(move |request| {
                let (proxy, link) = (Rc::clone(&proxy), Rc::clone(&link));
                async move { Ok::<_, Infallible>(proxy.handle(&link, request).await) }
            })
        };
        let limits = &self.shared.settings.limits;
        match connection.protocol {
            Protocol::Http1 => {
                let served = self.servers.http1.serve_connection(io, service);
                let served = pin!(served.with_upgrades());
                run(served, |c| c.graceful_shutdown(), drain, &link, limits).await;
            }
            Protocol::Http2 => {
                let served = pin!(self.servers.http2.serve_connection(io, service));
                run(served, |c| c.graceful_shutdown(), drain, &link, limits).await;
            }
        }
        let agreed = link.agreed.take();
        if let Some((caller, tunnel)) = agreed
            && let Ok(caller) = caller.await
        {
            // How a tunnel ends is between its two sides.
            let _ended = tunnel.run(TokioIo::new(caller)).await;
        }
    }
}

/// Runs a connection until it ends or has to.
async fn run<C: Future>(
    mut connection: Pin<&mut C>,
    retire: impl Fn(Pin<&mut C>),
    drain: impl Future<Output = ()>,
    link: &Link,
    limits: &Limits,
) {
    let mut drain = pin!(drain);
    let mut leave: Option<Leave> = None;
    let mut retired = false;
    let mut watch = Watch::new(limits);
    std::future::poll_fn(|cx| {
        if leave.is_none() && drain.as_mut().poll(cx).is_ready() {
            leave = Some(Leave::begin(link));
            if link.protocol == Protocol::Http2 {
                retired = true;
                retire(connection.as_mut());
            }
        }
        loop {
            if connection.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
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
                Poll::Ready(Verdict::Cut) => return Poll::Ready(()),
                Poll::Ready(Verdict::Retire) => retire(connection.as_mut()),
            }
        }
    })
    .await;
}
