//! Certificates that callers show.

use rustls::pki_types::PrivateKeyDer;

use super::*;

/// A CA, and a certificate that it signed.
struct Authority {
    certificate: String,
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
}

impl Authority {
    fn fresh() -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap().pem();
        let issuer = rcgen::Issuer::new(params, key);
        Self {
            certificate,
            issuer,
        }
    }

    fn signed(&self) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::default();
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
        let signed = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        (signed.der().clone(), key)
    }
}

/// Greets a listener that asks for a certificate of `authority`; nothing when the listener sends the caller away.
async fn greeted(
    served: &mut Served,
    settings: &TlsSettings,
    shown: Option<&Authority>,
) -> Option<Connection> {
    let mut roots = RootCertStore::empty();
    let server = CertificateDer::from_pem_file(&settings.certificate).unwrap();
    roots.add(server).unwrap();
    let builder = ClientConfig::builder().with_root_certificates(roots);
    let mut config = match shown.map(Authority::signed) {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => builder
            .with_client_auth_cert(vec![certificate], key)
            .unwrap(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    let connector = TlsConnector::from(Arc::new(config));
    let caller = TcpStream::connect(served.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    // In TLS 1.3 the caller is done before its certificate was looked at.
    let mut shaken = connector.connect(name, caller).await.ok()?;
    let closed = shaken.read_u8();
    tokio::select! {
        connection = served.next() => Some(connection),
        _ = closed => None,
    }
}

#[test]
fn only_callers_with_a_certificate_of_the_authority_come_in() {
    install_crypto();
    let folder = tempfile::tempdir().unwrap();
    let (authority, other) = (Authority::fresh(), Authority::fresh());
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, &authority.certificate).unwrap();
    let settings = TlsSettings {
        client_ca: Some(file.clone()),
        ..made(folder.path(), "server")
    };
    local(async {
        let mut listener = listener(BOTH, 10);
        let tls = Arc::new(Tls::load(&settings, BOTH).unwrap());
        listener.tls = Some(Arc::clone(&tls));
        let mut served = start(listener);
        let known = greeted(&mut served, &settings, Some(&authority)).await;
        assert!(known.is_some_and(|connection| connection.identified));
        assert!(
            greeted(&mut served, &settings, Some(&other))
                .await
                .is_none()
        );
        assert!(greeted(&mut served, &settings, None).await.is_none());
        std::fs::write(&file, &other.certificate).unwrap();
        assert!(tls.reload().unwrap());
        assert!(
            greeted(&mut served, &settings, Some(&authority))
                .await
                .is_none()
        );
        assert!(
            greeted(&mut served, &settings, Some(&other))
                .await
                .is_some()
        );
    });
}

#[test]
fn caller_that_is_not_asked_for_a_certificate_is_not_identified() {
    install_crypto();
    let folder = tempfile::tempdir().unwrap();
    let settings = made(folder.path(), "server");
    local(async {
        let mut listener = listener(BOTH, 10);
        listener.tls = Some(Arc::new(Tls::load(&settings, BOTH).unwrap()));
        let mut served = start(listener);
        let authority = Authority::fresh();
        let connection = greeted(&mut served, &settings, Some(&authority)).await;
        assert!(connection.is_some_and(|connection| connection.secure && !connection.identified));
    });
}
