//! Reading a template.

use crate::document::{Node, Problems};

use super::super::codec::Encoding;
use super::super::json::Pointers;
use super::super::parameters::Parameters;
use super::super::place::{Place, Sort};
use super::{Piece, Segment, Template};

/// What a template may refer to.
pub(in super::super) struct Terms<'t> {
    /// Values of the file.
    pub(in super::super) parameters: &'t Parameters,
    /// Ways into JSON, known so far.
    pub(in super::super) pointers: &'t mut Pointers,
    /// Where the template stands.
    pub(in super::super) node: &'t Node,
    /// Where mistakes go.
    pub(in super::super) problems: &'t Problems,
}

/// A mistake: what it is, and what would be right.
pub(in super::super) struct Mistake(pub(in super::super) String, pub(in super::super) String);

const PLACEHOLDERS: &str = "known: {body} {timestamp} {id} {method} {url} {path} {query} {secret} \
    {crc32} {body_sha256} {form_sorted} {query_sorted} {header:NAME} {json:/POINTER} {form:NAME} \
    {query:NAME} {config:NAME} {url_decoded} {host} {target} {query_lower:NAME}; `{{` for a brace";

impl Template {
    /// Reads a template's text.
    pub(in super::super) fn parse(text: &str, terms: &mut Terms<'_>) -> Result<Self, Mistake> {
        let mut template = Self::default();
        let mut optional: Option<Vec<Piece>> = None;
        let mut literal = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let (taken, step) = step(rest, first)?;
            rest = rest.get(taken..).unwrap_or_default();
            if let Step::Text(text) = step {
                literal.push(text);
                continue;
            }
            template.push(&mut optional, text_piece(&mut literal));
            match step {
                Step::Placeholder(name) => {
                    let piece = placeholder(name, terms)?;
                    template.push(&mut optional, piece);
                }
                Step::Open if optional.is_none() => optional = Some(Vec::new()),
                Step::Close => {
                    let pieces = optional.take().ok_or_else(unpaired)?;
                    template.segments.push(Segment::Optional(checked(pieces)?));
                }
                _ => return Err(unpaired()),
            }
        }
        template.push(&mut optional, text_piece(&mut literal));
        match optional {
            Some(_) => Err(unpaired()),
            None => Ok(template),
        }
    }

    fn push(&mut self, optional: &mut Option<Vec<Piece>>, piece: Option<Piece>) {
        match (piece, optional) {
            (None, _) => {}
            (Some(Piece::Secret), None) if self.segments.is_empty() && !self.secret_first => {
                self.secret_first = true;
            }
            (Some(piece), None) => self.segments.push(Segment::Always(piece)),
            (Some(piece), Some(pieces)) => pieces.push(piece),
        }
    }
}

/// What stands next in a template.
enum Step<'t> {
    Text(char),
    Placeholder(&'t str),
    Open,
    Close,
}

/// The next step, and how many bytes it takes.
fn step(rest: &str, first: char) -> Result<(usize, Step<'_>), Mistake> {
    let second = rest.chars().nth(1);
    match (first, second) {
        ('{' | '}' | '[' | ']', Some(second)) if first == second => Ok((2, Step::Text(first))),
        ('{', _) => {
            let name = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
            let (name, _) = name.ok_or_else(|| {
                let help = "close it with `}`, or write `{{` for a brace".to_owned();
                Mistake("a placeholder is not closed".into(), help)
            })?;
            Ok((name.len() + 2, Step::Placeholder(name)))
        }
        ('}', _) => Err(Mistake(
            "a closing brace without an opening one".into(),
            "write `}}` for a brace".into(),
        )),
        ('[', _) => Ok((1, Step::Open)),
        (']', _) => Ok((1, Step::Close)),
        ('\\', Some(escaped)) => match escaped {
            'n' => Ok((2, Step::Text('\n'))),
            'r' => Ok((2, Step::Text('\r'))),
            't' => Ok((2, Step::Text('\t'))),
            '\\' => Ok((2, Step::Text('\\'))),
            _ => Err(lone_backslash()),
        },
        ('\\', None) => Err(lone_backslash()),
        _ => Ok((first.len_utf8(), Step::Text(first))),
    }
}

