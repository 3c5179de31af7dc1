#[cfg(feature = "sqlite")]
mod keys;
mod settings;

use std::time::{Duration, UNIX_EPOCH};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

use super::*;
use crate::model::Host;
use crate::telemetry::Registry;

fn status() -> Status {
    Status {
        version: "1.2.3".into(),
        uptime: Duration::from_millis(61_500),
        draining: false,
        policy: PolicyStatus {
            file: "policy.yaml".into(),
            hash: "abc".into(),
            loaded_at: UNIX_EPOCH,
            routes: 3,
            last_error: Some(ReloadError {
                at: UNIX_EPOCH,
                problems: vec!["policy.yaml:1:1: error: no".into()],
            }),
        },
        shadow: None,
        key_sets: vec![KeySetStatus {
            issuer: "main".into(),
            origin: "https://idp.example.com".into(),
            ready: true,
            keys: 2,
            age: Some(Duration::from_secs(7)),
            last_error: None,
            failures: 0,
        }],
        store: None,
        replay: ReplayStatus::default(),
        listeners: vec![ListenerStatus {
            door: "proxy".into(),
            address: "127.0.0.1:8080".into(),
            tls: false,
        }],
        connections: 4,
    }
}

fn readiness(problem: Option<&str>) -> Readiness {
    let check = |name: &str, problem: Option<&str>| Check {
        name: name.into(),
        problem: problem.map(Into::into),
    };
    Readiness {
        checks: vec![check("policy", None), check("key set main", problem)],
    }
}

/// An admin listener that refuses every second reload, and what stops it.
fn started(problem: Option<&'static str>) -> (std::net::SocketAddr, oneshot::Sender<()>) {
    started_with(problem, None)
}

fn started_with(
    problem: Option<&'static str>,
    keys: Option<KeysDesk>,
) -> (std::net::SocketAddr, oneshot::Sender<()>) {
    let settings = AdminSettings {
        listen: Some(([127, 0, 0, 1], 0).into()),
        hosts: vec![Host::parse("sidegate.internal").unwrap()],
        token: None,
    };
    let admin = Admin::bind(&settings).unwrap().unwrap();
    let address = admin.address();
    let (reload, mut wishes) = mpsc::channel::<ReloadRequest>(1);
    let registry = Registry::new();
    registry.counter("sidegate_test_total", "A test.").unwrap();
    let hooks = Hooks {
        readiness: Box::new(move || readiness(problem)),
        status: Box::new(status),
        reload,
        registry,
        keys,
    };
    tokio::spawn(async move {
        let mut good = true;
        while let Some(wish) = wishes.recv().await {
            let answer = if good {
                Ok("def".into())
            } else {
                Err(vec!["1:1: no".into()])
            };
            good = !good;
            let _ = wish.send(answer);
        }
    });
    let (stop, stopped) = oneshot::channel();
    tokio::spawn(async move {
        let stopped = async { drop(stopped.await) };
        admin.serve(hooks, stopped).await.unwrap();
    });
    (address, stop)
}

/// Sends a request as it is written and gives the answer's status and text.
async fn send(address: std::net::SocketAddr, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let status = text.get(9..12).and_then(|code| code.parse().ok());
    (status.unwrap_or_default(), text)
}

async fn ask(address: std::net::SocketAddr, line: &str, headers: &str) -> (u16, String) {
    send(
        address,
        &format!("{line} HTTP/1.1\r\nHost: localhost:1\r\n{headers}\r\n"),
    )
    .await
}

#[tokio::test]
async fn pages_say_what_they_should() {
    let (address, _stop) = started(None);
    for (line, status, part) in [
        ("GET /healthz", 200, "ok\n"),
        ("GET /readyz", 200, "\r\n\r\nready\n"),
        (
            "GET /readyz?verbose",
            200,
            "[+] policy\n[+] key set main\nready\n",
        ),
        ("GET /metrics", 200, "sidegate_test_total 0"),
        ("GET /metrics", 200, "text/plain; version=0.0.4"),
        ("HEAD /healthz", 200, "content-length: 3\r\n"),
        ("GET /", 404, "/status"),
        ("GET /healthz/", 404, ""),
        ("POST /healthz", 405, "allow: GET, HEAD"),
        ("DELETE /status", 405, "allow: GET, HEAD"),
        ("GET /reload", 405, "allow: POST"),
    ] {
        let (got, text) = ask(address, line, "").await;
        assert_eq!(got, status, "{line}: {text}");
        assert!(text.contains(part), "{line}: {text}");
        assert!(text.contains("cache-control: no-store"), "{text}");
    }
}

