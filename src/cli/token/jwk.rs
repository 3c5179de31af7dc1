//! Private keys written as JWK (RFC 7518 section 6, RFC 8037 section 2).

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::Value;

/// The key, when it is whole and its type fits the algorithm.
pub(super) fn private_key(jwk: &Value, algorithm: Algorithm) -> Option<EncodingKey> {
    let kind = jwk.get("kty").and_then(Value::as_str)?;
    match (kind, algorithm) {
        ("oct", Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512) => {
            Some(EncodingKey::from_secret(&part(jwk, "k")?))
        }
        ("EC", Algorithm::ES256) => elliptic(jwk, "P-256", &ECDSA_P256_SHA256_FIXED_SIGNING),
        ("EC", Algorithm::ES384) => elliptic(jwk, "P-384", &ECDSA_P384_SHA384_FIXED_SIGNING),
        ("OKP", Algorithm::EdDSA) => edwards(jwk),
        (
            "RSA",
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512,
        ) => rsa(jwk),
        _ => None,
    }
}

fn part(jwk: &Value, name: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(jwk.get(name)?.as_str()?).ok()
}

fn rsa(jwk: &Value) -> Option<EncodingKey> {
    let pair = RsaKeyPair::from_components(&KeyPairComponents {
        public_key: PublicKeyComponents {
            n: part(jwk, "n")?,
            e: part(jwk, "e")?,
        },
        d: part(jwk, "d")?,
        p: part(jwk, "p")?,
        q: part(jwk, "q")?,
        dP: part(jwk, "dp")?,
        dQ: part(jwk, "dq")?,
        qInv: part(jwk, "qi")?,
    })
    .ok()?;
    let der: Pkcs8V1Der<'_> = pair.as_der().ok()?;
    EncodingKey::from_rsa_pem(super::key::to_pem(der.as_ref()).as_bytes()).ok()
}

fn elliptic(
    jwk: &Value,
    curve: &str,
    algorithm: &'static EcdsaSigningAlgorithm,
) -> Option<EncodingKey> {
    if jwk.get("crv")?.as_str()? != curve {
        return None;
    }
    // SEC 1 section 2.3.3: an uncompressed point is 4, x, y.
    let public = [vec![4], part(jwk, "x")?, part(jwk, "y")?].concat();
    let pair =
        EcdsaKeyPair::from_private_key_and_public_key(algorithm, &part(jwk, "d")?, &public).ok()?;
    Some(EncodingKey::from_ec_der(pair.to_pkcs8v1().ok()?.as_ref()))
}

fn edwards(jwk: &Value) -> Option<EncodingKey> {
    if jwk.get("crv")?.as_str()? != "Ed25519" {
        return None;
    }
    let (seed, public) = (part(jwk, "d")?, part(jwk, "x")?);
    let pair = Ed25519KeyPair::from_seed_and_public_key(&seed, &public).ok()?;
    Some(EncodingKey::from_ed_der(pair.to_pkcs8v1().ok()?.as_ref()))
}
