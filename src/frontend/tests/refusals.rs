use super::*;

#[test]
fn refused_request_reaches_nobody() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = Setup::to(upstream.address).start().await;
        for (request, status, code) in [
            ("GET /closed/a HTTP/1.1\r\nHost: a", "401", "TOKEN_MISSING"),
            (
                "GET /closed/a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x",
                "401",
                "TOKEN_MALFORMED",
            ),
            ("GET /nowhere HTTP/1.1\r\nHost: a", "403", "NO_ROUTE"),
            (
                "GET /open/../closed HTTP/1.1\r\nHost: a",
                "400",
                "PATH_AMBIGUOUS",
            ),
            ("GET /open//a HTTP/1.1\r\nHost: a", "400", "PATH_AMBIGUOUS"),
            ("OPTIONS * HTTP/1.1\r\nHost: a", "400", "PATH_AMBIGUOUS"),
            (
                "CONNECT a:80 HTTP/1.1\r\nHost: a:80",
                "400",
                "REQUEST_INVALID",
            ),
            (
                "GET ftp://a/open/a HTTP/1.1\r\nHost: a",
                "400",
                "REQUEST_INVALID",
            ),
            ("GET /open/a HTTP/1.1\r\nX: y", "400", "HOST_INVALID"),
            (
                "GET /open/a HTTP/1.1\r\nHost: a\r\nHost: a",
                "400",
                "HOST_INVALID",
            ),
            ("GET /open/a HTTP/1.1\r\nHost: a,b", "400", "HOST_INVALID"),
            ("GET /open/a HTTP/1.0\r\nX: y", "400", "HOST_INVALID"),
            (
                "GET http://u:p@a/open/a HTTP/1.1\r\nHost: a",
                "400",
                "HOST_INVALID",
            ),
            (
                "POST /open/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked",
                "400",
                "REQUEST_INVALID",
            ),
            (
                "POST /open/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked",
                "400",
                "REQUEST_INVALID",
            ),
        ] {
            let answer = gate
                .ask(&format!("{request}\r\nConnection: close\r\n\r\n"))
                .await;
            assert!(
                answer.get(8..12) == Some(&format!(" {status}")),
                "{request}: {answer}"
            );
            assert!(
                answer.contains(&format!(r#""code":"{code}""#)),
                "{request}: {answer}"
            );
        }
        assert_eq!(upstream.connections.get(), 0);
    });
}

#[test]
fn body_of_a_refused_request_is_never_read_as_a_request() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = Setup::to(upstream.address).start().await;
        let hidden = "GET /open/hidden HTTP/1.1\r\nHost: a\r\n\r\n";
        let answer = gate
            .ask(&format!(
                "POST /closed/a HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{hidden}",
                hidden.len()
            ))
            .await;
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
        assert!(
            answer.to_lowercase().contains("connection: close"),
            "{answer}"
        );
        assert_eq!(upstream.seen.borrow().len(), 0);
    });
}

#[test]
fn refusal_arrives_though_the_caller_is_still_sending() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = Setup::to(upstream.address).start().await;
        let mut caller = gate.connect().await;
        caller
            .send("POST /closed/a HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n")
            .await;
        let block = "x".repeat(50_000);
        for _ in 0..4 {
            caller.send(&block).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let answer = caller.rest().await;
        assert!(answer.contains("TOKEN_MISSING"), "{answer}");
    });
}

#[test]
fn refused_request_leaves_a_connection_without_body_open() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = Setup::to(upstream.address).start().await;
        let mut caller = gate.connect().await;
        caller
            .send("GET /closed/a HTTP/1.1\r\nHost: a\r\n\r\n")
            .await;
        assert!(caller.until("}\n").await.contains("TOKEN_MISSING"));
        caller.send("GET /open/a HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(caller.until("\r\n\r\nok").await.starts_with("HTTP/1.1 200"));
    });
}

