//! What is a key and what is not.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode as sign};
use serde_json::{Value, json};

use super::super::jwk::Unusable;
use super::super::key::VerifyingKey;
use super::super::set::ParsedSet;
use super::super::{SecretKeyError, SetError};
use super::support::{encode, p256, p256_pair, p384_pair, set};
use crate::secret::Secret;

/// The key of RFC 7520 section 3.3.
fn rsa() -> Value {
    json!({
        "kty": "RSA", "kid": "bilbo.baggins@hobbiton.example", "use": "sig", "e": "AQAB",
        "n": "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw",
    })
}

fn with(mut jwk: Value, member: &str, value: Value) -> Value {
    jwk[member] = value;
    jwk
}

fn verifies(key: &VerifyingKey, algorithm: Algorithm, signer: &EncodingKey) -> bool {
    let claims = json!({ "exp": 4_000_000_000_u64 });
    let token = sign(&Header::new(algorithm), &claims, signer).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let made = |signed: &str, signature: &[u8]| key.made(algorithm, signed.as_bytes(), signature);
    let holds = made(signed, &signature);
    // Whatever is changed, nothing of it holds.
    let mut other = signature.clone();
    *other.last_mut().unwrap() ^= 1;
    assert!(!made(signed, &other) && !made(&format!("{signed}A"), &signature));
    for length in [0, 1, signature.len() - 1] {
        assert!(!made(signed, &signature[..length]), "{length}");
    }
    assert!(!made(signed, &[&*signature, &[0]].concat()));
    holds
}

#[test]
fn key_of_every_kind_verifies_what_it_signed() {
    let (jwk, pair) = p256_pair("a");
    let signer = EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref());
    let key = VerifyingKey::from_jwk(&jwk).unwrap();
    assert!(verifies(&key, Algorithm::ES256, &signer));

    let (jwk, pair) = p384_pair("b");
    let signer = EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref());
    let key = VerifyingKey::from_jwk(&jwk).unwrap();
    assert!(verifies(&key, Algorithm::ES384, &signer));

    let pair = Ed25519KeyPair::generate().unwrap();
    let x = encode(pair.public_key().as_ref());
    let signer = EncodingKey::from_ed_der(pair.to_pkcs8().unwrap().as_ref());
    let key = VerifyingKey::from_jwk(&json!({ "kty": "OKP", "crv": "Ed25519", "x": x })).unwrap();
    assert!(verifies(&key, Algorithm::EdDSA, &signer));

    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    // RFC 8017 appendix A.1.1: after nine bytes of head come 256 of the modulus.
    let n = encode(&pair.public_key().as_ref()[9..265]);
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let body = STANDARD.encode(der.as_ref());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    let signer = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    let key = VerifyingKey::from_jwk(&json!({ "kty": "RSA", "n": n, "e": "AQAB" })).unwrap();
    assert!(verifies(&key, Algorithm::RS256, &signer));
    assert!(verifies(&key, Algorithm::PS512, &signer));
}

#[test]
fn algorithms_come_from_the_key() {
    let key = VerifyingKey::from_jwk(&rsa()).unwrap();
    assert!(key.allows(Algorithm::RS256) && key.allows(Algorithm::PS384));
    assert!(!key.allows(Algorithm::HS256) && !key.allows(Algorithm::ES256));
    let named = VerifyingKey::from_jwk(&with(rsa(), "alg", json!("RS512"))).unwrap();
    assert!(named.allows(Algorithm::RS512) && !named.allows(Algorithm::RS256));
    let key = VerifyingKey::from_jwk(&p256("a")).unwrap();
    assert!(key.allows(Algorithm::ES256) && !key.allows(Algorithm::ES384));
}

