//! Words of a command line, by the quoting rules of a POSIX shell (Shell Command Language, section 2.2).
//!
//! Nothing is expanded or run: a variable stays as it is written. `$'...'` is read as well, because browsers
//! copy requests so.

use std::iter::Peekable;
use std::str::Chars;

/// The words of the first command of a line, and what was left as it is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) words: Vec<String>,
    /// A variable or a command in back quotes stands in them.
    pub(super) unexpanded: bool,
    /// Something follows that is another command.
    pub(super) more: bool,
}

/// Splits a line. Fails when a quote is not closed.
pub(super) fn words(line: &str) -> Result<Words, &'static str> {
    let mut found = Words::default();
    let mut rest = line.chars().peekable();
    let mut word: Option<String> = None;
    while let Some(next) = rest.next() {
        match next {
            ' ' | '\t' | '\n' | '\r' => found.words.extend(word.take()),
            '|' | ';' | '&' | '<' | '>' | '(' | ')' => {
                found.more = true;
                break;
            }
            '\'' => single(&mut rest, word.get_or_insert_default())?,
            '"' => {
                found.unexpanded |= double(&mut rest, word.get_or_insert_default())?;
            }
            '$' if rest.peek() == Some(&'\'') => {
                rest.next();
                escaped(&mut rest, word.get_or_insert_default())?;
            }
            '\\' => match rest.next() {
                // A line goes on behind a backslash at its end.
                Some('\n') => {}
                Some('\r') if rest.peek() == Some(&'\n') => {
                    rest.next();
                }
                Some(other) => word.get_or_insert_default().push(other),
                None => {}
            },
            other => {
                found.unexpanded |= matches!(other, '$' | '`');
                word.get_or_insert_default().push(other);
            }
        }
    }
    found.words.extend(word);
    Ok(found)
}

type Rest<'l> = Peekable<Chars<'l>>;

fn single(rest: &mut Rest<'_>, word: &mut String) -> Result<(), &'static str> {
    for next in rest {
        match next {
            '\'' => return Ok(()),
            other => word.push(other),
        }
    }
    Err("a single quote is not closed")
}

/// Says whether there is something that a shell would expand.
fn double(rest: &mut Rest<'_>, word: &mut String) -> Result<bool, &'static str> {
    let mut unexpanded = false;
    while let Some(next) = rest.next() {
        match (next, rest.peek().copied()) {
            ('"', _) => return Ok(unexpanded),
            ('\\', Some('\n')) => {
                rest.next();
            }
            ('\\', Some(quoted @ ('$' | '`' | '"' | '\\'))) => {
                rest.next();
                word.push(quoted);
            }
            (other, _) => {
                unexpanded |= matches!(other, '$' | '`');
                word.push(other);
            }
        }
    }
    Err("a double quote is not closed")
}

/// `$'...'`, with the escapes of C.
fn escaped(rest: &mut Rest<'_>, word: &mut String) -> Result<(), &'static str> {
    while let Some(next) = rest.next() {
        match next {
            '\'' => return Ok(()),
            '\\' => match rest.next() {
                Some('n') => word.push('\n'),
                Some('r') => word.push('\r'),
                Some('t') => word.push('\t'),
                Some('x') => word.extend(number(rest, 2)),
                Some('u') => word.extend(number(rest, 4)),
                Some(other) => word.push(other),
                None => {}
            },
            other => word.push(other),
        }
    }
    Err("a single quote is not closed")
}

fn number(rest: &mut Rest<'_>, digits: usize) -> Option<char> {
    let mut value = 0;
    for _ in 0..digits {
        let Some(digit) = rest.peek().and_then(|next| next.to_digit(16)) else {
            break;
        };
        rest.next();
        value = value * 16 + digit;
    }
    char::from_u32(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Vec<String> {
        words(line).unwrap().words
    }

    #[test]
    fn quotes_are_those_of_a_shell() {
        for (line, wanted) in [
            (
                "curl -X POST  'a b' c",
                &["curl", "-X", "POST", "a b", "c"][..],
            ),
            (r#"a "b \" \$ \x" c\ d"#, &["a", r#"b " $ \x"#, "c d"]),
            ("a\\\n  b", &["a", "b"]),
            ("a'b'\"c\"d ''", &["abcd", ""]),
            (r"$'a\'b\n\x41\u00e9'", &["a'b\nAé"]),
            ("a | b", &["a"]),
            ("a;b", &["a"]),
        ] {
            assert_eq!(split(line), wanted, "{line}");
        }
    }

    #[test]
    fn what_is_not_expanded_is_noted() {
        assert!(words("a $B").unwrap().unexpanded);
        assert!(words("a \"$B\"").unwrap().unexpanded);
        assert!(!words("a '$B' \"\\$B\"").unwrap().unexpanded);
        assert!(words("a | b").unwrap().more);
    }

    #[test]
    fn open_quote_is_refused() {
        for line in ["a 'b", "a \"b", "a $'b", "a $'b\\'"] {
            assert!(words(line).is_err(), "{line}");
        }
    }
}
