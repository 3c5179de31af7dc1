use std::net::SocketAddr;
use std::time::SystemTime;

use bytes::Bytes;
use prost::Message;

use super::super::question::{Body, Question};
use crate::document::{Problems, Read, parse};
use crate::frontend::ext_authz::protobuf::CheckRequest;
use crate::frontend::{Settings, TrustedProxies};
use crate::model::{Denied, Reason, Scheme};

/// A question, as a sender writes it.
#[derive(Clone)]
struct Told {
    source: &'static str,
    scalars: Vec<(u32, Vec<u8>)>,
    raw: bool,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
}

fn text(out: &mut Vec<u8>, tag: u32, text: &[u8]) {
    prost::encoding::encode_key(tag, prost::encoding::WireType::LengthDelimited, out);
    prost::encoding::encode_varint(text.len() as u64, out);
    out.extend_from_slice(text);
}

fn nested(tags: &[u32], inner: Vec<u8>) -> Vec<u8> {
    tags.iter().fold(inner, |inner, tag| {
        let mut out = Vec::new();
        text(&mut out, *tag, &inner);
        out
    })
}

/// A GET of `/a?b=c` by 203.0.113.9.
fn get() -> Told {
    Told {
        source: "203.0.113.9",
        scalars: vec![
            (2, b"GET".to_vec()),
            (4, b"/a?b=c".to_vec()),
            (5, b"app.example.com".to_vec()),
            (6, b"https".to_vec()),
            (10, b"HTTP/1.1".to_vec()),
        ],
        raw: true,
        headers: Vec::new(),
    }
}

impl Told {
    fn with(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        let field = (name.as_ref().to_vec(), value.as_ref().to_vec());
        self.headers.push(field);
        self
    }

    fn saying(mut self, tag: u32, value: impl AsRef<[u8]>) -> Self {
        self.scalars.retain(|(known, _)| *known != tag);
        self.scalars.push((tag, value.as_ref().to_vec()));
        self
    }

    fn from(self, source: &'static str) -> Self {
        Self { source, ..self }
    }

    fn mapped(self) -> Self {
        Self { raw: false, ..self }
    }

    fn bytes(&self) -> Bytes {
        let mut http = Vec::new();
        for (tag, value) in &self.scalars {
            text(&mut http, *tag, value);
        }
        let mut map = Vec::new();
        for (name, value) in &self.headers {
            let mut line = Vec::new();
            text(&mut line, 1, name);
            text(&mut line, if self.raw { 3 } else { 2 }, value);
            text(
                if self.raw { &mut map } else { &mut http },
                if self.raw { 1 } else { 3 },
                &line,
            );
        }
        if self.raw {
            text(&mut http, 13, &map);
        }
        let mut attributes = nested(&[2, 4], http);
        let mut address = Vec::new();
        text(&mut address, 2, self.source.as_bytes());
        prost::encoding::uint32::encode(3, &4711, &mut address);
        attributes.extend(nested(&[1, 1, 1], address));
        // What nobody asks for: extensions of the context.
        text(&mut attributes, 10, b"\x0a\x01k\x12\x01v");
        nested(&[1], attributes).into()
    }

    fn read(&self) -> Result<Question, Denied> {
        let settings = Settings {
            trusted: trusted("cidrs: [127.0.0.1, 10.0.0.0/8]"),
            ..Settings::default()
        };
        let peer: SocketAddr = "127.0.0.1:5000".parse().unwrap();
        let check = CheckRequest::decode(self.bytes()).unwrap();
        Question::read(check, SystemTime::UNIX_EPOCH, peer, &settings)
    }

    fn reason(&self) -> Reason {
        self.read().unwrap_err().reason
    }

    fn body(&self) -> Body {
        self.read().unwrap().body
    }
}

fn trusted(text: &str) -> TrustedProxies {
    let problems = Problems::new();
    let node = parse("sidegate.yaml", text, &|_| None, &problems).unwrap();
    TrustedProxies::read(&node, &problems).unwrap()
}

