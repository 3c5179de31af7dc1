//! What the text of a key looks like: `<prefix><id><secret><checksum>`.

mod base62;
#[cfg(test)]
mod tests;

use crate::model::KeyHash;
use crate::secret::Secret;

use super::hash::digest;

/// Characters of the public id.
const ID: usize = 12;

/// Characters of the secret: 62^43 is more than 2^256.
const SECRET: usize = 43;

/// How much of a secret makes a text more than a word that begins like a key.
const TELLING: usize = 8;

/// What follows the prefix.
const REST: usize = ID + SECRET + base62::CHECKSUM;

/// The form of the keys of one set: 12 characters of id, 43 of secret (256 bits) and 6 of checksum after the
/// prefix, each of `0-9A-Za-z`. The checksum is the CRC-32 (IEEE 802.3) of everything before it, as a
/// number of six digits to the base 62, the most significant first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    prefix: Box<str>,
}

/// The text cannot be the prefix of keys, or no key can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FormatError(pub &'static str);

/// A key that has just been made. Its text is here and nowhere else.
#[derive(Debug)]
pub struct Minted {
    /// The text.
    pub text: Secret,
    /// The id within it.
    pub id: Box<str>,
    /// How it begins: prefix and id.
    pub start: Box<str>,
    /// What is kept of it.
    pub hash: KeyHash,
}

/// What a text looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One of ours, whole: its checksum is right.
    Ours,
    /// Prefix and length or checksum say that it is not one of ours, or not whole.
    Other,
}

impl Format {
    /// Keys that begin like this: 2 to 32 characters of `0-9A-Za-z_-`, the first a letter, and not `ey`,
    /// which tokens begin with.
    pub fn new(prefix: &str) -> Result<Self, FormatError> {
        let says = |message| Err(FormatError(message));
        let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        match prefix.as_bytes() {
            text if !(2..=32).contains(&text.len()) => says("a prefix has 2 to 32 characters"),
            [first, ..] if !first.is_ascii_alphabetic() => says("a prefix begins with a letter"),
            text if !text.iter().copied().all(is_usual) => {
                says("a prefix consists of letters, digits, `_` and `-`")
            }
            [b'e', b'y', ..] => says("a prefix does not begin with `ey`: tokens do"),
            _ => Ok(Self {
                prefix: prefix.into(),
            }),
        }
    }

    /// How they begin.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Makes a key with an id that was never there before, or a new text for the key of this id. An id of
    /// another form, from another system, cannot stand in a text: the text then has an id of its own, which
    /// only serves to tell texts apart. Fails when the system has no randomness.
    pub fn mint(&self, id: Option<&str>) -> Result<Minted, FormatError> {
        // Never grows, so that no copy of the text stays behind.
        let mut text = Vec::with_capacity(self.prefix.len() + REST);
        text.extend_from_slice(self.prefix.as_bytes());
        let no_randomness = |_| FormatError("the system has no randomness");
        match id.filter(|id| is_id(id)) {
            Some(id) => text.extend_from_slice(id.as_bytes()),
            None => base62::put_random(&mut text, ID).map_err(no_randomness)?,
        }
        let start: Box<str> = String::from_utf8_lossy(&text).into();
        let id = start.get(self.prefix.len()..).unwrap_or_default().into();
        let secret = base62::put_random(&mut text, SECRET);
        let checksum = base62::checksum(crc32fast::hash(&text));
        text.extend_from_slice(&checksum);
        let text = Secret::new(text);
        secret.map_err(no_randomness)?;
        let hash = KeyHash::Sha256(digest(text.expose()));
        Ok(Minted {
            text,
            id,
            start,
            hash,
        })
    }

    /// What a text is, by its form alone.
    pub fn shape(&self, text: &[u8]) -> Shape {
        let rest = text.strip_prefix(self.prefix.as_bytes());
        let whole = rest.filter(|rest| rest.len() == REST && base62::is_all_digits(rest));
        let parts = whole.and_then(|_| text.split_last_chunk());
        match parts {
            Some((body, sum)) if *sum == base62::checksum(crc32fast::hash(body)) => Shape::Ours,
            _ => Shape::Other,
        }
    }

    /// A text without the secrets of the keys in it: what is left of each are its prefix and its id. A key need
    /// not be whole. Nothing when there is none.
    pub fn without_secrets(&self, text: &str) -> Option<String> {
        let (mut shown, mut rest, mut is_changed) = (String::new(), text, false);
        while let Some((before, after)) = rest.split_once(&*self.prefix) {
            let is_begin = !before.ends_with(|c: char| c.is_ascii_alphanumeric());
            let end = after.bytes().take_while(u8::is_ascii_alphanumeric).count();
            let (run, behind) = after.split_at_checked(end).unwrap_or((after, ""));
            shown.extend([before, &*self.prefix]);
            match run.split_at_checked(ID) {
                Some((id, secret)) if is_begin && secret.len() >= TELLING => {
                    shown.extend([id, "..."]);
                    is_changed = true;
                    rest = behind;
                }
                // The prefix may stand in it once more.
                _ => rest = after,
            }
        }
        shown.push_str(rest);
        is_changed.then_some(shown)
    }

    /// What a secret scanner recognises our keys by: a regular expression that every engine understands.
    pub fn pattern(&self) -> String {
        format!(r"\b{}[0-9A-Za-z]{{{REST}}}\b", self.prefix)
    }
}

/// Whether a text is an id as this room makes them.
fn is_id(text: &str) -> bool {
    text.len() == ID && base62::is_all_digits(text.as_bytes())
}