#[test]
fn continue_is_said_only_to_who_may_pass() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = Setup::to(upstream.address).start().await;
        let head = |path: &str| {
            format!(
                "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
            )
        };
        let answer = gate.ask(&head("/closed/a")).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");

        let mut caller = gate.connect().await;
        caller.send(&head("/open/a")).await;
        assert_eq!(
            caller.until("\r\n\r\n").await,
            "HTTP/1.1 100 Continue\r\n\r\n"
        );
        caller.send("hi").await;
        assert!(caller.until("\r\n\r\nok").await.starts_with("HTTP/1.1 200"));
        let seen = upstream.only();
        assert!(
            seen.ends_with("\r\n\r\nhi") && !seen.to_lowercase().contains("expect"),
            "{seen}"
        );
    });
}

#[test]
fn late_head_ends_the_connection() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let mut setup = Setup::to(upstream.address);
        setup.settings.limits.header_timeout = Duration::from_millis(60);
        let gate = setup.start().await;
        let mut silent = gate.connect().await;
        let mut slow = gate.connect().await;
        for byte in ["G", "E", "T", " ", "/"] {
            if slow.0.write_all(byte.as_bytes()).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        assert_eq!(slow.rest().await, "");
        assert_eq!(silent.rest().await, "");
        assert_eq!(gate.ended.get(), 2);
    });
}

#[test]
fn late_second_head_ends_the_connection_and_a_quiet_one_is_retired() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let mut setup = Setup::to(upstream.address);
        setup.settings.limits.header_timeout = Duration::from_millis(60);
        setup.settings.limits.keep_alive = Duration::from_millis(200);
        let gate = setup.start().await;
        let get = "GET /open/a HTTP/1.1\r\nHost: a\r\n\r\n";
        for (with, next, late) in [
            ("", "GET /op", true),
            ("GET /op", "", true),
            ("", "", false),
        ] {
            let mut caller = gate.connect().await;
            caller.send(&format!("{get}{with}")).await;
            caller.until("\r\n\r\nok").await;
            let started = std::time::Instant::now();
            caller.send(next).await;
            assert_eq!(caller.rest().await, "");
            let took = started.elapsed();
            assert_eq!(
                took < Duration::from_millis(170),
                late,
                "{with} {next}: {took:?}"
            );
        }
    });
}

#[test]
fn long_request_is_not_taken_for_a_quiet_connection() {
    run(async {
        let (tell, told) = tokio::sync::mpsc::unbounded_channel();
        let told = RefCell::new(Some(told));
        let upstream = Upstream::start(move |_| Reaction::Stream(told.take().unwrap())).await;
        let mut setup = Setup::to(upstream.address);
        setup.settings.limits.header_timeout = Duration::from_millis(20);
        setup.settings.limits.keep_alive = Duration::from_millis(20);
        let gate = setup.start().await;
        let mut caller = gate.connect().await;
        caller
            .send("GET /open/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .await;
        tokio::time::sleep(Duration::from_millis(150)).await;
        tell.send(OK).unwrap();
        assert!(caller.rest().await.ends_with("ok"));
    });
}

#[test]
fn drain_finishes_what_has_begun() {
    run(async {
        let (tell, told) = tokio::sync::mpsc::unbounded_channel();
        let told = RefCell::new(Some(told));
        let upstream = Upstream::start(move |_| Reaction::Stream(told.take().unwrap())).await;
        let gate = Setup::to(upstream.address).start().await;
        let mut idle = gate.connect().await;
        let mut busy = gate.connect().await;
        busy.send("GET /open/a HTTP/1.1\r\nHost: a\r\n\r\n").await;
        eventually(|| upstream.seen.borrow().len() == 1).await;
        gate.drain();
        assert_eq!(idle.rest().await, "");
        tell.send(OK).unwrap();
        let answer = busy.rest().await;
        assert!(
            answer.ends_with("ok") && answer.contains("connection: close"),
            "{answer}"
        );
        eventually(|| gate.ended.get() == 2).await;
    });
}

#[test]
fn bytes_behind_a_connect_are_not_read_as_a_request() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = Setup::to(upstream.address).start().await;
        let connect = "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n";
        let answer = gate
            .ask(&format!("{connect}GET /open/a HTTP/1.1\r\nHost: a\r\n\r\n"))
            .await;
        assert!(answer.contains("connection: close"), "{answer}");
        assert!(upstream.seen.borrow().is_empty());
    });
}
