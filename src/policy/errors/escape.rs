//! Values in texts: escaped so that they stay values.

use std::fmt::Write as _;

/// What stands around a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    /// Plain text.
    Plain,
    /// A string of JSON (RFC 8259 section 7).
    Json,
    /// HTML or XML: text, or an attribute in quotes.
    Markup,
    /// The query of a URL (RFC 3986 section 3.4).
    Query,
}

impl Escape {
    /// Writes a value behind a text.
    pub(super) fn push(self, value: &str, out: &mut String) {
        match self {
            Self::Plain => out.extend(value.chars().map(shown)),
            Self::Json => value.chars().for_each(|c| push_json(c, out)),
            Self::Markup => value.chars().for_each(|c| push_markup(c, out)),
            Self::Query => value.bytes().for_each(|byte| push_query(byte, out)),
        }
    }
}

/// A control character could steer the terminal that an answer is read on.
fn shown(c: char) -> char {
    match c.is_control() {
        true => char::REPLACEMENT_CHARACTER,
        false => c,
    }
}

/// Writing to a string cannot fail. What could end a script or a line of one is escaped too: people put
/// JSON into pages.
fn push_json(c: char, out: &mut String) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        }
        c if c.is_control() => {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        }
        c => out.push(c),
    }
}

fn push_markup(c: char, out: &mut String) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        c => out.push(shown(c)),
    }
}

/// All but the characters that never have a meaning of their own (RFC 3986 section 2.3).
fn push_query(byte: u8, out: &mut String) {
    match byte {
        b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
        byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
        byte => {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(escape: Escape, value: &str) -> String {
        let mut out = String::new();
        escape.push(value, &mut out);
        out
    }

    #[test]
    fn value_stays_a_value() {
        let hostile = "a\"b\\c<d>&'e\u{1b}[1m\r\n\u{2028}é&f=g#h/?";
        for (escape, wanted) in [
            (
                Escape::Plain,
                "a\"b\\c<d>&'e\u{fffd}[1m\u{fffd}\u{fffd}\u{2028}é&f=g#h/?",
            ),
            (
                Escape::Json,
                r#"a\"b\\c\u003cd\u003e\u0026'e\u001b[1m\u000d\u000a\u2028é\u0026f=g#h/?"#,
            ),
            (
                Escape::Markup,
                "a&quot;b\\c&lt;d&gt;&amp;&#39;e\u{fffd}[1m\u{fffd}\u{fffd}\u{2028}é&amp;f=g#h/?",
            ),
            (
                Escape::Query,
                "a%22b%5Cc%3Cd%3E%26%27e%1B%5B1m%0D%0A%E2%80%A8%C3%A9%26f%3Dg%23h%2F%3F",
            ),
        ] {
            assert_eq!(escaped(escape, hostile), wanted);
        }
    }

    #[test]
    fn every_character_survives_json() {
        let all: String = (0..=0x2100).filter_map(char::from_u32).collect();
        let text = format!("\"{}\"", escaped(Escape::Json, &all));
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), all);
    }
}
