//! A front that plays a badly wired nginx: by itself it hands everything to sidegate, byte for byte, and sends on
//! nothing else; each hole adds one branch that a real configuration gets by one wrong or missing line.

use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::support::wire::{self, Fields, Framing};

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hole {
    /// Nothing.
    None,
    /// A location without `auth_request`.
    Open,
    /// An identity header of the caller is taken for proof, where there is no credential.
    Believes,
    /// No `proxy_set_header` for an identity header on public pages.
    Keeps,
    /// `X-Original-URI` is taken from the caller.
    Original,
    /// `error_page` for any error of sidegate leads to the app.
    ErrorPasses,
    /// The same only for when sidegate cannot be reached.
    DownPasses,
    /// What is asked about is `$uri`, what is sent is `$request_uri`.
    AsksAboutAnother,
    /// The webhook's location without `auth_request`.
    OpenHook,
    /// The body is lost on the way to the app.
    LosesBody,
    /// `Authorization` is sent on as it came.
    KeepsCredential,
    /// The identity headers of the answer are not copied.
    LosesIdentity,
    /// A location for `/metrics` leads to the admin listener.
    ShowsAdmin,
}

/// Who stands behind it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Behind {
    /// sidegate, which forwards to the app.
    pub(super) gate: SocketAddr,
    /// sidegate once more, which is only asked: it forwards to somebody who says 200.
    pub(super) decider: SocketAddr,
    pub(super) admin: SocketAddr,
    pub(super) app: SocketAddr,
}

struct Front {
    hole: Hole,
    behind: Behind,
}

/// A request as it came.
struct Came {
    line: String,
    fields: Vec<(String, String)>,
    /// All of its bytes.
    bytes: Vec<u8>,
    body: Vec<u8>,
}

/// Starts one; it lives until the test process ends.
pub(super) fn start(hole: Hole, behind: Behind) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let front = Arc::new(Front { hole, behind });
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let front = Arc::clone(&front);
            // A connection that breaks is the peer's affair.
            thread::spawn(move || front.serve(stream));
        }
    });
    address
}

impl Came {
    fn read(stream: &TcpStream) -> io::Result<Self> {
        let mut input = BufReader::new(stream);
        let (mut bytes, mut byte) = (Vec::new(), [0]);
        while !bytes.ends_with(b"\r\n\r\n") {
            input.read_exact(&mut byte)?;
            bytes.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&bytes).into_owned();
        let mut lines = head.trim_end().split("\r\n");
        let line = lines.next().unwrap_or_default().to_owned();
        let field = |line: &str| {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            (name.to_owned(), value.trim().to_owned())
        };
        let fields: Vec<(String, String)> = lines.map(field).collect();
        let length = fields
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length = length.map_or(0, |(_, length)| length.parse().unwrap());
        let mut body = vec![0; length];
        input.read_exact(&mut body)?;
        bytes.extend_from_slice(&body);
        Ok(Self {
            line,
            fields,
            bytes,
            body,
        })
    }

    fn target(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }

    fn has(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let found = fields.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The same for another target, with a body or without, of the fields those that may stay.
    fn written(&self, target: &str, body: &[u8], keep: impl Fn(&str) -> bool) -> Vec<u8> {
        let method = self.line.split(' ').next().unwrap_or_default();
        let mut out = format!("{method} {target} HTTP/1.1\r\n");
        let fields = self.fields.iter().filter(|(name, _)| keep(name));
        for (name, value) in fields.filter(|(name, _)| !name.eq_ignore_ascii_case("content-length"))
        {
            out += &format!("{name}: {value}\r\n");
        }
        out += &format!("Content-Length: {}\r\n\r\n", body.len());
        let mut out = out.into_bytes();
        out.extend_from_slice(body);
        out
    }
}

/// Whether an app would take this name for one that sidegate sets.
fn is_identity(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['_', '.'], "-");
    name == "x-user" || name == "x-tenant" || name.starts_with("x-sidegate-")
}

