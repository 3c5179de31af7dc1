//! The gate of the demo: the real one, on a thread of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::thread;

use tokio::sync::oneshot;

use crate::app;
use crate::cli::exit::Failure;
use crate::cli::serve;
use crate::config;
use crate::document::Problems;

/// A gate that is being served.
#[derive(Debug)]
pub(super) struct Gate {
    /// Where requests go.
    pub(super) address: SocketAddr,
    /// Health, metrics, status.
    pub(super) admin: SocketAddr,
    /// Tells how it ended.
    pub(super) ended: oneshot::Receiver<Result<(), String>>,
}

/// Where the gate listens, where it forwards to, and what it says about it.
#[derive(Debug)]
pub(super) struct Setup<'a> {
    pub(super) listen: SocketAddr,
    pub(super) upstream: SocketAddr,
    pub(super) policy: &'a Path,
    pub(super) log_level: &'a str,
}

impl Setup<'_> {
    /// Starts the gate. The environment of the process does not reach it.
    pub(super) async fn start(&self) -> Result<Gate, Failure> {
        let problems = Problems::new();
        let flag = |key: &str, value: String| (key.to_owned(), value);
        let flags = vec![
            flag("listen", self.listen.to_string()),
            flag("upstream", format!("http://{}", self.upstream)),
            flag("policy", self.policy.display().to_string()),
            flag("admin.listen", "127.0.0.1:0".into()),
            flag("workers", "1".into()),
            flag("log.level", self.log_level.into()),
        ];
        let process = config::load(None, std::iter::empty(), flags, &problems)
            .ok_or_else(|| Failure::invalid(serve::joined(problems)))?;
        let (bound, started) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        thread::Builder::new().name("gate".into()).spawn(move || {
            let built = app::build(process);
        })?;
        todo!()
    }
}
