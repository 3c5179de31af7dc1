//! Values as a reader writes them, cut to a length.

use std::fmt::Write as _;

use super::{List, Map, Value};

/// A text that stops growing at a number of characters.
struct Page {
    text: String,
    left: usize,
}

impl std::fmt::Write for Page {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for character in text.chars() {
            self.left = self.left.checked_sub(1).ok_or(std::fmt::Error)?;
            self.text.push(character);
        }
        Ok(())
    }
}

/// A value as it would be written in an expression; what does not fit ends in `...`.
pub(super) fn render(value: &Value<'_>, longest: usize) -> String {
    let mut page = Page {
        text: String::new(),
        left: longest,
    };
    if write(&mut page, value).is_err() {
        page.text.push_str("...");
    }
    page.text
}

fn write(page: &mut Page, value: &Value<'_>) -> std::fmt::Result {
    match value {
        Value::Null => page.write_str("null"),
        Value::Bool(value) => write!(page, "{value}"),
        Value::Int(value) => write!(page, "{value}"),
        Value::Uint(value) => write!(page, "{value}u"),
        Value::Double(value) => write!(page, "{value:?}"),
        Value::String(text) => quoted(page, text),
        Value::Bytes(bytes) => octets(page, bytes),
        Value::List(list) => items(page, list),
        Value::Map(map) => entries(page, map),
        Value::Timestamp(moment) => write!(page, "timestamp(\"{moment}\")"),
        Value::Duration(length) => write!(page, "duration(\"{length}\")"),
        Value::Type(name) => page.write_str(name),
        Value::Ip(address) => write!(page, "ip(\"{address}\")"),
        Value::Cidr(network) => write!(page, "cidr(\"{network}\")"),
    }
}

fn quoted(page: &mut Page, text: &str) -> std::fmt::Result {
    page.write_str("\"")?;
    for character in text.chars() {
        match character {
            '"' => page.write_str("\\\"")?,
            '\\' => page.write_str("\\\\")?,
            '\n' => page.write_str("\\n")?,
            '\r' => page.write_str("\\r")?,
            '\t' => page.write_str("\\t")?,
            other if other.is_control() => write!(page, "\\u{:04x}", u32::from(other))?,
            other => page.write_char(other)?,
        }
    }
    page.write_str("\"")
}

fn octets(page: &mut Page, bytes: &[u8]) -> std::fmt::Result {
    page.write_str("b\"")?;
    for byte in bytes {
        match byte {
            b'"' | b'\\' => write!(page, "\\{}", char::from(*byte))?,
            b' '..=b'~' => page.write_char(char::from(*byte))?,
            other => write!(page, "\\x{other:02x}")?,
        }
    }
    page.write_str("\"")
}

fn items(page: &mut Page, list: &List<'_>) -> std::fmt::Result {
    page.write_str("[")?;
    for (index, item) in list.iter().enumerate() {
        page.write_str(if index == 0 { "" } else { ", " })?;
        write(page, &item)?;
    }
    page.write_str("]")
}

fn entries(page: &mut Page, map: &Map<'_>) -> std::fmt::Result {
    page.write_str("{")?;
    for (index, (key, value)) in map.entries().enumerate() {
        page.write_str(if index == 0 { "" } else { ", " })?;
        write(page, &key)?;
        page.write_str(": ")?;
        write(page, &value)?;
    }
    page.write_str("}")
}
