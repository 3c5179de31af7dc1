//! Apache, with the printed file where its own configuration includes it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::{change, program};

const MODULES: &str = "/usr/lib/apache2/modules";

pub(super) fn command(folder: &Path, address: SocketAddr) -> Command {
    change(
        folder,
        "sidegate-site.conf",
        "<VirtualHost *:80>",
        &format!("<VirtualHost {address}>"),
    );
    let names = [
        "mpm_event",
        "authz_core",
        "headers",
        "proxy",
        "proxy_http",
        "proxy_wstunnel",
        "rewrite",
    ];
    let modules = names.map(|name| format!("LoadModule {name}_module {MODULES}/mod_{name}.so\n"));
    let around = format!(
        "ServerRoot {folder}\nPidFile apache.pid\nErrorLog /dev/stderr\nServerName localhost\n\
         Mutex pthread\nUser www-data\nGroup www-data\nListen {address}\n{}StartServers 1\nThreadsPerChild 25\nInclude sidegate-site.conf\n",
        modules.concat(),
        folder = folder.display(),
    );
    std::fs::write(folder.join("apache.conf"), around).unwrap();
    let mut command = Command::new(program("apache2"));
    command
        .arg("-f")
        .arg(folder.join("apache.conf"))
        .arg("-DFOREGROUND");
    command
}
