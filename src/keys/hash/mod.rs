//! What is kept of a key's text: read from files and other systems, held to bounds, and compared.

#[cfg(test)]
mod tests;

use argon2::{Algorithm, Argon2, Params, PasswordHash, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use bcrypt::HashParts;
use sha2::{Digest as _, Sha256};

use crate::model::KeyHash;

/// The longest text that may be a key, in bytes.
pub const LONGEST_TEXT: usize = 512;

/// How many characters of a text are its start.
const START: usize = 8;

/// The highest cost of bcrypt: 2^16 rounds take some five seconds.
const BCRYPT_COST: u32 = 16;

/// The most memory of Argon2, in KiB.
const ARGON2_MEMORY: u32 = 256 << 10;

/// The most passes of Argon2 over its memory.
const ARGON2_PASSES: u32 = 20;

/// The most lanes of Argon2; they are worked out one after the other.
const ARGON2_LANES: u32 = 64;

/// A text is not a hash of a key, or one that this program does not work out. Never quotes the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct HashError {
    /// What is wrong.
    pub message: &'static str,
    /// What would be right.
    pub help: &'static str,
}

impl HashError {
    const fn new(message: &'static str, help: &'static str) -> Self {
        Self { message, help }
    }
}

/// The forms of a hash, as complaints name them.
const FORMS: &str = "write `sha256:` with 64 hex digits, a bcrypt hash (`$2b$...`) or an Argon2 hash (`$argon2id$...`)";

