//! Reading a document where it stands (RFC 8259).
//!
//! Structure is read here; numbers that are more than a few digits, and texts with escapes, by
//! serde_json. Whatever is not JSON is nothing.

use std::borrow::Cow;

use serde_json::Number;

use super::{Json, Object};

/// Values may stand in each other less deep than this, as with serde_json.
const DEPTH: u8 = 128;

/// How many members the outermost object is given room for at once: the claims of most tokens.
const USUAL: usize = 16;

/// As many digits as a number of 64 bits can always hold.
const DIGITS: usize = 19;

/// A document, read up to some place.
pub(super) struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    /// The one value that the text is.
    pub(super) fn read(text: &'t str) -> Option<Json<'t>> {
        let mut reader = Self { text, at: 0 };
        let value = reader.value(DEPTH)?;
        reader.peek().is_none().then_some(value)
    }

    /// The next byte that is no white space; it is still to be taken.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                next => return next.copied(),
            }
        }
    }

    /// Takes the next byte that is no white space.
    fn next(&mut self) -> Option<u8> {
        let next = self.peek()?;
        self.at += 1;
        Some(next)
    }

    /// What stands from here up to the first byte that is no part of it.
    fn run(&self, is_part: impl Fn(u8) -> bool) -> Option<&'t str> {
        let rest = self.text.get(self.at..)?;
        let end = rest.bytes().position(|byte| !is_part(byte));
        rest.get(..end.unwrap_or(rest.len()))
    }

    fn value(&mut self, depth: u8) -> Option<Json<'t>> {
        match self.peek()? {
            b'"' => self.string().map(Json::Text),
            b'{' => self.object(deeper(depth)?).map(Json::Object),
            b'[' => self.list(deeper(depth)?).map(Json::List),
            b'-' | b'0'..=b'9' => self.number().map(Json::Number),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Option<Json<'t>> {
        let word = self.run(|byte| byte.is_ascii_lowercase())?;
        self.at += word.len();
        match word {
            "true" => Some(Json::Bool(true)),
            "false" => Some(Json::Bool(false)),
            "null" => Some(Json::Null),
            _ => None,
        }
    }

    fn number(&mut self) -> Option<Number> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let (mut value, mut length) = (0_u64, 0_usize);
        while let Some(digit) = rest.get(length).and_then(|byte| digit(*byte)) {
            value = value.wrapping_mul(10).wrapping_add(digit);
            length += 1;
        }
        let goes_on = matches!(rest.get(length), Some(b'+' | b'-' | b'.' | b'e' | b'E'));
        let padded = length > 1 && rest.first() == Some(&b'0');
        if goes_on || padded || !(1..=DIGITS).contains(&length) {
            return self.any_number();
        }
        self.at += length;
        Some(value.into())
    }

    /// A number that is more than a few digits, if it is one.
    fn any_number(&mut self) -> Option<Number> {
        let part = |byte: u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
        let number = self.run(part)?;
        self.at += number.len();
        serde_json::from_str(number).ok()
    }

    fn string(&mut self) -> Option<Cow<'t, str>> {
        let start = self.at;
        if self.next()? != b'"' {
            return None;
        }
        let from = self.at;
        self.skip_plain();
        if self.text.as_bytes().get(self.at) == Some(&b'"') {
            let plain = self.text.get(from..self.at)?;
            self.at += 1;
            return Some(Cow::Borrowed(plain));
        }
        self.skip_escapes()?;
        let quoted = self.text.get(start..self.at)?;
        serde_json::from_str(quoted).ok().map(Cow::Owned)
    }

    /// Goes to the next byte that is a quotation mark, a backslash or a control character, eight at a time.
    fn skip_plain(&mut self) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let (words, last) = rest.as_chunks::<8>();
        for word in words {
            let special = special(u64::from_le_bytes(*word));
            if special != 0 {
                self.at += special.trailing_zeros() as usize / 8;
                return;
            }
            self.at += 8;
        }
        let is_special = |byte: &u8| matches!(byte, 0..=0x1f | b'"' | b'\\');
        self.at += last.iter().position(is_special).unwrap_or(last.len());
    }

    /// Goes behind the end of a text, from anywhere in it.
    fn skip_escapes(&mut self) -> Option<()> {
        loop {
            self.at += match self.text.as_bytes().get(self.at)? {
                b'\\' => 2,
                _ => 1,
            };
            if self.text.as_bytes().get(self.at) == Some(&b'"') {
                self.at += 1;
                return Some(());
            }
        }
    }

    fn list(&mut self, depth: u8) -> Option<Vec<Json<'t>>> {
        let mut items = Vec::new();
        self.next()?;
        if self.peek()? == b']' {
            self.at += 1;
            return Some(items);
        }
        loop {
            items.push(self.value(depth)?);
            match self.next()? {
                b',' => {}
                b']' => return Some(items),
                _ => return None,
            }
        }
    }

    fn object(&mut self, depth: u8) -> Option<Object<'t>> {
        let mut members = Vec::new();
        self.next()?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(Object(members));
        }
        if deeper(DEPTH) == Some(depth) {
            members.reserve(USUAL);
        }
        loop {
            self.peek()?;
            let name = self.string()?;
            if self.next()? != b':' {
                return None;
            }
            members.push((name, self.value(depth)?));
            match self.next()? {
                b',' => {}
                b'}' => break,
                _ => return None,
            }
        }
        let object = Object(members);
        (!object.has_twins()).then_some(object)
    }
}

fn digit(byte: u8) -> Option<u64> {
    let digit = byte.wrapping_sub(b'0');
    (digit <= 9).then_some(u64::from(digit))
}

/// Marks the first of eight bytes that is a quotation mark, a backslash or a control character. Bytes
/// above the first may be marked for nothing.
fn special(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let each = |byte: u8| EACH.wrapping_mul(u64::from(byte));
    let zeros = |word: u64| word.wrapping_sub(EACH) & !word;
    let control = word.wrapping_sub(each(b' ')) & !word;
    (control | zeros(word ^ each(b'"')) | zeros(word ^ each(b'\\'))) & each(0x80)
}

/// One level deeper; nothing when that is too deep.
fn deeper(depth: u8) -> Option<u8> {
    depth.checked_sub(1).filter(|left| *left > 0)
}
