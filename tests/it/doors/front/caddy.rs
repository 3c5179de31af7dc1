//! Caddy, with the printed file imported where its global options stand.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::{HOST, change};
use crate::support::process::real_part;

const AROUND: &str = "{
	admin off
	persist_config off
	auto_https off
}
import Caddyfile
";

pub(super) fn command(folder: &Path, address: SocketAddr) -> Command {
    let usual = format!("http://{HOST} {{\n");
    let instead = format!(
        "http://{HOST}:{} {{\n\tbind {}\n",
        address.port(),
        address.ip()
    );
    change(folder, "Caddyfile", &usual, &instead);
    std::fs::write(folder.join("front.caddyfile"), AROUND).unwrap();
    let mut command = Command::new(real_part("doors/bin/caddy"));
    command
        .args([
            "run",
            "--adapter",
            "caddyfile",
            "--config",
            "front.caddyfile",
        ])
        .env("HOME", folder);
    command
}
