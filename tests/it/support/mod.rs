//! What the tests stand on: a gate, an upstream, an issuer, a client.
//!
//! Everything here is blocking and runs on threads, so that a test reads from top to bottom. All
//! sockets are on loopback with ports chosen by the system; every process is killed when its handle
//! is dropped, or when this process ends, whichever comes first.

pub(crate) mod client;
pub(crate) mod gate;
pub(crate) mod h2;
pub(crate) mod house;
pub(crate) mod issuer;
pub(crate) mod keys;
pub(crate) mod moto;
pub(crate) mod op;
pub(crate) mod operator;
#[expect(
    dead_code,
    reason = "the tests of the store use all of it; those of whole gates only some"
)]
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod redis;
pub(crate) mod relay;
pub(crate) mod sender;
pub(crate) mod upstream;
pub(crate) mod wire;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub(crate) use client::{Answer, Call};
pub(crate) use gate::Gate;
pub(crate) use house::House;
pub(crate) use issuer::Issuer;
pub(crate) use upstream::Upstream;

/// How long a test waits for something that must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A sign to others to stop, which is also given when the test fails: threads of a scope are waited for.
#[derive(Debug, Default)]
pub(crate) struct Stop(AtomicBool);

impl Stop {
    /// Whether it was given.
    pub(crate) fn is_given(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Gives the sign when it is dropped.
    pub(crate) fn at_the_end(&self) -> StopAtTheEnd<'_> {
        StopAtTheEnd(self)
    }
}

/// Gives the sign when it is dropped, in a test that fails too.
#[derive(Debug)]
pub(crate) struct StopAtTheEnd<'s>(&'s Stop);

impl Drop for StopAtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

/// Seconds since the epoch, for the claims of a token.
#[expect(
    clippy::disallowed_methods,
    reason = "tokens for a real binary are minted by the real clock"
)]
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// Waits until `ready` answers yes, and fails the test when it never does.
pub(crate) fn eventually(what: &str, mut ready: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !ready() {
        assert!(Instant::now() < end, "it never came to pass: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A path inside the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The text of an example's file.
pub(crate) fn example(path: &str) -> String {
    let path = repository("config/examples").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A port nobody listens on at this moment.
pub(crate) fn free_port() -> u16 {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port()
}
