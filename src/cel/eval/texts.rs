//! Functions that make texts and lists of texts, within bounds.

use super::super::{EvalErrorKind, List, MAX_ELEMENTS, MAX_MADE, Text, Value};
use super::arithmetic::room;
use super::functions::first;
use super::{Budget, Function, Outcome, loops};

pub(super) fn call<'a>(
    function: Function,
    arguments: &[Value<'a>],
    budget: &mut Budget,
) -> Outcome<'a> {
    let rest = arguments.get(1..).unwrap_or_default();
    match (function, first(arguments)?, rest) {
        (Function::Replace, Value::String(text), [Value::String(old), Value::String(new)]) => {
            replace(text, old, new, -1, budget)
        }
        (
            Function::Replace,
            Value::String(text),
            [Value::String(old), Value::String(new), Value::Int(limit)],
        ) => replace(text, old, new, *limit, budget),
        (Function::Split, Value::String(text), [Value::String(by)]) => split(text, by, -1, budget),
        (Function::Split, Value::String(text), [Value::String(by), Value::Int(limit)]) => {
            split(text, by, *limit, budget)
        }
        (Function::Join, Value::List(list), []) => join(list, "", budget),
        (Function::Join, Value::List(list), [Value::String(between)]) => {
            join(list, between, budget)
        }
        (Function::Reverse, Value::String(text), []) => {
            room(text.len(), budget)?;
            Ok(Value::from(text.chars().rev().collect::<String>()))
        }
        (Function::Quote, Value::String(text), []) => {
            room(text.len() * 2 + 2, budget)?;
            Ok(Value::from(quoted(text)))
        }
        _ => Err(EvalErrorKind::NoSuchOverload),
    }
}

/// How often at most; a negative limit is none.
fn at_most(limit: i64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

fn replace<'a>(text: &str, old: &str, new: &str, limit: i64, budget: &mut Budget) -> Outcome<'a> {
    let count = text.matches(old).take(at_most(limit)).count();
    let grown = text.len() + count.saturating_mul(new.len());
    room(grown, budget)?;
    Ok(Value::from(text.replacen(old, new, at_most(limit))))
}

fn split<'a>(text: &Text<'a>, by: &str, limit: i64, budget: &mut Budget) -> Outcome<'a> {
    let limit = at_most(limit);
    let pieces = match text {
        _ if limit == 0 => Vec::new(),
        Text::Borrowed(text) => {
            let borrowed = pieces(text, by, limit).map(Value::from);
            borrowed.take(MAX_ELEMENTS + 1).collect()
        }
        Text::Shared(text) => {
            let owned = pieces(text, by, limit).map(|piece| Value::from(piece.to_owned()));
            owned.take(MAX_ELEMENTS + 1).collect::<Vec<_>>()
        }
    };
    budget.look_through(pieces.len() * 16)?;
    loops::list(pieces)
}

/// Without anything between them, texts part between their code points.
fn pieces<'t>(text: &'t str, by: &str, limit: usize) -> Box<dyn Iterator<Item = &'t str> + 't> {
    if !by.is_empty() {
        let by = by.to_owned();
        let mut rest = Some(text);
        let mut left = limit;
        return Box::new(std::iter::from_fn(move || {
            let text = rest?;
            left -= 1;
            let parts = text.split_once(&*by).filter(|_| left > 0);
            rest = parts.map(|(_, after)| after);
            Some(parts.map_or(text, |(before, _)| before))
        }));
    }
    let (mut rest, mut left) = (text, limit);
    Box::new(std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        left -= 1;
        let end = if left == 0 {
            rest.len()
        } else {
            first.len_utf8()
        };
        let (piece, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(piece)
    }))
}

fn join<'a>(list: &List<'a>, between: &str, budget: &mut Budget) -> Outcome<'a> {
    let mut joined = String::new();
    for (index, item) in list.iter().enumerate() {
        let text = item.as_str().ok_or(EvalErrorKind::NoSuchOverload)?;
        let gap = if index == 0 { "" } else { between };
        budget.step()?;
        if joined.len() + gap.len() + text.len() > MAX_MADE {
            return Err(EvalErrorKind::TooLarge);
        }
        budget.look_through(gap.len() + text.len())?;
        joined.push_str(gap);
        joined.push_str(text);
    }
    Ok(Value::from(joined))
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        let escaped = match character {
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\u{c}' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '\u{b}' => 'v',
            same @ ('\\' | '"') => same,
            other => {
                out.push(other);
                continue;
            }
        };
        out.extend(['\\', escaped]);
    }
    out.push('"');
    out
}
