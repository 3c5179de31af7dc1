//! Texts with values in them, taken apart when the file is loaded.

use bytes::Bytes;
use http::StatusCode;

use crate::document::{Node, Placed, Problems};
use crate::model::Reason;

use super::super::complaint::complain_quoting;
use super::super::render::Facts;
use super::escape::Escape;
use super::markup::Spot;
use super::template::{TemplateError, split_expression};
use super::value::{Scene, Value};

/// The longest text that a file may hold for one answer, in bytes.
pub(super) const MOST_WRITTEN: usize = 64 << 10;
/// The longest that it may get with its values in it.
const MOST_SENT: usize = 128 << 10;

/// A text with places for values.
#[derive(Debug)]
pub(super) struct Text {
    pieces: Box<[Piece]>,
    escape: Escape,
}

#[derive(Debug)]
enum Piece {
    Literal(Box<str>),
    Value(Value),
}

/// A piece of a text as it is written.
#[derive(Debug)]
pub(super) enum Part<'t> {
    /// Stands for itself.
    Literal(&'t str),
    /// Is replaced.
    Value(Value),
}

impl Text {
    /// The pieces' values.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Literal(_) => None,
            Piece::Value(value) => Some(value),
        })
    }

    /// The whole text where a reason is all it takes.
    pub(super) fn fixed(&self, reason: Reason, status: StatusCode) -> Option<Bytes> {
        if !self.values().all(Value::is_of_reason) {
            return None;
        }
        let scene = Scene {
            reason,
            status,
            request_id: "",
            request: None,
            browser: false,
            facts: Facts::NONE,
        };
        self.render(&scene).map(Bytes::from)
    }

    /// The text with its values, or nothing when it would get too long.
    pub(super) fn render(&self, scene: &Scene<'_>) -> Option<String> {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Value(value) => self.escape.push(&value.of(scene), &mut out),
            }
            if out.len() > MOST_SENT {
                return None;
            }
        }
        Some(out)
    }
}

/// Takes a text apart at its `{{ }}`.
pub(super) fn parts(text: &str, escape: Escape) -> Result<Vec<Part<'_>>, TemplateError> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        parts.push(literal(before, escape)?);
        let (inside, after) = split_expression(after).ok_or_else(|| TemplateError {
            message: "`{{` is not closed".into(),
            help: "write `}}` behind the name of the value".into(),
        })?;
        parts.push(Part::Value(Value::parse(inside.trim())?));
        rest = after;
    }
    parts.push(literal(rest, escape)?);
    Ok(parts)
}

/// Style sheets close their braces as they like; elsewhere a pair without a beginning is a slip.
fn literal(text: &str, escape: Escape) -> Result<Part<'_>, TemplateError> {
    if escape != Escape::Markup && text.contains("}}") {
        return Err(TemplateError {
            message: "`}}` without `{{` before it".into(),
            help: "write `{{ error.code }}`".into(),
        });
    }
    Ok(Part::Literal(text))
}

/// Puts a text together.
#[derive(Debug)]
pub(super) struct Builder {
    escape: Escape,
    literal: String,
    pieces: Vec<Piece>,
    written: usize,
    spot: Spot,
}

/// What a value counts for, at the least, in what is written.
const LEAST_VALUE: usize = "{{ a.b }}".len();

impl Builder {
    pub(super) fn new(escape: Escape) -> Self {
        Self {
            escape,
            literal: String::new(),
            pieces: Vec::new(),
            written: 0,
            spot: Spot::default(),
        }
    }

    /// Adds what stands for itself.
    pub(super) fn literal(&mut self, text: &str) {
        self.written += text.len();
        if self.written <= MOST_WRITTEN {
            self.literal.push_str(text);
        }
    }

    /// Adds a value, if one may stand here.
    pub(super) fn value(&mut self, value: Value) -> Result<(), TemplateError> {
        if self.escape == Escape::Markup {
            self.spot.read(&self.literal);
            self.spot.value()?;
        }
        self.written += LEAST_VALUE;
        let before = std::mem::take(&mut self.literal);
        if !before.is_empty() {
            self.pieces.push(Piece::Literal(before.into()));
        }
        self.pieces.push(Piece::Value(value));
        Ok(())
    }

    /// Adds a text of the file, whose literal pieces `put` writes; reports what is wrong with it.
    pub(super) fn template(
        &mut self,
        node: &Node,
        text: &str,
        put: impl Fn(&str, &mut Self),
        problems: &Problems,
    ) -> Option<()> {
        let added = parts(text, self.escape).and_then(|parts| {
            parts.into_iter().try_for_each(|part| match part {
                Part::Literal(text) => {
                    put(text, self);
                    Ok(())
                }
                Part::Value(value) => self.value(value),
            })
        });
        added.map_err(|error| report(node, &error, problems)).ok()
    }

    /// The text, unless there is too much of it.
    pub(super) fn finish(mut self, node: &Node, problems: &Problems) -> Option<Text> {
        if self.written > MOST_WRITTEN {
            let help = "link to a page that the app or another server has";
            problems.error_with(node, "an answer of more than 64 KiB", help);
            return None;
        }
        if !self.literal.is_empty() {
            self.pieces.push(Piece::Literal(self.literal.into()));
        }
        Some(Text {
            pieces: self.pieces.into(),
            escape: self.escape,
        })
    }
}

/// Reports a mistake of a text, which may have come from the environment.
pub(super) fn report(node: &Node, error: &TemplateError, problems: &Problems) {
    let text = Placed {
        value: String::new(),
        node: node.clone(),
    };
    complain_quoting(&text, &error.message, &error.help, problems);
}
