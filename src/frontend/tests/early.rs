//! Upstreams that answer before they have heard the request to its end.

use super::*;

/// Answers every head at once and reads no body. Gives what came on each connection that has ended.
async fn hasty(answer: &'static str) -> (SocketAddr, Rc<RefCell<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, ended) = (listener.local_addr().unwrap(), Rc::default());
    let seen: Rc<RefCell<Vec<String>>> = Rc::clone(&ended);
    tokio::task::spawn_local(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let seen = Rc::clone(&seen);
            tokio::task::spawn_local(async move {
                let mut all = read_until(&mut stream, "\r\n\r\n").await.unwrap();
                stream.write_all(answer.as_bytes()).await.unwrap();
                all.push_str(&Caller(stream).rest().await);
                seen.borrow_mut().push(all);
            });
        }
    });
    (address, ended)
}

const HALF: &str = "POST /open/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe";
const GET: &str = "GET /open/b HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn rest_of_a_body_is_no_request_to_us() {
    run(async {
        let (address, _) = hasty(OK).await;
        let gate = Setup::to(address).start().await;
        let mut caller = gate.connect().await;
        caller.send(HALF).await;
        caller.until("\r\n\r\nok").await;
        let _may_be_closed = caller.0.write_all(format!("llo{GET}").as_bytes()).await;
        assert_eq!(caller.rest().await, "");
    });
}

#[test]
fn next_request_is_no_rest_of_a_body_to_the_upstream() {
    run(async {
        let (address, ended) = hasty(OK).await;
        let gate = Setup::to(address).start().await;
        let mut first = gate.connect().await;
        first.send(HALF).await;
        first.until("\r\n\r\nok").await;
        let mut second = gate.connect().await;
        second.send(GET).await;
        second.until("\r\n\r\nok").await;
        eventually(|| !ended.borrow().is_empty()).await;
        let seen = ended.borrow()[0].clone();
        assert!(seen.starts_with("POST /open/a "), "{seen}");
        assert!(seen.ends_with("\r\n\r\nhe"), "{seen}");
    });
}

#[test]
fn protocol_is_not_switched_within_a_body() {
    run(async {
        let (address, ended) = hasty(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n",
        )
        .await;
        let gate = Setup::to(address).start().await;
        let offer = HALF.replace(
            "\r\n\r\n",
            "\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n",
        );
        let mut caller = gate.connect().await;
        caller.send(&offer).await;
        let answer = caller.until("\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
        eventually(|| !ended.borrow().is_empty()).await;
    });
}

#[test]
fn request_that_was_not_answered_is_sent_again_only_if_it_may_be_done_twice() {
    run(async {
        for (method, times) in [("GET", 2), ("DELETE", 2), ("POST", 1), ("PATCH", 1)] {
            let upstream = Upstream::start(|before| match before {
                0 => Reaction::Answer(OK),
                _ => Reaction::Last(""),
            })
            .await;
            let gate = Setup::to(upstream.address).start().await;
            let mut caller = gate.connect().await;
            caller.send(GET).await;
            caller.until("\r\n\r\nok").await;
            caller.send(&GET.replace("GET", method)).await;
            let answer = caller.until("\r\n\r\n").await;
            assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
            assert_eq!(upstream.seen.borrow().len(), 1 + times, "{method}");
        }
    });
}
