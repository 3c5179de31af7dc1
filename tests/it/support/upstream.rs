//! The app behind the gate: records every request it sees and answers by path.
//!
//! It speaks HTTP/1.1 over plain threads, so that what is recorded is what was on the wire, in order
//! and spelling. The path's first segment chooses the behaviour, see [`answer`].

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

use super::wire::{self, Fields, Framing, Message};

/// A recording upstream; it lives until the test process ends.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
    abandoned: AtomicUsize,
}

/// A request that reached the upstream.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) message: Message,
    /// The number of the connection it came on, from one.
    pub(crate) connection: usize,
}

impl Seen {
    /// The one value of a header; the test fails when there are several.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let values = wire::values(&self.message.headers, name);
        assert!(values.len() <= 1, "`{name}` is there twice: {values:?}");
        values.first().copied()
    }

    /// Names of all headers and trailers, in lower case with `_` and `.` folded to `-`.
    pub(crate) fn folded_names(&self) -> Vec<String> {
        let all = self.message.headers.iter().chain(&self.message.trailers);
        let fold = |name: &str| name.to_ascii_lowercase().replace(['_', '.'], "-");
        all.map(|(name, _)| fold(name)).collect()
    }
}

impl Upstream {
    /// Starts one on a free port.
    pub(crate) fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    /// Starts one on a socket that is bound already.
    pub(crate) fn on(listener: TcpListener) -> Self {
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        thread::spawn(move || accept(&listener, &shared));
        Self { address, state }
    }

    /// What `--upstream` takes.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that reached it so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    /// The last request that reached it.
    pub(crate) fn last(&self) -> Seen {
        self.seen().pop().expect("nothing reached the upstream")
    }

    /// Requests that reached it so far.
    pub(crate) fn count(&self) -> usize {
        self.state.seen.lock().unwrap().len()
    }

    /// Forgets what it saw.
    pub(crate) fn forget(&self) {
        self.state.seen.lock().unwrap().clear();
    }

    /// Requests to `/hang` whose sender gave up so far.
    pub(crate) fn abandoned(&self) -> usize {
        self.state.abandoned.load(Ordering::SeqCst)
    }

    /// Connections opened to it so far.
    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }
}

fn accept(listener: &TcpListener, state: &Arc<State>) {
    for stream in listener.incoming().flatten() {
        let number = state.connections.fetch_add(1, Ordering::SeqCst) + 1;
        let state = Arc::clone(state);
        // A connection that breaks is the peer's affair.
        thread::spawn(move || converse(&stream, &state, number));
    }
}

fn converse(stream: &TcpStream, state: &State, connection: usize) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut input = BufReader::new(stream.try_clone()?);
    let mut output = stream.try_clone()?;
    let mut turn = 0;
    while let Some((start, headers)) = wire::read_head(&mut input)? {
        turn += 1;
        let mut parts = start.split(' ').map(str::to_owned);
        let method = parts.next().unwrap_or_default();
        let target = parts.next().unwrap_or_default();
        agree_to_continue(&mut output, &headers, &target)?;
        let framing = wire::framing(&headers, Framing::None);
        let (body, trailers) = wire::read_body(&mut input, framing, |_| {})?;
        let message = Message {
            headers,
            body,
            trailers,
        };
        let seen = Seen {
            method,
            target,
            message,
            connection,
        };
        state.seen.lock().unwrap().push(seen.clone());
        if !answer(state, &seen, turn, &mut input, &mut output)? {
            break;
        }
    }
    stream.shutdown(std::net::Shutdown::Both)
}

