//! HTTP/2 and TLS, on both sides of the gate.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::Full;
use serde_json::json;

use crate::support::gate::Setup;
use crate::support::h2::{self, Certificate};
use crate::support::{Gate, Issuer, Upstream};

const RULES: &str = "identity_headers: { X-User: \"{{ principal.subject }}\" }\n\
                     routes: [ { path: /public/**, public: true }, { path: /** } ]\n";

fn policy(issuer: &Issuer) -> String {
    format!("{}{RULES}", issuer.section())
}

fn get(target: &str) -> http::request::Builder {
    Request::get(format!("http://gate.test{target}"))
}

fn empty(builder: http::request::Builder) -> Request<Full<Bytes>> {
    builder.body(Full::new(Bytes::new())).unwrap()
}

/// RFC 9113 section 3.3.
#[test]
fn http2_by_prior_knowledge_is_judged_and_forwarded() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let gate = Gate::start(&policy(&issuer), &upstream);
    let refused = h2::send(gate.address, empty(get("/a")));
    assert_eq!(refused.status, 401);
    let token = issuer.token(&json!({}));
    let call = get("/a?b")
        .header("authorization", format!("Bearer {token}"))
        .header("x-user", "mallory");
    let answer = h2::send(gate.address, empty(call));
    assert_eq!(
        (answer.status, &*answer.body),
        (200, &b"from the upstream"[..])
    );
    let seen = upstream.last();
    assert_eq!(seen.target, "/a?b");
    assert_eq!(seen.header("x-user"), Some("alice"));
    assert_eq!(seen.header("host"), Some("gate.test"));
}

/// RFC 9113 section 8.2.3: crumbs of a cookie become one field again.
#[test]
fn cookie_crumbs_are_joined_for_http1() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let gate = Gate::start(&policy(&issuer), &upstream);
    let call = get("/public/a")
        .header("cookie", "a=1")
        .header("cookie", "b=2");
    assert_eq!(h2::send(gate.address, empty(call)).status, 200);
    assert_eq!(upstream.last().header("cookie"), Some("a=1; b=2"));
}

fn grpc_call(token: &str) -> Request<Bytes> {
    Request::post("http://gate.test/pkg.Service/Method")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("authorization", format!("Bearer {token}"))
        .body(Bytes::from_static(b"\0\0\0\0\x02hi"))
        .unwrap()
}

/// A gate whose upstream speaks HTTP/2 without TLS.
fn h2c_gate(issuer: &Issuer, upstream: &h2::Upstream) -> Gate {
    let process = format!(
        "upstreams: {{ default: {{ url: http://{}, protocol: http2 }} }}\n",
        upstream.address
    );
    Setup::policy(&policy(issuer)).process(&process).start()
}

#[test]
fn grpc_passes_with_its_trailers() {
    let (issuer, upstream) = (Issuer::start(), h2::Upstream::start());
    let gate = h2c_gate(&issuer, &upstream);
    let mut trailers = HeaderMap::new();
    trailers.insert("x-checksum", HeaderValue::from_static("7"));
    let call = grpc_call(&issuer.token(&json!({})));
    let answer = h2::send_with_trailers(gate.address, call, trailers);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.trailers.get("grpc-status").unwrap(), "0");
    assert_eq!(&*answer.body, b"\0\0\0\0\x02hi");
    let seen = upstream.seen().pop().unwrap();
    assert_eq!(seen.path, "/pkg.Service/Method");
    assert_eq!(seen.headers.get("te").unwrap(), "trailers");
    assert_eq!(seen.headers.get("x-user").unwrap(), "alice");
    assert_eq!(seen.trailers.get("x-checksum").unwrap(), "7");
    assert_eq!(&*seen.body, b"\0\0\0\0\x02hi");
}

#[test]
fn identity_in_http2_trailers_is_removed() {
    let (issuer, upstream) = (Issuer::start(), h2::Upstream::start());
    let gate = h2c_gate(&issuer, &upstream);
    let mut trailers = HeaderMap::new();
    trailers.insert("x-user", HeaderValue::from_static("mallory"));
    trailers.insert("x_user", HeaderValue::from_static("mallory"));
    h2::send_with_trailers(gate.address, grpc_call(&issuer.token(&json!({}))), trailers);
    let seen = upstream.seen().pop().unwrap();
    assert!(seen.trailers.is_empty(), "{:?}", seen.trailers);
}

