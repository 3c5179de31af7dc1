//! A sender's server, with certificates of keys that are minted here.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PKCS_RSA_SHA256, RsaKeySize,
};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::ServerConfig;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use x509_parser::asn1_rs::{FromDer as _, Integer, Sequence};
use x509_parser::num_bigint::BigUint;

use super::super::client::Client;
use super::super::{Fetcher, results};
use crate::secret::Secret;
use crate::telemetry::Registry;
use crate::webhook::public::{Algorithm, sign};
use crate::webhook::scheme::Hash;

/// 2026-01-01, when messages of these tests arrive.
pub(in crate::webhook) const NOW: u64 = 1_767_225_600;

pub(in crate::webhook) fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Every host is this server.
#[derive(Debug)]
pub(in crate::webhook) struct Everywhere(pub(in crate::webhook) SocketAddr);

impl Resolve for Everywhere {
    fn resolve(&self, _name: Name) -> Resolving {
        let addresses: Addrs = Box::new([self.0].into_iter());
        Box::pin(async move { Ok(addresses) })
    }
}

/// The sender's key. Minted once: that takes a while.
pub(in crate::webhook) fn key() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(|| KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap())
}

/// A certificate of the sender's key, in PEM, that counts between these times.
pub(in crate::webhook) fn certificate(start: u64, end: u64) -> String {
    let mut params = CertificateParams::new(vec!["sns.amazonaws.com".to_owned()]).unwrap();
    params.not_before = at(start).into();
    params.not_after = at(end).into();
    params.self_signed(key()).unwrap().pem()
}

/// A certificate that counts now.
pub(in crate::webhook) fn current() -> String {
    certificate(NOW - 86_400, NOW + 86_400)
}

pub(in crate::webhook) fn with_sha256(message: &[u8]) -> Vec<u8> {
    let secret = Secret::new(key().serialize_pem().into_bytes());
    sign(Algorithm::RsaPkcs1(Hash::Sha256), &secret, message).unwrap()
}

/// RSASSA-PKCS1-v1_5 with SHA-1 (RFC 8017 section 8.2.1), which no library makes any more.
pub(in crate::webhook) fn with_sha1(message: &[u8]) -> Vec<u8> {
    let pkcs8 = key().serialize_der();
    // PrivateKeyInfo of RSA: 26 bytes, then the RSAPrivateKey.
    let (_, sequence) = Sequence::from_der(&pkcs8[26..]).unwrap();
    let (rest, _version) = Integer::from_der(&sequence.content).unwrap();
    let (rest, modulus) = Integer::from_der(rest).unwrap();
    let (rest, _exponent) = Integer::from_der(rest).unwrap();
    let (_, private) = Integer::from_der(rest).unwrap();
    let number = |integer: &Integer<'_>| BigUint::from_bytes_be(integer.as_ref());
    let mut encoded = vec![0, 1];
    encoded.extend([0xff; 256 - 3 - 35]);
    encoded.push(0);
    encoded.extend(b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14");
    encoded.extend(Hash::Sha1.digest(&[message]));
    let signature = BigUint::from_bytes_be(&encoded).modpow(&number(&private), &number(&modulus));
    let signature = signature.to_bytes_be();
    [vec![0; 256 - signature.len()], signature].concat()
}

/// What the server does with a request.
#[derive(Debug, Clone)]
pub(in crate::webhook) enum Reply {
    /// A whole answer: what stands behind `HTTP/1.1`, and the body.
    Full(&'static str, String),
    /// The same, after a while.
    After(Duration, String),
    /// Nothing, ever.
    Silence,
    /// A body without an end.
    Endless,
}

/// A fetcher that runs, and the server it finds at every address.
pub(in crate::webhook) struct World {
    pub(in crate::webhook) fetcher: Arc<Fetcher>,
    pub(in crate::webhook) registry: Registry,
    reply: Arc<Mutex<Reply>>,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl World {
    /// With a server that has certificates for these hosts, under an authority that the fetcher trusts.
    pub(in crate::webhook) async fn with(hosts: &[&str], reply: Reply) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let (tls, authority) = tls(hosts);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        let registry = Registry::new();
        let results = results(&registry).unwrap();
        let fetcher = Fetcher::with(Client::to(server, &authority), Some(results));
        tokio::spawn(Arc::clone(&fetcher).run());
        let world = Self {
            fetcher,
            registry,
            reply: Arc::new(Mutex::new(reply)),
            connections: Arc::default(),
            requests: Arc::default(),
        };
        tokio::spawn(serve(
            listener,
            tls,
            Arc::clone(&world.reply),
            [&world.connections, &world.requests].map(Arc::clone),
        ));
        world
    }

    /// With hosts of both senders.
    pub(in crate::webhook) async fn new(reply: Reply) -> Self {
        let hosts = ["sns.us-east-1.amazonaws.com", "api.paypal.com"];
        Self::with(&hosts, reply).await
    }

    /// With a certificate that counts now.
    pub(in crate::webhook) async fn usual() -> Self {
        Self::new(Reply::Full("200 OK", current())).await
    }

    pub(in crate::webhook) fn answer(&self, reply: Reply) {
        *self.reply.lock().unwrap() = reply;
    }

    pub(in crate::webhook) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(in crate::webhook) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// How many fetches ended so.
    pub(in crate::webhook) fn counted(&self, result: &str) -> usize {
        let line = format!("sidegate_webhook_fetches_total{{result=\"{result}\"}} ");
        let text = self.registry.render().unwrap();
        let found = text.lines().find_map(|text| text.strip_prefix(&line));
        found.map_or(0, |count| count.parse().unwrap())
    }
}

fn tls(hosts: &[&str]) -> (TlsAcceptor, String) {
    let authority_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_pem = params.self_signed(&authority_key).unwrap().pem();
    let authority = Issuer::new(params, authority_key);
    let key = KeyPair::generate().unwrap();
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let params = CertificateParams::new(hosts).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (Arc::new(config).into(), authority_pem)
}

async fn serve(
    listener: TcpListener,
    tls: TlsAcceptor,
    reply: Arc<Mutex<Reply>>,
    [connections, requests]: [Arc<AtomicUsize>; 2],
) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        connections.fetch_add(1, Ordering::SeqCst);
        let (tls, reply, requests) = (tls.clone(), Arc::clone(&reply), Arc::clone(&requests));
        tokio::spawn(async move {
            if let Ok(stream) = tls.accept(stream).await {
                let _ = answer(stream, &reply, &requests).await;
            }
        });
    }
}

async fn answer(
    mut stream: TlsStream<TcpStream>,
    reply: &Mutex<Reply>,
    requests: &AtomicUsize,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    requests.fetch_add(1, Ordering::SeqCst);
    let reply = reply.lock().unwrap().clone();
    let (status, body) = match reply {
        Reply::Full(status, body) => (status, body),
        Reply::After(pause, body) => {
            tokio::time::sleep(pause).await;
            ("200 OK", body)
        }
        Reply::Silence => return std::future::pending().await,
        Reply::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            loop {
                stream.write_all(&[b'-'; 4096]).await?;
            }
        }
    };
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}
