//! One field.

use std::fmt;

/// A field on its line.
#[derive(Clone, Copy)]
pub struct Field<'f> {
    line: &'f [u8],
    name: usize,
}

impl<'f> Field<'f> {
    pub(super) fn new(line: &'f [u8], name: usize) -> Self {
        Self { line, name }
    }

    /// Its name, in lower case.
    pub fn name(self) -> &'f [u8] {
        self.line.get(..self.name).unwrap_or_default()
    }

    /// Its value: no control character but the tab, no white space at its ends. It need not be text.
    pub fn value(self) -> &'f [u8] {
        let end = self.line.len().saturating_sub(2);
        self.line.get(self.name + 2..end).unwrap_or_default()
    }

    /// `name: value CR LF`.
    #[cfg(test)]
    pub(crate) fn line(self) -> &'f [u8] {
        self.line
    }
}

/// What is left of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rest {
    /// All of it, as it stands.
    Whole,
    /// This value in the place of its own.
    Part(Vec<u8>),
    /// Nothing: it is taken out.
    Nothing,
}

/// The name alone: the value may be secret.
impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.name()))
    }
}

/// A value as text, if it is plain ASCII.
pub fn ascii(value: &[u8]) -> Option<&str> {
    Some(value)
        .filter(|value| value.is_ascii())
        .and_then(|value| std::str::from_utf8(value).ok())
}

/// Without the white space around it (RFC 9110 section 5.6.3).
pub(super) fn trimmed(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}
