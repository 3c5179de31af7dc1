//! What may stand in a line as it is, and how the rest is written.
//!
//! Nearly every text may stand as it is, so that is found out eight bytes at a time.

use std::io::Write;

/// The lowest bit of each byte of a word.
const ONES: u64 = 0x0101_0101_0101_0101;
/// The highest bit of each byte of a word.
const HIGHEST: u64 = ONES << 7;

/// Whether a text may stand between quotes as it is: ASCII without control characters, quotes and
/// backslashes. What is not ASCII may be hidden, and is looked at more closely.
pub(super) fn is_plain(text: &str) -> bool {
    none_flagged(text.as_bytes(), |word| {
        // With its second bit turned, a quote stands next to the control characters, which stay below.
        let turned = word ^ (ONES * 2);
        word | below(turned, 0x21) | equal(word, b'\\') | delete(word)
    })
}

/// Whether a text may stand without quotes as well: visible ASCII that ends no name.
pub(super) fn is_bare(text: &str) -> bool {
    let bare = none_flagged(text.as_bytes(), |word| {
        let quoted = equal(word, b'"') | equal(word, b'\\') | equal(word, b'=');
        word | below(word, 0x21) | quoted | delete(word)
    });
    bare && !text.is_empty()
}

/// Whether no byte is flagged by its highest bit. A flagged byte may have the next one flagged too,
/// by what is carried or borrowed; no other does.
fn none_flagged(bytes: &[u8], flags: impl Fn(u64) -> u64) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut words = words.iter().map(|word| u64::from_le_bytes(*word));
    let fits = |word| flags(word) & HIGHEST == 0;
    words.all(fits) && (rest.is_empty() || fits(tail(bytes)))
}

/// The last eight bytes, or what there is, twice or with bytes that are never flagged.
fn tail(bytes: &[u8]) -> u64 {
    if let Some(last) = bytes.last_chunk() {
        return u64::from_le_bytes(*last);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last));
    }
    let harmless = ONES * u64::from(b'-');
    bytes
        .iter()
        .fold(harmless, |word, byte| word << 8 | u64::from(*byte))
}

fn below(word: u64, bound: u8) -> u64 {
    word.wrapping_sub(ONES * u64::from(bound))
}

fn equal(word: u64, byte: u8) -> u64 {
    (word ^ (ONES * u64::from(byte))).wrapping_sub(ONES)
}

fn delete(word: u64) -> u64 {
    word.wrapping_add(ONES)
}

/// Escapes as JSON does (RFC 8259 section 7), and what [`is_hidden`] besides.
pub(super) fn escape(text: &str, out: &mut Vec<u8>) {
    for character in text.chars() {
        match character {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            other => escape_one(other, out),
        }
    }
}

/// Escapes what is hidden, but not what `keep` names.
pub(in crate::telemetry) fn escape_hidden(text: &str, keep: impl Fn(char) -> bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 1);
    for character in text.chars() {
        match keep(character) {
            true => push(character, &mut out),
            false => escape_one(character, &mut out),
        }
    }
    out
}

fn escape_one(character: char, out: &mut Vec<u8>) {
    match character {
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        other if is_hidden(other) => {
            // Writing to memory does not fail.
            let _ = write!(out, "\\u{:04x}", u32::from(other));
        }
        other => push(other, out),
    }
}

fn push(character: char, out: &mut Vec<u8>) {
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// What breaks a line or misleads its reader: control characters, the line ends U+2028 and U+2029,
/// and marks that have no width or reorder what is seen.
fn is_hidden(character: char) -> bool {
    let hidden = matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}');
    hidden || character.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_told_apart_at_every_place() {
        for byte in 0..0x80_u8 {
            let plain = !byte.is_ascii_control() && !matches!(byte, b'"' | b'\\');
            let bare = byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'=');
            for length in 1..20 {
                for place in 0..length {
                    let mut bytes = vec![b'~'; length];
                    bytes[place] = byte;
                    let text = String::from_utf8(bytes).unwrap();
                    assert_eq!(is_plain(&text), plain, "{text:?}");
                    assert_eq!(is_bare(&text), bare, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_ascii_is_looked_at_more_closely() {
        for text in [
            "é",
            "aaaaaaaé",
            "aaaaaaaaaaa\u{202e}",
            "\u{10ffff}aaaaaaaaaaaaa",
        ] {
            assert!(!is_plain(text) && !is_bare(text), "{text:?}");
        }
    }

    #[test]
    fn empty_text_is_plain_and_not_bare() {
        assert!(is_plain("") && !is_bare(""));
    }
}
