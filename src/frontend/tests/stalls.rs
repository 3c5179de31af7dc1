use super::*;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// SETTINGS_INITIAL_WINDOW_SIZE = 0: no body may be sent (RFC 9113 section 6.5.2).
const NO_WINDOW: &[u8] = b"\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\0\0";
const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";
/// `GET /open/a` for the host `a`, as HPACK literals, on stream 1.
const GET: &[u8] = b"\0\0\x0e\x01\x05\0\0\0\x01\x82\x86\x04\x07/open/a\x01\x01a";

async fn http2(gate: &Gate, frames: &[&[u8]]) -> TcpStream {
    let mut stream = TcpStream::connect(gate.address).await.unwrap();
    stream.write_all(PREFACE).await.unwrap();
    stream.write_all(&frames.concat()).await.unwrap();
    stream
}

#[test]
fn answer_that_nobody_takes_lets_go_of_the_upstream() {
    run(async {
        let big = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n0123456789";
        let upstream = Upstream::answering(big).await;
        let mut setup = Setup::to(upstream.address);
        setup.protocol = Protocol::Http2;
        setup.upstream.idle_timeout = Duration::from_millis(100);
        let sink = Sink::default();
        setup.sink = Some(sink.clone());
        let gate = setup.start().await;
        let caller = http2(&gate, &[NO_WINDOW, GET]).await;
        eventually(|| upstream.closed.get() == 1).await;
        eventually(|| sink.records().iter().any(|record| record["status"] == 499)).await;
        drop(caller);
    });
}

/// Such a caller leaves it open whether it has seen the GOAWAY (RFC 9113 section 6.8).
#[test]
fn quiet_caller_that_answers_nothing_is_cut() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let mut setup = Setup::to(upstream.address);
        setup.protocol = Protocol::Http2;
        setup.settings.limits.keep_alive = Duration::from_millis(50);
        let gate = setup.start().await;
        let mut caller = http2(&gate, &[SETTINGS, GET]).await;
        let mut received = Vec::new();
        // Ends only when the gate closes.
        caller.read_to_end(&mut received).await.unwrap();
        assert_eq!(upstream.seen.borrow().len(), 1);
    });
}
