use std::future::poll_fn;
use std::sync::Arc;

use http::HeaderMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::super::pool::Line;
use super::super::{CallerBody, Settings, Targets};
use super::*;
use crate::http1::{self, Body, Source, encode};
use crate::policy::HeaderNames;
use crate::telemetry::{Registry, RequestMetrics};

/// Runs a test on a runtime like a worker's.
fn run(test: impl Future<Output = ()>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build_local(Default::default());
    runtime.unwrap().block_on(test);
}

/// A pool, and a new connection of it with its other end.
async fn connection() -> (Rc<Pool>, Box<Connection>, TcpStream, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let registry = Registry::new();
    let settings = Settings::of_url("default", &url).unwrap();
    let targets = Targets::load(vec![settings], &registry).unwrap();
    let metrics = RequestMetrics::new(&registry).unwrap();
    let pool = Pool::new(Arc::clone(&targets.0[0]), &metrics);
    let Ok(Line::Http1(connection)) = pool.fresh().await else {
        panic!("no connection");
    };
    let (stream, _) = listener.accept().await.unwrap();
    (pool, connection, stream, listener)
}

/// A request without a body, written to `connection`.
fn get(mut connection: Box<Connection>, pool: &Rc<Pool>) -> Exchange {
    encode::request(connection.wire.head(), &Method::GET, "/");
    connection.wire.head().extend_from_slice(b"\r\n");
    Exchange::begin(connection, pool, Outgoing::bodiless())
}

async fn head(exchange: &mut Exchange) -> Result<ResponseHead, Failure> {
    poll_fn(|cx| exchange.poll_head(&Method::GET, cx)).await
}

#[test]
fn request_of_which_nothing_left_goes_out_whole_on_another_connection() {
    run(async {
        let (pool, mut connection, other, listener) = connection().await;
        connection.reused = true;
        // A reset that the runtime has not heard of yet.
        #[expect(deprecated, reason = "closing at once is what resets")]
        other.set_linger(Some(std::time::Duration::ZERO)).unwrap();
        drop(other);
        let mut exchange = get(connection, &pool);
        let failure = head(&mut exchange).await.unwrap_err();
        assert_eq!(failure.reach, Reach::Unsent);
        let Ok(Line::Http1(fresh)) = pool.fresh().await else {
            panic!("no connection");
        };
        exchange.move_to(fresh);
        let (mut other, _) = listener.accept().await.unwrap();
        other
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .await
            .unwrap();
        assert_eq!(head(&mut exchange).await.unwrap().status, 204);
        let mut seen = [0; 18];
        other.read_exact(&mut seen).await.unwrap();
        assert_eq!(&seen, b"GET / HTTP/1.1\r\n\r\n");
    });
}

#[test]
fn request_that_was_not_answered_goes_out_whole_on_another_connection() {
    run(async {
        let (pool, mut connection, mut other, listener) = connection().await;
        connection.reused = true;
        let mut exchange = get(connection, &pool);
        let upstream = async {
            other.read_exact(&mut [0; 18]).await.unwrap();
            drop(other);
        };
        let (failure, ()) = tokio::join!(head(&mut exchange), upstream);
        assert_eq!(failure.unwrap_err().reach, Reach::Unanswered);
        let Ok(Line::Http1(fresh)) = pool.fresh().await else {
            panic!("no connection");
        };
        exchange.move_to(fresh);
        let (mut other, _) = listener.accept().await.unwrap();
        let upstream = async {
            let mut seen = [0; 18];
            other.read_exact(&mut seen).await.unwrap();
            assert_eq!(&seen, b"GET / HTTP/1.1\r\n\r\n");
            other
                .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
                .await
                .unwrap();
        };
        let (head, ()) = tokio::join!(head(&mut exchange), upstream);
        assert_eq!(head.unwrap().status, 204);
    });
}

#[test]
fn new_connection_that_ends_is_no_reason_to_try_again() {
    run(async {
        let (pool, connection, other, _listener) = connection().await;
        drop(other);
        let failure = head(&mut get(connection, &pool)).await.unwrap_err();
        assert_eq!(failure.reach, Reach::Final);
    });
}