#[tokio::test]
async fn process_that_is_not_ready_says_why() {
    let (address, _stop) = started(Some("no keys yet"));
    let (status, text) = ask(address, "GET /readyz", "").await;
    assert_eq!(status, 503);
    assert!(
        text.ends_with("\r\n\r\n[-] key set main: no keys yet\nnot ready\n"),
        "{text}"
    );
    let (status, text) = ask(address, "GET /readyz?verbose", "").await;
    assert_eq!(status, 503);
    assert!(text.contains("[+] policy\n"), "{text}");
    assert_eq!(ask(address, "GET /healthz", "").await.0, 200);
}

#[tokio::test]
async fn status_is_json() {
    let (address, _stop) = started(None);
    let (_, text) = ask(address, "GET /status", "").await;
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    let value: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(value["uptime_seconds"], 61);
    assert_eq!(value["policy"]["loaded_at"], "1970-01-01T00:00:00.000Z");
    assert_eq!(
        value["policy"]["last_error"]["problems"][0],
        "policy.yaml:1:1: error: no"
    );
    assert_eq!(value["key_sets"][0]["age_seconds"], 7);
    assert_eq!(value["listeners"][0]["tls"], false);
}

#[tokio::test]
async fn reload_gives_the_hash_or_every_mistake() {
    let (address, _stop) = started(None);
    let (status, text) = ask(address, "POST /reload", "Content-Length: 0\r\n").await;
    assert_eq!(status, 200);
    assert!(text.contains(r#""hash": "def""#), "{text}");
    let (status, text) = ask(address, "POST /reload", "").await;
    assert_eq!(status, 422);
    assert!(text.contains("1:1: no"), "{text}");
}

#[tokio::test]
async fn reload_from_a_page_is_refused() {
    let (address, _stop) = started(None);
    for header in [
        "Origin: http://localhost:1\r\n",
        "Origin: null\r\n",
        "Sec-Fetch-Site: none\r\n",
    ] {
        assert_eq!(
            ask(address, "POST /reload", header).await.0,
            403,
            "{header}"
        );
    }
    let (status, _) = ask(address, "GET /status", "Origin: http://localhost:1\r\n").await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn name_that_is_not_known_is_refused() {
    let (address, _stop) = started(None);
    for (host, status) in [
        ("Host: evil.example\r\n", 421),
        ("Host: localhost.evil.example\r\n", 421),
        ("Host: 127.0.0.1.evil.example\r\n", 421),
        ("Host: a b\r\n", 421),
        ("Host: localhost\r\nHost: evil.example\r\n", 400),
        ("Host: LOCALHOST.:80\r\n", 200),
        ("Host: 192.0.2.1:9901\r\n", 200),
        ("Host: [::1]:9901\r\n", 200),
        ("Host: Sidegate.Internal\r\n", 200),
        ("", 200),
    ] {
        let (got, text) = send(address, &format!("GET /status HTTP/1.1\r\n{host}\r\n")).await;
        assert_eq!(got, status, "{host}: {text}");
    }
    let absolute = "GET http://evil.example/status HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_eq!(send(address, absolute).await.0, 421);
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let (address, _stop) = started(None);
    let body = "a".repeat(20_000);
    let head = "POST /reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000\r\n\r\n";
    let (status, _) = send(address, &format!("{head}{body}")).await;
    assert_eq!(status, 413);
    let (status, _) = ask(address, "GET /status", &format!("X: {body}\r\n")).await;
    assert_eq!(status, 431);
}

#[tokio::test]
async fn many_silent_connections_do_not_keep_the_process_alive() {
    let (address, stop) = started(None);
    let mut silent = Vec::new();
    for _ in 0..10 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    assert_eq!(ask(address, "GET /healthz", "").await.0, 200);
    stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[test]
fn address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let settings = AdminSettings {
        listen: Some(address),
        ..AdminSettings::default()
    };
    let error = Admin::bind(&settings).unwrap_err();
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}
