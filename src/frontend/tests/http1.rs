//! HTTP/1 to the byte.

use super::*;

const GET: &str = "GET /open/a HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn request_that_trickles_in_is_the_same_request() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = Setup::to(upstream.address).start().await;
        let mut caller = gate.connect().await;
        let request = "POST /open/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
                       3\r\nabc\r\n0\r\n\r\n";
        for byte in request.bytes() {
            caller.0.write_all(&[byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
        assert!(caller.until("ok").await.starts_with("HTTP/1.1 200 OK\r\n"));
        let body: String = upstream.only().split("\r\n\r\n").skip(1).collect();
        let data: String = body
            .split("\r\n")
            .filter(|line| line.parse::<u8>().is_err())
            .collect();
        assert_eq!(data, "abc");
    });
}

#[test]
fn requests_sent_at_once_are_answered_in_their_order() {
    run(async {
        let upstream = Upstream::start(|before| {
            Reaction::Answer(
                [
                    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst",
                    "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond",
                ][before],
            )
        })
        .await;
        let gate = Setup::to(upstream.address).start().await;
        let mut caller = gate.connect().await;
        let post = "POST /open/a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nGET ";
        caller
            .send(&format!("{post}{GET}{}", GET.replace("open", "none")))
            .await;
        let answers = caller.until("NO_ROUTE").await;
        let at = |text: &str| {
            answers
                .find(text)
                .unwrap_or_else(|| panic!("{text}: {answers}"))
        };
        assert!(at("first") < at("second") && at("second") < at("HTTP/1.1 403"));
    });
}

#[test]
fn what_has_two_readings_is_refused_and_ends_the_connection() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = Setup::to(upstream.address).start().await;
        for head in [
            "POST /open/a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /open/a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
            "POST /open/a HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
            "POST /open/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            "POST /open/a HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "GET /open/a HTTP/1.1\nHost: a\n\n",
            "GET /open/a HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
            "GET /open/a HTTP/1.1\r\nHost : a\r\n\r\n",
        ] {
            let answer = gate.ask(&format!("{head}{GET}")).await;
            assert!(
                answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
                "{head}: {answer}"
            );
            assert!(answer.contains("connection: close\r\n"), "{answer}");
            assert!(answer.contains(r#""code":"REQUEST_INVALID""#), "{answer}");
            assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
        }
        assert_eq!(upstream.connections.get(), 0);
    });
}

#[test]
fn request_that_cannot_be_read_is_recorded() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let sink = Sink::default();
        let mut setup = Setup::to(upstream.address);
        setup.sink = Some(sink.clone());
        let gate = setup.start().await;
        gate.ask("no HTTP\r\n\r\n").await;
        let long = format!(
            "GET /open/a HTTP/1.1\r\nHost: a\r\nX: {}",
            "x".repeat(70_000)
        );
        assert!(gate.ask(&long).await.contains("HEADERS_TOO_LARGE"));
        eventually(|| sink.records().len() == 2).await;
        let records = sink.records();
        assert_eq!(records[0]["reason"], "REQUEST_INVALID");
        assert_eq!(records[0]["method"], "-");
        assert_eq!(records[1]["reason"], "HEADERS_TOO_LARGE");
        assert_eq!(records[1]["status"], 431);
        assert!(
            gate.metrics()
                .contains(r#"reason="HEADERS_TOO_LARGE",route=""} 1"#)
        );
    });
}

#[test]
fn caller_that_waits_is_told_to_go_on_once_and_only_if_it_may() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = Setup::to(upstream.address).start().await;
        let head = |path: &str| {
            format!(
                "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
            )
        };
        let mut caller = gate.connect().await;
        for _ in 0..2 {
            caller.send(&head("/open/a")).await;
            assert_eq!(
                caller.until("\r\n\r\n").await,
                "HTTP/1.1 100 Continue\r\n\r\n"
            );
            caller.send("abc").await;
            assert!(caller.until("ok").await.starts_with("HTTP/1.1 200 OK\r\n"));
        }
        let refused = gate.ask(&head("/none")).await;
        assert!(
            refused.starts_with("HTTP/1.1 403 Forbidden\r\n"),
            "{refused}"
        );
    });
}

