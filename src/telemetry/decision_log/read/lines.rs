//! A log, line by line.

use std::io::{BufRead, Read as _};

use super::{ReadError, RecordedDecision};

/// The longest line that is read, in bytes. Records are far shorter.
const MAX_LINE: u64 = 4 << 20;

/// Reads a log line by line, into one buffer for all of them.
#[derive(Debug)]
pub struct LogLines<R> {
    input: R,
    line: Vec<u8>,
    number: u64,
    bytes: u64,
}

/// One line of a log.
#[derive(Debug, Clone, Copy)]
pub struct LogLine<'l> {
    /// Its number, from one.
    pub number: u64,
    /// What it says, with its line end.
    pub text: &'l [u8],
}

impl<'l> LogLine<'l> {
    /// The record in this line; nothing when it is none, but a line of the process log or an empty one.
    pub fn decision(&self) -> Result<Option<RecordedDecision<'l>>, ReadError> {
        match std::str::from_utf8(self.text) {
            Ok(text) => RecordedDecision::parse(text, self.number),
            Err(_) => Err(ReadError::Malformed {
                line: self.number,
                problem: "not UTF-8".into(),
            }),
        }
    }
}

impl<R: BufRead> LogLines<R> {
    /// Reads what `input` holds.
    pub fn new(input: R) -> Self {
        Self {
            input,
            line: Vec::new(),
            number: 0,
            bytes: 0,
        }
    }

    /// The next line; nothing at the end. Fails when the input does, or when a line has no end: then
    /// there is no use in asking again.
    pub fn next_line(&mut self) -> Result<Option<LogLine<'_>>, ReadError> {
        self.line.clear();
        let mut bounded = (&mut self.input).take(MAX_LINE);
        let length = bounded.read_until(b'\n', &mut self.line)? as u64;
        if length == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.bytes += length;
        if length == MAX_LINE && !self.line.ends_with(b"\n") {
            return Err(ReadError::TooLong { line: self.number });
        }
        Ok(Some(LogLine {
            number: self.number,
            text: &self.line,
        }))
    }

    /// How many bytes were read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}
