//! A name for a credential that may stand in a log.

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Keyed, so that nobody who reads a log can test a guessed credential against it; the key lives as
/// long as the process, so that one credential has one name in all of its logs.
static KEYED: LazyLock<Option<Hmac<Sha256>>> = LazyLock::new(|| {
    let mut key = [0; 32];
    aws_lc_rs::rand::fill(&mut key).ok()?;
    Hmac::new_from_slice(&key).ok()
});

/// HMAC-SHA-256 of a credential under a random key of this process, cut to 16 hex digits; empty when
/// the system gave no randomness for the key.
pub(super) fn fingerprint(credential: &str) -> Arc<str> {
    let Some(keyed) = &*KEYED else {
        return Arc::from("");
    };
    let digest = keyed
        .clone()
        .chain_update(credential.as_bytes())
        .finalize()
        .into_bytes();
    let mut text = String::with_capacity(16);
    for byte in digest.iter().take(8) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_credential_has_one_fingerprint_that_is_not_its_plain_digest() {
        let first = fingerprint("a.b.c");
        assert_eq!(first, fingerprint("a.b.c"));
        assert_ne!(first, fingerprint("a.b.d"));
        assert_eq!(first.len(), 16);
        assert!(first.bytes().all(|byte| byte.is_ascii_hexdigit()));
        // The digest that anyone could compute.
        use sha2::Digest as _;
        let plain: String = Sha256::digest(b"a.b.c")
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_ne!(*first, *plain);
    }
}