#[test]
fn unusable_key_says_why() {
    let small = encode(&[0xff; 128]);
    let even = encode(&[0xfe; 256]);
    for (jwk, why) in [
        (json!("key"), Unusable::NotAnObject),
        (
            json!({ "kty": "oct", "k": "c2VjcmV0" }),
            Unusable::Symmetric,
        ),
        (json!({ "kty": "AKP", "alg": "ML-DSA-44" }), Unusable::Kind),
        (json!({ "kid": "a" }), Unusable::Kind),
        (with(p256("a"), "crv", json!("secp256k1")), Unusable::Kind),
        (
            json!({ "kty": "OKP", "crv": "X25519", "x": encode(&[9; 32]) }),
            Unusable::Kind,
        ),
        (with(rsa(), "kid", json!(7)), Unusable::Name),
        (with(rsa(), "use", json!("enc")), Unusable::Use),
        (with(rsa(), "use", json!(["sig"])), Unusable::Use),
        (
            with(rsa(), "key_ops", json!(["sign"])),
            Unusable::Operations,
        ),
        (with(rsa(), "alg", json!("RSA-OAEP")), Unusable::Algorithm),
        (with(rsa(), "alg", json!("ES256")), Unusable::Algorithm),
        (with(rsa(), "alg", json!("HS256")), Unusable::Algorithm),
        (with(rsa(), "alg", json!("none")), Unusable::Algorithm),
        (with(rsa(), "n", json!("not base64!")), Unusable::Encoding),
        (with(rsa(), "n", Value::Null), Unusable::Encoding),
        (with(rsa(), "n", json!(small)), Unusable::Modulus),
        (with(rsa(), "n", json!(even)), Unusable::Modulus),
        (with(rsa(), "e", json!("AQ")), Unusable::Exponent),
        (with(rsa(), "e", json!("AQAA")), Unusable::Exponent),
        (with(rsa(), "e", json!("")), Unusable::Exponent),
        (
            with(rsa(), "e", json!(encode(&[0xff; 9]))),
            Unusable::Exponent,
        ),
        (
            with(p256("a"), "x", json!(encode(&[1; 32]))),
            Unusable::Point,
        ),
        (
            with(p256("a"), "x", json!(encode(&[1; 31]))),
            Unusable::Point,
        ),
        (
            json!({ "kty": "EC", "crv": "P-256", "x": encode(&[0; 32]), "y": encode(&[0; 32]) }),
            Unusable::Point,
        ),
        (
            json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(&[0; 32]) }),
            Unusable::Point,
        ),
    ] {
        assert_eq!(VerifyingKey::from_jwk(&jwk).unwrap_err(), why, "{jwk}");
    }
}

#[test]
fn one_bad_key_spoils_no_set() {
    let bad = json!({ "kty": "oct", "kid": 4, "use": 9 });
    let parsed = ParsedSet::parse(set(&[bad, rsa()]).as_bytes()).unwrap();
    assert_eq!(parsed.keys.len(), 1);
    assert_eq!(parsed.left_out, [(0, Unusable::Name)]);
}

#[test]
fn private_member_is_neither_kept_nor_printed() {
    let jwk = with(p256("a"), "d", json!("verysecret"));
    let parsed = ParsedSet::parse(set(&[jwk]).as_bytes()).unwrap();
    assert_eq!(parsed.keys.len(), 1);
    assert!(!parsed.document.to_string().contains("verysecret"));
    assert!(!format!("{parsed:?}").contains("verysecret"));
}

#[test]
fn keys_of_one_name_are_both_kept() {
    let parsed = ParsedSet::parse(set(&[p256("a"), p256("a")]).as_bytes()).unwrap();
    assert_eq!(parsed.keys.len(), 2);
    let same = p256("a");
    let parsed = ParsedSet::parse(set(&[same.clone(), same]).as_bytes()).unwrap();
    assert_eq!(parsed.keys.len(), 1);
}

#[test]
fn documents_that_are_no_set_are_refused() {
    let many: Vec<_> = (0..101).map(|index| p256(&index.to_string())).collect();
    for (text, why) in [
        (String::new(), SetError::NotJson),
        ("<html>".into(), SetError::NotJson),
        (r#"{"keys":[{"kty""#.into(), SetError::NotJson),
        ("{}".into(), SetError::NoList),
        (r#"{"keys":{}}"#.into(), SetError::NoList),
        (r#"{"keys":[]}"#.into(), SetError::NoUsableKey(0)),
        (r#"{"keys":[1]}"#.into(), SetError::NoUsableKey(1)),
        (set(&many), SetError::TooManyKeys),
    ] {
        assert_eq!(ParsedSet::parse(text.as_bytes()).unwrap_err(), why);
    }
    assert_eq!(
        ParsedSet::parse(set(&many[..100]).as_bytes())
            .unwrap()
            .keys
            .len(),
        100
    );
}

#[test]
fn secret_must_be_as_long_as_the_hash() {
    let secret = |length| Secret::new(vec![7; length]);
    let key = VerifyingKey::from_secret(&secret(32), &[Algorithm::HS256]).unwrap();
    assert!(key.allows(Algorithm::HS256) && !key.allows(Algorithm::HS512));
    assert!(key.is_current());
    let short = VerifyingKey::from_secret(&secret(47), &[Algorithm::HS384]).unwrap_err();
    assert!(matches!(
        short,
        SecretKeyError::TooShort {
            needed: 48,
            given: 47,
            ..
        }
    ));
    let pair = VerifyingKey::from_secret(&secret(64), &[Algorithm::RS256]).unwrap_err();
    assert_eq!(pair, SecretKeyError::NotSymmetric(Algorithm::RS256));
    assert!(VerifyingKey::from_secret(&secret(64), &[]).is_err());
    assert!(!format!("{key:?}").contains("7, 7"));
}
