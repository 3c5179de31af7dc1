//! From text to a token, before anything in it is trusted.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};

use crate::model::{Claims, Denied, Reason};

use super::{algorithm, json};

/// The longest token that is looked at, in bytes. Real ones have one or two thousand; HTTP servers
/// rarely take more than this in one header.
pub(super) const MAX_TOKEN: usize = 16 * 1024;

/// The longest signature, in bytes: that of an RSA key of 8192 bits.
const MAX_SIGNATURE: usize = 1024;

/// A compact JWS with claims inside (RFC 7515 section 7.1, RFC 7519 section 7.2). Its signature has
/// not been checked.
pub(super) struct Unverified<'t> {
    /// The `alg` that the token asks for.
    pub(super) algorithm: Algorithm,
    /// The `kid`, which is only ever compared with the names of keys.
    pub(super) kid: Option<String>,
    /// The `typ`, as written.
    pub(super) typ: Option<String>,
    /// What the token says.
    pub(super) claims: Claims,
    /// Header and claims as they were signed.
    pub(super) signed: &'t str,
    /// The signature.
    pub(super) signature: Vec<u8>,
}

/// Takes a token apart, strictly: three parts, base64url without padding, JSON objects without
/// repeated names, a supported algorithm, no extension that must be understood.
///
/// Keys and addresses of keys in the header (`jwk`, `jku`, `x5c`, `x5u`) are never looked at.
pub(super) fn decode(token: &str) -> Result<Unverified<'_>, Denied> {
    if token.len() > MAX_TOKEN {
        return Err(malformed("longer than 16 KiB"));
    }
    let (signed, header, claims, signature) =
        parts(token).ok_or_else(|| malformed("not three parts"))?;
    let signature = decoded_signature(signature)?;
    let mut header = part(header, "header")?;
    if header.contains_key("crit") || header.contains_key("b64") {
        return Err(malformed("an extension that must be understood"));
    }
    Ok(Unverified {
        algorithm: algorithm_of(&header)?,
        kid: text_member(&mut header, "kid")?,
        typ: text_member(&mut header, "typ")?,
        claims: Claims::new(part(claims, "claims")?),
        signed,
        signature,
    })
}

fn malformed(detail: impl Into<std::borrow::Cow<'static, str>>) -> Denied {
    Denied::new(Reason::TokenMalformed, detail)
}

/// What was signed, the header, the claims and the signature; nothing when there are more or fewer
/// than three parts. Makes no list of them: a token may consist of dots.
fn parts(token: &str) -> Option<(&str, &str, &str, &str)> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    (!claims.contains('.')).then_some((signed, header, claims, signature))
}

fn part(text: &str, name: &str) -> Result<Map<String, Value>, Denied> {
    let bytes = URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| malformed(format!("{name} not in base64url")))?;
    json::object(&bytes).ok_or_else(|| malformed(format!("{name} not a JSON object")))
}

fn decoded_signature(text: &str) -> Result<Vec<u8>, Denied> {
    let fits = text.len() <= MAX_SIGNATURE.div_ceil(3) * 4;
    let bytes = fits.then(|| URL_SAFE_NO_PAD.decode(text).ok()).flatten();
    bytes
        .filter(|bytes| bytes.len() <= MAX_SIGNATURE)
        .ok_or_else(|| malformed("signature not in base64url, or too long"))
}

fn algorithm_of(header: &Map<String, Value>) -> Result<Algorithm, Denied> {
    match header.get("alg") {
        Some(Value::String(name)) => algorithm::named(name).ok_or_else(|| {
            let detail = "the algorithm is not supported";
            Denied::new(Reason::TokenSignatureInvalid, detail)
        }),
        _ => Err(malformed("no algorithm in the header")),
    }
}

fn text_member(header: &mut Map<String, Value>, name: &str) -> Result<Option<String>, Denied> {
    match header.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(malformed(format!("`{name}` in the header is not text"))),
    }
}