#[test]
fn request_is_read_as_it_was_asked() {
    for told in [get(), get().mapped()] {
        let question = told.with("x-a", "1").with("x-b", " 2 ").read().unwrap();
        let request = question.request;
        assert_eq!(request.method, "GET");
        assert_eq!(request.scheme, Scheme::Https);
        assert_eq!(request.host.as_str(), "app.example.com");
        assert_eq!(request.path.as_received(), "/a?b=c");
        assert_eq!(request.client.address.to_string(), "203.0.113.9");
        assert_eq!(request.client.peer.to_string(), "127.0.0.1:5000");
        assert_eq!(request.headers.get("x-a"), Some(b"1".as_slice()));
        assert_eq!(request.headers.get("x-b"), Some(b"2".as_slice()));
        assert_eq!(
            request.headers.get("host"),
            Some(b"app.example.com".as_slice())
        );
        assert!(question.origin.is_proxied());
        assert_eq!(question.body, Body::Whole(Bytes::new()));
    }
}

#[test]
fn pseudo_headers_are_no_fields_and_agree() {
    let agreed = get()
        .with(":method", "GET")
        .with(":path", "/a?b=c")
        .with(":authority", "app.example.com")
        .with(":scheme", "https")
        .with(":unheard-of", "x");
    assert_eq!(agreed.read().unwrap().request.headers.len(), 1);
    for (name, reason) in [
        (":method", Reason::RequestInvalid),
        (":path", Reason::PathAmbiguous),
        (":authority", Reason::HostInvalid),
        (":scheme", Reason::ForwardedInvalid),
    ] {
        assert_eq!(get().with(name, "other").reason(), reason, "{name}");
    }
}

#[test]
fn what_is_missing_is_refused() {
    for (tag, reason) in [
        (2, Reason::RequestInvalid),
        (4, Reason::PathAmbiguous),
        (5, Reason::HostInvalid),
        (6, Reason::ForwardedInvalid),
    ] {
        assert_eq!(get().saying(tag, "").reason(), reason, "{tag}");
    }
    let peer = "127.0.0.1:5000".parse().unwrap();
    let empty = CheckRequest::default();
    let read = Question::read(empty, SystemTime::UNIX_EPOCH, peer, &Settings::default());
    assert_eq!(read.unwrap_err().reason, Reason::ForwardedInvalid);
}

#[test]
fn client_without_an_address_is_refused() {
    for source in ["", "/run/envoy.sock", "localhost", "203.0.113"] {
        assert_eq!(
            get().from(source).reason(),
            Reason::ForwardedInvalid,
            "{source}"
        );
    }
}

#[test]
fn forwarded_chain_is_believed_as_far_as_trust_reaches() {
    let client = |told: Told| told.read().unwrap().request.client.address.to_string();
    let liar = get().with("x-forwarded-for", "192.0.2.1, 203.0.113.9");
    assert_eq!(client(liar), "203.0.113.9");
    let balanced = get().from("10.0.0.5").with("x-forwarded-for", "192.0.2.1");
    assert_eq!(client(balanced.clone()), "192.0.2.1");
    let appended = get()
        .from("10.0.0.5")
        .with("x-forwarded-for", "192.0.2.7, 192.0.2.1, 10.0.0.5");
    assert_eq!(client(appended), "192.0.2.1");
    assert_eq!(client(get().from("::ffff:10.0.0.5")), "10.0.0.5");
}

#[test]
fn names_and_values_that_no_field_has_are_refused() {
    for (name, value) in [
        ("", "x"),
        ("a b", "x"),
        ("a:b", "x"),
        ("x-user:", "x"),
        ("a\r\nb", "x"),
        ("a", "x\r\nx-user: root"),
        ("a", "x\0"),
        ("a", "\n"),
        ("\u{e9}", "x"),
    ] {
        let told = get().with(name, value);
        assert_eq!(told.reason(), Reason::RequestInvalid, "{name:?}: {value:?}");
    }
    let many = (0..101).fold(get(), |told, _| told.with("a", "b"));
    assert_eq!(many.reason(), Reason::RequestInvalid);
}

#[test]
fn bytes_that_are_no_text_stay_as_they_are() {
    let question = get().with("X-Name", b"\xe9\xff").read().unwrap();
    assert_eq!(
        question.request.headers.get("x-name"),
        Some(b"\xe9\xff".as_slice())
    );
}

