//! Issuers behind TLS: only those whose certificate holds.

use std::sync::Arc;

use jsonwebtoken::Algorithm::ES256;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer as Authority, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::super::{Error, KeySets, Missing, Settings};
use super::support::{Issuer, hasty, running, set_of, source};
use crate::telemetry::Registry;

/// An issuer with a certificate for this name, and the authority's certificate.
async fn issuer(name: &str) -> (Issuer, String) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let authority_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_pem = params.self_signed(&authority_key).unwrap().pem();
    let authority = Authority::new(params, authority_key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let tls = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let issuer = Issuer::listen(Some(Arc::new(tls).into())).await;
    issuer.json("/keys", &set_of(&["a"]));
    (issuer, authority_pem)
}

fn trusting(pem: &str) -> (Settings, tempfile::NamedTempFile) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pem).unwrap();
    let settings = Settings {
        ca_file: Some(file.path().into()),
        ..hasty()
    };
    (settings, file)
}

#[tokio::test]
async fn issuer_of_a_private_authority_needs_the_ca_file() {
    let (issuer, authority) = issuer("localhost").await;
    let sets = running(hasty());
    let keys = sets.subscribe(source(issuer.keys_url()));
    let missing = keys.candidates(Some("a"), ES256).await.unwrap_err();
    assert_eq!(missing, Missing::Unavailable);
    let error = sets.status().remove(0).last_error.unwrap();
    assert!(error.contains("certificate"), "{error}");

    let (settings, _file) = trusting(&authority);
    let keys = running(settings).subscribe(source(issuer.keys_url()));
    assert!(keys.candidates(Some("a"), ES256).await.is_ok());
}

#[tokio::test]
async fn certificate_for_another_name_is_refused() {
    let (issuer, authority) = issuer("idp.example.com").await;
    let (settings, _file) = trusting(&authority);
    let sets = running(settings);
    let keys = sets.subscribe(source(issuer.keys_url()));
    assert!(keys.candidates(Some("a"), ES256).await.is_err());
    let error = sets.status().remove(0).last_error.unwrap();
    assert!(error.contains("not valid for name"), "{error}");
}

#[test]
fn ca_file_without_certificates_is_refused_at_start() {
    for text in ["", "not a certificate"] {
        let (settings, _file) = trusting(text);
        let refused = KeySets::new(settings, &Registry::new()).unwrap_err();
        assert!(matches!(refused, Error::CaFile { .. }));
    }
}
