//! A name for a credential that may stand in a log.

use std::fmt;
use std::sync::LazyLock;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Keyed, so that nobody who reads a log can test a guessed credential against it; the key lives as
/// long as the process, so that one credential has one name in all of its logs.
static KEYED: LazyLock<Option<Hmac<Sha256>>> = LazyLock::new(|| {
    let mut key = [0; 32];
    aws_lc_rs::rand::fill(&mut key).ok()?;
    Hmac::new_from_slice(&key).ok()
});

/// What a credential is called in logs: 16 hex digits, of no use to who reads them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// When the system gave no randomness for a key.
    pub(super) const NONE: Self = Self([b'-'; 16]);

    /// HMAC-SHA-256 of a credential's tag under a random key of this process, cut to 64 bits. The tag
    /// stands for the whole text and is a twentieth of its length.
    pub(super) fn of(tag: &[u8; 32]) -> Self {
        let Some(keyed) = &*KEYED else {
            return Self::NONE;
        };
        let digest = keyed.clone().chain_update(tag).finalize().into_bytes();
        let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let mut name = Self::NONE;
        for (place, digit) in name.0.iter_mut().zip(digits) {
            *place = if digit < 10 { b'0' } else { b'a' - 10 } + digit;
        }
        name
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        // It is ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl AsRef<str> for Fingerprint {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_credential_has_one_fingerprint_that_is_not_its_plain_digest() {
        let first = Fingerprint::of(&[1; 32]);
        assert_eq!(first, Fingerprint::of(&[1; 32]));
        assert_ne!(first, Fingerprint::of(&[2; 32]));
        let text = first.as_str();
        assert_eq!(text.len(), 16);
        assert!(text.bytes().all(|byte| byte.is_ascii_hexdigit()));
        // The digest that anyone could compute.
        use sha2::Digest as _;
        let plain: String = Sha256::digest([1; 32])
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_ne!(*text, *plain);
    }
}
