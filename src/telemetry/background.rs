//! Lines on their way out, written by a thread of their own.
//!
//! Always: whoever logs never waits for the output. A pipe that nobody reads costs lines, not the
//! service; how many is said once the output takes lines again.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::Duration;

use super::Error;

/// How many lines may wait.
const CAPACITY: usize = 8192;
/// How long [`Background::drain`] waits for an output that does not take what is written.
const DRAIN: Duration = Duration::from_secs(1);

/// Where lines are handed over. Clones lead to the same output.
#[derive(Debug, Clone)]
pub(super) struct Background {
    sender: SyncSender<Message>,
    lost: Arc<AtomicU64>,
}

enum Message {
    Line(Box<[u8]>),
    /// Everything that was handed over before this is written once the sender is dropped.
    Mark(#[expect(dead_code, reason = "its end is the news")] mpsc::Sender<()>),
}

impl Background {
    /// Starts the writer. It ends with the last clone.
    pub(super) fn start(sink: Box<dyn Write + Send>) -> Result<Self, Error> {
        let (sender, messages) = mpsc::sync_channel(CAPACITY);
        let lost = Arc::new(AtomicU64::new(0));
        let background = Self {
            sender,
            lost: Arc::clone(&lost),
        };
        thread::Builder::new()
            .name("log".into())
            .spawn(move || write_all(&messages, sink, &lost))
            .map_err(Error::Thread)?;
        Ok(background)
    }

    /// Has written what was handed over so far. Waits at most a second.
    pub(super) fn drain(&self) {
        let (sender, written) = mpsc::channel();
        if self.sender.try_send(Message::Mark(sender)).is_ok() {
            // Either it is written, or the output was given its time.
            let _ = written.recv_timeout(DRAIN);
        }
    }
}

impl Write for &Background {
    /// Takes the whole line, or loses it.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.sender.try_send(Message::Line(line.into())).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_all(messages: &Receiver<Message>, mut sink: Box<dyn Write + Send>, lost: &AtomicU64) {
    for message in messages {
        let Message::Line(line) = message else {
            continue;
        };
        if sink.write_all(&line).and_then(|()| sink.flush()).is_err() {
            lost.fetch_add(1, Ordering::Relaxed);
            continue;
        }
        let lines = lost.swap(0, Ordering::Relaxed);
        if lines > 0 {
            tracing::warn!(lines, "log lines were lost: the output did not take them");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    /// Takes a write when the other end says so.
    struct Stuck(Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn stuck_output_stops_nobody_who_logs() {
        let (release, stuck) = mpsc::channel();
        let background = Background::start(Box::new(Stuck(stuck))).unwrap();
        let started = Instant::now();
        for _ in 0..2 * CAPACITY {
            (&background).write_all(b"line\n").unwrap();
        }
        background.drain();
        assert!(started.elapsed() < Duration::from_secs(30));
        let lost = background.lost.load(Ordering::Relaxed);
        assert!((CAPACITY - 2..=CAPACITY).contains(&usize::try_from(lost).unwrap()));
        drop(release);
    }

    #[test]
    fn drained_lines_are_written() {
        let (mut reader, writer) = io::pipe().unwrap();
        let background = Background::start(Box::new(writer)).unwrap();
        (&background).write_all(b"one\n").unwrap();
        (&background).write_all(b"two\n").unwrap();
        background.drain();
        drop(background);
        let mut text = String::new();
        io::Read::read_to_string(&mut reader, &mut text).unwrap();
        assert_eq!(text, "one\ntwo\n");
    }
}
