//! Traefik, with the printed files as a whole.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::change;
use crate::support::process::real_part;

/// A test asks nobody for news.
const QUIET: &str =
    "global: { checkNewVersion: false, sendAnonymousUsage: false }\nlog: { level: INFO }\n";

pub(super) fn command(folder: &Path, address: SocketAddr) -> Command {
    change(folder, "traefik.yaml", "\":80\"", &format!("\"{address}\""));
    change(
        folder,
        "traefik.yaml",
        "entryPoints:\n",
        &format!("{QUIET}entryPoints:\n"),
    );
    let mut command = Command::new(real_part("doors/bin/traefik"));
    command.arg("--configfile=traefik.yaml");
    command
}
