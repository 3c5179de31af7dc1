//! Plain values in one piece of memory: what a million principals are kept as.

use serde_json::{Map, Number, Value};

/// Writes values one after the other. Lengths have two bytes: nothing in a token is longer.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    fn length(&mut self, length: usize) -> Option<()> {
        self.0
            .extend_from_slice(&u16::try_from(length).ok()?.to_le_bytes());
        Some(())
    }

    pub(super) fn text(&mut self, text: &str) -> Option<()> {
        self.length(text.len())?;
        self.0.extend_from_slice(text.as_bytes());
        Some(())
    }

    pub(super) fn texts(&mut self, texts: &[Box<str>]) -> Option<()> {
        self.length(texts.len())?;
        texts.iter().try_for_each(|text| self.text(text))
    }

    pub(super) fn members(&mut self, members: &Map<String, Value>) -> Option<()> {
        self.length(members.len())?;
        members.iter().try_for_each(|(name, value)| {
            self.text(name)?;
            self.value(value)
        })
    }

    fn value(&mut self, value: &Value) -> Option<()> {
        match value {
            Value::Null => self.byte(b'n'),
            Value::Bool(value) => self.byte(if *value { b't' } else { b'f' }),
            Value::Number(number) => self.number(number)?,
            Value::String(text) => {
                self.byte(b's');
                self.text(text)?;
            }
            Value::Array(items) => {
                self.byte(b'a');
                self.length(items.len())?;
                items.iter().try_for_each(|item| self.value(item))?;
            }
            Value::Object(members) => {
                self.byte(b'o');
                self.members(members)?;
            }
        }
        Some(())
    }

    fn number(&mut self, number: &Number) -> Option<()> {
        let (kind, bytes) = if let Some(value) = number.as_u64() {
            (b'u', value.to_le_bytes())
        } else if let Some(value) = number.as_i64() {
            (b'i', value.to_le_bytes())
        } else {
            (b'd', number.as_f64()?.to_le_bytes())
        };
        self.byte(kind);
        self.0.extend_from_slice(&bytes);
        Some(())
    }
}

/// The room that a node of a map has, in entries, and the fewest that stand in it while the map has more.
const NODE: usize = 11;
const FEWEST: usize = 5;

/// About how many bytes members take once they are read back: a name and a value may be a few bytes
/// long in a token, and a map around them takes hundreds.
pub(super) fn unpacked(members: &Map<String, Value>) -> usize {
    let nodes = members.len().div_ceil(FEWEST) * NODE * size_of::<(String, Value)>();
    let owned = members
        .iter()
        .map(|(name, value)| name.len() + owned(value));
    nodes + owned.sum::<usize>()
}

/// The bytes that a value owns besides its own place.
fn owned(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items
            .iter()
            .map(|item| size_of_val(item) + owned(item))
            .sum(),
        Value::Object(members) => unpacked(members),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// Reads them back in the same order.
pub(super) struct Reader<'p>(&'p [u8]);

impl<'p> Reader<'p> {
    pub(super) fn new(packed: &'p [u8]) -> Self {
        Self(packed)
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take().map(|[byte]| byte)
    }

    fn length(&mut self) -> Option<usize> {
        self.take()
            .map(|bytes| usize::from(u16::from_le_bytes(bytes)))
    }

    pub(super) fn text(&mut self) -> Option<&'p str> {
        let length = self.length()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    pub(super) fn texts(&mut self) -> Option<Vec<Box<str>>> {
        let length = self.length()?;
        (0..length).map(|_| self.text().map(Into::into)).collect()
    }

    pub(super) fn members(&mut self) -> Option<Map<String, Value>> {
        let length = self.length()?;
        (0..length)
            .map(|_| Some((self.text()?.to_owned(), self.value()?)))
            .collect()
    }

    fn value(&mut self) -> Option<Value> {
        Some(match self.byte()? {
            b'n' => Value::Null,
            b't' => true.into(),
            b'f' => false.into(),
            b'u' => u64::from_le_bytes(self.take()?).into(),
            b'i' => i64::from_le_bytes(self.take()?).into(),
            b'd' => Number::from_f64(f64::from_le_bytes(self.take()?))?.into(),
            b's' => self.text()?.into(),
            b'a' => {
                let length = self.length()?;
                let items: Option<Vec<Value>> = (0..length).map(|_| self.value()).collect();
                items?.into()
            }
            b'o' => self.members()?.into(),
            _ => return None,
        })
    }
}
