//! How bytes are written as text: exactly one way each, and what is not exactly that is nothing.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// A way of writing bytes as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::webhook) enum Encoding {
    /// Pairs of hexadecimal digits, in either case.
    Hex,
    /// Base64 with its padding (RFC 4648 section 4), canonical.
    Base64,
    /// Base64 of the alphabet for URLs, without padding (RFC 4648 section 5), canonical.
    Base64Url,
    /// The text itself.
    Text,
}

impl Encoding {
    /// The words of files.
    pub(in crate::webhook) const WORDS: &'static [(&'static str, Self)] = &[
        ("hex", Self::Hex),
        ("base64", Self::Base64),
        ("base64url", Self::Base64Url),
        ("text", Self::Text),
    ];

    /// The bytes, or nothing if the text is not exactly of this encoding. Nothing is written for no bytes.
    pub(in crate::webhook) fn decode(self, text: &[u8]) -> Option<Vec<u8>> {
        let bytes = match self {
            Self::Hex => from_hex(text),
            Self::Base64 => STANDARD.decode(text).ok(),
            Self::Base64Url => URL_SAFE_NO_PAD.decode(text).ok(),
            Self::Text => Some(text.to_vec()),
        };
        bytes.filter(|bytes| !bytes.is_empty())
    }

    /// The text, for signing.
    pub(in crate::webhook) fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Hex => to_hex(bytes),
            Self::Base64 => STANDARD.encode(bytes),
            Self::Base64Url => URL_SAFE_NO_PAD.encode(bytes),
            Self::Text => String::from_utf8_lossy(bytes).into_owned(),
        }
    }
}

fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (pairs, rest) = text.as_chunks::<2>();
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok();
    match rest {
        [] => pairs.iter().map(byte).collect(),
        _ => None,
    }
}

fn to_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String never fails.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_text_is_decoded() {
        for (encoding, right, wrong) in [
            (
                Encoding::Hex,
                vec!["00ff", "00FF", "0a"],
                vec!["", "0", "0g", "00 ", " 00", "0x00", "00\n"],
            ),
            (
                Encoding::Base64,
                vec!["AA==", "+/8=", "AAAA"],
                vec![
                    "", "AA", "AA=", "AB==", "-_8=", "AA==\n", " AA==", "A A=", "AAAA====",
                ],
            ),
            (
                Encoding::Base64Url,
                vec!["AA", "-_8", "AAAA"],
                vec!["", "AA==", "AB", "+/8", "AA\n", "A"],
            ),
            (Encoding::Text, vec!["any text"], vec![""]),
        ] {
            for text in right {
                assert!(
                    encoding.decode(text.as_bytes()).is_some(),
                    "{encoding:?} {text}"
                );
            }
            for text in wrong {
                assert!(
                    encoding.decode(text.as_bytes()).is_none(),
                    "{encoding:?} {text:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_encoded_can_be_decoded() {
        for (_, encoding) in Encoding::WORDS {
            let bytes = b"\x01text\x7f";
            let text = encoding.encode(bytes);
            assert_eq!(
                encoding.decode(text.as_bytes()).as_deref(),
                Some(&bytes[..])
            );
        }
    }
}
