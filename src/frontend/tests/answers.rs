//! What upstreams answer in HTTP/1, however it arrives, and what becomes of their connections.

use super::*;

const GET: &str = "GET /open/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// An upstream whose connections are handed to `serve` once a request's head has come.
async fn serving<F: Future<Output = ()> + 'static>(
    serve: impl Fn(TcpStream) -> F + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::task::spawn_local(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            if read_until(&mut stream, "\r\n\r\n").await.is_ok() {
                tokio::task::spawn_local(serve(stream));
            }
        }
    });
    address
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(2)).await;
}

#[test]
fn answer_is_the_same_wherever_it_is_split() {
    run(async {
        for answer in [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x\r\nllo\r\n0\r\nX-Sum: 1\r\n\r\n",
            "HTTP/1.0 200 OK\r\n\r\nhello",
        ] {
            let at = Rc::new(Cell::new(0));
            let split = Rc::clone(&at);
            let address = serving(move |mut stream| {
                split.set(split.get() + 1);
                let (first, second) = answer.split_at(split.get());
                async move {
                    stream.write_all(first.as_bytes()).await.unwrap();
                    pause().await;
                    stream.write_all(second.as_bytes()).await.unwrap();
                }
            })
            .await;
            let gate = Setup::to(address).start().await;
            while at.get() + 1 < answer.len() {
                let got = gate.ask(GET).await;
                assert!(
                    got.starts_with("HTTP/1.1 200 OK\r\n"),
                    "{}: {got}",
                    at.get()
                );
                let (_, body) = got.split_once("\r\n\r\n").unwrap();
                let digits = |c: char| c.is_ascii_hexdigit() && !c.is_ascii_alphabetic();
                let text: String = body
                    .split("\r\n")
                    .filter(|line| !line.starts_with(digits) && !line.contains(':'))
                    .collect();
                assert_eq!(text, "hello", "{}: {got}", at.get());
            }
        }
    });
}

#[test]
fn interim_answers_are_not_the_answer() {
    run(async {
        let upstream = Upstream::answering(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        )
        .await;
        let gate = Setup::to(upstream.address).start().await;
        for _ in 0..2 {
            let answer = gate.ask(GET).await;
            assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
            assert!(
                answer.ends_with("\r\n\r\nok") && !answer.contains("Link"),
                "{answer}"
            );
        }
        assert_eq!(upstream.connections.get(), 1);
    });
}

#[test]
fn flood_of_interim_answers_is_ended() {
    run(async {
        let address = serving(|mut stream| async move {
            let hint = "HTTP/1.1 103 Early Hints\r\n\r\n";
            while stream.write_all(hint.as_bytes()).await.is_ok() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        let answer = Setup::to(address).start().await.ask(GET).await;
        assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
    });
}

#[test]
fn what_comes_unasked_is_no_answer_to_the_next_request() {
    run(async {
        for unasked in [
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
            "\r\n",
            "x",
        ] {
            let address = serving(move |mut stream| async move {
                stream.write_all(OK.as_bytes()).await.unwrap();
                pause().await;
                stream.write_all(unasked.as_bytes()).await.unwrap();
                let _wait_for_the_end = stream.read(&mut [0; 1000]).await;
            })
            .await;
            let gate = Setup::to(address).start().await;
            for _ in 0..3 {
                let answer = gate.ask(GET).await;
                assert!(answer.ends_with("\r\n\r\nok"), "{answer}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let line = r#"sidegate_upstream_connections_total{upstream="default"} 3"#;
            assert!(gate.metrics().contains(line), "{}", gate.metrics());
        }
    });
}

#[test]
fn connection_that_the_upstream_closed_is_let_go_without_another_request() {
    run(async {
        let upstream = Upstream::start(|_| Reaction::Last(OK)).await;
        let mut setup = Setup::to(upstream.address);
        setup.upstream.response_timeout = Duration::from_millis(40);
        setup.upstream.keep_alive = Duration::from_secs(60);
        let gate = setup.start().await;
        assert!(gate.ask(GET).await.starts_with("HTTP/1.1 200"));
        let line = r#"sidegate_upstream_connections{upstream="default"} 0"#;
        eventually(|| gate.metrics().contains(line)).await;
    });
}

#[test]
fn connection_is_used_again_only_when_the_answer_says_so() {
    run(async {
        for (answer, connections) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                1,
            ),
            (
                "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
                1,
            ),
            ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 2),
            (
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
                2,
            ),
            // Two framings: one of the two is a lie.
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                2,
            ),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\r\n", 2),
            ("HTTP/1.1 204 No Content\r\n\r\n", 1),
            ("HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", 1),
            // A body where there is none.
            ("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok", 2),
        ] {
            let upstream = Upstream::answering(answer).await;
            let gate = Setup::to(upstream.address).start().await;
            for _ in 0..2 {
                let status = gate.ask(GET).await.split(' ').nth(1).unwrap().to_owned();
                assert!(answer.contains(&status), "{status}: {answer}");
            }
            assert_eq!(upstream.connections.get(), connections, "{answer}");
        }
    });
}

#[test]
fn what_comes_right_behind_a_switch_is_not_lost() {
    run(async {
        let address = serving(|mut stream| async move {
            let switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nfirst";
            stream.write_all(switch.as_bytes()).await.unwrap();
            let (mut read, mut write) = stream.split();
            let _ = tokio::io::copy(&mut read, &mut write).await;
        })
        .await;
        let gate = Setup::to(address).start().await;
        let mut caller = gate.connect().await;
        caller
            .send("GET /open/a HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
            .await;
        assert!(caller.until("\r\n\r\n").await.starts_with("HTTP/1.1 101"));
        assert_eq!(caller.until("first").await, "first");
        caller.send("second").await;
        assert_eq!(caller.until("second").await, "second");
        let open =
            |count: u32| format!("sidegate_upstream_connections{{upstream=\"default\"}} {count}");
        assert!(gate.metrics().contains(&open(1)), "{}", gate.metrics());
        drop(caller);
        eventually(|| gate.metrics().contains(&open(0))).await;
    });
}

#[test]
fn both_sides_may_speak_in_turns() {
    run(async {
        // The request's chunks are the answer's chunks.
        let address = serving(|mut stream| async move {
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            stream.write_all(head.as_bytes()).await.unwrap();
            let (mut read, mut write) = stream.split();
            let _ = tokio::io::copy(&mut read, &mut write).await;
        })
        .await;
        let gate = Setup::to(address).start().await;
        let mut caller = gate.connect().await;
        caller
            .send("POST /open/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            .await;
        assert!(caller.until("\r\n\r\n").await.starts_with("HTTP/1.1 200"));
        for chunk in ["1\r\na\r\n", "2\r\nbc\r\n", "0\r\n\r\n"] {
            caller.send(chunk).await;
            assert_eq!(caller.until(chunk).await, chunk);
        }
    });
}

#[test]
fn upstream_that_takes_nothing_is_given_up() {
    run(async {
        let address = serving(|stream| async move {
            std::future::pending::<()>().await;
            drop(stream);
        })
        .await;
        let mut setup = Setup::to(address);
        setup.upstream.idle_timeout = Duration::from_millis(80);
        let gate = setup.start().await;
        let caller = gate.connect().await;
        let (mut read, mut write) = caller.0.into_split();
        tokio::task::spawn_local(async move {
            let head = "POST /open/a HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n";
            write.write_all(head.as_bytes()).await.unwrap();
            while write.write_all(&[b'x'; 64 << 10]).await.is_ok() {}
        });
        let mut answer = vec![0; 12];
        read.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, b"HTTP/1.1 504");
    });
}
