//! From DER and PEM to the bytes of one key, with its kind checked.

use std::borrow::Cow;

use rustls_pki_types::pem::{PemObject, SectionKind};
use x509_parser::asn1_rs::{Any, Class, FromDer, Oid, Tag};
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_PKCS1_RSAENCRYPTION,
    OID_PKCS1_RSASSAPSS, OID_SIG_ED25519,
};
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};
use zeroize::Zeroizing;

use super::algorithm::{Algorithm, Family, KeyError};

/// The key inside a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7): a point, or an RSAPublicKey.
pub(super) fn subject_key(spki: &[u8], algorithm: Algorithm) -> Result<&[u8], KeyError> {
    let (rest, info) = SubjectPublicKeyInfo::from_der(spki).map_err(|_| KeyError::Malformed)?;
    let key = &info.subject_public_key;
    if !rest.is_empty() || key.unused_bits != 0 {
        return Err(KeyError::Malformed);
    }
    fits(&info.algorithm, algorithm)?;
    match info.subject_public_key.data {
        Cow::Borrowed(key) => Ok(key),
        Cow::Owned(_) => Err(KeyError::Malformed),
    }
}

/// The key inside a PrivateKeyInfo (RFC 5958 section 2) of RSA: an RSAPrivateKey (RFC 8017 section A.1.2).
///
/// The crypto library takes only those that say `rsaEncryption`, and keys for PSS may say so themselves.
pub(super) fn rsa_private_key(pkcs8: &[u8], algorithm: Algorithm) -> Result<&[u8], KeyError> {
    let outer = any(pkcs8, Tag::Sequence)?.0;
    let (_, rest) = any(outer, Tag::Integer)?;
    let (rest, identifier) =
        AlgorithmIdentifier::from_der(rest).map_err(|_| KeyError::Malformed)?;
    fits(&identifier, algorithm)?;
    Ok(any(rest, Tag::OctetString)?.0)
}

/// The content of the value at the front, and what comes after it.
fn any(der: &[u8], tag: Tag) -> Result<(&[u8], &[u8]), KeyError> {
    let (rest, value) = Any::from_der(der).map_err(|_| KeyError::Malformed)?;
    match value.header.class() == Class::Universal && value.tag() == tag {
        true => Ok((value.data, rest)),
        false => Err(KeyError::Malformed),
    }
}

/// Whether a key that calls itself so may be used with an algorithm.
fn fits(identifier: &AlgorithmIdentifier<'_>, algorithm: Algorithm) -> Result<(), KeyError> {
    let (name, family) = (&identifier.algorithm, algorithm.family());
    let parameters = identifier.parameters.as_ref();
    let fits = match family {
        Family::Edwards => *name == OID_SIG_ED25519 && parameters.is_none(),
        Family::P256 => is_curve(identifier, &OID_EC_P256),
        Family::P384 => is_curve(identifier, &OID_NIST_EC_P384),
        Family::Rsa if *name == OID_PKCS1_RSASSAPSS => {
            // With parameters, the key is for one hash and one length of salt (RFC 4055 section 3.1).
            algorithm == Algorithm::RsaPssSha512 && parameters.is_none()
        }
        Family::Rsa => {
            *name == OID_PKCS1_RSAENCRYPTION && parameters.is_none_or(|it| it.tag() == Tag::Null)
        }
    };
    fits.then_some(()).ok_or(family.needed())
}

fn is_curve(identifier: &AlgorithmIdentifier<'_>, curve: &Oid<'_>) -> bool {
    let named = identifier.parameters.as_ref().map(Any::as_oid);
    identifier.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY
        && matches!(named, Some(Ok(named)) if named == *curve)
}

/// The one section of a PEM text (RFC 7468): no other section, and nothing else, may stand around it.
pub(super) fn pem_section(
    text: &str,
    kind: SectionKind,
    name: &'static str,
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let text = text.trim();
    if !text.starts_with("-----BEGIN ") || !text.ends_with("-----") {
        return Err(KeyError::Pem(name));
    }
    let mut sections = <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes());
    match (
        sections.next(),
        sections.next(),
        text.matches("-----BEGIN ").count(),
    ) {
        (Some(Ok((found, der))), None, 1) if found == kind => Ok(Zeroizing::new(der)),
        (Some(Err(_)), _, 1) => Err(KeyError::Encoding),
        _ => Err(KeyError::Pem(name)),
    }
}
