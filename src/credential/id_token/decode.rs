//! From text to a token, before anything in it is trusted.

use std::borrow::Cow;

use jsonwebtoken::Algorithm;

use crate::model::{Denied, Reason};

use super::json::{self, Json, Object};
use super::{algorithm, base64url};

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
    pub(super) kid: Option<Cow<'t, str>>,
    /// The `typ`, as written.
    pub(super) typ: Option<Cow<'t, str>>,
    /// What the token says.
    pub(super) claims: Object<'t>,
    /// Header and claims as they were signed.
    pub(super) signed: &'t str,
    /// The signature.
    pub(super) signature: &'t [u8],
}

/// Takes a token apart, strictly: three parts, base64url without padding, JSON objects without
/// repeated names, a supported algorithm, no extension that must be understood. The parts are decoded
/// to `room`.
///
/// Keys and addresses of keys in the header (`jwk`, `jku`, `x5c`, `x5u`) are never looked at.
pub(super) fn decode<'t>(token: &'t str, room: &'t mut Vec<u8>) -> Result<Unverified<'t>, Denied> {
    if token.len() > MAX_TOKEN {
        return Err(malformed("longer than 16 KiB"));
    }
    let (signed, header, claims, signature) =
        parts(token).ok_or_else(|| malformed("not three parts"))?;
    room.resize(token.len(), 0);
    let (for_header, rest) = room.split_at_mut(header.len());
    let (for_claims, for_signature) = rest.split_at_mut(claims.len());
    let signature = decoded_signature(signature, for_signature)?;
    let header = base64url::decode(header, for_header)
        .ok_or_else(|| malformed("header not in base64url"))?;
    let header = json::object(header).ok_or_else(|| malformed("header not a JSON object"))?;
    let algorithm = algorithm_of(&header)?;
    let (kid, typ) = (text_member(&header, "kid")?, text_member(&header, "typ")?);
    let claims = base64url::decode(claims, for_claims)
        .ok_or_else(|| malformed("claims not in base64url"))?;
    Ok(Unverified {
        algorithm,
        kid,
        typ,
        claims: json::object(claims).ok_or_else(|| malformed("claims not a JSON object"))?,
        signed,
        signature,
    })
}

fn malformed(detail: &'static str) -> Denied {
    Denied::new(Reason::TokenMalformed, detail)
}

/// What was signed, the header, the claims and the signature; nothing when there are more or fewer
/// than three parts. Makes no list of them: a token may consist of dots.
fn parts(token: &str) -> Option<(&str, &str, &str, &str)> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    (!claims.contains('.')).then_some((signed, header, claims, signature))
}

fn decoded_signature<'r>(text: &str, room: &'r mut [u8]) -> Result<&'r [u8], Denied> {
    let fits = text.len() <= MAX_SIGNATURE.div_ceil(3) * 4;
    let bytes = fits.then(|| base64url::decode(text, room)).flatten();
    bytes
        .filter(|bytes| bytes.len() <= MAX_SIGNATURE)
        .ok_or_else(|| malformed("signature not in base64url, or too long"))
}

/// The algorithm, of a header that asks for nothing that is not done here.
fn algorithm_of(header: &Object<'_>) -> Result<Algorithm, Denied> {
    if header.get("crit").is_some() || header.get("b64").is_some() {
        return Err(malformed("an extension that must be understood"));
    }
    match header.get("alg") {
        Some(Json::Text(name)) => algorithm::named(name).ok_or_else(|| {
            let detail = "the algorithm is not supported";
            Denied::new(Reason::TokenSignatureInvalid, detail)
        }),
        _ => Err(malformed("no algorithm in the header")),
    }
}

fn text_member<'t>(
    header: &Object<'t>,
    name: &'static str,
) -> Result<Option<Cow<'t, str>>, Denied> {
    match header.get(name) {
        None => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text.clone())),
        Some(_) => Err(malformed(match name {
            "kid" => "`kid` in the header is not text",
            _ => "`typ` in the header is not text",
        })),
    }
}
