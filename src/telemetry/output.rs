//! Where log lines go, one event a line.

use std::io::{self, IsTerminal, Write};

use tracing_subscriber::fmt::MakeWriter;

use super::background::Background;
use super::line::escape_hidden;

/// Where log lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Output {
    /// Standard output, for services.
    #[default]
    Stdout,
    /// Standard error, for commands whose result goes to standard output.
    Stderr,
}

impl Output {
    /// Whether it wants colours (<https://no-color.org>).
    pub(super) fn colours(self) -> bool {
        let terminal = match self {
            Self::Stdout => io::stdout().is_terminal(),
            Self::Stderr => io::stderr().is_terminal(),
        };
        terminal && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty())
    }

    pub(super) fn open(self) -> Box<dyn Write + Send> {
        match self {
            Self::Stdout => Box::new(io::stdout()),
            Self::Stderr => Box::new(io::stderr()),
        }
    }
}

/// Makes writers that keep one event on one line.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) sink: Background,
    /// Whether the lines hold colours, which are control characters of our own.
    pub(super) colours: bool,
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = OneLine<&'a Background>;

    fn make_writer(&'a self) -> Self::Writer {
        OneLine {
            sink: &self.sink,
            colours: self.colours,
        }
    }
}

/// Takes one formatted event per write, and escapes what would break it into several lines.
pub(super) struct OneLine<W> {
    sink: W,
    colours: bool,
}

impl<W: Write> Write for OneLine<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let (body, end) = match event.strip_suffix(b"\n") {
            Some(body) => (body, &b"\n"[..]),
            None => (event, &[][..]),
        };
        let colours = self.colours;
        let mut line = escape_hidden(&String::from_utf8_lossy(body), |character| {
            colours && character == '\u{1b}'
        });
        line.extend_from_slice(end);
        self.sink.write_all(&line)?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(event: &str, colours: bool) -> String {
        let mut writer = OneLine {
            sink: Vec::new(),
            colours,
        };
        writer.write_all(event.as_bytes()).unwrap();
        String::from_utf8(writer.sink).unwrap()
    }

    #[test]
    fn event_stays_on_one_line() {
        let event = "INFO a\nINFO forged\r\u{2028}b\u{202e} \"é\\\"\n";
        let line = written(event, false);
        assert_eq!(line, "INFO a\\nINFO forged\\r\\u2028b\\u202e \"é\\\"\n");
    }

    #[test]
    fn colours_are_ours_only_where_they_were_asked_for() {
        assert_eq!(written("\u{1b}[1mx\n", true), "\u{1b}[1mx\n");
        assert_eq!(written("\u{1b}[1mx\n", false), "\\u001b[1mx\n");
    }
}
