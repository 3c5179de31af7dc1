//! The way out: pools, headers, upgrades, errors.
//!
//! This room takes a request that the engine permitted, rewrites it into what the upstream may see, sends it
//! over a connection of this worker's own pool, and hands the answer back as a stream. It refuses to know who
//! called and why it may pass: it holds a [`Permit`](crate::engine::Permit), and nothing can be forwarded without one.
//!
//! Straight line: hop-by-hop names out -> [`Permit::clear`](crate::engine::Permit::clear) -> an idle connection
//! -> forwarding headers and framing, written -> sent by whoever waits for the answer -> the answer's head -> its
//! body, with what is left of the exchange -> the connection is idle again. HTTP/1 is spoken here; for HTTP/2 hyper
//! is asked.
//!
//! Always: what the caller said about framing is never sent on; a request is sent twice only when the
//! upstream cannot have acted on it, or may act twice; a body that broke off is never ended as if whole; a signed
//! delivery goes out with the body that was verified or not at all.

mod answer;
mod body;
mod caller;
mod clock;
mod connect;
mod connection;
mod error;
mod exchange;
mod forward;
mod head;
mod headers;
mod held;
mod http2;
mod local;
mod metrics;
mod outgoing;
mod passage;
mod pool;
mod send;
mod settings;
mod silence;
mod upgrade;

use std::sync::Arc;

use http::HeaderValue;
use http::uri::{Authority, Scheme};

use crate::telemetry::{self, Registry};

pub use body::ResponseBody;
pub use caller::CallerBody;
pub use error::{BodyError, Error};
pub use forward::{Answer, Forward, Outbound, Upstreams};
pub use headers::{Forwarding, Hop};
pub use held::HeldBody;
pub use local::LocalExecutor;
pub use passage::Passage;
pub use settings::{Address, HostMode, Protocol, Settings};
pub use silence::Silence;
pub use upgrade::Tunnel;

/// An upstream cannot be used as it is set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Certificates could not be loaded, or the name cannot be used.
    #[error("upstream `{name}`: {message}")]
    Unusable {
        /// The upstream.
        name: Arc<str>,
        /// What is wrong.
        message: String,
    },
    /// Metrics could not be declared.
    #[error(transparent)]
    Metrics(#[from] telemetry::Error),
}

/// The upstreams of the process file, with certificates loaded: one per process, shared by the workers.
#[derive(Debug)]
pub struct Targets(Vec<Arc<Target>>);

/// One upstream, ready to be connected to.
#[derive(Debug)]
struct Target {
    settings: Settings,
    tls: Option<connect::Tls>,
    scheme: Scheme,
    authority: Authority,
    host: HeaderValue,
    counters: metrics::Counters,
}

impl Targets {
    /// Loads certificates and declares the metrics of connections.
    pub fn load(settings: Vec<Settings>, registry: &Registry) -> Result<Arc<Self>, SetupError> {
        let metrics = metrics::Metrics::new(registry)?;
        let targets = settings.into_iter().map(|settings| {
            let name = Arc::clone(&settings.name);
            let target = Target::load(settings, &metrics);
            target
                .map(Arc::new)
                .map_err(|message| SetupError::Unusable { name, message })
        });
        Ok(Arc::new(Self(targets.collect::<Result<_, _>>()?)))
    }

    /// The names that routes may use.
    pub fn names(&self) -> Vec<Arc<str>> {
        self.0
            .iter()
            .map(|target| Arc::clone(&target.settings.name))
            .collect()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The position of an upstream, which [`Upstreams::forward`] takes.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.0
            .iter()
            .position(|target| *target.settings.name == *name)
    }
}

impl Target {
    fn load(settings: Settings, metrics: &metrics::Metrics) -> Result<Self, String> {
        let unfit = |_| format!("`{}` is not a host", settings.authority);
        Ok(Self {
            tls: connect::Tls::load(&settings)?,
            scheme: if settings.tls {
                Scheme::HTTPS
            } else {
                Scheme::HTTP
            },
            authority: Authority::try_from(&*settings.authority).map_err(unfit)?,
            host: HeaderValue::from_str(&settings.authority)
                .map_err(|_| format!("`{}` is not a host", settings.authority))?,
            counters: metrics.of(&settings.name),
            settings,
        })
    }
}
