//! What the files of a listener's TLS hold.

use std::path::Path;

use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::listener::Error;
use crate::listener::settings::TlsSettings;

/// One reading of the files.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) certificate: CertifiedKey,
    /// Whose certificates callers have to show.
    pub(super) client_ca: Option<RootCertStore>,
}

impl Files {
    pub(super) fn read(settings: &TlsSettings, provider: &CryptoProvider) -> Result<Self, Error> {
        let client_ca = settings.client_ca.as_deref().map(authorities);
        Ok(Self {
            certificate: certificate(settings, provider)?,
            client_ca: client_ca.transpose()?,
        })
    }

    /// Whether both hold the same certificates. A key is one of its certificate, so it is not looked at.
    pub(super) fn are_as(&self, other: &Self) -> bool {
        let roots = |files: &Self| files.client_ca.as_ref().map(|store| store.roots.clone());
        self.certificate.cert == other.certificate.cert && roots(self) == roots(other)
    }
}

fn certificate(settings: &TlsSettings, provider: &CryptoProvider) -> Result<CertifiedKey, Error> {
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

/// Every certificate of the file has to be fit for the purpose: one that is left out would be missed later.
fn authorities(file: &Path) -> Result<RootCertStore, Error> {
    let mut store = RootCertStore::empty();
    for certificate in chain(file)? {
        let added = store.add(certificate);
        added.map_err(|error| Error::tls(file, format!("not usable: {error}")))?;
    }
    Ok(store)
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
