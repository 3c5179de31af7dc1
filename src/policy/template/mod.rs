//! Values with `{{ }}` in them, parsed when the file is loaded.

mod source;

use crate::document::{Placed, Problems};

use super::complaint::complain_quoting;
use super::expression::{Expression, Surroundings, Vocabulary, Wanted};

pub(super) use source::Source;

/// A text with places where values are put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(pub(super) Box<[Part]>);

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Printable ASCII that stands for itself.
    Literal(Box<str>),
    /// A value of the request or the principal.
    Value(Source),
    /// Whatever an expression over both gives.
    Expression(Expression),
}

/// What is wrong with a template, and what would be right.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TemplateError {
    pub(super) message: String,
    pub(super) help: String,
}

fn error<T>(message: impl Into<String>, help: impl Into<String>) -> Result<T, TemplateError> {
    Err(TemplateError {
        message: message.into(),
        help: help.into(),
    })
}

impl Template {
    /// Parses a template of names alone.
    pub(super) fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        for piece in pieces(text)? {
            parts.extend(match piece {
                Piece::Literal(text) => literal(text)?,
                Piece::Inside { text, .. } => Some(Part::Value(Source::parse(text)?)),
            });
        }
        Ok(Self(parts.into()))
    }

    /// Parses a template of names and expressions. Gives nothing after a mistake, which is reported.
    pub(super) fn compile(
        text: &Placed<String>,
        vocabulary: &Vocabulary,
        around: &mut Surroundings<'_>,
    ) -> Option<Self> {
        let mut parts = Vec::new();
        for piece in reported(pieces(&text.value), text, around.problems)? {
            parts.extend(match piece {
                Piece::Literal(plain) => reported(literal(plain), text, around.problems)?,
                Piece::Inside { at, text: inside } => match Source::parse(inside) {
                    Ok(source) => Some(Part::Value(source)),
                    Err(error) if is_name(inside) && !vocabulary.has(inside) => {
                        return reported(Err(error), text, around.problems);
                    }
                    Err(_) => {
                        let whole = (text, at, inside);
                        let value = Wanted::Anything;
                        let compiled = Expression::compile(whole, vocabulary, around, value)?;
                        Some(Part::Expression(compiled))
                    }
                },
            });
        }
        Some(Self(parts.into()))
    }

    /// The names among the parts.
    pub(super) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.0.iter().filter_map(|part| match part {
            Part::Value(source) => Some(source),
            Part::Literal(_) | Part::Expression(_) => None,
        })
    }

    /// The expressions among the parts.
    pub(super) fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.0.iter().filter_map(|part| match part {
            Part::Expression(expression) => Some(expression),
            Part::Literal(_) | Part::Value(_) => None,
        })
    }

    /// Whether some part cannot be had without a principal.
    pub(super) fn needs_principal(&self) -> bool {
        self.sources().any(Source::needs_principal)
            || self.expressions().any(Expression::needs_principal)
    }

    /// Whether some part cannot be had without a request.
    pub(super) fn needs_request(&self) -> bool {
        !self.sources().all(Source::needs_principal)
            || self.expressions().any(Expression::needs_request)
    }
}

/// The names in a template's text; what is neither name nor text is left to whoever compiles it.
pub(super) fn sources_in(text: &str) -> Vec<Source> {
    let pieces = pieces(text).unwrap_or_default().into_iter();
    let names = pieces.filter_map(|piece| match piece {
        Piece::Inside { text, .. } => Source::parse(text).ok(),
        Piece::Literal(_) => None,
    });
    names.collect()
}

/// An expression and nothing else.
impl From<Expression> for Template {
    fn from(expression: Expression) -> Self {
        Self(Box::new([Part::Expression(expression)]))
    }
}

/// A piece of a template's text.
enum Piece<'t> {
    Literal(&'t str),
    /// What stands between `{{` and `}}`, and where it begins, in bytes.
    Inside {
        at: usize,
        text: &'t str,
    },
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>, TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        pieces.push(Piece::Literal(before));
        let Some((inside, behind)) = split_expression(after) else {
            return error(
                "`{{` is not closed",
                "write `}}` behind the name of the value",
            );
        };
        let spaces = inside.len() - inside.trim_start().len();
        pieces.push(Piece::Inside {
            at: text.len() - after.len() + spaces,
            text: inside.trim(),
        });
        rest = behind;
    }
    pieces.push(Piece::Literal(rest));
    Ok(pieces)
}

/// Reports a mistake of a template's text.
fn reported<T>(
    found: Result<T, TemplateError>,
    text: &Placed<String>,
    problems: &Problems,
) -> Option<T> {
    let complain =
        |error: TemplateError| complain_quoting(text, &error.message, &error.help, problems);
    found.map_err(complain).ok()
}

/// Whether a text is a name and no more: what is wrong with it is said as of a name.
pub(super) fn is_name(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// Splits at `}}`, but not inside quotes: a claim's name may hold braces.
pub(super) fn split_expression(text: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    for (position, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            (None, b'}') => {
                let (inside, after) = text.split_at_checked(position)?;
                if let Some(after) = after.strip_prefix("}}") {
                    return Some((inside, after));
                }
            }
            _ => {}
        }
    }
    None
}

fn literal(text: &str) -> Result<Option<Part>, TemplateError> {
    if text.contains("}}") {
        return error(
            "`}}` without `{{` before it",
            "write `{{ principal.subject }}`",
        );
    }
    if text.bytes().any(|byte| !matches!(byte, 0x20..=0x7e)) {
        return error(
            "a header value may hold printable ASCII only",
            "leave other characters and line ends out (RFC 9110 section 5.5)",
        );
    }
    Ok(Some(Part::Literal(text.into())).filter(|_| !text.is_empty()))
}