#[test]
fn ambiguous_targets_are_refused() {
    for path in [
        "a",
        "*",
        "http://other/a",
        "/a#b",
        "/a/../b",
        "/a b",
        "/%zz",
        "/a\\b",
        "/a\0",
    ] {
        assert_eq!(
            get().saying(4, path).reason(),
            Reason::PathAmbiguous,
            "{path:?}"
        );
    }
    assert_eq!(get().saying(2, "CONNECT").reason(), Reason::RequestInvalid);
    assert_eq!(get().saying(2, "G T").reason(), Reason::RequestInvalid);
    assert_eq!(get().saying(6, "ftp").reason(), Reason::ForwardedInvalid);
}

#[test]
fn host_has_one_meaning() {
    let question = get()
        .saying(5, "APP.example.com.")
        .with("host", "app.Example.com")
        .read();
    let question = question.unwrap();
    assert_eq!(
        question.request.headers.get("host"),
        Some(b"app.example.com".as_slice())
    );
    assert_eq!(question.authority, "APP.example.com.");
    assert_eq!(
        get().with("host", "other.example.com").reason(),
        Reason::HostInvalid
    );
    assert_eq!(get().saying(5, "user@app").reason(), Reason::HostInvalid);
}

fn post() -> Told {
    get().saying(2, "POST")
}

#[test]
fn body_is_what_was_sent_if_all_of_it_was() {
    let whole = |text: &'static str| Body::Whole(Bytes::from_static(text.as_bytes()));
    let partial = "x-envoy-auth-partial-body";
    assert_eq!(
        post().saying(12, "abc").with(partial, "false").body(),
        whole("abc")
    );
    assert_eq!(
        post().saying(11, "abc").with(partial, "false").body(),
        whole("abc")
    );
    let both = post()
        .saying(11, "abc")
        .saying(12, "xyz")
        .with(partial, "false");
    assert_eq!(both.body(), whole("xyz"));
    assert_eq!(post().with(partial, "false").body(), whole(""));
    let read = post().with(partial, "false").read().unwrap();
    assert!(!read.request.headers.contains(partial));
    let exact = post().saying(12, "abc").with("content-length", "3");
    assert_eq!(exact.body(), whole("abc"));
}

#[test]
fn part_of_a_body_is_no_body() {
    let partial = "X-Envoy-Auth-Partial-Body";
    let body = post().saying(12, "abc");
    assert_eq!(body.clone().with(partial, "true").body(), Body::Cut);
    assert_eq!(
        body.clone()
            .with(partial, "false")
            .with(partial, "true")
            .body(),
        Body::Cut
    );
    assert_eq!(
        body.clone()
            .with(partial, "true")
            .with(partial, "false")
            .body(),
        Body::Cut
    );
    assert_eq!(body.clone().with(partial, "maybe").body(), Body::Cut);
    assert_eq!(body.clone().with("content-length", "4").body(), Body::Cut);
    for length in ["x", "-3", "+3", "", "99999999999999999999"] {
        let told = body.clone().with("content-length", length);
        assert_eq!(told.reason(), Reason::RequestInvalid, "{length}");
    }
    let twice = body.with("content-length", "3").with("content-length", "3");
    assert_eq!(twice.reason(), Reason::RequestInvalid);
}

#[test]
fn body_that_may_be_somewhere_is_not_taken_for_none() {
    assert_eq!(post().with("content-length", "3").body(), Body::Unsent);
    assert_eq!(
        post().with("transfer-encoding", "chunked").body(),
        Body::Unsent
    );
    assert_eq!(post().saying(10, "HTTP/2").body(), Body::Unsent);
    assert_eq!(post().body(), Body::Whole(Bytes::new()));
    assert_eq!(get().saying(10, "HTTP/2").body(), Body::Whole(Bytes::new()));
    let none = post().saying(10, "HTTP/2").with("content-length", "0");
    assert_eq!(none.body(), Body::Whole(Bytes::new()));
}

#[test]
fn question_shows_no_values() {
    let question = get().with("authorization", "Bearer secret").read().unwrap();
    assert!(!format!("{question:?}").contains("secret"));
}
