//! Ways to an upstream other than plain TCP.

use std::path::PathBuf;

use hyper_util::rt::TokioIo;
use tokio::net::UnixListener;

use super::*;
use crate::upstream::{LocalExecutor, Settings as Way};

const GET: &str = "GET /open/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// What an upstream of the test answers: the version it was asked in.
async fn version(
    request: http::Request<hyper::body::Incoming>,
) -> Result<http::Response<String>, std::convert::Infallible> {
    Ok(http::Response::new(format!("{:?}", request.version())))
}

#[test]
fn unix_socket_is_reached() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.sock");
        let listener = UnixListener::bind(&path).unwrap();
        tokio::task::spawn_local(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let server = hyper::server::conn::http1::Builder::new();
                let service = hyper::service::service_fn(version);
                tokio::task::spawn_local(server.serve_connection(TokioIo::new(stream), service));
            }
        });
        let mut setup = Setup::to("127.0.0.1:1".parse().unwrap());
        setup.upstream = Way::of_url("default", &format!("unix:{}", path.display())).unwrap();
        let answer = setup.start().await.ask(GET).await;
        assert!(answer.ends_with("HTTP/1.1"), "{answer}");
    });
}

/// A TLS upstream named `localhost`, and the file with its certificate.
async fn tls_upstream(folder: &Path, alpn: &[&[u8]]) -> (SocketAddr, PathBuf) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let ca_file = folder.join("ca.pem");
    std::fs::write(&ca_file, made.cert.pem()).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::task::spawn_local(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::task::spawn_local(async move {
                let Ok(stream) = acceptor.accept(stream).await else {
                    return;
                };
                let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                let (io, service) = (TokioIo::new(stream), hyper::service::service_fn(version));
                if http2 {
                    let server = hyper::server::conn::http2::Builder::new(LocalExecutor);
                    let _ = server.serve_connection(io, service).await;
                } else {
                    let server = hyper::server::conn::http1::Builder::new();
                    let _ = server.serve_connection(io, service).await;
                }
            });
        }
    });
    (address, ca_file)
}

#[test]
fn tls_upstream_is_verified_and_picks_the_protocol() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let (address, ca_file) = tls_upstream(folder.path(), &[b"h2", b"http/1.1"]).await;
        for (protocol, spoken) in [
            (upstream::Protocol::Http1, "HTTP/1.1"),
            (upstream::Protocol::Http2, "HTTP/2.0"),
            (upstream::Protocol::Auto, "HTTP/2.0"),
        ] {
            let mut setup = Setup::to(address);
            let url = format!("https://localhost:{}", address.port());
            setup.upstream = Way::of_url("default", &url).unwrap();
            setup.upstream.protocol = protocol;
            setup.upstream.ca_file = Some(ca_file.clone());
            let gate = setup.start().await;
            for _ in 0..2 {
                let answer = gate.ask(GET).await;
                assert!(answer.ends_with(spoken), "{protocol:?}: {answer}");
            }
            let line = r#"sidegate_upstream_connections_total{upstream="default"} 1"#;
            assert!(
                gate.metrics().contains(line),
                "{protocol:?}: {}",
                gate.metrics()
            );
        }
    });
}

#[test]
fn certificate_of_another_name_is_not_believed() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let (address, ca_file) = tls_upstream(folder.path(), &[b"http/1.1"]).await;
        let mut setup = Setup::to(address);
        setup.upstream = Way::of_url("default", &format!("https://{address}")).unwrap();
        setup.upstream.ca_file = Some(ca_file);
        let answer = setup.start().await.ask(GET).await;
        assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
    });
}

#[test]
fn files_without_certificates_are_refused_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    for file in [empty, folder.path().join("missing.pem")] {
        let mut settings = Way::of_url("default", "https://localhost").unwrap();
        settings.ca_file = Some(file);
        let error = Targets::load(vec![settings], &Registry::new()).unwrap_err();
        assert!(
            error.to_string().starts_with("upstream `default`: "),
            "{error}"
        );
    }
}
