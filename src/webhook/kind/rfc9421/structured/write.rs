//! Writing structured fields in their one canonical form (RFC 9651 section 4.1).

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Bare, InnerList, Item, Member, Parameters};

impl fmt::Display for Bare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => write!(f, "{value}"),
            Self::Decimal(value) => write_decimal(*value, f),
            Self::Text(text) => write!(f, "\"{}\"", escaped(text)),
            Self::Token(text) => f.write_str(text),
            Self::Bytes(bytes) => write!(f, ":{}:", STANDARD.encode(bytes)),
            Self::Truth(value) => write!(f, "?{}", u8::from(*value)),
            Self::Date(value) => write!(f, "@{value}"),
        }
    }
}

fn write_decimal(value: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let sign = if value < 0 { "-" } else { "" };
    let fraction = format!("{:03}", value.unsigned_abs() % 1_000);
    let short = fraction.trim_end_matches('0');
    let short = if short.is_empty() { "0" } else { short };
    write!(f, "{sign}{}.{short}", value.unsigned_abs() / 1_000)
}

fn escaped(text: &str) -> Cow<'_, str> {
    match text.contains(['"', '\\']) {
        true => text.replace('\\', "\\\\").replace('"', "\\\"").into(),
        false => text.into(),
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.bare)?;
        write_parameters(&self.parameters, f)
    }
}

impl fmt::Display for InnerList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('(')?;
        for (number, item) in self.items.iter().enumerate() {
            let joint = if number == 0 { "" } else { " " };
            write!(f, "{joint}{item}")?;
        }
        f.write_char(')')?;
        write_parameters(&self.parameters, f)
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item(item) => write!(f, "{item}"),
            Self::List(list) => write!(f, "{list}"),
        }
    }
}

fn write_parameters(parameters: &Parameters, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (key, value) in parameters {
        match value {
            Bare::Truth(true) => write!(f, ";{key}")?,
            value => write!(f, ";{key}={value}")?,
        }
    }
    Ok(())
}
