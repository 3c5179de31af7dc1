use super::*;

const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n";
const OFFER: &str = "GET /open/ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n";

#[test]
fn agreed_switch_becomes_a_tunnel() {
    run(async {
        let upstream = Upstream::start(|_| Reaction::Echo(SWITCH)).await;
        let gate = Setup::to(upstream.address).start().await;
        let mut caller = gate.connect().await;
        caller.send(&format!("{OFFER}early")).await;
        let answer = caller.until("\r\n\r\n").await.to_lowercase();
        assert!(answer.starts_with("http/1.1 101"), "{answer}");
        assert!(
            answer.contains("upgrade: websocket") && answer.contains("connection: upgrade"),
            "{answer}"
        );
        assert!(answer.contains("sec-websocket-accept: x"), "{answer}");
        assert_eq!(caller.until("early").await, "early");
        caller.send("late").await;
        assert_eq!(caller.until("late").await, "late");
        let seen = upstream.only().to_lowercase();
        assert!(
            seen.contains("upgrade: websocket") && seen.contains("connection: upgrade"),
            "{seen}"
        );
        assert_eq!(gate.ended.get(), 0);
        drop(caller);
        eventually(|| gate.ended.get() == 1 && upstream.closed.get() == 1).await;
    });
}

#[test]
fn answer_that_switches_says_nothing_else_of_its_connection() {
    run(async {
        let upstream = Upstream::start(|_| {
            Reaction::Echo(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade, X-Own\r\nUpgrade: WebSocket\r\n\
                 X-Own: 1\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\nKeep-Alive: 5\r\nOther: 1\r\n\r\n",
            )
        })
        .await;
        let gate = Setup::to(upstream.address).start().await;
        let mut caller = gate.connect().await;
        caller.send(OFFER).await;
        let answer = caller.until("\r\n\r\n").await;
        let wanted = "HTTP/1.1 101 Switching Protocols\r\nother: 1\r\nconnection: upgrade\r\n\
                      upgrade: websocket\r\n\r\n";
        assert_eq!(answer, wanted);
    });
}

#[test]
fn idle_tunnel_is_closed() {
    run(async {
        let upstream = Upstream::start(|_| Reaction::Echo(SWITCH)).await;
        let mut setup = Setup::to(upstream.address);
        setup.upstream.idle_timeout = Duration::from_millis(50);
        let gate = setup.start().await;
        let mut caller = gate.connect().await;
        caller.send(OFFER).await;
        caller.until("\r\n\r\n").await;
        assert_eq!(caller.rest().await, "");
        eventually(|| upstream.closed.get() == 1).await;
    });
}

#[test]
fn switch_that_was_not_offered_is_refused() {
    run(async {
        for offer in [
            "GET /open/ws HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            "GET /open/ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade, close\r\nUpgrade: other\r\n\r\n",
            "GET /open/ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade, close\r\nUpgrade: h2c\r\n\r\n",
        ] {
            let upstream = Upstream::start(|_| Reaction::Echo(SWITCH)).await;
            let gate = Setup::to(upstream.address).start().await;
            let answer = gate.ask(offer).await;
            assert!(answer.starts_with("HTTP/1.1 502"), "{offer}: {answer}");
        }
    });
}

#[test]
fn offer_of_http2_is_not_passed_on() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = Setup::to(upstream.address).start().await;
        gate.ask(
            "GET /open/a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n",
        )
        .await;
        let seen = upstream.only().to_lowercase();
        assert!(
            !seen.contains("upgrade") && !seen.contains("http2-settings"),
            "{seen}"
        );
    });
}

#[test]
fn request_behind_a_declined_offer_is_judged_as_one() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = Setup::to(upstream.address).start().await;
        let mut caller = gate.connect().await;
        caller
            .send(&format!(
                "{OFFER}GET /closed/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            ))
            .await;
        let answers = caller.rest().await;
        assert!(answers.starts_with("HTTP/1.1 200"), "{answers}");
        assert!(answers.contains("TOKEN_MISSING"), "{answers}");
        assert_eq!(upstream.seen.borrow().len(), 1);
    });
}

#[test]
fn offer_on_a_closed_route_never_reaches_the_upstream() {
    run(async {
        let upstream = Upstream::start(|_| Reaction::Echo(SWITCH)).await;
        let gate = Setup::to(upstream.address).start().await;
        let answer = gate
            .ask(
                &OFFER
                    .replace("/open/ws", "/closed/ws")
                    .replace("keep-alive", "close"),
            )
            .await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        assert_eq!(upstream.connections.get(), 0);
    });
}
