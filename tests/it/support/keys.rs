//! Signing keys with their public halves, and tokens made with them.

use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

/// A key with a name, able to sign with one algorithm (or with a family of them, for RSA).
#[derive(Clone)]
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    pub(crate) algorithm: Algorithm,
    signer: EncodingKey,
    public: Value,
}

impl SigningKey {
    /// The RSA key of this test process; generating one takes long.
    pub(crate) fn rsa(kid: &str) -> Self {
        static PARTS: OnceLock<(String, Value)> = OnceLock::new();
        Self::from_rsa_parts(kid, PARTS.get_or_init(rsa_parts))
    }

    /// Another RSA key than [`SigningKey::rsa`]'s.
    pub(crate) fn other_rsa(kid: &str) -> Self {
        static PARTS: OnceLock<(String, Value)> = OnceLock::new();
        Self::from_rsa_parts(kid, PARTS.get_or_init(rsa_parts))
    }

    fn from_rsa_parts(kid: &str, (pem, public): &(String, Value)) -> Self {
        let signer = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
        Self::new(kid, Algorithm::RS256, signer, public)
    }

    /// A fresh P-256 key.
    pub(crate) fn p256(kid: &str) -> Self {
        Self::ec(
            kid,
            Algorithm::ES256,
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            "P-256",
        )
    }

    /// A fresh P-384 key.
    pub(crate) fn p384(kid: &str) -> Self {
        Self::ec(
            kid,
            Algorithm::ES384,
            &ECDSA_P384_SHA384_FIXED_SIGNING,
            "P-384",
        )
    }

    /// A fresh Ed25519 key (RFC 8037).
    pub(crate) fn ed25519(kid: &str) -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let der = pair.to_pkcs8v1().unwrap();
        let public =
            json!({ "kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref()) });
        Self::new(
            kid,
            Algorithm::EdDSA,
            EncodingKey::from_ed_der(der.as_ref()),
            &public,
        )
    }

    /// A key from PKCS 8 in PEM, whose public half somebody else serves.
    pub(crate) fn from_rsa_pem(kid: &str, pem: &str) -> Self {
        let signer = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
        Self::new(kid, Algorithm::RS256, signer, &json!({}))
    }

    /// A shared secret (RFC 7518 section 3.2).
    pub(crate) fn secret(secret: &str) -> Self {
        let signer = EncodingKey::from_secret(secret.as_bytes());
        Self::new("", Algorithm::HS256, signer, &json!({}))
    }

    fn ec(
        kid: &str,
        algorithm: Algorithm,
        kind: &'static EcdsaSigningAlgorithm,
        curve: &str,
    ) -> Self {
        let pair = EcdsaKeyPair::generate(kind).unwrap();
        let der = pair.to_pkcs8v1().unwrap();
        let point = &pair.public_key().as_ref()[1..];
        let (x, y) = point.split_at(point.len() / 2);
        let public = json!({ "kty": "EC", "crv": curve, "x": text(x), "y": text(y) });
        Self::new(
            kid,
            algorithm,
            EncodingKey::from_ec_der(der.as_ref()),
            &public,
        )
    }

    fn new(kid: &str, algorithm: Algorithm, signer: EncodingKey, public: &Value) -> Self {
        let public = public.clone();
        Self {
            kid: kid.to_owned(),
            algorithm,
            signer,
            public,
        }
    }

    /// The same key, signing with another algorithm of its family.
    #[must_use]
    pub(crate) fn with(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// The public half as a JWK (RFC 7517), with `kid` and `use`.
    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = self.public.clone();
        jwk["kid"] = json!(self.kid);
        jwk["use"] = json!("sig");
        jwk
    }

    /// A token with these claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_with(self.header(), claims)
    }

    /// A token with these claims and this header.
    pub(crate) fn sign_with(&self, header: Header, claims: &Value) -> String {
        jsonwebtoken::encode(&header, claims, &self.signer).unwrap()
    }

    /// The header that [`SigningKey::sign`] writes.
    pub(crate) fn header(&self) -> Header {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.kid.clone()).filter(|kid| !kid.is_empty());
        header
    }
}

/// A fresh RSA key: the private half as PKCS 8 in PEM, the public half as a JWK.
fn rsa_parts() -> (String, Value) {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let pkcs8: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let private = STANDARD.encode(pkcs8.as_ref());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{private}\n-----END PRIVATE KEY-----\n");
    let public = pair.public_key();
    let n = text(public.modulus().big_endian_without_leading_zero());
    let e = text(public.exponent().big_endian_without_leading_zero());
    (pem, json!({ "kty": "RSA", "n": n, "e": e }))
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
