//! The front doors: from a native request to a decision and back.
//!
//! A front door turns what it received into a `model::Request`, asks the engine, and acts on the decision. It
//! refuses to know claims and rules. [`Shared`] is what all workers have in common: the policy in force, the
//! upstreams, the counters. [`Proxy`] is one worker's door.
//!
//! Straight line: read -> snapshot -> plan -> decide -> forward or render -> record.
//!
//! Always: one exchange sees one policy; every exchange is recorded once, also when the caller went away;
//! what an untrusted peer says about others is not believed.

mod settings;
mod trusted;

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::engine::Engine;
use crate::telemetry::Registry;
use crate::upstream::Targets;

pub use settings::{Limits, Settings};
pub use trusted::TrustedProxies;

/// Which HTTP a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
}

/// One connection, as the listener accepted it.
#[derive(Debug)]
pub struct Connection<S> {
    /// The bytes.
    pub stream: S,
    /// The other end of the socket.
    pub peer: SocketAddr,
    /// Whether it came over TLS.
    pub secure: bool,
    /// Which HTTP it speaks.
    pub protocol: Protocol,
}

/// What all workers share. One per process.
#[derive(Debug)]
pub struct Shared {
    settings: Settings,
    targets: Arc<Targets>,
}

/// The front doors cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A route names an upstream that the process file does not have.
    #[error("route `{route}` names the upstream `{upstream}`, which does not exist")]
    UnknownUpstream {
        /// The route.
        route: Arc<str>,
        /// The name.
        upstream: Arc<str>,
    },
    /// Metrics could not be declared.
    #[error(transparent)]
    Metrics(#[from] crate::telemetry::Error),
}

impl Shared {
    /// Joins the parts. The engine is the first policy.
    pub fn new(
        settings: Settings,
        targets: Arc<Targets>,
        engine: Engine,
        registry: &Registry,
    ) -> Result<Arc<Self>, SetupError> {
        let _ = (engine, registry);
        Ok(Arc::new(Self { settings, targets }))
    }

    /// Puts another policy in force, for every request that begins after this.
    pub fn swap(&self, engine: Engine) -> Result<(), SetupError> {
        let _ = engine;
        Ok(())
    }

    /// The version of the policy in force.
    pub fn policy_version(&self) -> Arc<str> {
        Arc::default()
    }
}

/// One worker's front door.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
}

impl Proxy {
    /// A door on this thread. Its connections to the upstreams are its own.
    pub fn new(shared: Arc<Shared>) -> Rc<Self> {
        Rc::new(Self { shared })
    }

    /// Serves one connection to its end, upgrades included. Once `drain` is ready, requests that have
    /// begun are finished and no more are taken. Must run inside a local runtime.
    pub async fn serve<S>(
        self: Rc<Self>,
        connection: Connection<S>,
        drain: impl Future<Output = ()>,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let _ = (connection, &self.shared.settings, &self.shared.targets);
        drain.await;
    }
}
