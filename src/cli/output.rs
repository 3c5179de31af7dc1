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
        writeln!(out, "{text}")?;
        out.flush()
    }

    /// One line for the person at the terminal.
    pub(in crate::cli) fn note(&self, text: impl fmt::Display) {
        // There is nobody left to tell that stderr is gone.
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

/// SGR codes of ECMA-48 section 8.3.117.
fn painted(color: bool, tone: Tone, text: impl fmt::Display) -> String {
    let code = match tone {
        Tone::Good => "32",
        Tone::Bad => "31",
        Tone::Faint => "2",
        Tone::Strong => "1",
    };
    match color {
        true => format!("\x1b[{code}m{text}\x1b[0m"),
        false => text.to_string(),
    }
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
    fn no_color_wins() {
        let output = Output::detect(Some("1"));
        assert!(!output.color && !output.color_notes);
    }
}
