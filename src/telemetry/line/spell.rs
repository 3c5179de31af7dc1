//! How fields are spelled.

use super::Ready;
use super::escape;

/// The longest text that a record shows, in bytes; more is cut and ends in `...`.
pub(in crate::telemetry) const MAX_TEXT: usize = 2048;

/// What stands for a text that the operator does not want to see. As a text, so that each key keeps one
/// type.
pub(in crate::telemetry) const REDACTED: &str = "[redacted]";
/// What stands for a list that is too long for a record.
pub(in crate::telemetry) const TOO_LONG: &str = "[too long]";

/// A line under way: a JSON object, or `name=value` pairs with values in quotes where they need it.
pub(super) struct Line<'a, const JSON: bool>(pub(super) &'a mut Vec<u8>);

/// The name of a field whose value is a text, as it stands in a line: with what parts it from the field
/// before, and in JSON with the value's opening quote.
#[derive(Clone, Copy)]
pub(super) struct Name {
    pub(super) json: &'static str,
    pub(super) text: &'static str,
}

/// A field's name, put together when this is compiled.
macro_rules! name {
    ($name:literal) => {
        $crate::telemetry::line::spell::Name {
            json: concat!(",\"", $name, "\":\""),
            text: concat!(" ", $name, "="),
        }
    };
}
pub(super) use name;

impl<const JSON: bool> Line<'_, JSON> {
    /// Appends what is spelled already.
    #[inline(always)]
    pub(super) fn add(&mut self, spelled: &[u8]) {
        self.0.extend_from_slice(spelled);
    }

    /// Appends what is known beforehand, in whichever of the two manners.
    #[inline(always)]
    pub(super) fn pieces(&mut self, json: &'static str, text: &'static str) {
        let piece = if JSON { json } else { text };
        self.add(piece.as_bytes());
    }

    #[inline(always)]
    pub(super) fn ready(&mut self, field: Option<&Ready>) {
        if let Some(field) = field {
            self.add(field.spelled::<JSON>());
        }
    }

    #[inline(always)]
    pub(super) fn name(&mut self, name: Name) {
        self.pieces(name.json, name.text);
    }

    /// A word of our own: letters, and nothing that is ever escaped.
    #[inline(always)]
    pub(super) fn word(&mut self, name: Name, value: &'static str) {
        self.name(name);
        self.add(value.as_bytes());
        self.pieces("\"", "");
    }

    #[inline(always)]
    pub(super) fn optional(&mut self, name: Name, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    #[inline(always)]
    pub(super) fn text(&mut self, name: Name, value: &str) {
        self.name(name);
        self.value(value);
    }

    /// Appends a text behind its name.
    pub(super) fn value(&mut self, value: &str) {
        if fits::<JSON>(value) {
            self.add(value.as_bytes());
            self.pieces("\"", "");
        } else {
            self.escaped(value);
        }
    }

    /// What stands in the place of a value that is not shown.
    pub(super) fn redacted(&mut self, name: Name) {
        self.text(name, REDACTED);
    }

    /// Seldom needed, so kept out of the way of what is always done.
    #[cold]
    #[inline(never)]
    fn escaped(&mut self, value: &str) {
        let shown = beginning(value);
        self.pieces("", "\"");
        escape::escape(shown, self.0);
        if shown.len() < value.len() {
            self.add(b"...");
        }
        self.0.push(b'"');
    }
}

impl Line<'_, true> {
    /// Appends texts as a list, behind its name.
    pub(super) fn texts<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) {
        self.0.push(b'[');
        for (index, text) in texts.into_iter().enumerate() {
            self.add(if index == 0 { b"\"" } else { b",\"" });
            self.value(text);
        }
        self.0.push(b']');
    }
}

/// Whether a text may stand as it is.
#[inline(always)]
pub(super) fn fits<const JSON: bool>(value: &str) -> bool {
    let as_it_is = if JSON {
        escape::is_plain(value)
    } else {
        escape::is_bare(value)
    };
    as_it_is && value.len() <= MAX_TEXT
}

/// As much of a text as a record shows, ending between two characters.
fn beginning(text: &str) -> &str {
    if text.len() <= MAX_TEXT {
        return text;
    }
    let mut ends = (0..=MAX_TEXT).rev();
    ends.find_map(|end| text.get(..end)).unwrap_or("")
}
