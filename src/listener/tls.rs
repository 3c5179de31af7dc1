//! Certificates, and the TLS a listener speaks.

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::Error;
use super::protocol::alpn;
use super::settings::{Protocols, TlsSettings};

/// Chooses the library that does the cryptography of TLS, for the whole process. First thing in
/// `main`: no library is left to guess. (The token library has only one compiled in, the same.)
pub fn install_crypto() {
    // It fails when one is installed already, and then it is this one.
    let _ = default_provider().install_default();
}

/// TLS 1.2 and 1.3 with one certificate that can be exchanged while connections come in.
#[derive(Debug)]
pub struct Tls {
    settings: TlsSettings,
    certificate: Arc<Certificate>,
    config: Arc<ServerConfig>,
}

impl Tls {
    /// Reads the certificate and its key. Files that cannot be read, hold something else or do not
    /// belong together are errors.
    pub fn load(settings: &TlsSettings, protocols: Protocols) -> Result<Self, Error> {
        let provider = Arc::new(default_provider());
        let certificate = Arc::new(Certificate(ArcSwap::from_pointee(read(
            settings, &provider,
        )?)));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::tls(&settings.certificate, error.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&certificate) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = alpn(protocols);
        Ok(Self {
            settings: settings.clone(),
            certificate,
            config: Arc::new(config),
        })
    }

    /// Reads both files again and says whether they hold another certificate, which new handshakes
    /// then use. An error changes nothing.
    pub fn reload(&self) -> Result<bool, Error> {
        let read = read(&self.settings, self.config.crypto_provider())?;
        let is_new = read.cert != self.certificate.0.load().cert;
        if is_new {
            self.certificate.0.store(Arc::new(read));
        }
        Ok(is_new)
    }

    /// The certificate's file.
    pub fn file(&self) -> &Path {
        &self.settings.certificate
    }

    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }
}

#[derive(Debug)]
struct Certificate(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

fn read(settings: &TlsSettings, provider: &CryptoProvider) -> Result<CertifiedKey, Error> {
    let chain = chain(&settings.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&settings.key)
        .map_err(|error| pem_error(&settings.key, "private key", error))?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => Error::tls(
            &settings.key,
            format!(
                "the private key does not belong to the certificate in `{}`",
                settings.certificate.display()
            ),
        ),
        rustls::Error::InvalidCertificate(_) => {
            Error::tls(&settings.certificate, format!("not usable: {error}"))
        }
        error => Error::tls(&settings.key, format!("not usable: {error}")),
    })
}

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let chain: Vec<_> = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(|error| pem_error(file, "certificate", error))?;
    if chain.is_empty() {
        return Err(pem_error(file, "certificate", pem::Error::NoItemsFound));
    }
    Ok(chain)
}

/// Never quotes the file: it may be the key's.
fn pem_error(file: &Path, wanted: &str, error: pem::Error) -> Error {
    let message = match error {
        pem::Error::Io(error) => format!("cannot be read: {error}"),
        pem::Error::NoItemsFound => format!("holds no {wanted} in PEM form"),
        _ => "not valid PEM".to_owned(),
    };
    Error::tls(file, message)
}

#[cfg(test)]
pub(super) mod tests {
    use rcgen::{CertifiedKey as Made, generate_simple_self_signed};

    use super::*;

    pub(in crate::listener) fn made(folder: &Path, name: &str) -> TlsSettings {
        let Made { cert, signing_key } =
            generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let settings = TlsSettings {
            certificate: folder.join(format!("{name}.crt")),
            key: folder.join(format!("{name}.key")),
        };
        std::fs::write(&settings.certificate, cert.pem()).unwrap();
        std::fs::write(&settings.key, signing_key.serialize_pem()).unwrap();
        settings
    }

    fn refusal(settings: &TlsSettings) -> String {
        Tls::load(settings, Protocols::default())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn key_of_another_certificate_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (made(folder.path(), "one"), made(folder.path(), "other"));
        let mixed = TlsSettings {
            key: other.key,
            ..one
        };
        assert!(refusal(&mixed).contains("does not belong to the certificate in"));
    }

    #[test]
    fn wrong_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let good = made(folder.path(), "good");
        let absent = TlsSettings {
            certificate: folder.path().join("absent.crt"),
            ..good.clone()
        };
        assert!(refusal(&absent).contains("absent.crt`: cannot be read"));
        let swapped = TlsSettings {
            certificate: good.key.clone(),
            key: good.certificate.clone(),
        };
        assert!(refusal(&swapped).contains("good.key`: holds no certificate in PEM form"));
    }

    #[test]
    fn broken_certificate_changes_nothing_and_a_good_one_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let settings = made(folder.path(), "server");
        let tls = Tls::load(&settings, Protocols::default()).unwrap();
        let first = tls.certificate.0.load().cert.clone();
        std::fs::write(&settings.certificate, "nothing").unwrap();
        tls.reload().unwrap_err();
        assert_eq!(tls.certificate.0.load().cert, first);
        made(folder.path(), "server");
        assert!(tls.reload().unwrap());
        assert!(!tls.reload().unwrap());
        assert_ne!(tls.certificate.0.load().cert, first);
    }
}
