//! Credentials from a file, one a line, handed out in order: a million of them need no memory here.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::sync::{Mutex, PoisonError};

use crate::Failure;

/// Where the next credential comes from.
pub(crate) enum Tokens {
    None,
    One(String),
    Many(Mutex<BufReader<File>>),
}

impl Tokens {
    /// Opens the file and leaves out its first `skip` lines.
    pub(crate) fn open(path: Option<&str>, skip: u64) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self::None);
        };
        let mut reader = BufReader::with_capacity(1 << 20, File::open(path)?);
        let mut line = String::new();
        for _ in 0..skip {
            line.clear();
            reader.read_line(&mut line)?;
        }
        let (mut first, mut second) = (String::new(), String::new());
        let start = reader.stream_position()?;
        reader.read_line(&mut first)?;
        reader.read_line(&mut second)?;
        if second.is_empty() && skip == 0 {
            return Ok(Self::One(first.trim_end().to_owned()));
        }
        reader.seek(std::io::SeekFrom::Start(start))?;
        Ok(Self::Many(Mutex::new(reader)))
    }

    /// Appends the next credential; at the end of the file it begins again.
    pub(crate) fn append(&self, request: &mut String) -> Result<(), Failure> {
        match self {
            Self::None => return Ok(()),
            Self::One(token) => {
                request.push_str("Authorization: Bearer ");
                request.push_str(token);
            }
            Self::Many(reader) => {
                request.push_str("Authorization: Bearer ");
                let mut reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
                if reader.read_line(request)? == 0 {
                    reader.rewind()?;
                    reader.read_line(request)?;
                }
                request.truncate(request.trim_end().len());
            }
        }
        request.push_str("\r\n");
        Ok(())
    }
}
