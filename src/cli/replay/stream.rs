//! Logs as a stream of lines, judged by several threads and counted in the order of the lines.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use crate::cli::exit::Failure;
use crate::telemetry::{LogLine, LogLines};

use super::compare::Comparison;
use super::progress::Progress;
use super::tally::Tally;

/// How much of a log a thread is given at once, in bytes.
const CHUNK: u64 = 1 << 20;
/// More than any line of a log has behind the end of a chunk, in bytes.
const LONGEST_LINE: u64 = 4 << 20;

/// A log that is open.
struct Log {
    name: String,
    input: Box<dyn BufRead + Send>,
    /// How long it is, if that is known.
    length: Option<u64>,
}

/// Whole lines of one log.
struct Chunk {
    /// Its place in the order of all chunks.
    index: usize,
    file: usize,
    /// The number of lines before it.
    before: u64,
    bytes: Vec<u8>,
}

/// What came of a chunk.
struct Done {
    index: usize,
    length: usize,
    tally: Result<Tally, String>,
}

/// Reads all logs to their ends. Fails when one cannot be read.
pub(super) fn run(logs: &[PathBuf], comparison: &Comparison<'_>) -> Result<Tally, Failure> {
    let logs: Result<Vec<Log>, Failure> = logs.iter().map(|log| open(log)).collect();
    let logs = logs?;
    let total: Option<u64> = logs.iter().map(|log| log.length).sum();
    let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let names: Vec<String> = logs.iter().map(|log| log.name.clone()).collect();
    thread::scope(|scope| {
        let (chunks, waiting) = sync_channel(workers * 2);
        let (done, results) = channel();
        let broken = done.clone();
        scope.spawn(move || {
            if let Err((index, problem)) = read(logs, &chunks) {
                let failed = Done {
                    index,
                    length: 0,
                    tally: Err(problem),
                };
                // Nobody listens any more when something else failed before.
                let _ = broken.send(failed);
            }
        });
        let waiting = Mutex::new(waiting);
        let waiting = &waiting;
        thread::scope(|inner| {
            for _ in 0..workers {
                let done = done.clone();
                let names = &names;
                inner.spawn(move || work(waiting, names, comparison, &done));
            }
            drop(done);
            collect(&results, comparison, Progress::new(total))
        })
    })
}

fn open(path: &Path) -> Result<Log, Failure> {
    if path == Path::new("-") {
        return Ok(Log {
            name: "-".to_owned(),
            input: Box::new(BufReader::new(io::stdin())),
            length: None,
        });
    }
    let failed =
        |error| Failure::environment(format_args!("cannot read `{}`: {error}", path.display()));
    let file = File::open(path).map_err(failed)?;
    let found = file.metadata().map_err(failed)?;
    Ok(Log {
        name: path.display().to_string(),
        input: Box::new(BufReader::with_capacity(256 << 10, file)),
        length: found.is_file().then_some(found.len()),
    })
}

/// Cuts the logs into chunks. Fails with the place of the chunk that could not be read.
fn read(logs: Vec<Log>, chunks: &SyncSender<Chunk>) -> Result<(), (usize, String)> {
    let mut index = 0;
    for (file, mut log) in logs.into_iter().enumerate() {
        let mut before = 0;
        loop {
            let bytes = next(&mut log.input)
                .map_err(|error| (index, format!("cannot read `{}`: {error}", log.name)))?;
            if bytes.is_empty() {
                break;
            }
            let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
            let chunk = Chunk {
                index,
                file,
                before,
                bytes,
            };
            before += lines;
            index += 1;
            if chunks.send(chunk).is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Some whole lines; nothing at the end. A line without an end is left for whoever reads lines.
fn next(input: &mut dyn BufRead) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(CHUNK as usize + 4096);
    input.take(CHUNK).read_to_end(&mut bytes)?;
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        input.take(LONGEST_LINE).read_until(b'\n', &mut bytes)?;
    }
    Ok(bytes)
}

/// Judges chunks until there are no more.
fn work(
    waiting: &Mutex<Receiver<Chunk>>,
    names: &[String],
    comparison: &Comparison<'_>,
    done: &Sender<Done>,
) {
    loop {
        let chunk = waiting.lock().map(|waiting| waiting.recv());
        let Ok(Ok(chunk)) = chunk else {
            return;
        };
        let tally = judged(&chunk, comparison).map_err(|problem| {
            let name = names.get(chunk.file).map_or("-", String::as_str);
            format!("cannot read `{name}`: {problem}")
        });
        let result = Done {
            index: chunk.index,
            length: chunk.bytes.len(),
            tally,
        };
        if done.send(result).is_err() {
            return;
        }
    }
}

fn judged(chunk: &Chunk, comparison: &Comparison<'_>) -> Result<Tally, String> {
    let mut tally = Tally::default();
    let mut lines = LogLines::new(chunk.bytes.as_slice());
    while let Some(line) = lines.next_line().map_err(|error| error.to_string())? {
        let line = LogLine {
            number: chunk.before + line.number,
            text: line.text,
        };
        comparison.line(chunk.file, line, &mut tally);
    }
    Ok(tally)
}

/// Adds up what came of the chunks, in their order.
fn collect(
    results: &Receiver<Done>,
    comparison: &Comparison<'_>,
    mut progress: Progress,
) -> Result<Tally, Failure> {
    let mut total = Tally::default();
    let mut early = BTreeMap::new();
    let mut next = 0;
    for done in results {
        progress.advance(done.length as u64);
        early.insert(done.index, done.tally);
        while let Some(tally) = early.remove(&next) {
            total.merge(tally.map_err(Failure::environment)?, comparison.examples);
            next += 1;
        }
        progress.show(total.records.records);
    }
    Ok(total)
}