#[test]
fn http1_caller_reaches_an_http2_upstream() {
    let (issuer, upstream) = (Issuer::start(), h2::Upstream::start());
    let gate = h2c_gate(&issuer, &upstream);
    let answer = gate.post("/public/echo").body("hello").send();
    assert_eq!((answer.status, answer.text().as_str()), (200, "hello"));
}

/// A gate with a TLS listener and this upstream.
fn tls_gate(certificate: &Certificate, issuer: &Issuer, upstream: &Upstream) -> Gate {
    let process =
        "listeners: [ { address: 127.0.0.1:0, tls: { certificate: tls.crt, key: tls.key } } ]\n";
    Setup::policy(&policy(issuer))
        .file("tls.crt", &certificate.certificate_pem)
        .file("tls.key", &certificate.key_pem)
        .process(process)
        .without_listen()
        .upstream(upstream)
        .start()
}

/// RFC 7301.
#[test]
fn http2_is_agreed_on_over_tls() {
    let certificate = Certificate::fresh();
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let gate = tls_gate(&certificate, &issuer, &upstream);
    let answer = h2::send_tls(
        gate.address,
        &certificate,
        empty(Request::get("https://localhost/public/a")),
    );
    assert_eq!(answer.status, 200);
    assert_eq!(upstream.last().header("x-forwarded-proto"), Some("https"));
}

#[test]
fn http1_over_tls_works_too() {
    let certificate = Certificate::fresh();
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let gate = tls_gate(&certificate, &issuer, &upstream);
    let call = b"GET /public/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = h2::raw_tls(gate.address, &certificate, call);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// RFC 9113 section 8.3.1: a `host` that contradicts `:authority` makes the request ambiguous.
#[test]
fn two_hosts_in_one_http2_request_are_refused() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let gate = Gate::start(&policy(&issuer), &upstream);
    let answer = h2::send(
        gate.address,
        empty(get("/public/a").header("host", "other.test")),
    );
    assert_eq!(answer.status, 400);
    assert_eq!(upstream.count(), 0);
}

#[test]
fn plain_http_on_a_tls_listener_gets_nothing() {
    let certificate = Certificate::fresh();
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let gate = tls_gate(&certificate, &issuer, &upstream);
    let answer =
        crate::support::client::raw(gate.address, b"GET /public/a HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(!answer.contains("200"), "{answer}");
    assert_eq!(upstream.count(), 0);
}

/// A gate whose upstream speaks HTTP/2 over TLS with a certificate of its own.
fn tls_upstream_gate(issuer: &Issuer, upstream: &h2::Upstream, trusted: &Certificate) -> Gate {
    let process = format!(
        "upstreams: {{ default: {{ url: https://localhost:{}, protocol: http2, ca_file: ca.pem }} }}\n",
        upstream.address.port()
    );
    let setup = Setup::policy(&policy(issuer)).file("ca.pem", &trusted.certificate_pem);
    setup.process(&process).start()
}

#[test]
fn upstream_over_tls_is_reached_by_http2() {
    let certificate = Certificate::fresh();
    let (issuer, upstream) = (Issuer::start(), h2::Upstream::start_tls(&certificate));
    let gate = tls_upstream_gate(&issuer, &upstream, &certificate);
    let answer = gate.post("/public/echo").body("over tls").send();
    assert_eq!((answer.status, answer.text().as_str()), (200, "over tls"));
}

#[test]
fn upstream_with_an_untrusted_certificate_is_unreachable() {
    let upstream = h2::Upstream::start_tls(&Certificate::fresh());
    let gate = tls_upstream_gate(&Issuer::start(), &upstream, &Certificate::fresh());
    gate.get("/public/a")
        .send()
        .assert_refused(502, "UPSTREAM_UNREACHABLE");
    assert!(upstream.seen().is_empty());
}
