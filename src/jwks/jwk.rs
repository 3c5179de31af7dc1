//! One entry of a key set (RFC 7517 section 4): what makes it usable, or why it is not.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
    RsaPublicKeyComponents, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::key::{Algorithm, Check};

/// The members of a JWK that describe a public key. Nothing else of it is kept anywhere.
const PUBLIC_MEMBERS: [&str; 10] = [
    "kty", "kid", "use", "key_ops", "alg", "crv", "n", "e", "x", "y",
];

/// The largest RSA modulus that the crypto library verifies with, in bytes (8192 bits).
const LARGEST_MODULUS: usize = 1024;

/// RSA exponents above this are refused by the crypto library when it verifies.
const LARGEST_EXPONENT: u64 = (1 << 33) - 1;

/// What an RSA key can be used with.
const RSA: [(Algorithm, &RsaParameters); 6] = [
    (Algorithm::RS256, &RSA_PKCS1_2048_8192_SHA256),
    (Algorithm::RS384, &RSA_PKCS1_2048_8192_SHA384),
    (Algorithm::RS512, &RSA_PKCS1_2048_8192_SHA512),
    (Algorithm::PS256, &RSA_PSS_2048_8192_SHA256),
    (Algorithm::PS384, &RSA_PSS_2048_8192_SHA384),
    (Algorithm::PS512, &RSA_PSS_2048_8192_SHA512),
];

/// The algorithms of a key, and how a signature is checked with each.
type Checks = Vec<(Algorithm, Check)>;

/// A usable entry.
pub(super) struct Jwk {
    pub(super) kid: Option<Box<str>>,
    /// What it may be used with.
    pub(super) checks: Checks,
    /// The entry without anything private.
    pub(super) public: Map<String, Value>,
}

/// Why one key of a set is left out; the others are not affected (RFC 7517 section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unusable {
    #[error("it is not a JSON object")]
    NotAnObject,
    #[error("its `kty` is `oct`: a published secret is none")]
    Symmetric,
    #[error("its `kty` or `crv` is missing or not supported")]
    Kind,
    #[error("its `kid` is not text")]
    Name,
    #[error("its `use` is not `sig`")]
    Use,
    #[error("its `key_ops` do not contain `verify`")]
    Operations,
    #[error("its `alg` does not fit the key or is not supported")]
    Algorithm,
    #[error("a number of the key is missing or not base64url")]
    Encoding,
    #[error("its RSA modulus has fewer than 2048 or more than 8192 bits, or is even")]
    Modulus,
    #[error("its RSA exponent is 1, even or too large")]
    Exponent,
    #[error("it is not a point of its curve")]
    Point,
}

impl Jwk {
    /// Reads an entry.
    pub(super) fn read(jwk: &Value) -> Result<Self, Unusable> {
        let members = jwk.as_object().ok_or(Unusable::NotAnObject)?;
        let kid = match members.get("kid") {
            None => None,
            Some(Value::String(kid)) => Some(kid.as_str().into()),
            Some(_) => return Err(Unusable::Name),
        };
        check_purpose(members)?;
        Ok(Self {
            kid,
            checks: named_algorithm(members, material(members)?)?,
            public: public_members(members),
        })
    }
}

/// The members of a JWK that may be kept, in a fixed order.
pub(super) fn public_members(jwk: &Map<String, Value>) -> Map<String, Value> {
    PUBLIC_MEMBERS
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), jwk.get(name)?.clone())))
        .collect()
}

fn check_purpose(jwk: &Map<String, Value>) -> Result<(), Unusable> {
    if jwk.get("use").is_some_and(|value| value != "sig") {
        return Err(Unusable::Use);
    }
    match jwk.get("key_ops") {
        None => Ok(()),
        Some(Value::Array(operations)) if operations.iter().any(|name| name == "verify") => Ok(()),
        Some(_) => Err(Unusable::Operations),
    }
}

