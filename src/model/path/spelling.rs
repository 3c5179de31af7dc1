//! From the spelling that was sent to the one that is judged.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::{Oddity, OddityClass, PathError};

/// What one pass over a path finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Glance {
    /// Every byte stands for itself in every reading.
    pub(super) plain: bool,
    /// Some segment begins with a dot, so that it may be `.` or `..`.
    pub(super) dots: bool,
    /// Two slashes stand side by side.
    pub(super) empty_segment: bool,
}

const SLASH: u8 = 1;
const DOT: u8 = SLASH << 1;
const OTHER: u8 = 4;

/// The class of every byte.
const CLASSES: [u8; 256] = {
    let mut classes = [OTHER; 256];
    let mut rest: &mut [u8] = &mut classes;
    let mut byte = 0_u8;
    while let Some((class, after)) = rest.split_first_mut() {
        *class = class_of(byte);
        byte = byte.wrapping_add(1);
        rest = after;
    }
    classes
};

const fn class_of(byte: u8) -> u8 {
    match byte {
        b'/' => SLASH,
        b'.' => DOT,
        _ if is_plain(byte) => 0,
        _ => OTHER,
    }
}

impl Glance {
    pub(super) fn at(path: &str) -> Self {
        let (mut seen, mut twice, mut dotted, mut before) = (0, 0, 0, 0);
        for byte in path.bytes() {
            let class = CLASSES.get(usize::from(byte)).copied().unwrap_or(OTHER);
            seen |= class;
            twice |= before & class;
            dotted |= before << 1 & class;
            before = class;
        }
        Self {
            plain: seen & OTHER == 0,
            dots: dotted & DOT != 0,
            empty_segment: twice & SLASH != 0,
        }
    }
}

/// Returns the canonical text, or `None` when `path` has it already.
pub(super) fn canonicalise(path: &str) -> Result<(Option<String>, Oddity), PathError> {
    let mut out = String::with_capacity(path.len() + 16);
    let mut decoded = Vec::with_capacity(path.len());
    let mut oddities = Oddity::default();
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        let escaped = byte == b'%';
        let value = if escaped { unescape(&mut bytes)? } else { byte };
        if let Some(class) = oddity(value, escaped, bytes.clone()) {
            oddities = oddities.with(class);
        }
        decoded.push(value);
        write_canonical(&mut out, value, escaped)?;
    }
    if std::str::from_utf8(&decoded).is_err() {
        return Err(PathError::NotUtf8);
    }
    Ok((Some(out).filter(|canonical| canonical != path), oddities))
}

/// Characters that stand for themselves in every reading.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'~' | b':' | b'@')
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

/// Characters that RFC 3986 section 3.3 lets stand unencoded in a segment.
fn may_stand_raw(byte: u8) -> bool {
    is_plain(byte)
        || matches!(
            byte,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
        )
}

fn unescape(bytes: &mut std::str::Bytes<'_>) -> Result<u8, PathError> {
    let mut digit = || {
        bytes
            .next()
            .and_then(|b| char::from(b).to_digit(16))
            .ok_or(PathError::Escape)
    };
    let (high, low) = (digit()?, digit()?);
    u8::try_from(high * 16 + low).map_err(|_| PathError::Escape)
}

fn oddity(value: u8, escaped: bool, rest: std::str::Bytes<'_>) -> Option<OddityClass> {
    match value {
        b'/' if escaped => Some(OddityClass::EncodedSlash),
        b'\\' if escaped => Some(OddityClass::EncodedBackslash),
        b';' => Some(OddityClass::Semicolon),
        b'%' if escaped && rest.take(2).filter(u8::is_ascii_hexdigit).count() == 2 => {
            Some(OddityClass::DoubleEncoding)
        }
        _ => None,
    }
}

fn write_canonical(out: &mut String, value: u8, escaped: bool) -> Result<(), PathError> {
    match value {
        b'\\' if !escaped => return Err(PathError::Backslash),
        0..=0x1f | 0x7f => return Err(PathError::Control),
        _ => {}
    }
    let raw = if escaped {
        is_unreserved(value)
    } else {
        may_stand_raw(value)
    };
    if raw {
        out.push(char::from(value));
    } else {
        // Writing to a string cannot fail.
        let _ = write!(out, "%{value:02X}");
    }
    Ok(())
}

/// Refuses `.` and `..`, also between slashes and backslashes that hide behind escapes.
pub(super) fn refuse_dots(segment: &str) -> Result<(), PathError> {
    if !segment.contains('.') {
        return Ok(());
    }
    let decoded = decode_segment(segment);
    let hidden = decoded.split(['/', '\\']).any(|piece| {
        let name = piece.split(';').next().unwrap_or(piece);
        name == "." || name == ".."
    });
    if hidden {
        Err(PathError::DotSegment)
    } else {
        Ok(())
    }
}

/// Decodes one segment of a canonical path.
pub(super) fn decode_segment(segment: &str) -> Cow<'_, str> {
    if !segment.contains('%') {
        return Cow::Borrowed(segment);
    }
    let mut decoded = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        let value = if byte == b'%' {
            unescape(&mut bytes).unwrap_or(b'%')
        } else {
            byte
        };
        decoded.push(value);
    }
    match String::from_utf8(decoded) {
        Ok(text) => Cow::Owned(text),
        // Cannot happen: the canonical form is checked to decode to UTF-8 as a whole, and neither a
        // slash nor an escape can split a character.
        Err(_) => Cow::Borrowed(segment),
    }
}
