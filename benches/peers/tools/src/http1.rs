//! As much HTTP/1.1 as a caller needs that sends small requests and wants to be no cost itself.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The server will not answer again on this connection.
    closes: bool,
}

/// One connection, opened again when the server closes it.
pub(crate) struct Connection {
    target: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
    pub(crate) opened: u64,
}

impl Connection {
    pub(crate) fn new(target: SocketAddr) -> Self {
        Self {
            target,
            stream: None,
            buffer: Vec::with_capacity(1024),
            opened: 0,
        }
    }

    /// Sends one request and reads its whole answer. After a failure the next request opens anew.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        if self.stream.is_none() {
            self.open()?;
        }
        let mut stream = self.stream.take().ok_or(io::ErrorKind::NotConnected)?;
        stream.write_all(request)?;
        self.buffer.clear();
        let answer = self.read(&mut stream)?;
        if !answer.closes {
            self.stream = Some(stream);
        }
        Ok(answer)
    }

    /// Opens the connection ahead of the first request.
    pub(crate) fn open(&mut self) -> io::Result<()> {
        self.opened += 1;
        let stream = TcpStream::connect(self.target)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        self.stream = Some(stream);
        Ok(())
    }

    fn read(&mut self, stream: &mut TcpStream) -> io::Result<Answer> {
        let mut chunk = [0; 16 * 1024];
        loop {
            let count = stream.read(&mut chunk)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.buffer
                .extend_from_slice(chunk.get(..count).unwrap_or_default());
            if let Some(answer) = whole(&self.buffer) {
                return Ok(answer);
            }
        }
    }
}

/// The answer, once all of it is there. Enough for answers with a length or with chunks.
fn whole(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, body) = bytes.split_at_checked(end + 4)?;
    let mut lines = head.split(|byte| *byte == b'\n');
    let status = text(lines.next()?).split(' ').nth(1)?.parse().ok()?;
    let (mut length, mut chunked, mut closes) = (0, false, false);
    for line in lines {
        let Some((name, value)) = text(line).split_once(':') else {
            continue;
        };
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().ok()?;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = true;
        } else if name.eq_ignore_ascii_case("connection") {
            closes = value.eq_ignore_ascii_case("close");
        }
    }
    let complete = match chunked {
        true => body.ends_with(b"0\r\n\r\n"),
        false => body.len() >= length,
    };
    complete.then_some(Answer { status, closes })
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// The request every caller sends, up to where its credential stands.
pub(crate) fn head(method: &str, path: &str, host: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: peers/1.0\r\n\
         Accept: application/json\r\nAccept-Encoding: gzip, deflate\r\n\
         X-Request-Id: 0b1b7c7e-0a52-4b7c-8d55-3f1f1f0c9a10\r\n"
    )
}
