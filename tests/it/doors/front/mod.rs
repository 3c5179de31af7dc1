//! The fronts: real servers, configured by nothing but what `sidegate gen` prints.
//!
//! Only where they listen is changed, from the usual port to one of loopback that is free; and what a server
//! needs around the printed file (temporary folders, modules) stands in a file of the test that includes it.

mod apache;
mod caddy;
mod envoy;
mod haproxy;
mod nginx;
mod traefik;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::daemon::Daemon;
use super::row::HOST;
use crate::support::gate::sidegate;
use crate::support::{PATIENCE, free_port};

/// A door, and whoever stands at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Front {
    /// Nobody: callers speak to sidegate.
    Proxy,
    Nginx,
    Haproxy,
    /// In front of the proxy.
    Apache,
    Traefik,
    Caddy,
    EnvoyHttp,
    /// Envoy, over gRPC.
    ExtAuthz,
}

/// A server of somebody else's.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    _daemon: Daemon,
}

impl Front {
    /// Every door.
    pub(super) const ALL: [Self; 8] = [
        Self::Proxy,
        Self::Nginx,
        Self::Haproxy,
        Self::Apache,
        Self::Traefik,
        Self::Caddy,
        Self::EnvoyHttp,
        Self::ExtAuthz,
    ];

    /// What `sidegate gen` makes it from.
    fn target(self) -> &'static [&'static str] {
        match self {
            Self::Proxy => &[],
            Self::Nginx => &["nginx"],
            Self::Haproxy => &["haproxy"],
            Self::Apache => &["apache"],
            Self::Traefik => &["traefik"],
            Self::Caddy => &["caddy"],
            Self::EnvoyHttp => &["envoy", "--http"],
            Self::ExtAuthz => &["envoy"],
        }
    }

    /// Whether requests go through sidegate to the app.
    pub(super) fn is_passed_through(self) -> bool {
        matches!(self, Self::Proxy | Self::Apache)
    }

    /// Whether it answers requests for other hosts itself.
    pub(super) fn serves_one_host(self) -> bool {
        !matches!(self, Self::Proxy | Self::Nginx | Self::Apache)
    }

    /// Whether a record of what could not be read names whoever is connected, not who sent it.
    pub(super) fn records_its_peer(self) -> bool {
        self.is_passed_through() || self == Self::ExtAuthz
    }

    /// Whether trailers reach the app as the caller sent them.
    pub(super) fn passes_trailers(self) -> bool {
        self == Self::Haproxy
    }

    /// The status that callers see for one that is meant. Envoy takes 5xx for a broken service, which some let
    /// pass: over HTTP it never gets one.
    pub(super) fn status(self, meant: u16) -> u16 {
        match self {
            Self::EnvoyHttp if meant >= 500 => 403,
            _ => meant,
        }
    }

    /// Writes what fits the policy in `folder` into that folder.
    pub(super) fn generate(self, folder: &Path, app: SocketAddr, sidegate_at: SocketAddr) {
        let [target, more @ ..] = self.target() else {
            return;
        };
        let output = sidegate()
            .current_dir(folder)
            .args([
                "gen",
                target,
                "--policy",
                "policy.yaml",
                "--host",
                HOST,
                "--dir",
                ".",
            ])
            .args(["--app", &format!("http://{app}")])
            .args(["--sidegate", &format!("http://{sidegate_at}")])
            .args(more)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "gen {target}: {said}");
    }

    /// Starts it with what was generated.
    pub(crate) fn run(self, folder: &Path) -> Option<Running> {
        if self == Self::Proxy {
            return None;
        }
        // Somebody else may take the port before the server does.
        for attempt in 0..5 {
            let copy = folder.join(format!("front{attempt}"));
            copied(folder, &copy);
            let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
            let daemon = Daemon::start(&self.command(&copy, address), &copy);
            if daemon.listens(address, PATIENCE) {
                return Some(Running {
                    address,
                    _daemon: daemon,
                });
            }
            println!("--- {self:?} does not listen:\n{}", daemon.said());
        }
        panic!("{self:?} does not start");
    }

    fn command(self, folder: &Path, address: SocketAddr) -> Command {
        match self {
            Self::Proxy => unreachable!("the proxy is no other server"),
            Self::Nginx => nginx::command(folder, address),
            Self::Haproxy => haproxy::command(folder, address),
            Self::Apache => apache::command(folder, address),
            Self::Traefik => traefik::command(folder, address),
            Self::Caddy => caddy::command(folder, address),
            Self::EnvoyHttp | Self::ExtAuthz => envoy::command(folder, address),
        }
    }
}

/// What was generated, for one attempt.
fn copied(folder: &Path, copy: &Path) {
    std::fs::create_dir(copy).unwrap();
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    for file in entries.filter(|path| path.is_file()) {
        std::fs::copy(&file, copy.join(file.file_name().unwrap())).unwrap();
    }
}

/// Changes the one place of a generated file that says where something is on the machine.
fn change(folder: &Path, name: &str, usual: &str, instead: &str) {
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let places = text.matches(usual).count();
    assert_eq!(places, 1, "`{usual}` in {name}:\n{text}");
    std::fs::write(path, text.replace(usual, instead)).unwrap();
}

/// A program of the system, which may be where only administrators look for it.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let mut places = folders.map(|folder| folder.join(name));
    places.find(|place| place.exists()).unwrap_or_else(|| {
        panic!("{name} is missing: run the tests with `tests/run`, which installs it")
    })
}
