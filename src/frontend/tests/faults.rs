use super::*;

const GET: &str = "GET /open/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const POST: &str =
    "POST /open/a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";

/// Answers the first request, and hangs up on the second without a word.
async fn hangs_up_once() -> Upstream {
    Upstream::start(|before| match before {
        1 => Reaction::Last(""),
        _ => Reaction::Answer(OK),
    })
    .await
}

#[test]
fn repeatable_request_is_sent_again_when_a_reused_connection_died() {
    run(async {
        let upstream = hangs_up_once().await;
        let gate = Setup::to(upstream.address).start().await;
        assert!(gate.ask(GET).await.starts_with("HTTP/1.1 200"));
        assert!(gate.ask(GET).await.starts_with("HTTP/1.1 200"));
        assert_eq!(upstream.seen.borrow().len(), 3);
        assert!(
            gate.metrics()
                .contains(r#"sidegate_upstream_retries_total{upstream="default"} 1"#)
        );
    });
}

#[test]
fn post_is_never_sent_twice() {
    run(async {
        let upstream = hangs_up_once().await;
        let gate = Setup::to(upstream.address).start().await;
        assert!(gate.ask(GET).await.starts_with("HTTP/1.1 200"));
        assert!(gate.ask(POST).await.starts_with("HTTP/1.1 502"));
        assert_eq!(upstream.seen.borrow().len(), 2);
    });
}

#[test]
fn new_connection_that_dies_is_not_tried_again() {
    run(async {
        let upstream = Upstream::start(|_| Reaction::Last("")).await;
        let gate = Setup::to(upstream.address).start().await;
        assert!(gate.ask(GET).await.contains("UPSTREAM_UNREACHABLE"));
        assert_eq!(upstream.seen.borrow().len(), 1);
    });
}

#[test]
fn connection_that_was_closed_while_idle_costs_no_request() {
    run(async {
        let upstream = Upstream::start(|before| match before {
            0 => Reaction::Last(OK),
            _ => Reaction::Answer(OK),
        })
        .await;
        let gate = Setup::to(upstream.address).start().await;
        assert!(gate.ask(GET).await.starts_with("HTTP/1.1 200"));
        eventually(|| upstream.closed.get() == 1).await;
        assert!(gate.ask(POST).await.starts_with("HTTP/1.1 200"));
        assert_eq!(upstream.seen.borrow().len(), 2);
    });
}

#[test]
fn unreachable_and_silent_upstreams_are_told_apart() {
    run(async {
        let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = nobody.local_addr().unwrap();
        drop(nobody);
        let answer = Setup::to(address).start().await.ask(GET).await;
        assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
        assert!(
            answer.contains(r#""code":"UPSTREAM_UNREACHABLE""#),
            "{answer}"
        );

        let upstream = Upstream::start(|_| Reaction::Silence).await;
        let mut setup = Setup::to(upstream.address);
        setup.upstream.response_timeout = Duration::from_millis(50);
        let gate = setup.start().await;
        let answer = gate.ask(GET).await;
        assert!(answer.starts_with("HTTP/1.1 504"), "{answer}");
        assert!(answer.contains(r#""code":"UPSTREAM_TIMEOUT""#), "{answer}");
        eventually(|| upstream.closed.get() == 1).await;
        let line = r#"sidegate_requests_total{decision="allow",reason="UPSTREAM_TIMEOUT",route="/open/**"} 1"#;
        assert!(gate.metrics().contains(line), "{}", gate.metrics());
    });
}

#[test]
fn slow_upload_is_not_the_upstreams_fault() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let mut setup = Setup::to(upstream.address);
        setup.upstream.response_timeout = Duration::from_millis(60);
        let gate = setup.start().await;
        let mut caller = gate.connect().await;
        caller
            .send("POST /open/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\n")
            .await;
        for piece in ["a", "b", "c", "d", "e"] {
            tokio::time::sleep(Duration::from_millis(50)).await;
            caller.send(piece).await;
        }
        assert!(caller.rest().await.starts_with("HTTP/1.1 200"));
    });
}

#[test]
fn answer_that_breaks_off_is_not_ended_as_if_whole() {
    run(async {
        for answer in [
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
        ] {
            let upstream = Upstream::start(move |_| Reaction::Last(answer)).await;
            let gate = Setup::to(upstream.address).start().await;
            // The caller would go on, and is cut off so that it notices.
            let got = gate.ask(&GET.replace("close", "keep-alive")).await;
            assert!(got.contains("hello"), "{got}");
            assert!(
                !got.contains("0\r\n\r\n") || got.contains("content-length: 50"),
                "{got}"
            );
            assert!(
                got.ends_with("hello\r\n") || got.ends_with("hello"),
                "{got}"
            );
        }
    });
}

#[test]
fn silent_body_is_given_up() {
    run(async {
        let (tell, told) = tokio::sync::mpsc::unbounded_channel();
        let told = RefCell::new(Some(told));
        let upstream = Upstream::start(move |_| Reaction::Stream(told.take().unwrap())).await;
        let mut setup = Setup::to(upstream.address);
        setup.upstream.idle_timeout = Duration::from_millis(50);
        let gate = setup.start().await;
        tell.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
            .unwrap();
        let answer = gate.ask(GET).await;
        assert!(answer.ends_with("1\r\na\r\n"), "{answer}");
        let line = r#"sidegate_requests_total{decision="allow",reason="UPSTREAM_TIMEOUT",route="/open/**"} 1"#;
        assert!(gate.metrics().contains(line), "{}", gate.metrics());
    });
}

#[test]
fn caller_that_leaves_cancels_what_the_upstream_does() {
    run(async {
        let upstream = Upstream::start(|_| Reaction::Silence).await;
        let gate = Setup::to(upstream.address).start().await;
        let mut caller = gate.connect().await;
        caller.send("GET /open/a HTTP/1.1\r\nHost: a\r\n\r\n").await;
        eventually(|| upstream.seen.borrow().len() == 1).await;
        drop(caller);
        eventually(|| upstream.closed.get() == 1).await;
        eventually(|| gate.ended.get() == 1).await;
        let line = r#"sidegate_upstream_requests_total{result="canceled",upstream="default"} 1"#;
        assert!(gate.metrics().contains(line), "{}", gate.metrics());
    });
}

#[test]
fn caller_that_breaks_off_its_body_never_completes_a_request() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = Setup::to(upstream.address).start().await;
        let mut caller = gate.connect().await;
        caller
            .send(
                "POST /open/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
            )
            .await;
        // Otherwise the end can be noticed before anything was sent on.
        eventually(|| upstream.connections.get() == 1).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        drop(caller);
        eventually(|| upstream.seen.borrow().len() == 1).await;
        assert!(upstream.only().ends_with("[cut]"), "{}", upstream.only());
    });
}

