//! The decision log: one record per request, written by a thread of its own.
//!
//! Each worker appends its records to a lane of its own, which the writer empties. Always: handing
//! over never waits for the output; one worker's records keep their order.

mod lane;
mod writer;

use std::fmt;
use std::io::Write;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread::{self, Thread};
use std::time::Duration;

use http::Method;

use super::line::{Manner, RequestFields};
use super::{Counter, Decisions, Error, LogSettings, Outcome, Record, Registry};
use lane::{Handed, Lane};
use writer::Hall;

/// How many bytes of one worker's records may wait for the writer: four thousand records and more.
const CAPACITY: usize = 2 << 20;
/// How long [`DecisionLog::close`] waits for a sink that does not take what is written.
const CLOSE: Duration = Duration::from_secs(2);

/// Where decisions are recorded. Clones write to the same place.
#[derive(Debug, Clone)]
pub struct DecisionLog(Option<Arc<Open>>);

/// One worker's way into the log.
#[derive(Debug)]
pub struct LogWriter {
    open: Arc<Open>,
    lane: Arc<Lane>,
}

struct Open {
    manner: Manner,
    denied_only: bool,
    /// How many bytes each lane may hold.
    capacity: usize,
    hall: Arc<Hall>,
    writer: Thread,
    dropped: Counter,
    /// Hears of the writer's end. Whoever waits for it first is the only one who does.
    written: Mutex<Option<Receiver<()>>>,
}

impl DecisionLog {
    /// A log that records nothing.
    pub fn off() -> Self {
        Self(None)
    }

    /// Starts the writer. Fails when the metric is declared already or no thread can be had.
    pub fn start(
        settings: &LogSettings,
        sink: Box<dyn Write + Send>,
        registry: &Registry,
    ) -> Result<Self, Error> {
        Self::with_capacity(settings, sink, registry, CAPACITY)
    }

    fn with_capacity(
        settings: &LogSettings,
        sink: Box<dyn Write + Send>,
        registry: &Registry,
        capacity: usize,
    ) -> Result<Self, Error> {
        let dropped = registry.counter(
            "sidegate_decision_log_dropped_total",
            "Decision records lost because the log could not be written fast enough.",
        )?;
        if settings.decisions == Decisions::Off {
            return Ok(Self::off());
        }
        let hall = Arc::new(Hall::default());
        let (done, written) = mpsc::channel();
        let (lanes, lost) = (Arc::clone(&hall), dropped.clone());
        let writer = thread::Builder::new()
            .name("decision-log".into())
            .spawn(move || {
                writer::write_all(&lanes, sink, &lost);
                // Nobody may be waiting.
                let _ = done.send(());
            })
            .map_err(Error::Thread)?;
        Ok(Self(Some(Arc::new(Open {
            manner: Manner::new(settings.format),
            denied_only: settings.decisions == Decisions::Denied,
            capacity,
            hall,
            writer: writer.thread().clone(),
            dropped,
            written: Mutex::new(Some(written)),
        }))))
    }

    /// A way in for one worker; nothing when decisions are not recorded.
    pub fn writer(&self) -> Option<LogWriter> {
        self.0.as_ref().map(|open| LogWriter {
            open: Arc::clone(open),
            lane: open.hall.open(open.manner, open.capacity),
        })
    }

    /// Has everything written that was handed over so far, and ends the writer. Waits at most two
    /// seconds. Records that come later are lost and counted.
    pub fn close(&self) {
        if let Some(open) = &self.0 {
            open.close();
        }
    }
}

impl LogWriter {
    /// Begins to spell a request out for its record, with the room that an earlier one left.
    pub fn request(&self, room: Vec<u8>, method: &Method) -> RequestFields {
        RequestFields::begin(self.open.manner.format, room, method)
    }

    /// Hands a record to the writer. Never waits for the output: when too much waits already, the
    /// record is lost and counted.
    pub fn write(&self, record: &Record<'_>) {
        let open = &*self.open;
        if open.denied_only && record.outcome == Outcome::Allow {
            return;
        }
        match self.lane.hand_over(record) {
            Handed::Over => {}
            Handed::OverUnwatched => open.writer.unpark(),
            Handed::Lost => open.dropped.inc(),
        }
    }
}

impl Open {
    fn close(&self) {
        self.hall.close();
        self.writer.unpark();
        let written = self.written.lock().map(|mut written| written.take());
        if let Ok(Some(written)) = written {
            // Either the writer is done, or it was given its time.
            let _ = written.recv_timeout(CLOSE);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open")
            .field("manner", &self.manner)
            .field("denied_only", &self.denied_only)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
