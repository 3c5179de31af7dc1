//! Which deliveries were seen, with a real Redis between replicas.

mod gates;
mod outages;
mod servers;
mod sharing;

use std::path::PathBuf;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use sidegate::replay::{Address, Delivery, Outage, Replay, Reservation, Reserved, Settings};
use sidegate::secret::Secret;
use sidegate::telemetry::Registry;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::support::eventually;
use crate::support::redis::Redis;

/// More than any answer takes on a busy machine, and less than a sender would wait.
const TIMEOUT: Duration = Duration::from_millis(400);
/// What a busy machine may add to a time limit.
const SLACK: Duration = Duration::from_millis(600);

/// A process of its own, as far as Redis can tell: a control thread, and this thread as its worker.
struct Replica {
    replay: Replay,
    registry: Registry,
    worker: Runtime,
    control: Option<Control>,
}

struct Control {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn settings(url: &str, ca_file: Option<PathBuf>, outage: Outage) -> Settings {
    let address = Address::new(Secret::new(url.as_bytes().to_vec()), ca_file);
    Settings {
        redis: Some(address.unwrap()),
        timeout: TIMEOUT,
        outage,
        ..Settings::default()
    }
}

impl Replica {
    fn of(settings: &Settings) -> Self {
        let registry = Registry::new();
        let replay = Replay::new(settings, &registry).unwrap();
        let (stop, stopped) = oneshot::channel();
        let running = replay.clone();
        let thread = thread::spawn(move || {
            runtime().block_on(async {
                tokio::select! {
                    () = running.run() => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            replay,
            registry,
            worker: runtime(),
            control: Some(Control { stop, thread }),
        }
    }

    /// One that has reached its Redis.
    fn at(redis: &Redis, outage: Outage) -> Self {
        let replica = Self::of(&settings(&redis.url(), None, outage));
        replica.wait_reachable();
        replica
    }

    fn is_reachable(&self) -> bool {
        self.replay.status().redis.unwrap().reachable
    }

    fn wait_reachable(&self) {
        eventually("Redis is reached", || self.is_reachable());
    }

    fn reserve(&self, delivery: &Delivery) -> Reserved {
        self.worker.block_on(self.replay.reserve(delivery))
    }

    /// Reserves a delivery that has to be new.
    fn new_one(&self, delivery: &Delivery) -> Reservation {
        match self.reserve(delivery) {
            Reserved::New(reservation) => reservation,
            other => panic!("expected a new one, found {other:?}"),
        }
    }

    /// What comes of reserving, as a word; a new one is let go, and Redis has heard of it.
    fn word(&self, delivery: &Delivery) -> &'static str {
        let word = match self.reserve(delivery) {
            Reserved::New(_) => "new",
            Reserved::Pending => "pending",
            Reserved::Seen => "seen",
            Reserved::Unavailable => return "unavailable",
        };
        self.flush();
        word
    }

    /// Waits until Redis has been told everything.
    fn flush(&self) {
        eventually("Redis has been told everything", || {
            self.replay.status().redis.unwrap().waiting == 0
        });
    }

    /// Dies: nothing more is told to Redis.
    fn die(&mut self) {
        if let Some(control) = self.control.take() {
            let _ = control.stop.send(());
            control.thread.join().unwrap();
        }
    }

    fn metric(&self, line: &str) -> f64 {
        let text = self.registry.render().unwrap();
        let found = text.lines().find_map(|shown| {
            let value = shown.strip_prefix(line)?.strip_prefix(' ')?;
            value.parse().ok()
        });
        found.unwrap_or_else(|| panic!("no `{line}`:\n{text}"))
    }

    fn counted(&self, result: &str) -> f64 {
        self.metric(&format!("sidegate_replay_total{{result=\"{result}\"}}"))
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.die();
    }
}

/// A delivery that no other number has.
fn delivery(number: u64) -> Delivery {
    let mut digest = [9; 16];
    digest[..8].copy_from_slice(&number.to_be_bytes());
    Delivery {
        digest,
        webhook: "github".into(),
        pending: Duration::from_secs(30),
        keep: Duration::from_secs(600),
    }
}

/// The same, and an upstream may have it for so long.
fn brief(number: u64, pending: Duration) -> Delivery {
    Delivery {
        pending,
        ..delivery(number)
    }
}

/// How long something took.
fn took<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let done = work();
    (start.elapsed(), done)
}
