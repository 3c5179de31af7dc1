//! The log: an output that nobody reads stops nothing.

use std::io::pipe;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::gate::Setup;
use crate::support::{Call, Upstream, eventually, free_port};

/// Ended with the test, however the test ends.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.arg(format!("-{name}")).arg(self.0.id().to_string());
        assert!(kill.status().unwrap().success());
    }
}

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], free_port()))
}

#[test]
fn stuck_output_stops_no_request_no_reload_and_no_end() {
    let (upstream, address, admin) = (Upstream::start(), loopback(), loopback());
    let setup = Setup::policy("routes: [ { path: /**, public: true } ]\n")
        .upstream(&upstream)
        .without_listen()
        .without_admin();
    // Stays open and is never read: what a log shipper that hangs looks like.
    let (_reader, writer) = pipe().unwrap();
    let mut command = setup.command();
    command
        .args(["--listen", &address.to_string()])
        .args(["--admin", &admin.to_string()])
        .stdout(writer)
        .stderr(Stdio::null());
    let mut gate = Process(command.spawn().unwrap());
    drop(command);
    eventually("the gate accepts", || {
        std::net::TcpStream::connect(address).is_ok()
    });

    let path = format!("/{}", "x".repeat(1500));
    let ask = || Call::new(address, "GET", &path).send().status;
    for _ in 0..200 {
        assert_eq!(ask(), 200);
    }
    for _ in 0..3 {
        gate.signal("HUP");
        std::thread::sleep(Duration::from_millis(300));
    }
    assert_eq!(ask(), 200);
    assert_eq!(Call::new(admin, "GET", "/healthz").send().status, 200);

    gate.signal("TERM");
    let told = Instant::now();
    eventually("the gate ends", || gate.0.try_wait().unwrap().is_some());
    assert!(told.elapsed() < Duration::from_secs(20));
}
