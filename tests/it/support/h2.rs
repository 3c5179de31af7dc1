//! HTTP/2 at both ends: a client with prior knowledge or ALPN, and a recording upstream.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// An answer over HTTP/2 with everything that came with it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) trailers: HeaderMap,
}

/// A request that reached the HTTP/2 upstream.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) trailers: HeaderMap,
}

/// An upstream that speaks HTTP/2 only and answers like a gRPC server.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// A certificate for `localhost` and 127.0.0.1 that signs itself.
pub(crate) struct Certificate {
    pub(crate) certificate_pem: String,
    pub(crate) key_pem: String,
    der: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Certificate {
    /// A fresh one.
    pub(crate) fn fresh() -> Self {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        Self {
            certificate_pem: made.cert.pem(),
            key_pem: made.signing_key.serialize_pem(),
            der: made.cert.der().clone(),
            key: PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into()),
        }
    }

    fn server(&self) -> tokio_rustls::TlsAcceptor {
        let mut config = rustls::ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.der.clone()], self.key.clone_key())
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        Arc::new(config).into()
    }

    /// A connector that trusts only this certificate and offers these protocols.
    pub(crate) fn client(&self, protocols: &[&str]) -> tokio_rustls::TlsConnector {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.der.clone()).unwrap();
        let mut config = rustls::ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        Arc::new(config).into()
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// Runs a future to its end on a runtime of its own.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

/// Sends a request by prior knowledge (RFC 9113 section 3.3).
pub(crate) fn send(address: SocketAddr, request: Request<Full<Bytes>>) -> Answer {
    run(async {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        exchange(stream, request.map(BodyExt::boxed)).await
    })
}

/// Sends a request whose content is followed by trailers.
pub(crate) fn send_with_trailers(
    address: SocketAddr,
    request: Request<Bytes>,
    trailers: HeaderMap,
) -> Answer {
    run(async {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        exchange(stream, request.map(|body| framed(body, trailers))).await
    })
}

/// Sends a request over TLS, having agreed on `h2` by ALPN.
pub(crate) fn send_tls(
    address: SocketAddr,
    trusted: &Certificate,
    request: Request<Full<Bytes>>,
) -> Answer {
    run(async {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = trusted.client(&["h2"]).connect(name, stream).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
        exchange(stream, request.map(BodyExt::boxed)).await
    })
}

/// Sends bytes over TLS, having offered `http/1.1` by ALPN, and reads until the peer closes.
pub(crate) fn raw_tls(address: SocketAddr, trusted: &Certificate, bytes: &[u8]) -> String {
    run(async {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connector = trusted.client(&["http/1.1"]);
        let mut stream = connector.connect(name, stream).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut all = Vec::new();
        // A close without a farewell is as good as one with it.
        let _ = stream.read_to_end(&mut all).await;
        String::from_utf8_lossy(&all).into_owned()
    })
}

async fn exchange<S>(stream: S, request: Request<BoxBody<Bytes, Infallible>>) -> Answer
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let io = TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io)
        .await
        .unwrap();
    tokio::spawn(connection);
    let response = sender.send_request(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let collected = body.collect().await.unwrap();
    let trailers = collected.trailers().cloned().unwrap_or_default();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: collected.to_bytes(),
        trailers,
    }
}

/// Content followed by trailers.
fn framed(body: Bytes, trailers: HeaderMap) -> BoxBody<Bytes, Infallible> {
    let frames = [Frame::data(body), Frame::trailers(trailers)];
    let frames = futures_util::stream::iter(frames.map(Ok::<_, Infallible>));
    BodyExt::boxed(StreamBody::new(frames))
}

impl Upstream {
    /// Starts one on a free port, without TLS.
    pub(crate) fn start() -> Self {
        Self::launch(None)
    }

    /// Starts one that speaks TLS with this certificate.
    pub(crate) fn start_tls(certificate: &Certificate) -> Self {
        Self::launch(Some(certificate.server()))
    }

    fn launch(tls: Option<tokio_rustls::TlsAcceptor>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&seen);
        thread::spawn(move || run(accept(listener, tls, shared)));
        Self { address, seen }
    }

    /// Everything that reached it so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

type Log = Arc<Mutex<Vec<Seen>>>;

async fn accept(
    listener: std::net::TcpListener,
    tls: Option<tokio_rustls::TlsAcceptor>,
    seen: Log,
) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, seen) = (tls.clone(), Arc::clone(&seen));
        tokio::spawn(async move {
            match tls {
                None => serve(stream, seen).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, seen).await;
                    }
                }
            }
        });
    }
}

async fn serve<S>(stream: S, seen: Log)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let answer = move |request| answer(request, Arc::clone(&seen));
    let service = hyper::service::service_fn(answer);
    let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    // A connection that breaks is the peer's affair.
    let _ = builder
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(
    request: Request<Incoming>,
    seen: Log,
) -> Result<Response<BoxBody<Bytes, Infallible>>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let collected = body.collect().await?;
    let trailers = collected.trailers().cloned().unwrap_or_default();
    let body = collected.to_bytes();
    let path = parts.uri.path().to_owned();
    seen.lock().unwrap().push(Seen {
        path,
        headers: parts.headers,
        body: body.clone(),
        trailers,
    });
    let mut status = HeaderMap::new();
    status.insert(
        HeaderName::from_static("grpc-status"),
        HeaderValue::from_static("0"),
    );
    Ok(Response::new(framed(body, status)))
}
