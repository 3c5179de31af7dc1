//! Path patterns: literals, captures, and `**` at the end.

use std::fmt::Write as _;

use crate::model::{CanonicalPath, Oddity, OddityClass, PathError};

/// The most segments a pattern may have; a bound on the depth of the search for a route.
const MAX_SEGMENTS: usize = 64;

/// One segment of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    /// This text, decoded.
    Literal(Box<str>),
    /// Whatever one segment, with a name when it was `{name}` and not `*`.
    Capture(Option<Box<str>>),
}

/// A parsed path pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) segments: Vec<Segment>,
    /// Whether it ends in `**`: zero or more further segments.
    pub(super) open: bool,
}

/// What is wrong with a pattern, and what would be right.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PatternError {
    pub(super) message: String,
    pub(super) help: String,
}

fn error<T>(message: impl Into<String>, help: impl Into<String>) -> Result<T, PatternError> {
    Err(PatternError {
        message: message.into(),
        help: help.into(),
    })
}

impl Pattern {
    /// Parses a pattern. Literals are read as a request's path is, so `/a b` and `/a%20b` are one
    /// pattern; a spelling that requests may not use is refused, for it could never match.
    pub(super) fn parse(text: &str, allowed: Oddity) -> Result<Self, PatternError> {
        let Some(body) = text.strip_prefix('/') else {
            return error(
                "the path does not begin with a slash",
                "write `/` first, as in `/api/**`",
            );
        };
        if text.contains(['?', '#']) {
            return error(
                "a path has no `?` and no `#`",
                "a query plays no part in matching; in a segment write `%3F` or `%23`",
            );
        }
        refuse_oddity(text.contains("//"), OddityClass::EmptySegment, allowed)?;
        let body = body.strip_suffix('/').unwrap_or(body);
        let mut pattern = Self {
            segments: Vec::new(),
            open: false,
        };
        for raw in body.split('/').skip(usize::from(body.is_empty())) {
            pattern.push(raw, allowed)?;
        }
        if pattern.segments.len() > MAX_SEGMENTS {
            return error(
                format!("the path has more than {MAX_SEGMENTS} segments"),
                "end it with `**` earlier",
            );
        }
        Ok(pattern)
    }

    fn push(&mut self, raw: &str, allowed: Oddity) -> Result<(), PatternError> {
        if self.open {
            return error(
                "`**` may only be the last segment",
                "use `*` for one segment in the middle",
            );
        }
        match raw {
            "**" => self.open = true,
            "*" => self.segments.push(Segment::Capture(None)),
            _ if raw.contains(['{', '}', '*']) => {
                let name = capture_name(raw)?;
                if self.names().any(|known| known == name) {
                    return error(
                        format!("the path captures `{name}` twice"),
                        "give each capture its own name",
                    );
                }
                self.segments.push(Segment::Capture(Some(name.into())));
            }
            _ => self.segments.push(Segment::Literal(literal(raw, allowed)?)),
        }
        Ok(())
    }

    /// The names of the captures.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.captures().map(|(name, _)| name)
    }

    /// The names of the captures, each with the position of its segment.
    pub(super) fn captures(&self) -> impl Iterator<Item = (&str, usize)> {
        let positioned = self.segments.iter().enumerate();
        positioned.filter_map(|(position, segment)| match segment {
            Segment::Capture(Some(name)) => Some((name.as_ref(), position)),
            _ => None,
        })
    }
}

/// The names of captures in a path's text, which may be wrong elsewhere.
pub(super) fn captures_in(path: &str) -> impl Iterator<Item = &str> {
    let segments = path.split('/');
    let names = segments.filter_map(|raw| raw.strip_prefix('{')?.strip_suffix('}'));
    names.filter(|name| is_capture_name(name))
}

/// Whether a text can name a capture.
pub(super) fn is_capture_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

fn capture_name(raw: &str) -> Result<&str, PatternError> {
    let inner = raw
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    match inner {
        Some(name) if is_capture_name(name) => Ok(name),
        Some("**" | "*") => error(
            format!("`{raw}` is not a segment"),
            "write `*` for one segment, `**` at the end for the rest",
        ),
        Some(_) => error(
            format!("`{raw}` does not name a capture"),
            "a name has letters, digits, `_` and `-`",
        ),
        None => error(
            format!("`{raw}` mixes a capture with text"),
            "`{name}`, `*` and `**` stand for whole segments; as characters write `%7B`, `%7D`, `%2A`",
        ),
    }
}

fn literal(raw: &str, allowed: Oddity) -> Result<Box<str>, PatternError> {
    let path =
        CanonicalPath::parse(&sendable(raw)).map_err(|problem| wrong_spelling(raw, problem))?;
    for (_, class) in OddityClass::ALL {
        let present = Oddity::default().with(*class).within(path.oddities());
        refuse_oddity(present, *class, allowed)?;
    }
    // An empty segment has been judged with the whole pattern; it is the only one without text.
    Ok(path.segments().next().unwrap_or_default().into())
}

/// The segment as a path that can be sent, so that one parser reads patterns and requests.
fn sendable(raw: &str) -> String {
    let mut path = String::with_capacity(raw.len() + 1);
    path.push('/');
    for byte in raw.bytes() {
        if byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'^' | b'`' | b'|') {
            path.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(path, "%{byte:02X}");
        }
    }
    path
}

fn wrong_spelling(raw: &str, problem: PathError) -> PatternError {
    let help = match problem {
        PathError::Escape => "a percent sign itself is written `%25`",
        _ => "requests with such a path are always refused, so the route could never match",
    };
    PatternError {
        message: format!("`{raw}` cannot be matched: {problem}"),
        help: help.into(),
    }
}

fn refuse_oddity(present: bool, class: OddityClass, allowed: Oddity) -> Result<(), PatternError> {
    if !present || Oddity::default().with(class).within(allowed) {
        return Ok(());
    }
    let known = OddityClass::ALL.iter().find(|(_, known)| *known == class);
    let name = known.map_or("", |(name, _)| name);
    error(
        format!("requests with such a path are refused (`{name}`), so the route could never match"),
        format!("spell the path another way, or allow it: `paths: {{ allow: [{name}] }}`"),
    )
}
