//! From bytes that arrived to fields.

use std::ops::Range;

use bytes::BytesMut;

use super::field::trimmed;
use super::{Fields, Line, position};

/// The longest name, in bytes: a map holds no longer one, and would lose the field.
const MAX_NAME: usize = u16::MAX as usize;

/// What is no field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// Its name is not a token that a colon follows at once (RFC 9112 section 5.1).
    #[error("a field's name")]
    Name,
    /// Its value has a control character (RFC 9110 section 5.5).
    #[error("a field's value")]
    Value,
}

impl Fields {
    /// Reads the fields that stand on these lines of a head. Each range leaves out the CR LF behind its line.
    /// White space before a name or a colon, and folded lines, are refused (RFC 9112 sections 5.1 and 5.2).
    pub fn read(
        mut head: BytesMut,
        lines: impl Iterator<Item = Range<usize>>,
    ) -> Result<Self, FieldError> {
        let mut fields = Self::new();
        fields.room();
        let mut block: Option<Range<usize>> = None;
        for range in lines {
            let line = range.start..range.end + 2;
            fields.read_line(&mut head, line.clone())?;
            let start = block.map_or(line.start, |block| block.start);
            block = Some(start..line.end);
        }
        // Every line has two of its own.
        let block = head.get(block.unwrap_or_default()).unwrap_or_default();
        if controls(block) != 2 * fields.lines.len() {
            return Err(FieldError::Value);
        }
        fields.received = head.freeze();
        Ok(fields)
    }

    fn read_line(&mut self, head: &mut BytesMut, range: Range<usize>) -> Result<(), FieldError> {
        let line = head.get_mut(range.clone()).unwrap_or_default();
        let name = lower_name(line);
        let (text, rest) = line.split_at_checked(name).unwrap_or_default();
        let value = match rest {
            [b':', value @ .., b'\r', b'\n'] if (1..=MAX_NAME).contains(&name) => value,
            _ => return Err(FieldError::Name),
        };
        let line = match is_plain(value) {
            true => {
                self.lengths.add(name);
                Line {
                    start: position(range.start),
                    end: position(range.end),
                    name: position(name),
                    added: false,
                    sensitive: false,
                }
            }
            false => self.put(text, trimmed(value)),
        };
        self.lines.push(line);
        Ok(())
    }
}

/// Whether one space and no more stands before a value, and none behind it, as nearly everybody writes them.
fn is_plain(value: &[u8]) -> bool {
    match value {
        [b' '] => true,
        [b' ', first, .., last] => !matches!(first, b' ' | b'\t') && !matches!(last, b' ' | b'\t'),
        [b' ', only] => !matches!(only, b' ' | b'\t'),
        _ => false,
    }
}

/// What each byte of a name is in lower case; nothing for those that no name may have (RFC 9110 section
/// 5.6.2).
#[expect(clippy::indexing_slicing, reason = "worked out by the compiler")]
const LOWER: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    loop {
        let token = byte.is_ascii_alphanumeric()
            || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~');
        if token {
            table[byte as usize] = byte.to_ascii_lowercase();
        }
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    table
};

/// Puts the name that a line begins with in lower case; says how long it is.
fn lower_name(line: &mut [u8]) -> usize {
    for (at, byte) in line.iter_mut().enumerate() {
        match LOWER.get(usize::from(*byte)) {
            None | Some(0) => return at,
            Some(lower) => *byte = *lower,
        }
    }
    line.len()
}

/// How many control characters there are, tabs left out.
pub(super) fn controls(text: &[u8]) -> usize {
    // Few enough at once that their number fits a byte: then the compiler counts many in one step.
    text.chunks(128).map(|few| usize::from(count(few))).sum()
}

fn count(text: &[u8]) -> u8 {
    text.iter().fold(0, |count: u8, byte| {
        let control = (*byte < b' ' && *byte != b'\t') || *byte == 0x7f;
        count.wrapping_add(u8::from(control))
    })
}