/// The key itself and every algorithm that could be used with it.
fn material(jwk: &Map<String, Value>) -> Result<Checks, Unusable> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    match (text("kty"), text("crv")) {
        (Some("RSA"), _) => rsa(jwk),
        (Some("EC"), Some("P-256")) => {
            let point = point(jwk, 32, &ECDSA_P256_SHA256_FIXED)?;
            Ok(vec![(Algorithm::ES256, Check::Pair(point))])
        }
        (Some("EC"), Some("P-384")) => {
            let point = point(jwk, 48, &ECDSA_P384_SHA384_FIXED)?;
            Ok(vec![(Algorithm::ES384, Check::Pair(point))])
        }
        (Some("OKP"), Some("Ed25519")) => {
            let x = number(jwk, "x")?;
            let degenerate = x.len() != 32 || x.iter().all(|byte| *byte == 0);
            if degenerate {
                return Err(Unusable::Point);
            }
            let point = ParsedPublicKey::new(&ED25519, &x).map_err(|_| Unusable::Point)?;
            Ok(vec![(Algorithm::EdDSA, Check::Pair(point))])
        }
        (Some("oct"), _) => Err(Unusable::Symmetric),
        _ => Err(Unusable::Kind),
    }
}

fn rsa(jwk: &Map<String, Value>) -> Result<Checks, Unusable> {
    let (n, e) = (number(jwk, "n")?, number(jwk, "e")?);
    // Some issuers write the sign byte of their big-number library in front.
    let (n, e) = (without_zeros(&n), without_zeros(&e));
    let bits = n.len() * 8 - n.first().map_or(0, |first| first.leading_zeros() as usize);
    let odd = n.last().is_some_and(|last| last % 2 == 1);
    if bits < 2048 || n.len() > LARGEST_MODULUS || !odd {
        return Err(Unusable::Modulus);
    }
    let exponent = match e.len() {
        0..=8 => e.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)),
        _ => return Err(Unusable::Exponent),
    };
    if exponent % 2 == 0 || !(3..=LARGEST_EXPONENT).contains(&exponent) {
        return Err(Unusable::Exponent);
    }
    let key = RsaPublicKeyComponents { n, e };
    let check = |(algorithm, parameters)| match key.to_parsed_public_key(parameters) {
        Ok(parsed) => Ok((algorithm, Check::Pair(parsed))),
        Err(_) => Err(Unusable::Modulus),
    };
    RSA.into_iter().map(check).collect()
}

/// An uncompressed point (SEC 1 section 2.3.3) that lies on its curve.
fn point(
    jwk: &Map<String, Value>,
    length: usize,
    curve: &'static dyn VerificationAlgorithm,
) -> Result<ParsedPublicKey, Unusable> {
    let (x, y) = (number(jwk, "x")?, number(jwk, "y")?);
    if x.len() != length || y.len() != length {
        return Err(Unusable::Point);
    }
    let mut point = Vec::with_capacity(1 + 2 * length);
    point.push(4);
    point.extend_from_slice(&x);
    point.extend_from_slice(&y);
    ParsedPublicKey::new(curve, &point).map_err(|_| Unusable::Point)
}

/// The algorithm the key names, or all that fit when it names none.
fn named_algorithm(jwk: &Map<String, Value>, mut fitting: Checks) -> Result<Checks, Unusable> {
    let name = match jwk.get("alg") {
        None => return Ok(fitting),
        Some(Value::String(name)) => name.as_str(),
        Some(_) => return Err(Unusable::Algorithm),
    };
    // RFC 9864 names the curve as well; tokens of such keys in use say `EdDSA`.
    let name = if name == "Ed25519" { "EdDSA" } else { name };
    let named: Algorithm = name.parse().map_err(|_| Unusable::Algorithm)?;
    fitting.retain(|(algorithm, _)| *algorithm == named);
    if fitting.is_empty() {
        return Err(Unusable::Algorithm);
    }
    Ok(fitting)
}

fn number(jwk: &Map<String, Value>, name: &str) -> Result<Vec<u8>, Unusable> {
    let text = jwk.get(name).and_then(Value::as_str);
    text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
        .ok_or(Unusable::Encoding)
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}
