//! The thread that writes what the workers hand over.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::lane::Lane;
use crate::telemetry::Counter;
use crate::telemetry::line::Manner;

/// How long the writer lets records gather. While it sleeps, handing one over wakes nobody.
const GATHER: Duration = Duration::from_millis(5);
/// How much room a buffer keeps that does not need it, in bytes.
const ROOM: usize = 256 << 10;

/// How long nothing more is said of an output that fails again and again.
const SILENCE: Duration = Duration::from_secs(60);

/// What the writer and those who hand over have in common.
#[derive(Debug, Default)]
pub(super) struct Hall {
    lanes: Mutex<Lanes>,
    closing: AtomicBool,
}

#[derive(Debug, Default)]
struct Lanes {
    all: Vec<Arc<Lane>>,
    closed: bool,
}

impl Hall {
    /// One more lane.
    pub(super) fn open(&self, manner: Manner, capacity: usize) -> Arc<Lane> {
        let mut lanes = self.lock();
        let lane = Lane::new(manner, capacity, lanes.closed);
        lanes.all.push(Arc::clone(&lane));
        lane
    }

    /// The writer goes through the lanes once more, and ends.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    fn lanes(&self, last: bool) -> Vec<Arc<Lane>> {
        let mut lanes = self.lock();
        lanes.closed |= last;
        lanes.all.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes until the hall closes: sleeps while there is nothing, and lets records gather before it
/// writes them as one.
pub(super) fn write_all(hall: &Hall, sink: Box<dyn Write + Send>, lost: &Counter) {
    let mut buffer = Vec::new();
    let mut sink = Sink {
        out: sink,
        missing: None,
        said: None,
    };
    loop {
        let last = hall.is_closing();
        let mut found = false;
        for lane in hall.lanes(last) {
            let records = lane.take(&mut buffer, last);
            if records > 0 {
                found = true;
                lost.inc_by(sink.write(&buffer, records));
            }
            empty(&mut buffer);
        }
        if last {
            return;
        }
        if !found {
            // Whoever hands over to a lane that was found empty, or closes, ends this.
            thread::park();
        }
        if !hall.is_closing() {
            thread::sleep(GATHER);
        }
    }
}

/// Where records go, as far as it takes them.
struct Sink {
    out: Box<dyn Write + Send>,
    /// What was lost since the output last took records.
    missing: Option<Missing>,
    /// When a failure was last said.
    said: Option<Instant>,
}

struct Missing {
    records: u64,
    /// Whether its beginning was said, so that its end is to be said too.
    said: bool,
}

impl Sink {
    /// Writes so many records, whole or not at all as far as anybody can tell; gives how many were lost.
    fn write(&mut self, lines: &[u8], records: u64) -> u64 {
        let written = self.try_write(lines);
        match (written, self.missing.take()) {
            (Ok(()), missing) => {
                if let Some(Missing { records, .. }) = missing.filter(|missing| missing.said) {
                    tracing::info!(records, "decisions are recorded again; these were lost");
                }
                0
            }
            (Err(error), None) => {
                let said = self.said.is_none_or(|said| said.elapsed() >= SILENCE);
                if said {
                    tracing::error!(%error, "decisions cannot be recorded; what is lost is counted");
                    self.said = Some(Instant::now());
                }
                self.missing = Some(Missing { records, said });
                records
            }
            (Err(_), Some(missing)) => {
                let so_far = missing.records.saturating_add(records);
                self.missing = Some(Missing {
                    records: so_far,
                    ..missing
                });
                records
            }
        }
    }

    /// Writes whole lines. After a failure, a piece of one may stand at the end: it is ended first, so
    /// that it spoils none of these.
    fn try_write(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.missing.is_some() {
            self.out.write_all(b"\n")?;
        }
        self.out.write_all(lines)?;
        self.out.flush()
    }
}

/// Makes a buffer ready for the next lane. Room that one rush needed is given back after it.
fn empty(buffer: &mut Vec<u8>) {
    let needed = buffer.len();
    buffer.clear();
    if needed < ROOM {
        buffer.shrink_to(ROOM);
    }
}
