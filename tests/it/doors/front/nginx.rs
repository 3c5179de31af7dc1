//! nginx, with the printed file where `http { }` includes it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::{change, program};

const AROUND: &str = "daemon off;
user root;
worker_processes 1;
pid nginx.pid;
error_log stderr info;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path tmp_body;
    proxy_temp_path tmp_proxy;
    fastcgi_temp_path tmp_fastcgi;
    uwsgi_temp_path tmp_uwsgi;
    scgi_temp_path tmp_scgi;
    include sidegate.conf;
}
";

pub(super) fn command(folder: &Path, address: SocketAddr) -> Command {
    change(
        folder,
        "sidegate.conf",
        "listen 80;",
        &format!("listen {address};"),
    );
    std::fs::write(folder.join("nginx.conf"), AROUND).unwrap();
    let mut command = Command::new(program("nginx"));
    command
        .arg("-p")
        .arg(folder)
        .args(["-c", "nginx.conf", "-e", "stderr"]);
    command
}
