//! From text to a token, before anything in it is trusted.

use std::borrow::Cow;

use jsonwebtoken::Algorithm;

use crate::model::{Denied, Reason};

use super::json::{self, Json, Object};
use super::{algorithm, base64url};

/// The longest token that is looked at, in bytes. Real ones have one or two thousand; HTTP servers
/// rarely take more than this in one header.
pub(in crate::credential) const MAX_TOKEN: usize = 16 * 1024;

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

/// The three parts of what may be a token.
pub(super) struct Parts<'t> {
    signed: &'t str,
    header: &'t str,
    claims: &'t str,
    signature: &'t str,
}

impl<'t> Parts<'t> {
    /// Takes a text apart; one that is too long, or has more or fewer than three parts, is no token.
    /// Makes no list of them: a text may consist of dots.
    pub(super) fn of(token: &'t str) -> Result<Self, Denied> {
        if token.len() > MAX_TOKEN {
            return Err(malformed("longer than 16 KiB"));
        }
        let parts = || {
            let (signed, signature) = token.rsplit_once('.')?;
            let (header, claims) = signed.split_once('.')?;
            let parts = Self {
                signed,
                header,
                claims,
                signature,
            };
            (!claims.contains('.')).then_some(parts)
        };
        parts().ok_or_else(|| malformed("not three parts"))
    }

    /// Reads the parts, strictly: base64url without padding, JSON objects without repeated names, a
    /// supported algorithm, no extension that must be understood. They are decoded to `room`.
    ///
    /// Keys and addresses of keys in the header (`jwk`, `jku`, `x5c`, `x5u`) are never looked at.
    pub(super) fn read(&self, room: &'t mut Vec<u8>) -> Result<Unverified<'t>, Denied> {
        room.resize(self.signed.len() + self.signature.len(), 0);
        let (for_header, rest) = room.split_at_mut(self.header.len());
        let (for_claims, for_signature) = rest.split_at_mut(self.claims.len());
        let signature = decoded_signature(self.signature, for_signature)?;
        let header = base64url::decode(self.header, for_header)
            .ok_or_else(|| malformed("header not in base64url"))?;
        let header = json::object(header).ok_or_else(|| malformed("header not a JSON object"))?;
        let algorithm = algorithm_of(&header)?;
        let (kid, typ) = (text_member(&header, "kid")?, text_member(&header, "typ")?);
        let claims = base64url::decode(self.claims, for_claims)
            .ok_or_else(|| malformed("claims not in base64url"))?;
        Ok(Unverified {
            algorithm,
            kid,
            typ,
            claims: json::object(claims).ok_or_else(|| malformed("claims not a JSON object"))?,
            signed: self.signed,
            signature,
        })
    }
}

fn malformed(detail: &'static str) -> Denied {
    Denied::new(Reason::TokenMalformed, detail)
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
