//! HTTP/1.1 messages as they are on the wire, without a library between the test and the bytes.

use std::io::{self, BufRead, Write};

/// Header or trailer fields, in order and in the spelling received.
pub(crate) type Fields = Vec<(String, String)>;

/// A message below its first line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Message {
    pub(crate) headers: Fields,
    pub(crate) body: Body,
    pub(crate) trailers: Fields,
}

/// Content: all of its length, but only the first mebibyte of its bytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    pub(crate) length: u64,
}

/// What stands between a head and the next message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    None,
    Length(u64),
    Chunked,
    UntilClose,
}

const KEPT: usize = 1 << 20;

impl Body {
    fn push(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        let room = KEPT.saturating_sub(self.bytes.len()).min(bytes.len());
        self.bytes.extend_from_slice(&bytes[..room]);
    }
}

/// All values of a field, in order.
pub(crate) fn values<'f>(fields: &'f Fields, name: &str) -> Vec<&'f str> {
    let same = |(field, _): &&(String, String)| field.eq_ignore_ascii_case(name);
    let value = |(_, value): &'f (String, String)| value.as_str();
    fields.iter().filter(same).map(value).collect()
}

/// Reads a first line and the fields below it; `None` when the peer closed before the first byte.
pub(crate) fn read_head(input: &mut impl BufRead) -> io::Result<Option<(String, Fields)>> {
    let Some(start) = read_line(input)? else {
        return Ok(None);
    };
    Ok(Some((start, read_fields(input)?)))
}

/// Reads fields up to the empty line.
pub(crate) fn read_fields(input: &mut impl BufRead) -> io::Result<Fields> {
    let mut fields = Fields::new();
    loop {
        let line = read_line(input)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        if line.is_empty() {
            return Ok(fields);
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        fields.push((name.to_owned(), value.trim().to_owned()));
    }
}

fn read_line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if input.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    while matches!(line.last(), Some(b'\r' | b'\n')) {
        line.pop();
    }
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}

/// The framing that `headers` announce, or `otherwise`.
pub(crate) fn framing(headers: &Fields, otherwise: Framing) -> Framing {
    if !values(headers, "transfer-encoding").is_empty() {
        return Framing::Chunked;
    }
    match values(headers, "content-length").first() {
        Some(length) => Framing::Length(length.parse().unwrap()),
        None => otherwise,
    }
}

/// Reads content and trailers, showing every piece to `each` as it arrives.
pub(crate) fn read_body(
    input: &mut impl BufRead,
    framing: Framing,
    mut each: impl FnMut(&[u8]),
) -> io::Result<(Body, Fields)> {
    let mut body = Body::default();
    let mut take = |bytes: &[u8]| {
        body.push(bytes);
        each(bytes);
    };
    let trailers = match framing {
        Framing::None => Fields::new(),
        Framing::Length(length) => read_exactly(input, length, &mut take)?,
        Framing::UntilClose => read_rest(input, &mut take)?,
        Framing::Chunked => read_chunks(input, &mut take)?,
    };
    Ok((body, trailers))
}

fn read_exactly(
    input: &mut impl BufRead,
    mut left: u64,
    take: &mut impl FnMut(&[u8]),
) -> io::Result<Fields> {
    while left > 0 {
        let piece = input.fill_buf()?;
        if piece.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let length = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        take(&piece[..length]);
        input.consume(length);
        left -= length as u64;
    }
    Ok(Fields::new())
}

fn read_rest(input: &mut impl BufRead, take: &mut impl FnMut(&[u8])) -> io::Result<Fields> {
    let mut piece = [0; 8192];
    loop {
        match input.read(&mut piece)? {
            0 => return Ok(Fields::new()),
            length => take(&piece[..length]),
        }
    }
}

fn read_chunks(input: &mut impl BufRead, take: &mut impl FnMut(&[u8])) -> io::Result<Fields> {
    loop {
        let size = read_line(input)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| io::ErrorKind::InvalidData)?;
        if size == 0 {
            return read_fields(input);
        }
        read_exactly(input, size, take)?;
        read_line(input)?;
    }
}

/// Writes one chunk at once.
pub(crate) fn write_chunk(output: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    write!(output, "{:x}\r\n", bytes.len())?;
    output.write_all(bytes)?;
    output.write_all(b"\r\n")?;
    output.flush()
}
