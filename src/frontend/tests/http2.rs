use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::TokioIo;

use super::*;
use crate::upstream::LocalExecutor;

pub(super) type OutBody = BoxBody<Bytes, Infallible>;

fn full(text: &'static str) -> OutBody {
    Full::new(Bytes::from_static(text.as_bytes())).boxed()
}

pub(super) fn with_trailers(
    text: &'static str,
    fields: &[(&'static str, &'static str)],
) -> OutBody {
    let mut trailers = HeaderMap::new();
    for (name, value) in fields {
        trailers.insert(*name, HeaderValue::from_static(value));
    }
    let frames = [
        Ok(Frame::data(Bytes::from_static(text.as_bytes()))),
        Ok(Frame::trailers(trailers)),
    ];
    BodyExt::boxed(StreamBody::new(futures_util::stream::iter(frames)))
}

pub(super) async fn connect(address: SocketAddr) -> SendRequest<OutBody> {
    let stream = TcpStream::connect(address).await.unwrap();
    let (sender, connection) = http2::handshake(LocalExecutor, TokioIo::new(stream))
        .await
        .unwrap();
    tokio::task::spawn_local(connection);
    sender
}

/// An HTTP/2 upstream that sends back the trailers of each request as its own, with `grpc-status`.
async fn grpc_upstream() -> (SocketAddr, Rc<RefCell<Vec<Request<()>>>>, Rc<Cell<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (seen, connections) = (
        Rc::<RefCell<Vec<_>>>::default(),
        Rc::<Cell<usize>>::default(),
    );
    let (log, count) = (Rc::clone(&seen), Rc::clone(&connections));
    tokio::task::spawn_local(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            count.set(count.get() + 1);
            let log = Rc::clone(&log);
            let service = hyper::service::service_fn(move |request: Request<Incoming>| {
                let log = Rc::clone(&log);
                async move {
                    let (parts, body) = request.into_parts();
                    let body = body.collect().await.unwrap();
                    let mut trailers = body.trailers().cloned().unwrap_or_default();
                    trailers.insert("grpc-status", HeaderValue::from_static("0"));
                    log.borrow_mut().push(Request::from_parts(parts, ()));
                    let frames = [
                        Ok::<_, Infallible>(Frame::data(body.to_bytes())),
                        Ok(Frame::trailers(trailers)),
                    ];
                    let body = StreamBody::new(futures_util::stream::iter(frames));
                    Ok::<_, Infallible>(Response::new(body))
                }
            });
            let io = TokioIo::new(stream);
            let server = hyper::server::conn::http2::Builder::new(LocalExecutor);
            tokio::task::spawn_local(async move { server.serve_connection(io, service).await });
        }
    });
    (address, seen, connections)
}

fn get(uri: &str) -> Request<OutBody> {
    Request::get(uri).body(full("")).unwrap()
}

#[test]
fn http2_caller_reaches_an_http1_upstream() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let mut setup = Setup::to(upstream.address);
        setup.protocol = Protocol::Http2;
        let gate = setup.start().await;
        let mut sender = connect(gate.address).await;
        let answer = sender
            .send_request(get("http://App.example/open/a"))
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.collect().await.unwrap().to_bytes(), "ok");
        let seen = upstream.only().to_lowercase();
        assert!(seen.contains("\r\nhost: app.example\r\n"), "{seen}");
        let stream = StreamBody::new(futures_util::stream::iter([Ok(Frame::data(
            Bytes::from_static(b"hi"),
        ))]));
        let post = Request::post("http://a/open/a")
            .body(BodyExt::boxed(stream))
            .unwrap();
        assert_eq!(sender.send_request(post).await.unwrap().status(), 200);
        let seen = upstream.seen.borrow()[1].to_lowercase();
        assert!(seen.ends_with("2\r\nhi\r\n0\r\n\r\n"), "{seen}");
    });
}

#[test]
fn authority_and_host_must_agree() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let mut setup = Setup::to(upstream.address);
        setup.protocol = Protocol::Http2;
        let gate = setup.start().await;
        let mut sender = connect(gate.address).await;
        for (host, status) in [("a", 200), ("A.", 200), ("b", 400)] {
            let mut request = get("http://a/open/a");
            request
                .headers_mut()
                .insert("host", HeaderValue::from_static(host));
            assert_eq!(
                sender.send_request(request).await.unwrap().status(),
                status,
                "{host}"
            );
        }
    });
}

#[test]
fn too_many_fields_are_refused_in_http2_too() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let mut setup = Setup::to(upstream.address);
        setup.protocol = Protocol::Http2;
        let gate = setup.start().await;
        let mut request = get("http://a/open/a");
        for number in 0..101 {
            let name = http::HeaderName::try_from(format!("x-{number}")).unwrap();
            request
                .headers_mut()
                .insert(name, HeaderValue::from_static("1"));
        }
        let answer = connect(gate.address)
            .await
            .send_request(request)
            .await
            .unwrap();
        assert_eq!(answer.status(), 400);
        assert_eq!(upstream.connections.get(), 0);
    });
}

