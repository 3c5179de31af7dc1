//! What may be shown of a file's text: little of it, and nothing that drives a terminal.

use std::borrow::Cow;

/// The longest text that is shown whole, in bytes.
const LONGEST: usize = 1_000;
/// How much is shown of the beginning and of the end of a longer one, in bytes.
const SHOWN: usize = 400;

/// A text without its middle, when it is long.
pub(super) fn short(text: String) -> String {
    if text.len() <= LONGEST {
        return text;
    }
    // A character has at most four bytes, so one of four places lies between two of them.
    let head = (SHOWN..SHOWN + 4).find_map(|end| text.get(..end));
    let tail = (text.len() - SHOWN..)
        .take(4)
        .find_map(|start| text.get(start..));
    format!(
        "{} ... {}",
        head.unwrap_or_default(),
        tail.unwrap_or_default()
    )
}

/// A text with every character spelled out that does more than to be seen: control characters (ECMA-48),
/// line ends, and marks that turn the direction of writing or take no room (Unicode categories Cc and,
/// as far as they can mislead, Cf, Zl and Zp).
pub(super) fn harmless<'t>(text: impl Into<Cow<'t, str>>) -> String {
    let text = text.into();
    if !text.chars().any(acts) {
        return text.into_owned();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match acts(c) {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    shown
}

fn acts(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        )
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_loses_its_middle() {
        let text = short(format!("start{}end", "é".repeat(100_000)));
        assert!(text.len() < LONGEST && text.starts_with("start") && text.ends_with("end"));
        assert_eq!(short("short".to_owned()), "short");
    }

    #[test]
    fn what_acts_is_spelled_out() {
        assert_eq!(
            harmless("a\x1b[2Jb\u{9b}c\n\0"),
            r"a\u{1b}[2Jb\u{9b}c\n\u{0}"
        );
        assert_eq!(
            harmless("user\u{202e}nimda\u{200b}"),
            r"user\u{202e}nimda\u{200b}"
        );
        assert_eq!(harmless("Straße 日本 🙂"), "Straße 日本 🙂");
    }
}
