//! Comma-separated values (RFC 4180), row by row.

use std::io::{self, BufRead, Read as _};

/// The longest row, in bytes.
const LONGEST: usize = 1 << 20;

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: String,
    /// The line it begins on.
    pub(super) line: u32,
    /// The character of the line that it begins with, from one.
    pub(super) column: u32,
}

/// What stands where a row should be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// A row.
    Cells(Vec<Cell>),
    /// Something else, on this line.
    Broken {
        /// Where it begins.
        line: u32,
        /// What is wrong.
        message: &'static str,
    },
}

/// A file of rows, read as it is asked for.
#[derive(Debug)]
pub(super) struct Csv<R> {
    input: R,
    /// The number of the line that was read last.
    line: u32,
    /// Bytes that were read.
    pub(super) bytes: u64,
}

impl<R: BufRead> Csv<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            line: 0,
            bytes: 0,
        }
    }

    /// The next row; empty lines are passed over.
    pub(super) fn next(&mut self) -> io::Result<Option<Row>> {
        loop {
            let Some(mut text) = self.read_line()? else {
                return Ok(None);
            };
            let line = self.line;
            // A value in quotes may go over several lines.
            while is_open(&text) && text.len() <= LONGEST {
                match self.read_line()? {
                    Some(more) => text.extend_from_slice(&more),
                    None => {
                        let message = "a quotation mark is not closed";
                        return Ok(Some(Row::Broken { line, message }));
                    }
                }
            }
            let text = without_end(&text);
            let text = match line {
                1 => text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text),
                _ => text,
            };
            if text.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            return Ok(Some(match std::str::from_utf8(text) {
                _ if text.len() > LONGEST => Row::Broken {
                    line,
                    message: "the row is longer than 1 MiB",
                },
                Ok(text) => split(text, line),
                Err(_) => Row::Broken {
                    line,
                    message: "the row is not UTF-8 text",
                },
            }));
        }
    }

    fn read_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        let most = LONGEST as u64 + 2;
        let mut limited = self.input.by_ref().take(most);
        let mut read = limited.read_until(b'\n', &mut bytes)?;
        if read == 0 {
            return Ok(None);
        }
        // What is too long is read to its end, and not kept.
        if !bytes.ends_with(b"\n") && read as u64 == most {
            read += skip_line(&mut self.input)?;
        }
        self.line = self.line.saturating_add(1);
        self.bytes += read as u64;
        Ok(Some(bytes))
    }
}

fn skip_line(input: &mut impl BufRead) -> io::Result<usize> {
    let mut skipped = 0;
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(skipped);
        }
        let end = memchr::memchr(b'\n', buffer);
        let used = end.map_or(buffer.len(), |end| end + 1);
        input.consume(used);
        skipped += used;
        if end.is_some() {
            return Ok(skipped);
        }
    }
}

/// Whether a value in quotes goes on behind the text: a doubled quotation mark counts twice.
fn is_open(text: &[u8]) -> bool {
    memchr::memchr_iter(b'"', text).count() % 2 == 1
}

fn without_end(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

/// Where a value stands among the characters of its row.
#[derive(Clone, Copy)]
struct Position {
    line: u32,
    column: u32,
}

impl Position {
    fn pass(&mut self, c: char) {
        match c {
            '\n' => {
                *self = Self {
                    line: self.line.saturating_add(1),
                    column: 1,
                }
            }
            _ => self.column = self.column.saturating_add(1),
        }
    }
}

fn split(text: &str, line: u32) -> Row {
    let mut cells = Vec::new();
    let mut at = Position { line, column: 1 };
    let mut rest = text.chars().peekable();
    loop {
        let begin = at;
        let mut value = String::new();
        let quoted = rest.peek() == Some(&'"');
        let mut inside = quoted;
        if quoted {
            rest.next();
            at.pass('"');
        }
        let more = loop {
            let Some(c) = rest.next() else { break false };
            at.pass(c);
            match c {
                '"' if inside && rest.peek() == Some(&'"') => {
                    rest.next();
                    at.pass('"');
                    value.push('"');
                }
                '"' if inside => inside = false,
                '"' => {
                    return broken(
                        line,
                        "a quotation mark inside a value: double it, and put the value in quotation marks",
                    );
                }
                ',' if !inside => break true,
                c if quoted && !inside && c != ' ' => {
                    return broken(line, "text behind a closing quotation mark");
                }
                c if quoted && !inside && c == ' ' => {}
                c => value.push(c),
            }
        };
        let text = match quoted {
            true => value,
            false => value.trim().to_owned(),
        };
        cells.push(Cell {
            text,
            line: begin.line,
            column: begin.column,
        });
        if !more {
            return Row::Cells(cells);
        }
    }
}

fn broken(line: u32, message: &'static str) -> Row {
    Row::Broken { line, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8]) -> Vec<Result<Vec<String>, &'static str>> {
        let mut csv = Csv::new(text);
        let mut rows = Vec::new();
        while let Some(row) = csv.next().unwrap() {
            rows.push(match row {
                Row::Cells(cells) => Ok(cells.into_iter().map(|cell| cell.text).collect()),
                Row::Broken { message, .. } => Err(message),
            });
        }
        assert_eq!(csv.bytes, text.len() as u64);
        rows
    }

    #[test]
    fn rows_are_read_as_the_rfc_says() {
        let text = "\u{feff}name,hash\r\nci,\"a,b\"\r\n\r\n\"say \"\"hi\"\"\",\n x , y \n";
        let wanted: Vec<Result<Vec<String>, &str>> = vec![
            Ok(vec!["name".into(), "hash".into()]),
            Ok(vec!["ci".into(), "a,b".into()]),
            Ok(vec!["say \"hi\"".into(), String::new()]),
            Ok(vec!["x".into(), "y".into()]),
        ];
        assert_eq!(rows(text.as_bytes()), wanted);
    }

    #[test]
    fn value_in_quotes_may_have_line_ends() {
        let mut csv = Csv::new(&b"a,\"b\nc\",d\ne,f,g\n"[..]);
        let Some(Row::Cells(first)) = csv.next().unwrap() else {
            panic!("no row");
        };
        assert_eq!(first[1].text, "b\nc");
        assert_eq!((first[2].line, first[2].column), (2, 4));
        let Some(Row::Cells(second)) = csv.next().unwrap() else {
            panic!("no row");
        };
        assert_eq!((second[1].line, second[1].column), (3, 3));
    }

    #[test]
    fn what_is_no_row_is_said_and_passed_over() {
        assert!(rows(b"a\"b,c\n")[0].is_err());
        assert!(rows(b"\"a\" b,c\n")[0].is_err());
        assert!(rows(b"\xff,b\n")[0].is_err());
        assert!(rows(b"a,\"b\n")[0].is_err());
        let long = [vec![b'x'; LONGEST + 10], b"\nnext,row\n".to_vec()].concat();
        let rows = rows(&long);
        assert!(rows[0].is_err() && rows[1].is_ok(), "{:?}", rows[0]);
    }
}