fn agree_to_continue(output: &mut impl Write, headers: &Fields, target: &str) -> io::Result<()> {
    if !wire::values(headers, "expect").is_empty() && !target.starts_with("/refuse") {
        output.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    Ok(())
}

/// Answers by path and says whether the connection stays open.
fn answer(
    state: &State,
    seen: &Seen,
    turn: usize,
    input: &mut impl BufRead,
    output: &mut impl Write,
) -> io::Result<bool> {
    let path = seen.target.split('?').next().unwrap_or_default();
    let mut steps = path.trim_start_matches('/').split('/');
    match steps.next().unwrap_or_default() {
        "hang" => hang(state, input),
        "stall" => stall(input, output),
        "close" => Ok(false),
        "die-on-reuse" if turn > 1 => Ok(false),
        "half" => {
            respond(output, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").map(|()| false)
        }
        "garbage" => respond(output, "this is not HTTP\r\n\r\n").map(|()| false),
        "last" => respond(output, &plain("200 OK", "Connection: close\r\n", "ok")).map(|()| false),
        "slow" => {
            thread::sleep(Duration::from_millis(1500));
            respond(output, &plain("200 OK", "", "slow but sure")).map(|()| true)
        }
        "status" => status(output, steps.next().unwrap_or("200")).map(|()| true),
        "early" => early(output).map(|()| true),
        "events" => events(output).map(|()| true),
        "trailers" => trailers(output).map(|()| true),
        "echo" => echo(output, seen).map(|()| true),
        "head" => respond(output, "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n").map(|()| true),
        "large" => large(output, steps.next().unwrap_or("1")).map(|()| true),
        "upgrade" => upgrade(seen, input, output).map(|()| false),
        "hops" => respond(output, &hops()).map(|()| true),
        _ => respond(
            output,
            &plain(
                "200 OK",
                "Content-Type: text/plain\r\n",
                "from the upstream",
            ),
        )
        .map(|()| true),
    }
}

fn respond(output: &mut impl Write, text: &str) -> io::Result<()> {
    output.write_all(text.as_bytes())
}

fn plain(status: &str, extra: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{extra}Content-Length: {length}\r\n\r\n{body}")
}

/// An answer with fields that belong to one hop, and one that does not.
fn hops() -> String {
    let extra = "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n\
                 Proxy-Authenticate: Basic\r\nX-End: 1\r\n";
    plain("200 OK", extra, "ok")
}

/// Never answers; ends when the peer gives up.
fn hang(state: &State, input: &mut impl BufRead) -> io::Result<bool> {
    let ended = input.fill_buf().map(|_| false);
    state.abandoned.fetch_add(1, Ordering::SeqCst);
    ended
}

/// Begins to answer and never goes on.
fn stall(input: &mut impl BufRead, output: &mut impl Write) -> io::Result<bool> {
    respond(
        output,
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nstalled",
    )?;
    input.fill_buf()?;
    Ok(false)
}

fn status(output: &mut impl Write, code: &str) -> io::Result<()> {
    match code {
        "204" | "304" => respond(
            output,
            &format!("HTTP/1.1 {code} Fine\r\nETag: \"a\"\r\n\r\n"),
        ),
        _ => respond(output, &plain(&format!("{code} Status"), "", "body")),
    }
}

fn early(output: &mut impl Write) -> io::Result<()> {
    respond(output, "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")?;
    respond(output, &plain("200 OK", "", "ok"))
}

/// Two events, a second and a half between them.
fn events(output: &mut impl Write) -> io::Result<()> {
    respond(
        output,
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
    )?;
    wire::write_chunk(output, b"data: one\n\n")?;
    thread::sleep(Duration::from_millis(1500));
    wire::write_chunk(output, b"data: two\n\n")?;
    respond(output, "0\r\n\r\n")
}

fn trailers(output: &mut impl Write) -> io::Result<()> {
    respond(
        output,
        "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n",
    )?;
    wire::write_chunk(output, b"body")?;
    respond(output, "0\r\nX-Sum: 42\r\n\r\n")
}

fn echo(output: &mut impl Write, seen: &Seen) -> io::Result<()> {
    let body = &seen.message.body.bytes;
    write!(
        output,
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )?;
    output.write_all(body)
}

/// So many mebibytes.
fn large(output: &mut impl Write, mebibytes: &str) -> io::Result<()> {
    let count: usize = mebibytes.parse().unwrap_or(1);
    let piece = vec![b'x'; 1 << 20];
    write!(
        output,
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
        count << 20
    )?;
    (0..count).try_for_each(|_| output.write_all(&piece))
}

/// What a WebSocket server says to a key (RFC 6455 section 4.2.2).
fn accept_key(key: &str) -> String {
    let digest = Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
    format!("Sec-WebSocket-Accept: {}\r\n", STANDARD.encode(digest))
}

/// Switches protocols when asked to, then sends every byte back.
fn upgrade(seen: &Seen, input: &mut impl BufRead, output: &mut impl Write) -> io::Result<()> {
    let Some(protocol) = seen.header("upgrade") else {
        return respond(
            output,
            &plain("426 Upgrade Required", "", "upgrade, please"),
        );
    };
    let accept = seen.header("sec-websocket-key").map(accept_key);
    write!(
        output,
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n{}\r\n",
        accept.unwrap_or_default()
    )?;
    loop {
        let bytes = input.fill_buf()?.to_vec();
        if bytes.is_empty() {
            return Ok(());
        }
        output.write_all(&bytes)?;
        input.consume(bytes.len());
    }
}