#[test]
fn caller_of_the_old_version_gets_an_answer_without_chunks() {
    run(async {
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
        let upstream = Upstream::answering(chunked).await;
        let gate = Setup::to(upstream.address).start().await;
        let request = "GET /open/a HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n";
        let answer = gate.ask(request).await.to_lowercase();
        assert!(answer.contains("connection: close\r\n"), "{answer}");
        assert!(!answer.contains("transfer-encoding"), "{answer}");
        assert!(answer.ends_with("\r\n\r\nok"), "{answer}");

        let upstream = Upstream::answering(OK).await;
        let gate = Setup::to(upstream.address).start().await;
        let mut caller = gate.connect().await;
        for _ in 0..2 {
            caller.send(request).await;
            let answer = caller.until("ok").await.to_lowercase();
            assert!(answer.contains("connection: keep-alive\r\n"), "{answer}");
        }
    });
}

#[test]
fn small_body_that_nobody_read_does_not_cost_the_connection() {
    run(async {
        let early = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        let upstream = Upstream::answering(early).await;
        let gate = Setup::to(upstream.address).start().await;
        let mut caller = gate.connect().await;
        for _ in 0..2 {
            caller
                .send("PUT /open/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
                .await;
            assert!(caller.until("ok").await.starts_with("HTTP/1.1 200 OK\r\n"));
        }
    });
}

#[test]
fn every_answer_has_a_date_and_one_length() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = Setup::to(upstream.address).start().await;
        for path in ["/open/a", "/none"] {
            let request = GET
                .replace("/open/a", path)
                .replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
            let answer = gate.ask(&request).await.to_lowercase();
            for field in [
                "\r\ndate: ",
                "\r\ncontent-length: ",
                "\r\nconnection: close\r\n",
            ] {
                assert_eq!(answer.matches(field).count(), 1, "{field:?} {answer}");
            }
        }
    });
}

#[test]
fn caller_that_leaves_takes_its_request_with_it() {
    run(async {
        let upstream = Upstream::start(|_| Reaction::Silence).await;
        let gate = Setup::to(upstream.address).start().await;
        let mut caller = gate.connect().await;
        caller.send(GET).await;
        eventually(|| upstream.seen.borrow().len() == 1).await;
        drop(caller);
        eventually(|| upstream.closed.get() == 1 && gate.ended.get() == 1).await;
    });
}

#[test]
fn caller_that_leaves_while_the_answer_stops_takes_it_with_it() {
    run(async {
        let half = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
        let upstream = Upstream::answering(half).await;
        let gate = Setup::to(upstream.address).start().await;
        let mut caller = gate.connect().await;
        caller.send(GET).await;
        caller.until("half").await;
        assert_eq!(upstream.closed.get(), 0);
        drop(caller);
        eventually(|| upstream.closed.get() == 1 && gate.ended.get() == 1).await;
    });
}

/// Begins to answer before it reads, and does both at its own pace.
async fn talkative(answer: usize) -> (SocketAddr, Rc<Cell<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, received) = (listener.local_addr().unwrap(), Rc::new(Cell::new(0)));
    let count = Rc::clone(&received);
    tokio::task::spawn_local(async move {
        let (mut read, mut write) = listener.accept().await.unwrap().0.into_split();
        tokio::task::spawn_local(async move {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {answer}\r\n\r\n");
            write.write_all(head.as_bytes()).await.unwrap();
            write.write_all(&vec![b'x'; answer]).await.unwrap();
            std::future::pending::<()>().await;
        });
        let mut room = vec![0; 64 << 10];
        while let Ok(1..) = read
            .read(&mut room)
            .await
            .inspect(|n| count.set(count.get() + n))
        {}
    });
    (address, received)
}

#[test]
fn caller_that_sends_everything_before_it_reads_is_served() {
    run(async {
        const SIZE: usize = 64 << 20;
        let (address, received) = talkative(SIZE).await;
        let gate = Setup::to(address).start().await;
        let mut caller = gate.connect().await;
        let head = format!("POST /open/a HTTP/1.1\r\nHost: a\r\nContent-Length: {SIZE}\r\n\r\n");
        caller.send(&head).await;
        caller.0.write_all(&vec![b'y'; SIZE]).await.unwrap();
        eventually(|| received.get() > SIZE).await;
        let mut answer = Vec::new();
        while answer.len() < SIZE {
            assert!(caller.0.read_buf(&mut answer).await.unwrap() > 0);
        }
        assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
    });
}
