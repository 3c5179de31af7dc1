//! From a socket to a connection that is ready for HTTP.

use std::cell::Cell;
use std::io;
use std::net::{SocketAddr, TcpListener as Socket};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tracing::{debug, warn};

use super::bind::BACKLOG;
use super::drain::{Drain, Slot, Slots};
use super::protocol::{Opening, Protocol, negotiated};
use super::settings::Protocols;
use super::stream::{Stream, Transport};
use super::{Connection, Tls};

/// How long to wait when the system has no descriptor or memory for another connection.
const RESPITE: Duration = Duration::from_millis(100);
/// How long a caller that has not begun yet may take to begin once the service is ending. Longer than
/// a handshake takes, shorter than an unused connection is kept.
const LAST_CALL: Duration = Duration::from_secs(2);

/// One worker's share of a listener.
#[derive(Debug)]
pub struct Listener {
    /// The worker's own socket, not blocking.
    pub socket: Socket,
    /// How callers are greeted, if not in plain.
    pub tls: Option<Arc<Tls>>,
    /// What may be spoken.
    pub protocols: Protocols,
    /// How long a caller may take to begin.
    pub handshake_timeout: Duration,
    /// Room for connections, shared by the whole process.
    pub slots: Slots,
}

impl Listener {
    /// Accepts until the service ends, and hands every connection to `serve` in a task of its own.
    /// Runs inside a `LocalRuntime`. On return the socket is closed and what it had in its queue is
    /// being served; [`Slots::all_closed`] tells when that is over.
    pub async fn run<S, F>(self, mut drain: Drain, serve: S) -> io::Result<()>
    where
        S: Fn(Connection) -> F + 'static,
        F: Future<Output = ()> + 'static,
    {
        let socket = TcpListener::from_std(self.socket)?;
        let reception = Rc::new(Reception {
            tls: self.tls,
            protocols: self.protocols,
            timeout: self.handshake_timeout,
            slots: self.slots,
            was_full: Cell::new(false),
            drain: drain.clone(),
            serve,
        });
        let mut failing = false;
        loop {
            let accepted = tokio::select! {
                accepted = socket.accept() => accepted,
                () = drain.started() => break,
            };
            match accepted {
                Ok((stream, peer)) => {
                    failing = false;
                    Reception::admit(&reception, stream, peer).await;
                }
                Err(error) => recover(&error, &mut failing).await,
            }
        }
        empty(socket.into_std()?, &reception).await
    }
}

/// Serves what the kernel had accepted before the socket closes, for those callers have been told
/// that somebody listens. More than a full queue are newcomers.
async fn empty<S, F>(socket: Socket, reception: &Rc<Reception<S>>) -> io::Result<()>
where
    S: Fn(Connection) -> F + 'static,
    F: Future<Output = ()> + 'static,
{
    for _ in 0..BACKLOG {
        match socket.accept() {
            Ok((stream, peer)) => {
                stream.set_nonblocking(true)?;
                Reception::admit(reception, TcpStream::from_std(stream)?, peer).await;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => debug!(%error, "a queued connection was lost"),
        }
    }
    Ok(())
}

/// A caller that hung up while it waited concerns nobody; when the system has run out of something,
/// trying again at once would only burn the processor. `failing` is whether that was said already.
async fn recover(error: &io::Error, failing: &mut bool) {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    match error.kind() {
        ConnectionAborted | ConnectionReset | Interrupted => {}
        _ => {
            if !std::mem::replace(failing, true) {
                warn!(%error, "cannot accept connections, trying again");
            }
            sleep(RESPITE).await;
        }
    }
}

/// What greets every caller of one listener.
struct Reception<S> {
    tls: Option<Arc<Tls>>,
    protocols: Protocols,
    timeout: Duration,
    slots: Slots,
    /// Whether the last caller had to wait, so that a crowd makes one line of log.
    was_full: Cell<bool>,
    drain: Drain,
    serve: S,
}

impl<S, F> Reception<S>
where
    S: Fn(Connection) -> F + 'static,
    F: Future<Output = ()> + 'static,
{
    /// Waits for room, holding back those who come after, and lets the caller in.
    async fn admit(this: &Rc<Self>, stream: TcpStream, peer: SocketAddr) {
        let full = this.slots.is_full();
        if full && !this.was_full.get() {
            warn!("the limit of connections is reached, further ones wait");
        }
        this.was_full.set(full);
        let Some(slot) = this.slots.take().await else {
            return;
        };
        let this = Rc::clone(this);
        spawn_local(async move {
            match this.in_time(stream, peer, slot).await {
                Ok(connection) => (this.serve)(connection).await,
                Err(error) => debug!(%peer, %error, "connection closed before it began"),
            }
        });
    }

    async fn in_time(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        slot: Slot,
    ) -> io::Result<Connection> {
        let mut drain = self.drain.clone();
        let last_call = async {
            drain.started().await;
            sleep(LAST_CALL).await;
        };
        tokio::select! {
            greeted = timeout(self.timeout, self.greet(stream, peer, slot)) => greeted?,
            () = last_call => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    async fn greet(
        &self,
        mut stream: TcpStream,
        peer: SocketAddr,
        slot: Slot,
    ) -> io::Result<Connection> {
        stream.set_nodelay(true)?;
        let mut opening = Opening::default();
        let mut identified = false;
        let (transport, protocol) = match &self.tls {
            None => {
                let protocol = opening.read(&mut stream).await?;
                (Transport::Plain(stream), protocol)
            }
            Some(tls) => {
                let stream = TlsAcceptor::from(tls.config()).accept(stream).await?;
                let session = stream.get_ref().1;
                let protocol = negotiated(session.alpn_protocol());
                identified = tls.asks_for_certificates() && session.peer_certificates().is_some();
                (Transport::Tls(Box::new(stream)), Some(protocol))
            }
        };
        let protocol: Protocol = protocol.ok_or(io::ErrorKind::UnexpectedEof)?;
        if !self.protocols.has(protocol) {
            return Err(io::Error::other("a protocol that is not spoken here"));
        }
        Ok(Connection {
            secure: self.tls.is_some(),
            identified,
            stream: Stream::new(transport, opening, slot),
            peer,
            protocol,
        })
    }
}
