//! What holds of the room without a Redis. With one: `tests/it/deliveries`.

mod bound;
mod memory;
mod settings;
mod threads;

use std::time::Duration;

use super::{Delivery, Full, Replay, Reservation, Reserved, Settings};
use crate::telemetry::Registry;

const PENDING: Duration = Duration::from_secs(30);
const KEEP: Duration = Duration::from_secs(600);

/// A delivery that no other number has.
fn delivery(number: u64) -> Delivery {
    let mut digest = [7; 16];
    digest[..8].copy_from_slice(&number.to_be_bytes());
    Delivery {
        digest,
        webhook: "github".into(),
        pending: PENDING,
        keep: KEEP,
    }
}

/// A memory for so many deliveries, and its metrics.
fn memory(entries: usize, full: Full) -> (Replay, Registry) {
    let registry = Registry::new();
    let settings = Settings {
        entries,
        full,
        ..Settings::default()
    };
    (Replay::new(&settings, &registry).unwrap(), registry)
}

/// Reserves a delivery that has to be new.
async fn new(replay: &Replay, delivery: &Delivery) -> Reservation {
    match replay.reserve(delivery).await {
        Reserved::New(reservation) => reservation,
        other => panic!("expected a new one, found {other:?}"),
    }
}

/// What comes of reserving, as a word. A new one is let go.
async fn word(replay: &Replay, delivery: &Delivery) -> &'static str {
    match replay.reserve(delivery).await {
        Reserved::New(_) => "new",
        Reserved::Pending => "pending",
        Reserved::Seen => "seen",
        Reserved::Unavailable => "unavailable",
    }
}

/// The value of a line of the metrics.
fn metric(registry: &Registry, line: &str) -> u64 {
    let text = registry.render().unwrap();
    let found = text.lines().find_map(|shown| {
        let value = shown.strip_prefix(line)?.strip_prefix(' ')?;
        value.parse().ok()
    });
    found.unwrap_or_else(|| panic!("no `{line}`:\n{text}"))
}
