//! Heads of answers in HTTP/1 that are too long, malformed or incomplete.

use super::*;

const GET: &str = "GET /open/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

#[test]
fn heads_are_bounded() {
    run(async {
        for (fields, status) in [
            ("X: y\r\n".repeat(99), "200"),
            ("X: y\r\n".repeat(100), "502"),
            (format!("X: {}\r\n", "y".repeat(60 << 10)), "200"),
            (format!("X: {}\r\n", "y".repeat(64 << 10)), "502"),
            ("X: y".repeat(64 << 10), "502"),
        ] {
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{fields}\r\nok");
            let upstream = Upstream::answering(String::leak(answer)).await;
            let gate = Setup::to(upstream.address).start().await;
            let answer = gate.ask(GET).await;
            let got = answer.split(' ').nth(1).unwrap();
            assert_eq!(got, status, "{} bytes of fields", fields.len());
        }
    });
}

#[test]
fn malformed_heads_are_a_bad_gateway() {
    run(async {
        for head in [
            "HTTP/1.1 200 OK\nContent-Length: 2\n\n",
            "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n folded\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
            "HTTP/1.1 2000 OK\r\n\r\n",
            "HTTP/2 200 OK\r\n\r\n",
            "200 OK\r\n\r\n",
        ] {
            let upstream = Upstream::answering(head).await;
            let gate = Setup::to(upstream.address).start().await;
            let answer = gate.ask(GET).await;
            assert!(answer.starts_with("HTTP/1.1 502"), "{head:?}: {answer}");
            assert_eq!(upstream.seen.borrow().len(), 1, "{head:?}");
        }
    });
}

#[test]
fn half_an_answer_is_not_asked_for_again() {
    run(async {
        let upstream = Upstream::start(|before| match before {
            1 => Reaction::Last("HTTP/1.1 200 OK\r\nContent-"),
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
fn fields_pass_as_they_came_but_for_the_upstreams_own() {
    run(async {
        let upstream = Upstream::answering(
            "HTTP/1.1 200 OK\r\nDATE:then\r\nConnection: X-Own\r\nx-own: 1\r\nKeep-Alive: 5\r\n\
             Empty:\r\nB: 1\r\nA:  2 \r\nb: 3\r\nContent-Length:\t2\r\n\r\nok",
        )
        .await;
        let gate = Setup::to(upstream.address).start().await;
        let answer = gate.ask(GET).await;
        let wanted = "HTTP/1.1 200 OK\r\ndate: then\r\nempty: \r\nb: 1\r\na: 2\r\nb: 3\r\n\
                      content-length: 2\r\nconnection: close\r\n\r\nok";
        assert_eq!(answer, wanted);
    });
}
