//! Functions of texts that make no larger text. Places are counted in code points.

use super::super::{EvalErrorKind, Text, Value};
use super::functions::{first, whole};
use super::{Function, Outcome};

pub(super) fn call<'a>(function: Function, arguments: &[Value<'a>]) -> Outcome<'a> {
    let Value::String(text) = first(arguments)? else {
        return Err(EvalErrorKind::NoSuchOverload);
    };
    match (function, arguments.get(1..).unwrap_or_default()) {
        (Function::Contains, [Value::String(part)]) => Ok(Value::Bool(text.contains(&**part))),
        (Function::StartsWith, [Value::String(part)]) => Ok(Value::Bool(text.starts_with(&**part))),
        (Function::EndsWith, [Value::String(part)]) => Ok(Value::Bool(text.ends_with(&**part))),
        (Function::LowerAscii, []) => {
            Ok(cased(text, u8::is_ascii_uppercase, str::to_ascii_lowercase))
        }
        (Function::UpperAscii, []) => {
            Ok(cased(text, u8::is_ascii_lowercase, str::to_ascii_uppercase))
        }
        (Function::Trim, []) => {
            let start = text.len() - text.trim_start().len();
            cut(text, start, start + text.trim().len())
        }
        (Function::CharAt, [Value::Int(at)]) => char_at(text, *at),
        (Function::Substring, [Value::Int(start)]) => cut(text, byte_at(text, *start)?, text.len()),
        (Function::Substring, [Value::Int(start), Value::Int(end)]) => {
            let (start, end) = (byte_at(text, *start)?, byte_at(text, *end)?);
            cut(text, start, end)
        }
        (Function::IndexOf, [Value::String(part)]) => index_of(text, part, 0),
        (Function::IndexOf, [Value::String(part), Value::Int(from)]) => index_of(text, part, *from),
        (Function::LastIndexOf, [Value::String(part)]) => last_index_of(text, part, text.len()),
        (Function::LastIndexOf, [Value::String(part), Value::Int(from)]) => {
            last_index_of(text, part, byte_at(text, *from)?)
        }
        _ => Err(EvalErrorKind::NoSuchOverload),
    }
}

fn cased<'a>(text: &Text<'a>, changes: fn(&u8) -> bool, change: fn(&str) -> String) -> Value<'a> {
    if text.as_bytes().iter().any(changes) {
        Value::from(change(text))
    } else {
        Value::String(text.clone())
    }
}

/// The byte of a place; the place behind the last code point is one too.
fn byte_at(text: &str, place: i64) -> Result<usize, EvalErrorKind> {
    let place = usize::try_from(place).map_err(|_| EvalErrorKind::IndexOutOfRange)?;
    let mut starts = text
        .char_indices()
        .map(|(start, _)| start)
        .chain([text.len()]);
    starts.nth(place).ok_or(EvalErrorKind::IndexOutOfRange)
}

/// A part of a text; borrowed where the text is.
fn cut<'a>(text: &Text<'a>, start: usize, end: usize) -> Outcome<'a> {
    let part = match text {
        Text::Borrowed(text) => text.get(start..end).map(Value::from),
        Text::Shared(text) => text
            .get(start..end)
            .map(|part| Value::from(part.to_owned())),
    };
    part.ok_or(EvalErrorKind::InvalidArgument)
}

fn char_at<'a>(text: &Text<'a>, at: i64) -> Outcome<'a> {
    let start = byte_at(text, at)?;
    let character = text.get(start..).and_then(|rest| rest.chars().next());
    cut(text, start, start + character.map_or(0, char::len_utf8))
}

fn index_of<'a>(text: &str, part: &str, from: i64) -> Outcome<'a> {
    let start = byte_at(text, from)?;
    let found = text.get(start..).and_then(|rest| rest.find(part));
    place_of(text, found.map(|found| start + found))
}

/// The last place that begins at or before a byte.
fn last_index_of<'a>(text: &str, part: &str, from: usize) -> Outcome<'a> {
    let end = from.saturating_add(part.len()).min(text.len());
    let end = (0..=end).rev().find(|end| text.is_char_boundary(*end));
    let before = end.and_then(|end| text.get(..end));
    place_of(text, before.and_then(|before| before.rfind(part)))
}

fn place_of<'a>(text: &str, byte: Option<usize>) -> Outcome<'a> {
    match byte.and_then(|byte| text.get(..byte)) {
        Some(before) => whole(before.chars().count()),
        None => Ok(Value::Int(-1)),
    }
}