impl Front {
    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let came = Came::read(&stream)?;
        let answer = self.answer(&came);
        stream.write_all(&answer)?;
        stream.shutdown(std::net::Shutdown::Both)
    }

    fn answer(&self, came: &Came) -> Vec<u8> {
        let (behind, target) = (&self.behind, came.target());
        let app = || exchanged(behind.app, &came.bytes);
        let api = target.starts_with("/api/");
        match self.hole {
            Hole::Open if api => app(),
            Hole::Believes
                if api
                    && came.has("authorization").is_none()
                    && came.fields.iter().any(|(name, _)| is_identity(name)) =>
            {
                app()
            }
            Hole::Keeps if target == "/public/doctor-probe" => app(),
            Hole::Original
                if came
                    .has("x-original-uri")
                    .is_some_and(|uri| uri.starts_with("/public/")) =>
            {
                app()
            }
            Hole::ErrorPasses => {
                let answer = exchanged(behind.gate, &came.bytes);
                match status(&answer) {
                    200 | 401 | 403 => answer,
                    _ => app(),
                }
            }
            Hole::DownPasses if TcpStream::connect(behind.gate).is_err() => app(),
            Hole::AsksAboutAnother => {
                let asked = came.written(&resolved(target), &came.body, |_| true);
                match status(&exchanged(behind.decider, &asked)) {
                    200 if resolved(target) != target => app(),
                    _ => exchanged(behind.gate, &came.bytes),
                }
            }
            Hole::OpenHook if target.starts_with("/hooks/") => app(),
            Hole::LosesBody if target.starts_with("/hooks/") => {
                self.sent_on(came, |came| came.written(target, b"", |_| true))
            }
            Hole::KeepsCredential if api => self.sent_on(came, |came| {
                let mut own = came.written(target, b"", |name| {
                    !is_identity(name) && name != "Connection"
                });
                let line = own.windows(2).position(|pair| pair == b"\r\n").unwrap() + 2;
                let fields = b"X-User: alice\r\nX-Tenant: acme\r\nConnection: close\r\n";
                own.splice(line..line, fields.iter().copied());
                own
            }),
            Hole::LosesIdentity if api => self.sent_on(came, |came| {
                came.written(target, b"", |name| {
                    !is_identity(name) && !name.eq_ignore_ascii_case("authorization")
                })
            }),
            Hole::ShowsAdmin if target == "/metrics" => exchanged(behind.admin, &came.bytes),
            _ => exchanged(behind.gate, &came.bytes),
        }
    }

    /// Asks, and sends something else on.
    fn sent_on(&self, came: &Came, make: impl Fn(&Came) -> Vec<u8>) -> Vec<u8> {
        let said = exchanged(self.behind.decider, &came.bytes);
        match status(&said) {
            200 => exchanged(self.behind.app, &make(came)),
            _ => said,
        }
    }
}

/// A path as servers resolve it: without empty and dot segments.
fn resolved(target: &str) -> String {
    let (path, query) = target
        .split_once('?')
        .map_or((target, ""), |(path, query)| (path, query));
    let path = path.replace("%2e", ".");
    let mut kept: Vec<&str> = Vec::new();
    for segment in path
        .split('/')
        .filter(|segment| !segment.is_empty() && *segment != ".")
    {
        match segment {
            ".." => drop(kept.pop()),
            other => kept.push(other),
        }
    }
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("?{query}")
    };
    let end = if path.ends_with('/') && !kept.is_empty() {
        "/"
    } else {
        ""
    };
    format!("/{}{end}{query}", kept.join("/"))
}

/// What somebody answers; a refusal when nobody does.
fn exchanged(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let exchange = || -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        // Who refuses early does not read to the end.
        let _ = stream.write_all(bytes);
        let mut input = BufReader::new(stream);
        let (start, fields) = wire::read_head(&mut input)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let framing = match bytes.starts_with(b"HEAD ") {
            true => Framing::None,
            false => wire::framing(&fields, Framing::UntilClose),
        };
        let (body, _) = wire::read_body(&mut input, framing, |_| {})?;
        Ok(written(&start, &fields, &body.bytes))
    };
    match exchange() {
        Ok(answer) if !answer.is_empty() => answer,
        _ => b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(),
    }
}

/// An answer with its length.
fn written(start: &str, fields: &Fields, body: &[u8]) -> Vec<u8> {
    let framing = ["content-length", "transfer-encoding", "connection"];
    let kept = fields.iter().filter(|(name, _)| {
        let mut framing = framing.iter();
        !framing.any(|framing| framing.eq_ignore_ascii_case(name))
    });
    let mut out = format!(
        "{start}\r\nContent-Length: {}\r\nConnection: close\r\n",
        body.len()
    );
    for (name, value) in kept {
        out += &format!("{name}: {value}\r\n");
    }
    out += "\r\n";
    let mut out = out.into_bytes();
    out.extend_from_slice(body);
    out
}

fn status(answer: &[u8]) -> u16 {
    let line = String::from_utf8_lossy(answer.get(..12).unwrap_or_default()).into_owned();
    line.rsplit(' ')
        .next()
        .and_then(|status| status.parse().ok())
        .unwrap_or(0)
}