#[test]
fn garbage_from_the_upstream_is_a_bad_gateway() {
    run(async {
        for garbage in [
            "SMTP ready\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
            "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        ] {
            let upstream = Upstream::answering(garbage).await;
            let gate = Setup::to(upstream.address).start().await;
            let answer = gate.ask(GET).await;
            assert!(answer.starts_with("HTTP/1.1 502"), "{garbage}: {answer}");
        }
    });
}

#[test]
fn answer_that_cannot_be_read_is_not_asked_for_again() {
    run(async {
        let upstream = Upstream::start(|before| match before {
            1 => Reaction::Last("HTTP/1.1 200 OK\r\nno field\r\n\r\n"),
            _ => Reaction::Answer(OK),
        })
        .await;
        let gate = Setup::to(upstream.address).start().await;
        assert!(gate.ask(GET).await.starts_with("HTTP/1.1 200"));
        assert!(gate.ask(GET).await.starts_with("HTTP/1.1 502"));
        assert_eq!(upstream.seen.borrow().len(), 2);
    });
}

#[test]
fn bytes_after_an_answer_are_given_to_nobody() {
    run(async {
        let upstream = Upstream::start(|before| match before {
            0 => Reaction::Answer(
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
            ),
            _ => Reaction::Answer(OK),
        })
        .await;
        let gate = Setup::to(upstream.address).start().await;
        for _ in 0..3 {
            let answer = gate.ask(GET).await;
            assert!(answer.ends_with("\r\n\r\nok"), "{answer}");
        }
    });
}

#[test]
fn early_answer_is_passed_though_the_upload_goes_on() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::task::spawn_local(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_until(&mut stream, "\r\n\r\n").await.unwrap();
            let answer = "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno";
            stream.write_all(answer.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        });
        let gate = Setup::to(address).start().await;
        let mut caller = gate.connect().await;
        let head = "POST /open/a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\nConnection: close\r\n\r\n";
        caller.send(head).await;
        caller.send(&"x".repeat(50_000)).await;
        let answer = caller.rest().await;
        assert!(
            answer.starts_with("HTTP/1.1 413") && answer.ends_with("no"),
            "{answer}"
        );
    });
}