#[test]
fn grpc_passes_with_its_trailers_and_without_identity_in_them() {
    run(async {
        let (address, seen, connections) = grpc_upstream().await;
        let mut setup = Setup::to(address);
        setup.protocol = Protocol::Http2;
        setup.upstream.protocol = upstream::Protocol::Http2;
        let gate = setup.start().await;
        let mut sender = connect(gate.address).await;
        for _ in 0..3 {
            let body = with_trailers(
                "hello",
                &[("x-sum", "7"), ("x-user", "eve"), ("authorization", "eve")],
            );
            let request = Request::post("http://app.example/open/pkg.Service/Call")
                .header("content-type", "application/grpc")
                .header("te", "trailers")
                .body(body)
                .unwrap();
            let answer = sender
                .send_request(request)
                .await
                .unwrap()
                .collect()
                .await
                .unwrap();
            let trailers = answer.trailers().unwrap().clone();
            assert_eq!(answer.to_bytes(), "hello");
            assert_eq!(trailers["grpc-status"], "0");
            assert_eq!(trailers["x-sum"], "7");
            assert!(!trailers.contains_key("x-user") && !trailers.contains_key("authorization"));
        }
        let seen = seen.borrow();
        assert_eq!(seen[0].headers()["te"], "trailers");
        assert_eq!(seen[0].uri().authority().unwrap(), "app.example");
        assert_eq!((seen.len(), connections.get()), (3, 1));
    });
}

#[test]
fn refused_grpc_call_gets_a_grpc_status() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let mut setup = Setup::to(upstream.address);
        setup.protocol = Protocol::Http2;
        let gate = setup.start().await;
        let request = Request::post("http://a/closed/pkg.Service/Call")
            .header("content-type", "application/grpc")
            .body(full("x"))
            .unwrap();
        let answer = connect(gate.address)
            .await
            .send_request(request)
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["grpc-status"], "16");
        assert_eq!(answer.headers()["grpc-message"], "TOKEN_MISSING");
        assert_eq!(upstream.connections.get(), 0);
    });
}

#[test]
fn caller_that_resets_its_stream_cancels_what_the_upstream_does() {
    run(async {
        let upstream = Upstream::start(|_| Reaction::Silence).await;
        let mut setup = Setup::to(upstream.address);
        setup.protocol = Protocol::Http2;
        let gate = setup.start().await;
        let mut sender = connect(gate.address).await;
        let asking = tokio::task::spawn_local(async move {
            let _cancelled = sender.send_request(get("http://a/open/a")).await;
        });
        eventually(|| upstream.seen.borrow().len() == 1).await;
        asking.abort();
        eventually(|| upstream.closed.get() == 1).await;
    });
}

#[test]
fn drain_finishes_streams_that_have_begun() {
    run(async {
        let (tell, told) = tokio::sync::mpsc::unbounded_channel();
        let told = RefCell::new(Some(told));
        let upstream = Upstream::start(move |_| Reaction::Stream(told.take().unwrap())).await;
        let mut setup = Setup::to(upstream.address);
        setup.protocol = Protocol::Http2;
        let gate = setup.start().await;
        let mut sender = connect(gate.address).await;
        let asking = tokio::task::spawn_local(sender.send_request(get("http://a/open/a")));
        eventually(|| upstream.seen.borrow().len() == 1).await;
        gate.drain();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(gate.ended.get(), 0);
        tell.send(OK).unwrap();
        let answer = asking.await.unwrap().unwrap();
        assert_eq!(answer.collect().await.unwrap().to_bytes(), "ok");
        eventually(|| gate.ended.get() == 1).await;
    });
}

#[test]
fn upstream_of_http2_is_told_the_host_once_and_its_answer_is_cleared() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::task::spawn_local(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let service = hyper::service::service_fn(async |request: Request<Incoming>| {
                let hosts = request.headers().get_all("host").iter().count();
                let answer = Response::builder()
                    .header("hosts", hosts)
                    .header("proxy-authenticate", "Basic")
                    .header("kept", " 1");
                Ok::<_, Infallible>(answer.body(full("ok")).unwrap())
            });
            let server = hyper::server::conn::http2::Builder::new(LocalExecutor);
            let _ended = server.serve_connection(TokioIo::new(stream), service).await;
        });
        let mut setup = Setup::to(address);
        setup.upstream.protocol = upstream::Protocol::Http2;
        let gate = setup.start().await;
        let request = "GET /open/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        let answer = gate.ask(request).await;
        assert!(answer.contains("\r\nkept: 1\r\n"), "{answer}");
        assert!(!answer.contains("proxy-authenticate"), "{answer}");
        // `:authority` says it.
        assert!(answer.contains("\r\nhosts: 0\r\n"), "{answer}");
        assert_eq!(answer.matches("content-length").count(), 1, "{answer}");
    });
}
