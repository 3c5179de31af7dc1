//! Refusals in the operator's words.

use http::Request;
use http_body_util::{BodyExt, Empty};

use super::http2::connect;
use super::*;

const ERRORS: &str = "
errors:
  TOKEN_MISSING: { redirect: 'https://login.example/?to={{ request.url }}' }
  401: { json: { detail: Unauthorized } }
  400: { text: 'unreadable: {{ error.code }} at [{{ request.path }}]' }
  431: { text: 'too much' }
  502: { json: { path: '{{ request.path }}', who: '{{ principal.subject }}', id: '{{ request.id }}' } }
";

async fn gate(upstream: SocketAddr) -> Gate {
    let mut setup = Setup::to(upstream);
    setup.policy = format!("{ERRORS}{POLICY}");
    setup.start().await
}

const HTML: &str = "Accept: text/html\r\nConnection: close\r\n\r\n";

#[test]
fn browser_and_program_are_told_different_things() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = gate(upstream.address).await;
        let sent = gate
            .ask(&format!(
                "GET /closed/a?b=c HTTP/1.1\r\nHost: App.Example:8080\r\n{HTML}"
            ))
            .await;
        assert!(sent.starts_with("HTTP/1.1 302 "), "{sent}");
        let place = "location: https://login.example/?to=http%3A%2F%2Fapp.example%3A8080%2Fclosed%2Fa%3Fb%3Dc\r\n";
        assert!(sent.contains(place), "{sent}");
        assert!(sent.contains("cache-control: no-store\r\n"), "{sent}");
        assert!(
            sent.contains("vary: Accept, Sec-Fetch-Mode, X-Requested-With\r\n"),
            "{sent}"
        );
        assert!(sent.contains("content-length: 0\r\n"), "{sent}");
        for more in [
            "",
            "X-Requested-With: XMLHttpRequest\r\n",
            "Sec-Fetch-Mode: cors\r\n",
        ] {
            let accept = if more.is_empty() {
                "Connection: close\r\n\r\n"
            } else {
                HTML
            };
            let told = gate
                .ask(&format!(
                    "GET /closed/a HTTP/1.1\r\nHost: a\r\n{more}{accept}"
                ))
                .await;
            assert!(told.starts_with("HTTP/1.1 401 "), "{told}");
            assert!(
                told.ends_with("\r\n\r\n{\"detail\":\"Unauthorized\"}"),
                "{told}"
            );
            assert!(told.contains("www-authenticate: Bearer"), "{told}");
            assert!(told.contains("vary: Accept"), "{told}");
        }
    });
}

#[test]
fn form_and_bad_token_are_not_redirected() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = gate(upstream.address).await;
        for request in [
            "POST /closed/a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n",
            "GET /closed/a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\n",
        ] {
            let told = gate.ask(&format!("{request}{HTML}")).await;
            assert!(told.starts_with("HTTP/1.1 401 "), "{told}");
        }
    });
}

#[test]
fn head_has_the_fields_and_no_body() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = gate(upstream.address).await;
        let told = gate
            .ask("HEAD /nowhere/%2e%2e/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .await;
        assert!(told.starts_with("HTTP/1.1 400 "), "{told}");
        assert!(
            told.contains("content-type: text/plain; charset=utf-8\r\n"),
            "{told}"
        );
        assert!(told.ends_with("\r\n\r\n"), "{told}");
    });
}

