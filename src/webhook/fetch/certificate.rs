//! A certificate that a sender publishes.

use std::ops::RangeInclusive;
use std::time::{Duration, SystemTime};

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

use crate::webhook::public::{Algorithm, PublicKey};
use crate::webhook::scheme::Hash;

/// A certificate of an RSA key, as far as signatures are concerned.
#[derive(Debug)]
pub(in crate::webhook) struct Certificate {
    sha1: PublicKey,
    sha256: PublicKey,
    valid: RangeInclusive<SystemTime>,
}

impl Certificate {
    /// Reads the first certificate of a PEM text; what certifies it may follow, and is not looked at.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let der = CertificateDer::pem_slice_iter(text).next()?.ok()?;
        let (rest, certificate) = X509Certificate::from_der(&der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let spki = certificate.public_key().raw;
        let key = |hash| PublicKey::from_spki(spki, Algorithm::RsaPkcs1(hash)).ok();
        let validity = certificate.validity();
        Some(Self {
            sha1: key(Hash::Sha1)?,
            sha256: key(Hash::Sha256)?,
            valid: moment(validity.not_before)?..=moment(validity.not_after)?,
        })
    }

    /// Whether it counts at a moment (RFC 5280 section 4.1.2.5).
    pub(in crate::webhook) fn is_valid_at(&self, now: SystemTime) -> bool {
        self.valid.contains(&now)
    }

    /// When it counts for the last time.
    pub(super) fn end(&self) -> SystemTime {
        *self.valid.end()
    }

    /// Whether its owner made a signature with RSASSA-PKCS1-v1_5 and SHA-1.
    pub(in crate::webhook) fn made_with_sha1(&self, message: &[u8], signature: &[u8]) -> bool {
        self.sha1.verifies(message, signature)
    }

    /// Whether its owner made a signature with RSASSA-PKCS1-v1_5 and SHA-256.
    pub(in crate::webhook) fn made_with_sha256(&self, message: &[u8], signature: &[u8]) -> bool {
        self.sha256.verifies(message, signature)
    }
}

fn moment(time: ASN1Time) -> Option<SystemTime> {
    let seconds = u64::try_from(time.timestamp()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}
