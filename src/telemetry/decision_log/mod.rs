//! The decision log: one record per request, written by a thread of its own.

use std::fmt;
use std::io::Write;
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::{Counter, Decisions, Error, LogFormat, LogSettings, Outcome, Record, Registry};

/// How many records may wait for the writer.
const CAPACITY: usize = 8192;
/// How long the writer lets records gather. While it sleeps, sending one wakes nobody.
const GATHER: Duration = Duration::from_millis(5);
/// The size at which a batch is written though more records wait, in bytes.
const BATCH: usize = 256 << 10;
/// How long [`DecisionLog::close`] waits for a sink that does not take what is written.
const CLOSE: Duration = Duration::from_secs(2);

/// Where decisions are recorded. Clones write to the same place.
#[derive(Debug, Clone)]
pub struct DecisionLog(Option<Arc<Open>>);

struct Open {
    format: LogFormat,
    denied_only: bool,
    sender: SyncSender<Message>,
    dropped: Counter,
    written: Mutex<Receiver<()>>,
}

enum Message {
    Line(String),
    Close,
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
        let (sender, lines) = mpsc::sync_channel(capacity);
        let (done, written) = mpsc::channel();
        let lost = dropped.clone();
        thread::Builder::new()
            .name("decision-log".into())
            .spawn(move || {
                write_all(&lines, sink, &lost);
                // Nobody may be waiting.
                let _ = done.send(());
            })
            .map_err(Error::Thread)?;
        Ok(Self(Some(Arc::new(Open {
            format: settings.format,
            denied_only: settings.decisions == Decisions::Denied,
            sender,
            dropped,
            written: Mutex::new(written),
        }))))
    }

    /// Hands a record to the writer. Never waits: when too many records wait already, this one is
    /// lost and counted.
    pub fn write(&self, record: &Record<'_>) {
        let Some(open) = &self.0 else { return };
        if open.denied_only && record.outcome == Outcome::Allow {
            return;
        }
        let line = record.line(open.format);
        if open.sender.try_send(Message::Line(line)).is_err() {
            open.dropped.inc();
        }
    }

    /// Whether records go anywhere, for those who would gather facts only for them.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Has everything written that was handed over so far, and ends the writer. Waits at most two
    /// seconds. Records that come later are lost and counted.
    pub fn close(&self) {
        if let Some(open) = &self.0 {
            open.close();
        }
    }
}

impl Open {
    fn close(&self) {
        let deadline = Instant::now() + CLOSE;
        while let Err(TrySendError::Full(_)) = self.sender.try_send(Message::Close) {
            if Instant::now() >= deadline {
                return;
            }
            thread::sleep(GATHER);
        }
        if let Ok(written) = self.written.lock() {
            // Either the writer is done, or it was given its time.
            let _ = written.recv_timeout(deadline.saturating_duration_since(Instant::now()));
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
            .field("format", &self.format)
            .field("denied_only", &self.denied_only)
            .finish_non_exhaustive()
    }
}

/// The writer: waits for a first line, lets more gather, writes them as one.
fn write_all(lines: &Receiver<Message>, mut sink: Box<dyn Write + Send>, lost: &Counter) {
    let mut batch = String::new();
    let mut open = true;
    while open {
        let Ok(Message::Line(first)) = lines.recv() else {
            break;
        };
        batch.push_str(&first);
        let mut count = 1;
        thread::sleep(GATHER);
        while batch.len() < BATCH {
            match lines.try_recv() {
                Ok(Message::Line(line)) => batch.push_str(&line),
                Ok(Message::Close) => {
                    open = false;
                    break;
                }
                Err(_) => break,
            }
            count += 1;
        }
        let done = sink.write_all(batch.as_bytes()).and_then(|()| sink.flush());
        if done.is_err() {
            lost.inc_by(count);
        }
        batch.clear();
        batch.shrink_to(BATCH);
    }
}

#[cfg(test)]
mod tests;
