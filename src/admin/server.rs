//! The admin socket: bind, accept, one request per connection.

use std::convert::Infallible;
use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use http::{Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{sleep, timeout};

use super::answer::{Answer, answer, text};
use super::{AdminSettings, KeysDesk, Readiness, Status, guard, keys};
use crate::model::Host;
use crate::telemetry::Registry;

/// How many connections are open at a time; further ones wait.
const CONNECTIONS: u32 = 64;
/// How long a request's head may take.
const HEADER: Duration = Duration::from_secs(5);
/// How long a connection may take, from accept to close.
const CONNECTION: Duration = Duration::from_secs(30);
/// The largest head, in bytes.
const HEAD_BYTES: usize = 16 << 10;
/// The largest body, but for keys; none of these is looked into.
const BODY_BYTES: usize = 16 << 10;
/// How long answers under way may take at the end, and the pause after an accept that failed.
const GRACE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(50);

/// The admin listener could not be bound.
#[derive(Debug, thiserror::Error)]
#[error("the admin listener cannot have {address}: {error}")]
pub struct Error {
    /// The address wanted.
    pub address: SocketAddr,
    /// What the system said.
    #[source]
    pub error: std::io::Error,
}

/// A wish for a reload: the answer is the new policy's hash, or every mistake in the file.
pub type ReloadRequest = oneshot::Sender<Result<String, Vec<String>>>;

/// How the admin listener learns what to say. All are called on the control runtime and must not
/// block.
pub struct Hooks {
    /// Whether the process wants traffic.
    pub readiness: Box<dyn Fn() -> Readiness + Send + Sync>,
    /// How it does.
    pub status: Box<dyn Fn() -> Status + Send + Sync>,
    /// Where wishes for a reload go.
    pub reload: mpsc::Sender<ReloadRequest>,
    /// The metrics.
    pub registry: Registry,
    /// The API keys; nothing when no token is configured.
    pub keys: Option<KeysDesk>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").finish_non_exhaustive()
    }
}

/// The admin listener, bound.
#[derive(Debug)]
pub struct Admin {
    socket: TcpListener,
    address: SocketAddr,
    hosts: Arc<[Host]>,
}

impl Admin {
    /// Binds the socket; nothing when the listener is off. Needs no runtime yet.
    pub fn bind(settings: &AdminSettings) -> Result<Option<Self>, Error> {
        let Some(address) = settings.listen else {
            return Ok(None);
        };
        let bound = TcpListener::bind(address).and_then(|socket| {
            socket.set_nonblocking(true)?;
            Ok(Self {
                address: socket.local_addr()?,
                socket,
                hosts: settings.hosts.as_slice().into(),
            })
        });
        bound.map(Some).map_err(|error| Error { address, error })
    }

    /// The address it has.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `shutdown`, then lets answers under way finish for a second. Must run inside a
    /// runtime.
    pub async fn serve(
        self,
        hooks: Hooks,
        shutdown: impl Future<Output = ()>,
    ) -> std::io::Result<()> {
        let socket = tokio::net::TcpListener::from_std(self.socket)?;
        let slots = Arc::new(Semaphore::new(CONNECTIONS as usize));
        let desk = Arc::new(Desk {
            hooks,
            hosts: self.hosts,
        });
        tokio::select! {
            () = accept(&socket, &slots, &desk) => {}
            () = shutdown => {}
        }
        drop(socket);
        // Whoever is not done by now is cut off.
        let _ = timeout(GRACE, slots.acquire_many(CONNECTIONS)).await;
        Ok(())
    }
}

async fn accept(socket: &tokio::net::TcpListener, slots: &Arc<Semaphore>, desk: &Arc<Desk>) {
    while let Ok(slot) = Arc::clone(slots).acquire_owned().await {
        match socket.accept().await {
            Ok((stream, _)) => {
                let desk = Arc::clone(desk);
                tokio::spawn(async move {
                    // Slow callers are cut off; why a connection failed is its caller's business.
                    let _ = timeout(CONNECTION, serve(stream, desk)).await;
                    drop(slot);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the admin listener cannot accept");
                sleep(PAUSE).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, desk: Arc<Desk>) -> hyper::Result<()> {
    let service = service_fn(move |request| {
        let desk = Arc::clone(&desk);
        async move { Ok::<_, Infallible>(desk.handle(request).await) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER)
        .max_buf_size(HEAD_BYTES)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await
}

/// What every connection needs.
struct Desk {
    hooks: Hooks,
    hosts: Arc<[Host]>,
}

impl Desk {
    async fn handle(&self, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        if let Err((status, why)) = guard::check(&head, &self.hosts) {
            return text(status, why);
        }
        if let Some(path) = keys::below(&head) {
            return keys::answer(self.hooks.keys.as_ref(), &head, path, body).await;
        }
        if Limited::new(body, BODY_BYTES).collect().await.is_err() {
            return text(StatusCode::PAYLOAD_TOO_LARGE, "no body is needed\n");
        }
        answer(&head, &self.hooks).await
    }
}
