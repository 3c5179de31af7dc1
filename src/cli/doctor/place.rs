//! In the app's place: what arrives there is written down and answered.
//!
//! Always: whatever is said there is an arrival, also what is no HTTP; nothing is checked, so that nothing is
//! overlooked.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use crate::http1::{Framing, Piece, Wire};

/// The longest head that is read, in bytes.
const HEAD: usize = 1 << 20;
/// The longest body that is kept, in bytes.
const BODY: usize = 16 << 20;
/// How long a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a body may be waited for.
const BODY_PATIENCE: Duration = Duration::from_secs(2);
/// The name of the field that tells our answers from others.
pub(super) const ANSWERED: &str = "x-doctor-app";

/// A request that arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Arrival {
    /// Its first line, as far as there is one.
    pub(super) line: String,
    /// Names and values as they came.
    pub(super) fields: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// The app's place while doctor stands there.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    arrivals: Rc<RefCell<Vec<Arrival>>>,
    /// What our answers carry.
    nonce: Rc<str>,
}

impl Arrival {
    /// Path and query as they came.
    pub(super) fn target(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }

    /// The values of a field, in their order.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.fields.iter();
        let named = fields.filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }

    /// Whether a text stands anywhere in its head.
    pub(super) fn shows(&self, text: &str) -> bool {
        self.line.contains(text) || self.fields.iter().any(|(_, value)| value.contains(text))
    }

    fn read(head: &[u8]) -> Self {
        let head = String::from_utf8_lossy(head);
        let mut lines = head.split('\n').map(|line| line.trim_end_matches('\r'));
        let line = lines.next().unwrap_or_default().to_owned();
        let field = |line: &str| {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            (name.trim().to_owned(), value.trim().to_owned())
        };
        let fields = lines.filter(|line| !line.is_empty()).map(field);
        Self {
            line,
            fields: fields.collect(),
            body: Vec::new(),
        }
    }

    fn framing(&self) -> Framing {
        if self.values("transfer-encoding").next().is_some() {
            return Framing::Chunked;
        }
        let length = self.values("content-length").next();
        let length = length.and_then(|length| length.parse().ok());
        length.map_or(Framing::NONE, Framing::Length)
    }
}

impl Place {
    /// A place whose answers carry this text.
    pub(super) fn new(nonce: &str) -> Self {
        Self {
            arrivals: Rc::default(),
            nonce: nonce.into(),
        }
    }

    /// Takes what has arrived so far.
    pub(super) fn take(&self) -> Vec<Arrival> {
        self.arrivals.take()
    }

    /// Answers whoever connects, for as long as this is waited for.
    pub(super) async fn serve(self, listener: TcpListener) {
        loop {
            // A connection that died before it was accepted brought nothing.
            let Ok((stream, _)) = listener.accept().await else {
                continue;
            };
            let place = self.clone();
            tokio::task::spawn_local(async move {
                let _ = tokio::time::timeout(PATIENCE, place.converse(stream)).await;
            });
        }
    }

    /// One request for each connection: fronts open another.
    async fn converse(self, stream: TcpStream) {
        let mut wire = Wire::new(stream);
        let head = read_head(&mut wire).await;
        if head.is_empty() {
            return;
        }
        let mut arrival = Arrival::read(&head);
        if arrival.values("expect").next().is_some() {
            write(&mut wire, b"HTTP/1.1 100 Continue\r\n\r\n").await;
        }
        wire.expect(arrival.framing());
        // A body that was announced and does not come is one that was not sent on.
        let _ = tokio::time::timeout(BODY_PATIENCE, read_body(&mut wire, &mut arrival)).await;
        let answer = self.answer(&arrival);
        self.arrivals.borrow_mut().push(arrival);
        write(&mut wire, answer.as_bytes()).await;
        let _ = poll_fn(|cx| wire.poll_shutdown(cx)).await;
    }

    fn answer(&self, arrival: &Arrival) -> String {
        let body = "sidegate doctor stands here for the app\n";
        let shown = match arrival.line.starts_with("HEAD ") {
            true => "",
            false => body,
        };
        let (nonce, length) = (&self.nonce, body.len());
        format!(
            "HTTP/1.1 200 OK\r\n{ANSWERED}: {nonce}\r\nContent-Type: text/plain\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{shown}"
        )
    }
}

/// The bytes up to the empty line; what there is of them when the connection ends before it.
async fn read_head(wire: &mut Wire<TcpStream>) -> Vec<u8> {
    loop {
        let input = wire.input();
        if let Some(end) = memchr::memmem::find(input, b"\r\n\r\n") {
            return input.split_to(end + 4).to_vec();
        }
        let ended =
            input.len() > HEAD || matches!(poll_fn(|cx| wire.poll_fill(cx)).await, Ok(0) | Err(_));
        if ended {
            return wire.input().split().to_vec();
        }
    }
}

async fn read_body(wire: &mut Wire<TcpStream>, arrival: &mut Arrival) {
    while arrival.body.len() < BODY {
        match poll_fn(|cx| wire.poll_body(cx)).await {
            Ok(Piece::Data(data)) => arrival.body.extend_from_slice(&data),
            Ok(Piece::Trailers(fields)) => {
                arrival.fields.extend(fields.iter().map(|(name, value)| {
                    let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                    (name.to_string(), value)
                }));
                return;
            }
            Ok(Piece::End) | Err(_) => return,
        }
    }
}

async fn write(wire: &mut Wire<TcpStream>, bytes: &[u8]) {
    wire.head().extend_from_slice(bytes);
    // Who goes away is not told.
    let _ = poll_fn(|cx| wire.poll_flush(cx)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrival_is_kept_as_it_came() {
        let arrival =
            Arrival::read(b"GET /a?b HTTP/1.1\r\nX_User:  a \r\nx-user: b\r\nodd\r\n\r\n");
        assert_eq!(arrival.target(), "/a?b");
        let fields: Vec<(&str, &str)> = arrival
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(fields, [("X_User", "a"), ("x-user", "b"), ("odd", "")]);
        assert!(arrival.shows("a?b") && !arrival.shows("c"));
    }
}
