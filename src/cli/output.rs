//! What a command says: data on stdout, messages on stderr.

use std::fmt;
use std::io::{self, IsTerminal, Write};

/// Where a command writes.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Output {
    color: bool,
    color_notes: bool,
}

/// What a piece of text stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Tone {
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// Of less interest.
    Faint,
    /// A heading.
    Strong,
}

impl Output {
    /// Colours only where a person reads along and has not said `NO_COLOR` (<https://no-color.org>).
    pub(in crate::cli) fn detect(no_color: Option<&str>) -> Self {
        let asked_not_to = no_color.is_some_and(|value| !value.is_empty());
        Self {
            color: !asked_not_to && io::stdout().is_terminal(),
            color_notes: !asked_not_to && io::stderr().is_terminal(),
        }
    }

    /// One line of data.
    pub(in crate::cli) fn line(&self, text: impl fmt::Display) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "{}", harmless(text.to_string(), self.color))?;
        out.flush()
    }

    /// One line for the person at the terminal.
    pub(in crate::cli) fn note(&self, text: impl fmt::Display) {
        // There is nobody left to tell that stderr is gone.
        let text = harmless(text.to_string(), self.color_notes);
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Text for [`Output::line`], in a tone.
    pub(in crate::cli) fn tint(&self, tone: Tone, text: impl fmt::Display) -> String {
        painted(self.color, tone, text)
    }

    /// Text for [`Output::note`], in a tone.
    pub(in crate::cli) fn tint_note(&self, tone: Tone, text: impl fmt::Display) -> String {
        painted(self.color_notes, tone, text)
    }
}

/// SGR codes of ECMA-48 section 8.3.117, for each tone, and what ends them.
const CODES: [&str; 5] = ["\x1b[32m", "\x1b[31m", "\x1b[2m", "\x1b[1m", "\x1b[0m"];

fn painted(color: bool, tone: Tone, text: impl fmt::Display) -> String {
    let [good, bad, faint, strong, end] = CODES;
    let begin = match tone {
        Tone::Good => good,
        Tone::Bad => bad,
        Tone::Faint => faint,
        Tone::Strong => strong,
    };
    match color {
        true => format!("{begin}{text}{end}"),
        false => text.to_string(),
    }
}

/// A text that drives no terminal but by our own colours, whatever a file or a request put into it.
/// What is spelled out is spelled as JSON does, so that an object stays one (RFC 8259 section 7).
fn harmless(text: String, color: bool) -> String {
    let drives = |c: char| {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        turns || (c.is_control() && !matches!(c, '\n' | '\t'))
    };
    if !text.contains(drives) {
        return text;
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let own = CODES.iter().find(|code| color && rest.starts_with(**code));
        let taken = own.map_or(c.len_utf8(), |code| code.len());
        let (piece, after) = rest.split_at_checked(taken).unwrap_or((rest, ""));
        match own.is_none() && drives(c) {
            true => shown.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => shown.push_str(piece),
        }
        rest = after;
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_output_has_no_escapes() {
        assert_eq!(painted(false, Tone::Bad, "no"), "no");
        assert_eq!(painted(true, Tone::Bad, "no"), "\x1b[31mno\x1b[0m");
    }

    #[test]
    fn text_of_others_drives_no_terminal() {
        let text = "a\x1b[2Jb\u{9b}c\u{202e}d\r\x07\te\n";
        let shown = "a\\u001b[2Jb\\u009bc\\u202ed\\u000d\\u0007\te\n";
        for color in [true, false] {
            assert_eq!(harmless(text.to_owned(), color), shown);
        }
        let own = painted(true, Tone::Bad, "é");
        assert_eq!(harmless(own.clone(), true), own);
        assert_eq!(
            harmless(format!("{own}\x1b[8m"), true),
            format!("{own}\\u001b[8m")
        );
        assert!(!harmless(own, false).contains('\x1b'));
        let json = serde_json::json!({ "a": text }).to_string();
        let again: serde_json::Value = serde_json::from_str(&harmless(json, false)).unwrap();
        assert_eq!(again["a"], text);
    }

    #[test]
    fn no_color_wins() {
        let output = Output::detect(Some("1"));
        assert!(!output.color && !output.color_notes);
    }
}