#[test]
fn what_cannot_be_read_is_answered_by_the_file() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let mut setup = Setup::to(upstream.address);
        setup.policy = format!("{ERRORS}{POLICY}");
        setup.settings.limits.header_count = 10;
        let gate = setup.start().await;
        for (request, status, body) in [
            (
                "GET /closed/../a HTTP/1.1\r\nHost: a\r\n",
                400,
                "unreadable: PATH_AMBIGUOUS at []",
            ),
            (
                "GET /closed//a HTTP/1.1\r\nHost: a\r\n",
                400,
                "unreadable: PATH_AMBIGUOUS at [/closed//a]",
            ),
            (
                "GET /closed/a HTTP/1.1\r\nHost: a,b\r\n",
                400,
                "unreadable: HOST_INVALID at []",
            ),
            (
                "GET /closed/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n",
                400,
                "unreadable: REQUEST_INVALID at []",
            ),
            (
                &format!(
                    "GET /closed/a HTTP/1.1\r\nHost: a\r\n{}",
                    "A: b\r\n".repeat(20)
                ),
                431,
                "too much",
            ),
        ] {
            let told = gate
                .ask(&format!("{request}Connection: close\r\n\r\n"))
                .await;
            assert!(
                told.starts_with(&format!("HTTP/1.1 {status} ")),
                "{request}: {told}"
            );
            assert!(
                told.ends_with(&format!("\r\n\r\n{body}")),
                "{request}: {told}"
            );
        }
    });
}

#[test]
fn upstream_that_is_gone_is_told_of_with_what_was_asked() {
    run(async {
        let upstream = Upstream::start(|_| Reaction::Last("")).await;
        let gate = gate(upstream.address).await;
        let ask = |path: &str, more: &str| {
            format!("GET {path} HTTP/1.1\r\nHost: a\r\n{more}Connection: close\r\n\r\n")
        };
        let told = gate
            .ask(&ask("/open/a%22b", "X-Request-Id: evil\r\n"))
            .await;
        assert!(told.starts_with("HTTP/1.1 502 "), "{told}");
        assert!(
            told.contains(r#"{"path":"/open/a%22b","who":"","id":""#),
            "{told}"
        );
        assert!(!told.contains("evil"), "{told}");
        let token = format!("Authorization: Bearer {}\r\n", token());
        let told = gate.ask(&ask("/closed/a", &token)).await;
        assert!(
            told.contains(r#"{"path":"/closed/a","who":"ann","id":""#),
            "{told}"
        );
    });
}

#[test]
fn http2_callers_are_told_the_same() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let mut setup = Setup::to(upstream.address);
        setup.policy = format!("{ERRORS}{POLICY}");
        setup.protocol = Protocol::Http2;
        let gate = setup.start().await;
        let mut sender = connect(gate.address).await;
        for (method, accept, content, status, location, body) in [
            ("GET", "text/html", "", 302, true, ""),
            ("HEAD", "text/html", "", 302, true, ""),
            ("GET", "*/*", "", 401, false, r#"{"detail":"Unauthorized"}"#),
            ("HEAD", "*/*", "", 401, false, ""),
            ("POST", "text/html", "application/grpc", 200, false, ""),
        ] {
            let request = Request::builder()
                .method(method)
                .uri("http://a.example/closed/a")
                .header("accept", accept)
                .header("content-type", content)
                .body(Empty::new().boxed())
                .unwrap();
            let response = sender.send_request(request).await.unwrap();
            let (head, content) = response.into_parts();
            let content = content.collect().await.unwrap().to_bytes();
            assert_eq!(head.status, status, "{method} {accept}");
            assert_eq!(head.headers.contains_key("location"), location);
            assert_eq!(content, body, "{method} {accept}");
            assert_eq!(head.headers.contains_key("grpc-status"), status == 200);
        }
    });
}

#[test]
fn record_of_a_redirect_is_that_of_a_refusal() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let sink = Sink::default();
        let mut setup = Setup::to(upstream.address);
        setup.policy = format!("{ERRORS}{POLICY}");
        setup.sink = Some(sink.clone());
        let gate = setup.start().await;
        let request = format!("GET /closed/a HTTP/1.1\r\nHost: a\r\n{HTML}");
        gate.ask(&request).await;
        eventually(|| !sink.records().is_empty()).await;
        let records = sink.records();
        assert_eq!(records[0]["reason"], "TOKEN_MISSING");
        assert_eq!(records[0]["status"], 302);
        assert_eq!(records[0]["decision"], "deny");
    });
}
