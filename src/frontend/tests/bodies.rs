use super::*;

#[test]
fn body_of_any_method_is_framed_anew() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = Setup::to(upstream.address).start().await;
        for (request, framing, body) in [
            ("GET /open/a HTTP/1.1\r\nHost: a", "", ""),
            (
                "POST /open/a HTTP/1.1\r\nHost: a",
                "content-length: 0\r\n",
                "",
            ),
            (
                "POST /open/a HTTP/1.1\r\nHost: a\r\nContent-Length: 02",
                "content-length: 2\r\n",
                "hi",
            ),
            (
                "GET /open/a HTTP/1.1\r\nHost: a\r\nContent-Length: 2",
                "content-length: 2\r\n",
                "hi",
            ),
        ] {
            let request = format!("{request}\r\nConnection: close\r\n\r\n{body}");
            assert!(gate.ask(&request).await.starts_with("HTTP/1.1 200"));
            let seen = upstream.seen.borrow_mut().pop().unwrap().to_lowercase();
            assert!(
                seen.contains(framing) && seen.ends_with(&format!("\r\n\r\n{body}")),
                "{seen}"
            );
            assert_eq!(
                seen.contains("content-length"),
                !framing.is_empty(),
                "{seen}"
            );
        }
        let request = "GET /open/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\
                       Connection: close\r\n\r\n5;ext=1\r\nhello\r\n0\r\n\r\n";
        assert!(gate.ask(request).await.starts_with("HTTP/1.1 200"));
        let seen = upstream.seen.borrow_mut().pop().unwrap().to_lowercase();
        assert!(seen.ends_with("\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), "{seen}");
        let codings = seen.matches("transfer-encoding: chunked\r\n").count();
        assert_eq!(codings, 1, "{seen}");
        assert!(!seen.contains("content-length"), "{seen}");
    });
}

#[test]
fn identity_does_not_come_by_trailers() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = Setup::to(upstream.address).start().await;
        let body = "2\r\nhi\r\n0\r\nX-Sum: 7\r\nX-User: eve\r\nx_user: eve\r\nAuthorization: eve\r\n\
                    Content-Length: 66\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n";
        let answer = gate
            .ask(&format!(
                "POST /open/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\
                 Trailer: X-Sum, X-User, x_user, Authorization, Content-Length, X-Forwarded-For\r\n\r\n{body}"
            ))
            .await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let seen = upstream.seen.borrow().concat().to_lowercase();
        assert!(seen.contains("\r\ntrailer: x-sum\r\n"), "{seen}");
        assert!(seen.contains("0\r\nx-sum: 7\r\n"), "{seen}");
        assert!(
            !seen.contains("eve") && !seen.contains("6.6.6.6") && !seen.contains("length"),
            "{seen}"
        );
    });
}

#[test]
fn trailers_of_an_answer_reach_who_asked_for_them() {
    run(async {
        let upstream = Upstream::answering(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n",
        )
        .await;
        let gate = Setup::to(upstream.address).start().await;
        let request =
            "GET /open/a HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: te, close\r\n\r\n";
        let answer = gate.ask(request).await;
        assert!(
            answer.ends_with("2\r\nok\r\n0\r\nx-sum: 7\r\n\r\n"),
            "{answer}"
        );
        let seen = upstream.only().to_lowercase();
        assert!(
            seen.contains("te: trailers\r\n") && seen.contains("connection: te\r\n"),
            "{seen}"
        );
    });
}

#[test]
fn events_pass_without_delay() {
    run(async {
        let (tell, told) = tokio::sync::mpsc::unbounded_channel();
        let told = RefCell::new(Some(told));
        let upstream = Upstream::start(move |_| Reaction::Stream(told.take().unwrap())).await;
        let gate = Setup::to(upstream.address).start().await;
        let mut caller = gate.connect().await;
        caller.send("GET /open/a HTTP/1.1\r\nHost: a\r\n\r\n").await;
        tell.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            .unwrap();
        assert!(caller.until("\r\n\r\n").await.contains("text/event-stream"));
        for event in ["9\r\ndata: 1\n\n\r\n", "9\r\ndata: 2\n\n\r\n"] {
            tell.send(event).unwrap();
            assert_eq!(caller.until("\n\n\r\n").await, event);
        }
    });
}

#[test]
fn answer_that_ends_with_its_connection_is_passed_on() {
    run(async {
        let upstream =
            Upstream::start(|_| Reaction::Last("HTTP/1.0 200 OK\r\n\r\nall of it")).await;
        let gate = Setup::to(upstream.address).start().await;
        let answer = gate
            .ask("GET /open/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .await;
        assert!(answer.contains("all of it"), "{answer}");
        assert!(answer.ends_with("\r\n0\r\n\r\n"), "{answer}");
    });
}

#[test]
fn fields_of_the_upstreams_connection_stay_there() {
    run(async {
        let upstream = Upstream::answering(
            "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Private\r\nKeep-Alive: timeout=5\r\nX-Private: 1\r\n\
             Upgrade: h2c\r\nX-Public: 1\r\nContent-Length: 2\r\n\r\nok",
        )
        .await;
        let gate = Setup::to(upstream.address).start().await;
        let answer = gate
            .ask("GET /open/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .await;
        let answer = answer.to_lowercase();
        assert!(answer.contains("x-public: 1"), "{answer}");
        for gone in ["keep-alive", "x-private", "upgrade"] {
            assert!(!answer.contains(gone), "{gone}: {answer}");
        }
    });
}

#[test]
fn large_bodies_stream_both_ways() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = Setup::to(upstream.address).start().await;
        let body = "x".repeat(3 << 20);
        let head = format!(
            "POST /open/a HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let mut caller = gate.connect().await;
        caller.send(&(head + &body)).await;
        assert!(caller.until("\r\n\r\nok").await.starts_with("HTTP/1.1 200"));
        assert!(upstream.only().ends_with(&body));
    });
}
