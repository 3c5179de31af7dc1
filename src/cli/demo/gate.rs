//! The gate of the demo: the real one, set up by flags alone.

use std::net::SocketAddr;
use std::path::Path;

use crate::app::{self, Bound};
use crate::cli::exit::Failure;
use crate::cli::output::Output;
use crate::cli::serve;
use crate::config;
use crate::document::Problems;
use crate::telemetry;

/// Where the gate listens, where it forwards to, and what it says about it.
#[derive(Debug)]
pub(super) struct Setup<'a> {
    pub(super) listen: SocketAddr,
    pub(super) upstream: SocketAddr,
    pub(super) policy: &'a Path,
    pub(super) log_level: &'a str,
    pub(super) decisions: &'static str,
}

impl Setup<'_> {
    /// Loads the policy and takes the ports. The environment of the process plays no part, and the
    /// admin listener takes a free port, so that the demo can run beside a gate.
    pub(super) fn bind(&self, output: Output) -> Result<Bound, Failure> {
        let flags = [
            ("listen", self.listen.to_string()),
            ("upstream", format!("http://{}", self.upstream)),
            ("policy", self.policy.display().to_string()),
            ("admin.listen", "127.0.0.1:0".to_owned()),
            ("workers", "1".to_owned()),
            ("log.level", self.log_level.to_owned()),
            ("log.decisions", self.decisions.to_owned()),
        ];
        let flags = flags.map(|(key, value)| (key.to_owned(), value)).into();
        let problems = Problems::new();
        let Some(process) = config::load(None, std::iter::empty(), flags, &problems) else {
            let found = problems.into_sorted();
            let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
            return Err(Failure::invalid(lines.join("\n")));
        };
        telemetry::init_on(&process.log, telemetry::Output::Stderr).map_err(Failure::usage)?;
        app::build(process).map_err(|error| serve::refused(&error, output))
    }
}