fn lone_backslash() -> Mistake {
    Mistake(
        "a backslash that escapes nothing".into(),
        "write `\\n`, `\\r`, `\\t`, or `\\\\` for the backslash itself".into(),
    )
}

fn unpaired() -> Mistake {
    Mistake(
        "square brackets must come in pairs, none within another".into(),
        "write `[[` or `]]` for a bracket itself".into(),
    )
}

fn text_piece(literal: &mut String) -> Option<Piece> {
    let text = std::mem::take(literal);
    (!text.is_empty()).then(|| Piece::Text(text.into_bytes().into()))
}

/// An optional part must have a value that can be absent, and nothing that carries what must be signed.
fn checked(pieces: Vec<Piece>) -> Result<Vec<Piece>, Mistake> {
    let fit = |piece: &Piece| matches!(piece, Piece::Text(_)) || piece.is_value();
    match pieces.iter().all(fit) && pieces.iter().any(Piece::is_value) {
        true => Ok(pieces),
        false => Err(Mistake(
            "an optional part holds text and values of the message".into(),
            "as in `[id:{query:data.id};]`".into(),
        )),
    }
}

/// The piece that a placeholder stands for; nothing if its mistake was reported.
fn placeholder(name: &str, terms: &mut Terms<'_>) -> Result<Option<Piece>, Mistake> {
    if let Some((sort, argument)) = name.split_once(':') {
        return with_argument(sort, argument, terms);
    }
    Ok(Some(match name {
        "body" => Piece::Body,
        "timestamp" => Piece::Timestamp,
        "id" => Piece::Id,
        "method" => Piece::Method,
        "url" => Piece::Url,
        "url_decoded" => Piece::UrlDecoded,
        "host" => Piece::Host,
        "target" => Piece::Target,
        "path" => Piece::Path,
        "query" => Piece::Query,
        "secret" => Piece::Secret,
        "crc32" => Piece::Crc32,
        "body_sha256" => Piece::BodySha256(None),
        "form_sorted" => Piece::FormSorted,
        "query_sorted" => Piece::QuerySorted,
        _ => return Err(unknown()),
    }))
}

fn unknown() -> Mistake {
    Mistake("an unknown placeholder".into(), PLACEHOLDERS.into())
}

fn with_argument(
    sort: &str,
    argument: &str,
    terms: &mut Terms<'_>,
) -> Result<Option<Piece>, Mistake> {
    if argument.is_empty() {
        return Err(unknown());
    }
    let piece = match sort {
        "query_lower" => Piece::Lower,
        _ => Piece::Value,
    };
    let sort = match sort {
        "header" => Sort::Header,
        "query" | "query_lower" => Sort::Query,
        "json" => Sort::Json,
        "form" => Sort::Form,
        "config" => return config(argument, terms).map(Some),
        "body_sha256" => {
            let word = Encoding::WORDS.iter().find(|(word, _)| *word == argument);
            let encoding = word.map(|(_, encoding)| *encoding);
            let encoding = encoding.filter(|encoding| *encoding != Encoding::Text);
            return Ok(Some(Piece::BodySha256(Some(encoding.ok_or_else(unknown)?))));
        }
        _ => return Err(unknown()),
    };
    let place = Place::of(sort, argument, terms.node, terms.pointers, terms.problems);
    Ok(place.map(piece))
}

fn config(name: &str, terms: &Terms<'_>) -> Result<Piece, Mistake> {
    let value = terms.parameters.one(name).ok_or_else(|| {
        Mistake(
            format!("`{{config:{name}}}` has no value"),
            format!("add `parameters: {{ {name}: ... }}` to the webhook"),
        )
    })?;
    Ok(Piece::Text(value.as_bytes().into()))
}
