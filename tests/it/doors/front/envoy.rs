//! Envoy, with the printed configuration as a whole.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::change;
use crate::support::process::real_part;

pub(super) fn command(folder: &Path, address: SocketAddr) -> Command {
    let instead = format!("address: {}, port_value: {} ", address.ip(), address.port());
    change(
        folder,
        "envoy.yaml",
        "address: 0.0.0.0, port_value: 80 ",
        &instead,
    );
    let mut command = Command::new(real_part("doors/bin/envoy"));
    command.args([
        "-c",
        "envoy.yaml",
        "--disable-hot-restart",
        "--concurrency",
        "1",
        "--log-level",
        "warn",
    ]);
    command
}
