//! A blocking HTTP/1.1 client that sends exactly what a test says.

use std::io::{self, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;
use socket2::{Domain, Socket, Type};

use super::wire::{self, Fields, Framing, Message};

/// A request in the making.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    address: SocketAddr,
    method: String,
    target: String,
    host: Option<String>,
    headers: Fields,
    body: Option<Vec<u8>>,
    trailers: Option<Fields>,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) message: Message,
    /// The statuses of the interim answers before it.
    pub(crate) interim: Vec<u16>,
}

impl Call {
    /// A request to `address`, with a `Host` and nothing else.
    pub(crate) fn new(address: SocketAddr, method: &str, target: &str) -> Self {
        Self {
            address,
            method: method.to_owned(),
            target: target.to_owned(),
            host: Some(address.to_string()),
            headers: Fields::new(),
            body: None,
            trailers: None,
        }
    }

    /// Adds a header, as spelled.
    #[must_use]
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Presents a token.
    #[must_use]
    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// Asks for another host.
    #[must_use]
    pub(crate) fn host(mut self, host: &str) -> Self {
        self.host = Some(host.to_owned());
        self
    }

    /// Sends content with a `Content-Length`.
    #[must_use]
    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sends the content in chunks, with a trailer after them.
    #[must_use]
    pub(crate) fn trailer(mut self, name: &str, value: &str) -> Self {
        let field = (name.to_owned(), value.to_owned());
        self.trailers.get_or_insert_default().push(field);
        self
    }

    /// Sends it on a connection of its own and reads the answer.
    pub(crate) fn send(self) -> Answer {
        let call = self.header("Connection", "close");
        let mut connection = Connection::open(call.address);
        connection.send(&call)
    }

    /// The bytes of the request.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        let host = self.host.iter().map(|host| ("Host", host.as_str()));
        let named = self.headers.iter().map(|(n, v)| (n.as_str(), v.as_str()));
        for (name, value) in host.chain(named) {
            out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        let body = self.body.as_deref().unwrap_or_default();
        match &self.trailers {
            Some(trailers) => push_chunked(&mut out, body, trailers),
            None if self.body.is_some() => {
                out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
                out.extend_from_slice(body);
            }
            None => out.extend_from_slice(b"\r\n"),
        }
        out
    }
}

fn push_chunked(out: &mut Vec<u8>, body: &[u8], trailers: &Fields) {
    out.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
    if !body.is_empty() {
        wire::write_chunk(out, body).unwrap();
    }
    out.extend_from_slice(b"0\r\n");
    for (name, value) in trailers {
        out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

impl Answer {
    /// The one value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        wire::values(&self.message.headers, name).first().copied()
    }

    /// The content as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.message.body.bytes).into_owned()
    }

    /// The content as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.message.body.bytes)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The reason code that a refusal's body names.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Status and reason code of a refusal, `(200, "")` and the like of anything else.
    pub(crate) fn outcome(&self) -> (u16, String) {
        let problem = self.header("content-type") == Some("application/problem+json");
        let code = if problem { self.code() } else { String::new() };
        (self.status, code)
    }

    /// Fails the test unless the request was refused in this way.
    #[track_caller]
    pub(crate) fn assert_refused(&self, status: u16, code: &str) {
        assert_eq!(self.outcome(), (status, code.to_owned()), "{}", self.text());
    }

    /// Fails the test unless the request was let through.
    #[track_caller]
    pub(crate) fn assert_passed(&self) {
        assert_eq!(self.status, 200, "{}", self.text());
    }
}

/// One connection, kept open between requests.
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    input: BufReader<TcpStream>,
}

impl Connection {
    /// Connects.
    pub(crate) fn open(address: SocketAddr) -> Self {
        Self::try_open(address).unwrap()
    }

    /// Connects, if anybody listens.
    pub(crate) fn try_open(address: SocketAddr) -> io::Result<Self> {
        Self::around(TcpStream::connect(address)?)
    }

    fn around(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let input = BufReader::new(stream.try_clone().unwrap());
        Ok(Self { stream, input })
    }

    /// Connects from another address of this machine.
    pub(crate) fn open_from(source: IpAddr, address: SocketAddr) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::new(source, 0).into()).unwrap();
        socket.connect(&address.into()).unwrap();
        Self::around(socket.into()).unwrap()
    }

    /// Sends a request and reads its answer.
    pub(crate) fn send(&mut self, call: &Call) -> Answer {
        self.write(&call.bytes());
        self.read(&call.method)
    }

    /// Sends a request and reads its answer, if there is one.
    pub(crate) fn try_send(&mut self, call: &Call) -> Option<Answer> {
        self.write(&call.bytes());
        self.try_read(&call.method)
    }

    /// Sends bytes; the peer may have gone away already.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        // Who refuses early may close early: what counts is the answer.
        let _ = self.stream.write_all(bytes);
    }

    /// Reads an answer to a request with this method.
    pub(crate) fn read(&mut self, method: &str) -> Answer {
        self.try_read(method)
            .unwrap_or_else(|| panic!("the connection ended without an answer to {method}"))
    }

    /// Reads an answer, or `None` when the connection ended before one.
    pub(crate) fn try_read(&mut self, method: &str) -> Option<Answer> {
        let (start, headers, interim) = self.read_heads()?;
        let status = status_of(&start);
        let empty = method == "HEAD" || matches!(status, 101 | 204 | 304);
        let framing = match empty {
            true => Framing::None,
            false => wire::framing(&headers, Framing::UntilClose),
        };
        let (body, trailers) = wire::read_body(&mut self.input, framing, |_| {}).ok()?;
        let message = Message {
            headers,
            body,
            trailers,
        };
        Some(Answer {
            status,
            message,
            interim,
        })
    }

    /// Reads only the head of an answer, after any interim ones.
    pub(crate) fn read_heads(&mut self) -> Option<(String, Fields, Vec<u16>)> {
        let mut interim = Vec::new();
        loop {
            let (start, headers) = wire::read_head(&mut self.input).ok()??;
            match status_of(&start) {
                status @ (100 | 102 | 103) => interim.push(status),
                _ => return Some((start, headers, interim)),
            }
        }
    }

    /// Reads some bytes as soon as there are any; none when the peer closed.
    pub(crate) fn read_some(&mut self) -> Vec<u8> {
        let mut piece = [0; 8192];
        let length = self.input.read(&mut piece).unwrap_or(0);
        piece[..length].to_vec()
    }

    /// Reads and drops content, and says how long it was.
    pub(crate) fn drain(&mut self, headers: &Fields) -> u64 {
        let framing = wire::framing(headers, Framing::UntilClose);
        let (body, _) = wire::read_body(&mut self.input, framing, |_| {}).unwrap();
        body.length
    }
}

/// Sends bytes on a connection of its own and reads whatever comes until the peer closes.
pub(crate) fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut connection = Connection::open(address);
    connection.write(bytes);
    let mut all = Vec::new();
    // A reset after the answer is as good as a close.
    let _ = connection.input.read_to_end(&mut all);
    String::from_utf8_lossy(&all).into_owned()
}

fn status_of(start: &str) -> u16 {
    let code = start.split(' ').nth(1).unwrap_or_default();
    code.parse()
        .unwrap_or_else(|_| panic!("not a status line: {start}"))
}
