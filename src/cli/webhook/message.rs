//! A message as the command line and its files give it.

use std::io::{self, Read};
use std::path::Path;

use serde_json::Value;

use crate::cli::exit::Failure;

/// The most that is read of a body or of a head, in bytes.
const MOST: u64 = 64 * 1024 * 1024;

/// The head of a captured request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// Method and target, where a request line says them.
    pub(super) line: Option<(String, String)>,
    pub(super) headers: Vec<(String, String)>,
}

/// Reads a body, byte for byte; `-` is stdin.
pub(super) fn body(path: &Path) -> Result<Vec<u8>, Failure> {
    bytes(path)
}

fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = match path.as_os_str() == "-" {
        true => bounded(io::stdin().lock()),
        false => std::fs::File::open(path).and_then(bounded),
    };
    let unreadable = |why| {
        let path = path.display();
        Failure::environment(format_args!("cannot read `{path}`: {why}"))
    };
    // A part of a body has another signature than the whole.
    match read.map_err(|error| unreadable(error.to_string()))? {
        Some(bytes) => Ok(bytes),
        None => Err(unreadable(format!("it has more than {MOST} bytes"))),
    }
}

/// All there is, unless that is more than [`MOST`] bytes.
fn bounded(from: impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let read = from.take(MOST + 1).read_to_end(&mut bytes)? as u64;
    Ok((read <= MOST).then_some(bytes))
}

/// `Name: value`.
pub(super) fn header(text: &str) -> Result<(String, String), Failure> {
    let (name, value) = text
        .split_once(':')
        .ok_or_else(|| Failure::usage("a header is written `Name: value`"))?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// Reads the head of a captured request: lines `Name: value`, under a request line or not, as they were on the
/// wire, as `curl -v` shows them, or one JSON object.
pub(super) fn head(path: &Path) -> Result<Head, Failure> {
    let text = String::from_utf8(bytes(path)?)
        .map_err(|_| Failure::usage(format_args!("`{}` is not text", path.display())))?;
    parsed(&text).map_err(|line| {
        Failure::usage(format_args!(
            "{}:{line}: expected `Name: value`",
            path.display()
        ))
    })
}

/// The head that a text has, or the number of the line that is none of one.
fn parsed(text: &str) -> Result<Head, usize> {
    if text.trim_start().starts_with('{') {
        let json: Value = serde_json::from_str(text).map_err(|error| error.line())?;
        return Ok(Head {
            line: None,
            headers: of_json(&json),
        });
    }
    let mut head = Head::default();
    for (number, line) in text.lines().enumerate() {
        // As `curl -v` shows what it sends; a field's name cannot begin so (RFC 9110 section 5.1).
        let line = line.strip_prefix('>').unwrap_or(line).trim();
        match (line, head.headers.is_empty() && head.line.is_none()) {
            ("", true) => {}
            // What follows is a body.
            ("", false) => break,
            (line, first) => match (request_line(line), line.split_once(':')) {
                (Some(found), _) if first => head.line = Some(found),
                (_, Some((name, value))) if !name.trim().is_empty() => {
                    let field = (name.trim().to_owned(), value.trim().to_owned());
                    head.headers.push(field);
                }
                _ => return Err(number + 1),
            },
        }
    }
    Ok(head)
}

/// `POST /hooks HTTP/1.1` (RFC 9112 section 3).
fn request_line(line: &str) -> Option<(String, String)> {
    let words: Vec<&str> = line.split(' ').collect();
    match words.as_slice() {
        [method, target, version] if version.starts_with("HTTP/") => {
            Some(((*method).to_owned(), (*target).to_owned()))
        }
        _ => None,
    }
}

/// Names with a value, or with several.
fn of_json(json: &Value) -> Vec<(String, String)> {
    let members = json.as_object().into_iter().flatten();
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    members
        .flat_map(|(name, value)| {
            let values: Vec<String> = match value {
                Value::Array(values) => values.iter().map(text).collect(),
                value => vec![text(value)],
            };
            values.into_iter().map(|value| (name.clone(), value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(head: &Head) -> Vec<(&str, &str)> {
        let fields = head.headers.iter();
        fields
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    #[test]
    fn head_is_read_as_it_was_on_the_wire_and_as_tools_show_it() {
        for text in [
            "POST /a?b HTTP/1.1\r\nHost: a.test\r\nX-A:  1 \r\n\r\nbody: no\r\n",
            "> POST /a?b HTTP/1.1\n> Host: a.test\n> X-A: 1\n>\n",
        ] {
            let head = parsed(text).unwrap();
            assert_eq!(head.line, Some(("POST".into(), "/a?b".into())), "{text}");
            assert_eq!(fields(&head), [("Host", "a.test"), ("X-A", "1")], "{text}");
        }
        let head = parsed("X-A: 1\nx-a: 2").unwrap();
        assert_eq!(fields(&head), [("X-A", "1"), ("x-a", "2")]);
        let head = parsed(r#"{ "X-A": ["1", "2"], "n": 3 }"#).unwrap();
        assert_eq!(fields(&head), [("X-A", "1"), ("X-A", "2"), ("n", "3")]);
    }

    #[test]
    fn more_than_the_most_is_no_part_of_it() {
        let held = |size| {
            bounded(io::repeat(0).take(size))
                .unwrap()
                .map(|b| b.len() as u64)
        };
        assert_eq!(held(MOST), Some(MOST));
        assert_eq!(held(MOST + 1), None);
    }

    #[test]
    fn line_that_is_no_field_is_named() {
        assert_eq!(parsed("X-A: 1\nwhat\n"), Err(2));
        assert_eq!(parsed(": 1\n"), Err(1));
        assert_eq!(parsed("{"), Err(1));
    }
}
