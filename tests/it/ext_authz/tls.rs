//! Certificates of those who ask, in the place of their addresses.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};

use super::client::{CHECK, Question, request};
use super::messages::{CheckResponse, framed, unframed};
use crate::support::Gate;
use crate::support::gate::Setup;
use crate::support::h2;

/// A CA.
pub(super) struct Authority {
    pub(super) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, as PEM.
pub(super) struct Signed {
    pub(super) certificate: String,
    pub(super) key: String,
}

impl Authority {
    pub(super) fn fresh() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    /// A certificate for either end.
    pub(super) fn sign(&self) -> Signed {
        let key = KeyPair::generate().unwrap();
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).unwrap();
        // A name of its own: with its issuer's it would be taken for the issuer.
        params.distinguished_name.push(DnType::CommonName, "front");
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ClientAuth,
            ExtendedKeyUsagePurpose::ServerAuth,
        ];
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Signed {
            certificate,
            key: key.serialize_pem(),
        }
    }
}

/// A gate that takes questions from whoever shows a certificate of this authority, and from nobody else.
pub(super) fn gate(policy: &str, authority: &Authority, more: &str) -> Gate {
    let own = authority.sign();
    Setup::policy(policy)
        .file("tls.crt", &own.certificate)
        .file("tls.key", &own.key)
        .file("ca.pem", &authority.pem)
        .process(&format!(
            "listeners:\n  - address: 127.0.0.1:0\n    door: ext_authz\n    \
             tls: {{ certificate: tls.crt, key: tls.key, client_ca: ca.pem }}\n{more}"
        ))
        .without_listen()
        .start()
}

/// Asks over TLS; nothing when there is no answer.
fn ask(
    address: SocketAddr,
    authority: &Authority,
    shown: Option<&Signed>,
    question: &Question,
) -> Option<CheckResponse> {
    let mut roots = rustls::RootCertStore::empty();
    let server = CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap();
    roots.add(server).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match shown {
        None => builder.with_no_client_auth(),
        Some(signed) => {
            let certificate = CertificateDer::from_pem_slice(signed.certificate.as_bytes());
            let key = PrivateKeyDer::from_pem_slice(signed.key.as_bytes()).unwrap();
            builder
                .with_client_auth_cert(vec![certificate.unwrap()], key)
                .unwrap()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let message = framed(&question.message());
    h2::run(async {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = connector.connect(name, stream).await.ok()?;
        let io = TokioIo::new(stream);
        let shaken =
            hyper::client::conn::http2::handshake::<_, _, Full<Bytes>>(TokioExecutor::new(), io);
        let (mut sender, connection) = shaken.await.ok()?;
        tokio::spawn(connection);
        let answer = sender
            .send_request(request(address, CHECK, &[], message))
            .await
            .ok()?;
        let body = answer.into_body().collect().await.ok()?.to_bytes();
        Some(unframed(&body))
    })
}

const RULES: &str = "routes:\n  - { path: /public/**, public: true }\n";

#[test]
fn certificate_of_the_authority_makes_a_front() {
    let (authority, other) = (Authority::fresh(), Authority::fresh());
    let gate = gate(RULES, &authority, "");
    let question = Question::get("/public/a");
    let known = ask(gate.address, &authority, Some(&authority.sign()), &question);
    known.unwrap().passed();
    assert_eq!(
        ask(gate.address, &authority, Some(&other.sign()), &question),
        None
    );
    assert_eq!(ask(gate.address, &authority, None, &question), None);
}

#[test]
fn another_authority_is_in_force_after_a_reload() {
    let (authority, other) = (Authority::fresh(), Authority::fresh());
    let gate = gate(RULES, &authority, "");
    std::fs::write(gate.folder().join("ca.pem"), &other.pem).unwrap();
    gate.signal("HUP");
    let question = Question::get("/public/a");
    crate::support::eventually("the other authority is in force", || {
        ask(gate.address, &authority, Some(&other.sign()), &question).is_some()
    });
    assert_eq!(
        ask(gate.address, &authority, Some(&authority.sign()), &question),
        None
    );
}
