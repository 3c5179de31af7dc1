//! How bodies end that do not say their length before.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Frame;
use hyper_util::rt::TokioIo;

use super::http2::{OutBody, connect};
use super::*;
use crate::upstream::LocalExecutor;

/// A body of one frame whose length is not told before, though its end is told with it.
struct Sudden(Full<Bytes>);

impl hyper::body::Body for Sudden {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        std::pin::Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }
}

const SUDDEN: usize = 10_001;

fn sudden() -> OutBody {
    Sudden(Full::new(vec![b'x'; SUDDEN].into())).boxed()
}

#[test]
fn end_that_comes_with_a_large_frame_stands_behind_it() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let mut setup = Setup::to(upstream.address);
        setup.protocol = Protocol::Http2;
        let gate = setup.start().await;
        let mut sender = connect(gate.address).await;
        let post = Request::post("http://a/open/a").body(sudden()).unwrap();
        assert_eq!(sender.send_request(post).await.unwrap().status(), 200);
        let wanted = format!("\r\n\r\n2711\r\n{}\r\n0\r\n\r\n", "x".repeat(SUDDEN));
        assert!(upstream.only().ends_with(&wanted), "{}", upstream.only());
    });
}

#[test]
fn end_that_comes_with_a_large_frame_of_an_answer_stands_behind_it() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::task::spawn_local(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let service = hyper::service::service_fn(|_| async {
                Ok::<_, Infallible>(Response::new(sudden()))
            });
            let server = hyper::server::conn::http2::Builder::new(LocalExecutor);
            server.serve_connection(TokioIo::new(stream), service).await
        });
        let mut setup = Setup::to(address);
        setup.upstream.protocol = upstream::Protocol::Http2;
        let gate = setup.start().await;
        let request = "GET /open/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        let answer = gate.ask(request).await;
        let wanted = format!("\r\n\r\n2711\r\n{}\r\n0\r\n\r\n", "x".repeat(SUDDEN));
        assert!(answer.ends_with(&wanted), "{answer}");
    });
}

#[test]
fn trailers_of_an_answer_say_nothing_about_framing() {
    run(async {
        let upstream = Upstream::answering(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\
             X-Sum: 7\r\nContent-Length: 9\r\nConnection: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        )
        .await;
        let gate = Setup::to(upstream.address).start().await;
        let request = "GET /open/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        let answer = gate.ask(request).await;
        assert!(
            answer.ends_with("2\r\nok\r\n0\r\nx-sum: 7\r\n\r\n"),
            "{answer}"
        );
    });
}
