//! Listeners with real sockets.

mod certificates;

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::spawn_local;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::telemetry::{Counter, Gauge};

use super::tls::tests::made;
use super::*;

const SOON: Duration = Duration::from_secs(5);
const BOTH: Protocols = Protocols {
    http1: true,
    http2: true,
};
const HTTP1: Protocols = Protocols {
    http1: true,
    http2: false,
};

struct Served {
    address: SocketAddr,
    connections: mpsc::UnboundedReceiver<Connection>,
    trigger: DrainTrigger,
    slots: Slots,
}

fn listener(protocols: Protocols, limit: usize) -> Listener {
    let open = Gauge::new("open", "open").unwrap();
    Listener {
        socket: bind("127.0.0.1:0".parse().unwrap(), 1).unwrap().remove(0),
        tls: None,
        protocols,
        handshake_timeout: SOON,
        slots: Slots::new(limit, open, Counter::new("all", "all").unwrap()),
    }
}

/// Runs a listener that hands its connections to the test.
fn start(listener: Listener) -> Served {
    let (sender, connections) = mpsc::unbounded_channel();
    let (trigger, drain) = drain();
    let address = listener.socket.local_addr().unwrap();
    let slots = listener.slots.clone();
    let sender = Rc::new(sender);
    let serve = move |connection| {
        let sender = Rc::clone(&sender);
        async move { sender.send(connection).unwrap() }
    };
    spawn_local(async move { listener.run(drain, serve).await.unwrap() });
    Served {
        address,
        connections,
        trigger,
        slots,
    }
}

fn local<F: Future>(test: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(Default::default())
        .unwrap()
        .block_on(test)
}

impl Served {
    async fn next(&mut self) -> Connection {
        timeout(SOON, self.connections.recv())
            .await
            .expect("a connection in time")
            .unwrap()
    }

    async fn call(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }
}

async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut byte = [0];
    matches!(
        timeout(SOON, stream.read(&mut byte)).await.unwrap(),
        Ok(0) | Err(_)
    )
}

#[test]
fn connection_keeps_the_bytes_that_told_its_protocol() {
    local(async {
        let mut served = start(listener(BOTH, 10));
        let caller = served.call(b"PRI * HTTP/2.0\r\n").await;
        let mut connection = served.next().await;
        assert_eq!(connection.protocol, Protocol::Http2);
        assert_eq!(connection.peer, caller.local_addr().unwrap());
        assert!(!connection.secure);
        let mut text = [0; 16];
        connection.stream.read_exact(&mut text).await.unwrap();
        assert_eq!(&text, b"PRI * HTTP/2.0\r\n");
    });
}

#[test]
fn silent_caller_is_sent_away() {
    local(async {
        let mut quick = listener(BOTH, 10);
        quick.handshake_timeout = Duration::from_millis(50);
        let served = start(quick);
        let mut caller = served.call(b"PR").await;
        assert!(is_closed(&mut caller).await);
    });
}

#[test]
fn protocol_that_is_not_spoken_is_closed() {
    local(async {
        let served = start(listener(HTTP1, 10));
        let mut caller = served.call(b"PRI * HTTP/2.0\r\n").await;
        assert!(is_closed(&mut caller).await);
    });
}

#[test]
fn caller_over_the_limit_is_served_when_another_leaves() {
    local(async {
        let mut served = start(listener(BOTH, 1));
        let _first = served.call(b"GET").await;
        let connection = served.next().await;
        let second = served.call(b"GET").await;
        let waits = timeout(Duration::from_millis(50), served.connections.recv()).await;
        assert!(waits.is_err());
        drop(connection);
        assert_eq!(served.next().await.peer, second.local_addr().unwrap());
    });
}

#[test]
fn callers_in_the_queue_are_served_when_the_service_ends() {
    local(async {
        let listener = listener(BOTH, 100);
        let address = listener.socket.local_addr().unwrap();
        let mut callers = Vec::new();
        for _ in 0..20 {
            let mut caller = std::net::TcpStream::connect(address).unwrap();
            std::io::Write::write_all(&mut caller, b"GET").unwrap();
            callers.push(caller);
        }
        let mut served = start(listener);
        served.trigger.start();
        for _ in 0..20 {
            served.next().await;
        }
        timeout(SOON, served.slots.all_closed()).await.unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    });
}

fn connector(settings: &TlsSettings, alpn: &[&str]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(&settings.certificate).unwrap())
        .unwrap();
    let mut config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    TlsConnector::from(Arc::new(config))
}

/// What is agreed on when a caller offers `alpn` to a listener that speaks `protocols`.
fn agreed(protocols: Protocols, alpn: &[&str]) -> Option<Protocol> {
    install_crypto();
    let folder = tempfile::tempdir().unwrap();
    let settings = made(folder.path(), "server");
    local(async {
        let mut listener = listener(protocols, 10);
        listener.tls = Some(Arc::new(Tls::load(&settings, protocols).unwrap()));
        let mut served = start(listener);
        let caller = TcpStream::connect(served.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let shaken = connector(&settings, alpn).connect(name, caller).await;
        let mut shaken = shaken.ok()?;
        let closed = shaken.read_u8();
        let connection = tokio::select! {
            connection = served.next() => connection,
            _ = closed => return None,
        };
        assert!(connection.secure);
        Some(connection.protocol)
    })
}

#[test]
fn tls_agrees_on_the_protocol_by_alpn() {
    assert_eq!(agreed(BOTH, &["http/1.1", "h2"]), Some(Protocol::Http2));
    assert_eq!(agreed(BOTH, &["http/1.1"]), Some(Protocol::Http1));
    assert_eq!(agreed(BOTH, &[]), Some(Protocol::Http1));
    assert_eq!(agreed(HTTP1, &["h2", "http/1.1"]), Some(Protocol::Http1));
    assert_eq!(agreed(HTTP1, &["h2"]), None);
    let http2 = Protocols {
        http1: false,
        http2: true,
    };
    assert_eq!(agreed(http2, &[]), None);
}