/// The SHA-256 of a text.
pub fn digest(text: &[u8]) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// How a text begins, as it is kept of keys that only slow hashes are known of: its first 8 characters.
/// Nothing for what is no text.
pub fn start_of(text: &[u8]) -> &str {
    let text = std::str::from_utf8(text).unwrap_or_default();
    let end = text.char_indices().nth(START).map(|(end, _)| end);
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// Reads a hash: `sha256:` with hex or base64, 64 hex digits alone, `$2a$`, `$2b$`, `$2y$`, `$argon2id$`,
/// `$argon2i$`, `$argon2d$`. [`KeyHash::kind`] says what it was. Hashes whose cost would let
/// strangers keep this machine busy are refused.
pub fn parse_hash(text: &str) -> Result<KeyHash, HashError> {
    if let Some(digest) = text.strip_prefix("sha256:") {
        return sha256(digest);
    }
    if text.starts_with("$2") {
        bcrypt_parts(text)?;
        return Ok(KeyHash::Bcrypt(text.into()));
    }
    if text.starts_with("$argon2") {
        argon2_parts(text)?;
        return Ok(KeyHash::Argon2(text.into()));
    }
    if text.len() == 64 {
        return sha256(text);
    }
    Err(HashError::new("this is not a hash of a key", FORMS))
}

fn sha256(text: &str) -> Result<KeyHash, HashError> {
    const WRONG: HashError = HashError::new(
        "this is not a SHA-256",
        "write 64 hex digits, or its 32 bytes in base64, after `sha256:`",
    );
    let bytes = match text.len() {
        64 => from_hex(text.as_bytes()),
        _ => from_base64(text),
    };
    match bytes.ok_or(WRONG)? {
        empty if empty == digest(b"") => Err(HashError::new(
            "this is the SHA-256 of an empty text",
            "hash the key itself, without a line end",
        )),
        digest => Ok(KeyHash::Sha256(digest)),
    }
}

fn from_hex(text: &[u8]) -> Option<[u8; 32]> {
    let value = |digit: u8| u8::try_from(char::from(digit).to_digit(16)?).ok();
    let (pairs, []) = text.as_chunks::<2>() else {
        return None;
    };
    let bytes = pairs
        .iter()
        .map(|[high, low]| Some(value(*high)? << 4 | value(*low)?));
    bytes.collect::<Option<Vec<u8>>>()?.try_into().ok()
}

fn from_base64(text: &str) -> Option<[u8; 32]> {
    let text = text.strip_suffix('=').unwrap_or(text);
    let bytes = STANDARD_NO_PAD
        .decode(text)
        .or_else(|_| URL_SAFE_NO_PAD.decode(text));
    bytes.ok()?.try_into().ok()
}

/// Checks a bcrypt hash without working it out.
fn bcrypt_parts(text: &str) -> Result<(), HashError> {
    const WRONG: HashError = HashError::new(
        "this is not a whole bcrypt hash",
        "it has 60 characters and begins with `$2a$`, `$2b$` or `$2y$` and its cost: `$2b$12$...`",
    );
    if text.starts_with("$2x$") {
        return Err(HashError::new(
            "`$2x$` marks bcrypt hashes that were made by a broken program",
            "have the key's text hashed anew",
        ));
    }
    let parts: HashParts = text.parse().map_err(|_| WRONG)?;
    match parts.get_cost() {
        4..=BCRYPT_COST => Ok(()),
        _ => Err(HashError::new(
            "this bcrypt hash has a cost that is not taken",
            "costs of 4 to 16 are; 10 to 12 is usual",
        )),
    }
}

/// What an Argon2 hash says.
struct Argon2Parts {
    argon2: Argon2<'static>,
    salt: Box<[u8]>,
    output: Box<[u8]>,
}

/// Reads an Argon2 hash in its PHC form, and holds it to the bounds.
fn argon2_parts(text: &str) -> Result<Argon2Parts, HashError> {
    const WRONG: HashError = HashError::new(
        "this is not a whole Argon2 hash",
        "it looks like `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`",
    );
    let hash = PasswordHash::new(text).map_err(|_| WRONG)?;
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(|_| WRONG)?;
    // Hashes from before there were versions name none: that was version 1.0.
    let version = Version::try_from(hash.version.unwrap_or(0x10)).map_err(|_| WRONG)?;
    let params = Params::try_from(&hash).map_err(|_| WRONG)?;
    if !params.keyid().is_empty() || !params.data().is_empty() {
        return Err(HashError::new(
            "this Argon2 hash needs a secret of its own",
            "hash without `keyid` and `data`",
        ));
    }
    if params.m_cost() > ARGON2_MEMORY
        || params.t_cost() > ARGON2_PASSES
        || params.p_cost() > ARGON2_LANES
    {
        return Err(HashError::new(
            "this Argon2 hash costs more than is taken",
            "at most 256 MiB (`m=262144`), 20 passes (`t=20`) and 64 lanes (`p=64`) are",
        ));
    }
    Ok(Argon2Parts {
        argon2: Argon2::new(algorithm, version, params),
        salt: hash.salt.ok_or(WRONG)?.as_ref().into(),
        output: hash.hash.ok_or(WRONG)?.as_bytes().into(),
    })
}

/// Whether a hash is of this text, worked out here and now: up to seconds for slow ones. A hash beyond the
/// bounds, whoever stored it, is of no text.
pub(super) fn is_of(hash: &KeyHash, text: &[u8]) -> bool {
    if text.is_empty() || text.len() > LONGEST_TEXT {
        return false;
    }
    match hash {
        KeyHash::Sha256(expected) => verify_slices_are_equal(expected, &digest(text)).is_ok(),
        KeyHash::Bcrypt(hash) => is_bcrypt_of(hash, text),
        KeyHash::Argon2(hash) => is_argon2_of(hash, text),
    }
}

/// bcrypt sees no more than 72 bytes, and ends at a NUL: a text beyond either would equal others. A text
/// of just 72 may be the beginning of the one that was hashed.
fn is_bcrypt_of(hash: &str, text: &[u8]) -> bool {
    let is_whole = !text.contains(&0) && bcrypt_parts(hash).is_ok();
    is_whole && bcrypt::non_truncating_verify(text, hash).unwrap_or(false)
}

fn is_argon2_of(hash: &str, text: &[u8]) -> bool {
    let Ok(parts) = argon2_parts(hash) else {
        return false;
    };
    let mut output = vec![0; parts.output.len()];
    let worked = parts
        .argon2
        .hash_password_into(text, &parts.salt, &mut output);
    worked.is_ok() && verify_slices_are_equal(&parts.output, &output).is_ok()
}
