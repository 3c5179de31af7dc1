//! An upstream for bodies and messages: reads every body to its end before it answers, and echoes
//! WebSocket messages of the one size that `talk` sends.

use std::convert::Infallible;
use std::io;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Failure;
use crate::arguments::Arguments;
use crate::serve;
use crate::talk::{ACCEPT, PAYLOAD};

/// A caller's message comes with six bytes before its payload, ours goes with two (RFC 6455, 5.2).
async fn echo(upgraded: Upgraded) -> io::Result<()> {
    let mut stream = TokioIo::new(upgraded);
    let mut inbound = [0; PAYLOAD + 6];
    let mut outbound = vec![0x82, PAYLOAD as u8];
    loop {
        stream.read_exact(&mut inbound).await?;
        outbound.truncate(2);
        outbound.extend(inbound.iter().skip(6));
        stream.write_all(&outbound).await?;
        stream.flush().await?;
    }
}

fn switch(mut request: Request<Incoming>) -> Response<Full<Bytes>> {
    tokio::spawn(async move {
        if let Ok(upgraded) = hyper::upgrade::on(&mut request).await {
            // Ends when the caller goes away.
            let _ = echo(upgraded).await;
        }
    });
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(
        header::SEC_WEBSOCKET_ACCEPT,
        HeaderValue::from_static(ACCEPT),
    );
    response
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.headers().contains_key(header::UPGRADE) {
        return Ok(switch(request));
    }
    let mut body = request.into_body();
    let mut length = 0;
    while let Some(Ok(frame)) = body.frame().await {
        length += frame.data_ref().map_or(0, Bytes::len);
    }
    Ok(Response::new(Full::from(format!("{length}\n"))))
}

fn connection(stream: TcpStream) {
    tokio::spawn(async move {
        let served = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service_fn(answer))
            .with_upgrades();
        // A proxy that goes away is the proxy's business.
        let _ = served.await;
    });
}

/// Serves on `--listen`, one thread.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    serve::run(arguments.required("listen")?, 1, || {
        |stream, _| connection(stream)
    })
}
