//! Certificates, and the TLS a listener speaks.
//!
//! Always: what a handshake goes by comes from one reading of the files; with a CA for callers, a handshake without a
//! certificate of that CA fails, also where an older one would be taken up again.

mod files;

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::SingleCertAndKey;

use super::Error;
use super::protocol::alpn;
use super::settings::{Protocols, TlsSettings};

use files::Files;

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
    protocols: Protocols,
    provider: Arc<CryptoProvider>,
    current: ArcSwap<Current>,
}

/// What new handshakes go by.
#[derive(Debug)]
struct Current {
    files: Files,
    config: Arc<ServerConfig>,
}

impl Tls {
    /// Reads the certificate, its key, and the CA of the callers if there is one. Files that cannot be read, hold
    /// something else or do not belong together are errors.
    pub fn load(settings: &TlsSettings, protocols: Protocols) -> Result<Self, Error> {
        let provider = Arc::new(default_provider());
        let files = Files::read(settings, &provider)?;
        let config = config(settings, protocols, &provider, &files)?;
        Ok(Self {
            settings: settings.clone(),
            protocols,
            provider,
            current: ArcSwap::from_pointee(Current { files, config }),
        })
    }

    /// Reads all files again and says whether they hold other certificates, which new handshakes then use: none
    /// of the sessions from before is taken up again, because what its caller showed may not count any more. An
    /// error changes nothing.
    pub fn reload(&self) -> Result<bool, Error> {
        let files = Files::read(&self.settings, &self.provider)?;
        if files.are_as(&self.current.load().files) {
            return Ok(false);
        }
        let config = config(&self.settings, self.protocols, &self.provider, &files)?;
        self.current.store(Arc::new(Current { files, config }));
        Ok(true)
    }

    /// The certificate's file.
    pub fn file(&self) -> &Path {
        &self.settings.certificate
    }

    /// Whether every caller has to show a certificate.
    pub(super) fn asks_for_certificates(&self) -> bool {
        self.settings.client_ca.is_some()
    }

    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.load().config)
    }
}

fn config(
    settings: &TlsSettings,
    protocols: Protocols,
    provider: &Arc<CryptoProvider>,
    files: &Files,
) -> Result<Arc<ServerConfig>, Error> {
    let builder = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::tls(&settings.certificate, error.to_string()))?;
    let builder = match callers(settings, provider, files)? {
        None => builder.with_no_client_auth(),
        Some(verifier) => builder.with_client_cert_verifier(verifier),
    };
    let certificate = SingleCertAndKey::from(files.certificate.clone());
    let mut config = builder.with_cert_resolver(Arc::new(certificate));
    config.alpn_protocols = alpn(protocols);
    Ok(Arc::new(config))
}

/// Who verifies what callers show (RFC 8446 section 4.4.2.4).
fn callers(
    settings: &TlsSettings,
    provider: &Arc<CryptoProvider>,
    files: &Files,
) -> Result<Option<Arc<dyn ClientCertVerifier>>, Error> {
    let (Some(file), Some(authorities)) = (&settings.client_ca, &files.client_ca) else {
        return Ok(None);
    };
    let authorities = Arc::new(authorities.clone());
    let builder = WebPkiClientVerifier::builder_with_provider(authorities, Arc::clone(provider));
    let verifier = builder.build();
    let unusable = |error| Error::tls(file, format!("not usable: {error}"));
    verifier.map(Some).map_err(unusable)
}

#[cfg(test)]
pub(super) mod tests;
