//! Readiness, and the end of service.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::{OPEN, Running, WITH_ISSUER, config, folder};

#[test]
fn service_ends_when_told_and_frees_its_address() {
    let (_folder, path) = folder(OPEN);
    let mut running = Running::start(config(&path, &[]));
    TcpStream::connect(running.listener).unwrap();
    assert!(running.admin("GET /readyz").contains("200 OK"));
    running.stop().unwrap();
    assert!(TcpStream::connect(running.listener).is_err());
    assert!(TcpStream::connect(running.admin).is_err());
}

#[test]
fn readiness_falls_before_the_service_stops_accepting() {
    let (_folder, path) = folder(OPEN);
    let mut running = Running::start(config(&path, &[("drain.delay", "2s")]));
    drop(running.stop.take());
    running.admin_until("GET /readyz?verbose", "service: it is ending");
    TcpStream::connect(running.listener).unwrap();
    running.thread.take().unwrap().join().unwrap().unwrap();
}

#[test]
fn process_is_not_ready_before_its_issuer_was_reached() {
    let (_folder, path) = folder(WITH_ISSUER);
    let mut running = Running::start(config(&path, &[]));
    assert!(running.admin("GET /healthz").contains("200 OK"));
    let answer = running.admin("GET /readyz");
    assert!(answer.contains("503"), "{answer}");
    assert!(answer.contains("key set main: no keys so far"), "{answer}");
    running.stop().unwrap();
}

/// An upstream that takes its time for every answer.
fn upstream(time: Duration) -> String {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    thread::spawn(move || {
        for caller in socket.incoming() {
            let mut caller = caller.unwrap();
            thread::spawn(move || {
                while head(&mut caller).is_some() {
                    thread::sleep(time);
                    write!(caller, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
                }
            });
        }
    });
    url
}

/// Reads one head.
fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    Some(String::from_utf8(head).unwrap())
}

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn requests_that_meet_the_end_are_answered_and_told_that_they_are_the_last() {
    let (_folder, path) = folder(OPEN);
    let url = upstream(Duration::from_millis(500));
    let mut running = Running::start(config(&path, &[("upstream", &url), ("workers", "1")]));
    let mut waiting = TcpStream::connect(running.listener).unwrap();
    waiting.write_all(REQUEST.as_bytes()).unwrap();
    let mut idle = TcpStream::connect(running.listener).unwrap();
    idle.write_all(b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    head(&mut idle);
    let mut kept = TcpStream::connect(running.listener).unwrap();
    kept.write_all(b"G").unwrap();
    thread::sleep(Duration::from_millis(200));

    drop(running.stop.take());
    running.admin_until("GET /readyz?verbose", "service: it is ending");
    thread::sleep(Duration::from_millis(100));
    kept.write_all(&REQUEST.as_bytes()[1..]).unwrap();
    for mut caller in [waiting, kept] {
        let head = head(&mut caller).expect("an answer");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(head.contains("connection: close"), "{head}");
    }
    running.thread.take().unwrap().join().unwrap().unwrap();
}

#[test]
fn draining_cuts_what_takes_too_long() {
    let (_folder, path) = folder(OPEN);
    let url = upstream(Duration::from_secs(60));
    let settings = [("upstream", url.as_str()), ("drain.timeout", "300ms")];
    let mut running = Running::start(config(&path, &settings));
    let mut waiting = TcpStream::connect(running.listener).unwrap();
    waiting.write_all(REQUEST.as_bytes()).unwrap();
    thread::sleep(Duration::from_millis(200));
    let since = Instant::now();
    running.stop().unwrap();
    assert!(since.elapsed() < Duration::from_secs(5));
    assert_eq!(head(&mut waiting), None);
}
