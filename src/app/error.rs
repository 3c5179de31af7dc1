//! Why the process cannot start, or had to end.

use std::fmt;
use std::io;

use super::keys::Unopened;
use crate::document::Problem;
use crate::{admin, frontend, jwks, listener, replay, telemetry, upstream};

/// The process cannot start, or had to end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy file has mistakes: all of them.
    #[error(transparent)]
    Policy(#[from] Mistakes),
    /// The store of API keys, which the policy needs, cannot be had.
    #[error(transparent)]
    Store(#[from] Unopened),
    /// A listener cannot be had.
    #[error(transparent)]
    Listener(#[from] listener::Error),
    /// The admin listener cannot be had.
    #[error(transparent)]
    Admin(#[from] admin::Error),
    /// An upstream cannot be used as it is set up.
    #[error(transparent)]
    Upstream(#[from] upstream::SetupError),
    /// The front doors cannot be set up.
    #[error(transparent)]
    Frontend(#[from] frontend::SetupError),
    /// Key sets cannot be had at all.
    #[error(transparent)]
    KeySets(#[from] jwks::Error),
    /// What was seen of deliveries cannot be remembered.
    #[error(transparent)]
    Replay(#[from] replay::Error),
    /// Metrics or the decision log cannot be had.
    #[error(transparent)]
    Telemetry(#[from] telemetry::Error),
    /// The system refused a thread, a runtime or a signal.
    #[error("the system refuses what a worker needs: {0}")]
    System(#[from] io::Error),
    /// A worker ended though nobody told it to.
    #[error("a worker ended unasked")]
    Worker,
}

/// What is wrong with a policy file.
#[derive(Debug)]
pub struct Mistakes(pub Vec<Problem>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = self.0.iter();
        if let Some(first) = lines.next() {
            write!(f, "{first}")?;
        }
        lines.try_for_each(|problem| write!(f, "\n{problem}"))
    }
}

impl std::error::Error for Mistakes {}
