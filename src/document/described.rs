//! What a schema says about a key beside its shape: description, default, examples. All of it is taken
//! from the files that use every key.

use serde_json::Value as Json;

use super::notes::{Asked, Given};
use super::scalar::resolve;
use super::{Shape, Value, comments};

/// The longest example, in characters of JSON.
const LONGEST_EXAMPLE: usize = 80;
/// The most examples of one key.
const MOST_EXAMPLES: usize = 3;

/// The comment above the first place where the key has one. `references` are files by their names.
pub(super) fn description(asked: &Asked, references: &[(&str, &str)]) -> Option<String> {
    let mut given = asked.given.iter();
    given.find_map(|Given { place, .. }| {
        let (_, text) = references.iter().find(|(name, _)| *name == &*place.file)?;
        comments::above(text, place.line, place.column)
    })
}

/// What the description calls the default, when it is a value of a kind that no word can be mistaken for.
pub(super) fn default(description: &str, shape: &Shape) -> Option<Json> {
    let (_, rest) = description.split_once("Default: ")?;
    let end = rest.find([' ', ',', ';']).unwrap_or(rest.len());
    let end = rest.find(". ").map_or(end, |stop| stop.min(end));
    let text = rest.get(..end)?.trim_end_matches('.');
    let value = match resolve(text) {
        Value::Bool(value) => Json::from(value),
        Value::Integer(value) => Json::from(value),
        _ => Json::from(text),
    };
    let fits = match shape {
        Shape::AnyOf(ways) => ways.iter().any(|way| is_plain(way, &value)),
        shape => is_plain(shape, &value),
    };
    fits.then_some(value)
}

fn is_plain(shape: &Shape, value: &Json) -> bool {
    match shape {
        Shape::Bool => value.is_boolean(),
        Shape::Integer(least, most) => {
            let value = value.as_i64();
            value.is_some_and(|value| (*least..=*most).contains(&value))
        }
        Shape::Words(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        Shape::Form(_) => {
            let text = value.as_str().unwrap_or_default();
            text.starts_with(|c: char| c.is_ascii_digit())
        }
        _ => false,
    }
}

/// What the files write, where that is short and says more than the shape does.
pub(super) fn examples<'a>(asked: &'a Asked, shape: &Shape) -> Vec<&'a Json> {
    let mut plain = !matches!(shape, Shape::Bool);
    shape.walk(&mut |shape| plain &= !matches!(shape, Shape::Section(_) | Shape::Words(_)));
    let mut found: Vec<&Json> = Vec::new();
    for value in asked.given.iter().map(|given| &given.value) {
        let short = value.to_string().len() <= LONGEST_EXAMPLE;
        if plain && short && !found.contains(&value) && found.len() < MOST_EXAMPLES {
            found.push(value);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_is_what_the_comment_says_where_that_is_plain() {
        let duration = Shape::Form("[0-9]+s");
        for (text, shape, wanted) in [
            (
                "How long. Default: 30s, at most 5m.",
                &duration,
                Json::from("30s"),
            ),
            (
                "Default: false, it is removed.",
                &Shape::Bool,
                Json::from(false),
            ),
            (
                "Default: 10000.",
                &Shape::Integer(0, 99_999),
                Json::from(10_000),
            ),
            (
                "Default: 127.0.0.1:9901.",
                &duration,
                Json::from("127.0.0.1:9901"),
            ),
            (
                "A. Default: http1. B.",
                &Shape::Words(vec!["http1"]),
                Json::from("http1"),
            ),
        ] {
            assert_eq!(default(text, shape), Some(wanted), "{text}");
        }
        for (text, shape) in [
            ("Default: no limit.", &duration),
            ("Default: one per core.", &Shape::Integer(0, 9)),
            ("Default: sub.", &Shape::Text),
            ("None.", &duration),
        ] {
            assert_eq!(default(text, shape), None, "{text}");
        }
    }
}
