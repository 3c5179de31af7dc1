//! The decision log: one record per request, written by a thread of its own.
//!
//! Each worker appends its records to a lane of its own, which the writer empties. What was written can
//! be read back: see [`RecordedDecision`]. Always: handing over never waits for the output; one worker's
//! records keep their order.

mod file;
mod lane;
mod read;
mod redaction;
mod sampler;
mod settings;
mod writer;

use std::fmt;
use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread::{self, Thread};
use std::time::Duration;

use http::Method;

use super::line::{Facts, Manner, RequestFields};
use super::{Counter, Error, LogSettings, Record, Registry};
use file::LogFile;
use lane::{Handed, Lane};
pub use sampler::Sampler;
use writer::Hall;

pub use read::{
    LogLine, LogLines, ReadError, Recorded, RecordedDecision, RecordedRefusal, RecordedShadow,
};
pub use redaction::Redaction;
pub(super) use redaction::{Hidden, Redactable};
pub use settings::{DecisionSettings, Decisions, Rotation, Share};
pub(super) use settings::{FORMATS, read_format};

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
    /// Which of the allowed requests are recorded.
    allowed: Sampler,
}

struct Open {
    manner: Manner,
    redaction: Arc<Redaction>,
    /// The share of the allowed requests that is recorded.
    allowed: Share,
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

    /// Starts the writer, on the file that the settings name or on standard output. Fails when the file
    /// cannot be opened, besides what [`DecisionLog::start`] fails for.
    pub fn open(settings: &LogSettings, registry: &Registry) -> Result<Self, Error> {
        let decisions = &settings.decisions;
        let file = decisions.file.as_ref();
        let sink: Box<dyn Write + Send> = match file.filter(|_| decisions.record != Decisions::Off)
        {
            None => Box::new(io::stdout()),
            Some(path) => match LogFile::open(path, decisions.rotation) {
                Ok(file) => Box::new(file),
                Err(source) => {
                    let path = path.clone();
                    return Err(Error::File { path, source });
                }
            },
        };
        Self::start(settings, sink, registry)
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
        let decisions = &settings.decisions;
        let allowed = match decisions.record {
            Decisions::All => decisions.sample_allowed,
            Decisions::Denied => Share::NONE,
            Decisions::Off => return Ok(Self::off()),
        };
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
            manner: Manner {
                format: settings.format_of_decisions(),
                hidden: decisions.redaction.hidden,
                sample: allowed,
            },
            redaction: Arc::new(decisions.redaction.clone()),
            allowed,
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
            lane: open.hall.open(open.manner, open.capacity),
            allowed: Sampler::new(open.allowed),
            open: Arc::clone(open),
        })
    }

    /// No facts, to be told what the rules of one policy read.
    pub fn facts(&self) -> Facts {
        let open = self.0.as_ref();
        Facts::new(open.map_or_else(Arc::default, |open| Arc::clone(&open.redaction)))
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
        RequestFields::begin(self.open.manner, room, method)
    }

    /// Hands a record to the writer. Never waits for the output: when too much waits already, the
    /// record is lost and counted.
    pub fn write(&self, record: &Record<'_>) {
        if !record.stands_out() && !self.allowed.takes() {
            return;
        }
        match self.lane.hand_over(record) {
            Handed::Over => {}
            Handed::OverUnwatched => self.open.writer.unpark(),
            Handed::Lost => self.open.dropped.inc(),
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
            .field("allowed", &self.allowed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