#[test]
fn connection_is_idle_again_after_a_whole_answer_and_only_then() {
    run(async {
        for (answer, idle) in [
            (&b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"[..], true),
            (
                b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n",
                false,
            ),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", false),
            (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false),
        ] {
            let (pool, connection, mut other, _listener) = connection().await;
            other.write_all(answer).await.unwrap();
            let mut exchange = get(connection, &pool);
            let head = head(&mut exchange).await.unwrap();
            exchange.expect(head.framing, head.persistent);
            assert_eq!(pool.idle().is_some(), idle, "{answer:?}");
        }
    });
}

#[test]
fn connection_that_said_something_or_ended_is_not_taken_from_the_pool() {
    run(async {
        for unasked in ["", "x"] {
            let (pool, connection, mut other, _listener) = connection().await;
            pool.put_back(connection);
            other.write_all(unasked.as_bytes()).await.unwrap();
            let _still_open = (!unasked.is_empty()).then_some(other);
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            assert!(pool.idle().is_none(), "{unasked:?}");
        }
    });
}

/// A body that comes at once.
#[derive(Debug)]
struct Pieces(std::cell::RefCell<Vec<Piece>>);

impl Source for Pieces {
    fn poll_piece(&self, _cx: &mut Context<'_>) -> Poll<Result<Piece, http1::BodyError>> {
        let mut pieces = self.0.borrow_mut();
        Poll::Ready(match pieces.is_empty() {
            true => Err(http1::BodyError::Short),
            false => Ok(pieces.remove(0)),
        })
    }
}

/// A request with a body in chunks, written to `connection`.
fn post(mut connection: Box<Connection>, pool: &Rc<Pool>, pieces: Vec<Piece>) -> Exchange {
    encode::request(connection.wire.head(), &Method::POST, "/");
    connection.wire.head().extend_from_slice(b"\r\n");
    connection.wire.begin(true);
    let source = Rc::new(Pieces(pieces.into()));
    let body = CallerBody::Http1(Body::new(source, Framing::Chunked));
    let stripped = Arc::new(HeaderNames::default());
    Exchange::begin(connection, pool, Outgoing::with(body, &stripped, None))
}

fn data(text: &'static [u8]) -> Piece {
    Piece::Data(bytes::Bytes::from_static(text))
}

#[test]
fn trailers_are_sifted_and_end_the_body() {
    run(async {
        let (pool, connection, mut other, _listener) = connection().await;
        let mut trailers = HeaderMap::new();
        for name in [
            "x-sum",
            "x-sidegate-role",
            "authorization",
            "x-forwarded-for",
        ] {
            trailers.insert(name, http::HeaderValue::from_static("1"));
        }
        let pieces = vec![data(b"a"), Piece::Trailers(trailers)];
        let mut exchange = post(connection, &pool, pieces);
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        other.write_all(answer).await.unwrap();
        let head = head(&mut exchange).await.unwrap();
        exchange.expect(head.framing, head.persistent);
        let wanted = b"POST / HTTP/1.1\r\n\r\n1\r\na\r\n0\r\nx-sum: 1\r\n\r\n";
        let mut seen = vec![0; wanted.len()];
        other.read_exact(&mut seen).await.unwrap();
        assert_eq!(seen, wanted);
        assert!(pool.idle().is_some());
    });
}

#[test]
fn body_that_breaks_off_is_the_callers_fault_and_is_never_ended() {
    run(async {
        let (pool, connection, mut other, _listener) = connection().await;
        let mut exchange = post(connection, &pool, vec![data(b"a")]);
        let failure = head(&mut exchange).await.unwrap_err();
        assert_eq!(failure.error.reason(), crate::model::Reason::RequestInvalid);
        drop(exchange);
        let mut seen = Vec::new();
        other.read_to_end(&mut seen).await.unwrap();
        assert!(!seen.ends_with(b"0\r\n\r\n"), "{seen:?}");
    });
}

#[test]
fn request_is_sent_on_though_nobody_asks_for_the_answer() {
    run(async {
        let (pool, connection, mut other, _listener) = connection().await;
        let large = std::iter::repeat_with(|| data(&[b'x'; 60_000])).take(100);
        let mut exchange = post(connection, &pool, large.chain([Piece::End]).collect());
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
        other.write_all(answer).await.unwrap();
        let head = head(&mut exchange).await.unwrap();
        exchange.expect(head.framing, head.persistent);
        assert!(!exchange.outgoing.is_over());
        let upstream = async {
            let mut seen = vec![0; 6_000_000];
            other.read_exact(&mut seen).await.unwrap();
        };
        let sent = poll_fn(|cx| {
            let _moved = exchange.poll_request(cx);
            match exchange.outgoing.is_sent() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        });
        tokio::join!(sent, upstream);
    });
}
