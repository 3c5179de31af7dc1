//! HAProxy, with the printed configuration as a whole.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::{change, program};

pub(super) fn command(folder: &Path, address: SocketAddr) -> Command {
    change(
        folder,
        "haproxy.cfg",
        "bind :80\n",
        &format!("bind {address}\n"),
    );
    let script = folder.join("sidegate.lua");
    let usual = "/etc/haproxy/sidegate.lua";
    change(folder, "haproxy.cfg", usual, &script.display().to_string());
    let mut command = Command::new(program("haproxy"));
    command.args(["-db", "-f", "haproxy.cfg"]);
    command
}
