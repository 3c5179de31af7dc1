//! One request on a connection of its own, byte for byte as it is written.

use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::http1::response::{Parser, ResponseHead};
use crate::http1::{HeadError, HeadLimits, Piece, Wire};
use crate::model::{Fields, Scheme};

use super::address::Address;

/// The largest head of an answer that is read.
const LIMITS: HeadLimits = HeadLimits {
    bytes: 64 << 10,
    fields: 400,
};
/// The most that is read of an answer's body, in bytes.
const KEPT: usize = 64 << 10;

/// Sends requests.
#[derive(Clone)]
pub(super) struct Client {
    /// The longest that an exchange may take.
    pub(super) timeout: Duration,
    pub(super) tls: TlsConnector,
}

/// A whole answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: Fields,
    /// Its first 64 KiB.
    pub(super) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    /// Nobody listens, or nobody can be reached.
    #[error("cannot connect: {0}")]
    Connect(io::Error),
    /// The other side is not who it should be, or speaks no TLS.
    #[error("no TLS: {0}")]
    Tls(io::Error),
    /// The connection ended before an answer.
    #[error("the connection was closed without an answer")]
    Closed,
    /// What came is no answer.
    #[error("what came is no HTTP/1: {0}")]
    Garbled(#[from] HeadError),
    /// It took too long.
    #[error("no answer in time")]
    Late,
}

/// What came of a request.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) answer: Result<Answer, Failed>,
    /// Our own end of the connection, if there was one.
    pub(super) from: Option<IpAddr>,
}

impl Client {
    /// Connects and says nothing.
    pub(super) async fn reach(&self, to: &Address) -> Result<(), Failed> {
        let reached = async {
            let stream = connected(to).await?;
            match to.scheme {
                Scheme::Http => Ok(()),
                Scheme::Https => self.wrapped(to, stream).await.map(drop),
            }
        };
        let ended = tokio::time::timeout(self.timeout, reached).await;
        ended.unwrap_or(Err(Failed::Late))
    }

    /// Sends bytes and reads the answer to a request with this method.
    pub(super) async fn send(&self, to: &Address, bytes: &[u8], method: &Method) -> Sent {
        let mut from = None;
        let exchange = async {
            let stream = connected(to).await?;
            from = stream.local_addr().ok().map(|address| address.ip());
            match to.scheme {
                Scheme::Http => converse(stream, bytes, method).await,
                Scheme::Https => converse(self.wrapped(to, stream).await?, bytes, method).await,
            }
        };
        let ended = tokio::time::timeout(self.timeout, exchange).await;
        let answer = ended.unwrap_or(Err(Failed::Late));
        Sent { answer, from }
    }

    async fn wrapped(
        &self,
        to: &Address,
        stream: TcpStream,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Failed> {
        let name = ServerName::try_from(to.host.clone());
        let name = name.map_err(|error| Failed::Tls(io::Error::other(error)))?;
        self.tls.connect(name, stream).await.map_err(Failed::Tls)
    }
}

/// Tries every address that the name has.
async fn connected(to: &Address) -> Result<TcpStream, Failed> {
    let stream = TcpStream::connect((to.host.as_str(), to.port)).await;
    let stream = stream.map_err(Failed::Connect)?;
    // What cannot be sent at once is sent a little later.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// Writes and reads at once: who refuses early does not read to the end.
async fn converse<S>(stream: S, bytes: &[u8], method: &Method) -> Result<Answer, Failed>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut wire = Wire::new(stream);
    wire.head().extend_from_slice(bytes);
    let mut parser = Parser::default();
    let mut writes = true;
    let head = poll_fn(|cx| poll_head(&mut wire, &mut parser, &mut writes, method, cx)).await?;
    wire.expect(head.framing);
    Ok(Answer {
        status: head.status,
        headers: head.headers,
        body: body(&mut wire).await,
    })
}

fn poll_head<S>(
    wire: &mut Wire<S>,
    parser: &mut Parser,
    writes: &mut bool,
    method: &Method,
    cx: &mut Context<'_>,
) -> Poll<Result<ResponseHead, Failed>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // A peer that does not read any further may have answered all the same.
    if *writes && !wire.poll_flush(cx).is_pending() {
        *writes = false;
    }
    loop {
        match parser.parse(wire.input(), LIMITS, method)? {
            Some(head) if is_interim(&head) => continue,
            Some(head) => return Poll::Ready(Ok(head)),
            None => {}
        }
        match wire.poll_fill(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(Err(Failed::Closed)),
            Poll::Ready(Ok(_)) => {}
        }
    }
}

/// After `100 Continue` and its like another head follows; after 101 none.
fn is_interim(head: &ResponseHead) -> bool {
    head.status.is_informational() && head.status != StatusCode::SWITCHING_PROTOCOLS
}

/// As much of a body as came; one that broke off is as good.
async fn body<S: AsyncRead + AsyncWrite + Unpin>(wire: &mut Wire<S>) -> Bytes {
    let mut whole = Vec::new();
    let reading = async {
        while whole.len() < KEPT {
            match poll_fn(|cx| wire.poll_body(cx)).await {
                Ok(Piece::Data(data)) => whole.extend_from_slice(&data),
                Ok(Piece::Trailers(_) | Piece::End) | Err(_) => break,
            }
        }
    };
    // A stream that never ends is not waited for: its head says enough.
    let _ = tokio::time::timeout(Duration::from_millis(500), reading).await;
    whole.into()
}

impl Answer {
    /// The text of a field.
    pub(super) fn field(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    /// The reason that sidegate gives for a refusal, by its code.
    pub(super) fn code(&self) -> Option<String> {
        let document: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        let kind = document.get("type")?.as_str()?;
        let code = kind.strip_prefix("urn:sidegate:reason:")?;
        Some(code.to_owned())
    }
}
