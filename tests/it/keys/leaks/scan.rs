//! Looking for pieces of texts.

use std::collections::HashSet;

/// So much of a text is a leak; its start, which is for people, is shorter.
const PIECE: usize = 20;

/// The pieces of texts, in small letters.
pub(super) struct Scan(HashSet<Vec<u8>>);

impl Scan {
    pub(super) fn of<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let lower: Vec<_> = texts.map(str::to_ascii_lowercase).collect();
        let pieces = lower.iter().flat_map(|text| text.as_bytes().windows(PIECE));
        Self(pieces.map(<[u8]>::to_vec).collect())
    }

    /// What stands around a piece of a text in there, as it is or percent-encoded.
    pub(super) fn find(&self, bytes: &[u8]) -> Option<String> {
        let decoded = decoded(bytes);
        self.find_in(bytes).or_else(|| self.find_in(&decoded))
    }

    fn find_in(&self, bytes: &[u8]) -> Option<String> {
        let lower = bytes.to_ascii_lowercase();
        let at = lower
            .windows(PIECE)
            .position(|piece| self.0.contains(piece))?;
        let around = at.saturating_sub(300)..(at + 120).min(bytes.len());
        Some(String::from_utf8_lossy(&bytes[around]).into_owned())
    }
}

fn decoded(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while let Some((first, behind)) = rest.split_first() {
        let code = behind.get(..2).filter(|_| *first == b'%');
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = &behind[2..];
            }
            None => {
                out.push(*first);
                rest = behind;
            }
        }
    }
    out
}
