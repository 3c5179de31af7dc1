//! WebSocket callers: a message of 64 bytes there, the same back, as often as it goes (RFC 6455).
//!
//! Every caller shows the key of the RFC's own example, so that its answer is known beforehand.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::arguments::Arguments;
use crate::http1;
use crate::tokens::Tokens;

/// RFC 6455, section 1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// What a server answers to [`KEY`].
pub(crate) const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
/// A message's payload, in bytes.
pub(crate) const PAYLOAD: usize = 64;

/// A caller's message: final, binary, masked with zeros, so that the payload stays as it is.
fn message() -> Vec<u8> {
    let mut frame = vec![0x82, 0x80 | PAYLOAD as u8, 0, 0, 0, 0];
    frame.extend_from_slice(&[b'm'; PAYLOAD]);
    frame
}

fn open(target: SocketAddr, head: &str) -> Result<TcpStream, Failure> {
    let mut stream = TcpStream::connect(target)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(head.as_bytes())?;
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        answer.extend_from_slice(&byte);
    }
    match answer.starts_with(b"HTTP/1.1 101") {
        true => Ok(stream),
        false => Err(String::from_utf8_lossy(&answer).into_owned().into()),
    }
}

fn caller(target: SocketAddr, head: &str, until: Instant) -> Result<u64, Failure> {
    let mut stream = open(target, head)?;
    let message = message();
    let mut answer = [0; PAYLOAD + 2];
    let mut count = 0;
    while Instant::now() < until {
        stream.write_all(&message)?;
        stream.read_exact(&mut answer)?;
        if !answer.ends_with(&[b'm'; PAYLOAD]) {
            return Err("another message came back".into());
        }
        count += 1;
    }
    Ok(count)
}

/// Runs the callers and writes how many messages went there and back.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let target: SocketAddr = arguments.required("target")?;
    let seconds: f64 = arguments.required("seconds")?;
    let connections: usize = arguments.value("connections")?.unwrap_or(32);
    let path = arguments.text("path").unwrap_or("/");
    let host = arguments.text("host").unwrap_or("api.peers.test");
    let mut head = http1::head("GET", path, host);
    Tokens::open(arguments.text("tokens"), 0)?.append(&mut head)?;
    head.push_str("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
    head.push_str(&format!("Sec-WebSocket-Key: {KEY}\r\n\r\n"));
    let start = Instant::now();
    let until = start + Duration::from_secs_f64(seconds);
    let mut total = 0;
    thread::scope(|scope| {
        let head = &head;
        let callers: Vec<_> = (0..connections)
            .map(|_| scope.spawn(move || caller(target, head, until)))
            .collect();
        for caller in callers {
            total += caller.join().map_err(|_| "a caller died")??;
        }
        Ok::<(), Failure>(())
    })?;
    let seconds = start.elapsed().as_secs_f64();
    let line = format!("{{\"requests\":{total},\"seconds\":{seconds:.4}}}");
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}
