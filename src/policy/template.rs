//! Values with `{{ }}` in them, parsed when the file is loaded.

use http::HeaderName;

use crate::document::{Placed, Problems, closest};
use crate::model::ClaimPath;

use super::complaint::complain_quoting;
use super::expression::{Expression, Surroundings, Vocabulary, Wanted};
use super::pattern::is_capture_name;

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

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Subject,
    Tenant,
    Email,
    Kind,
    Issuer,
    Roles,
    Scopes,
    Claim(ClaimPath),
    Capture(Box<str>),
    Method,
    Host,
    Path,
    Address,
    /// Only where a tenant is bound.
    Header(HeaderName),
    /// Only where a tenant is bound: a label of the host, from zero.
    HostLabel(usize),
}

/// The most labels that a host name has room for (RFC 1035 section 2.3.4).
const MOST_LABELS: usize = 127;

/// What is wrong with a template, and what would be right.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TemplateError {
    pub(super) message: String,
    pub(super) help: String,
}

const FIXED: [(&str, Source); 11] = [
    ("principal.subject", Source::Subject),
    ("principal.tenant", Source::Tenant),
    ("principal.email", Source::Email),
    ("principal.kind", Source::Kind),
    ("principal.issuer", Source::Issuer),
    ("principal.roles", Source::Roles),
    ("principal.scopes", Source::Scopes),
    ("request.method", Source::Method),
    ("request.host", Source::Host),
    ("request.path", Source::Path),
    ("client.address", Source::Address),
];

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

impl Source {
    fn parse(text: &str) -> Result<Self, TemplateError> {
        if let Some((_, source)) = FIXED.iter().find(|(name, _)| *name == text) {
            return Ok(source.clone());
        }
        if let Some(claim) = text.strip_prefix("principal.claims")
            && names_a_claim(claim)
        {
            return claim_path(claim).map(Self::Claim);
        }
        match text.split_once('.') {
            Some(("path", name)) if is_capture_name(name) => Ok(Self::Capture(name.into())),
            Some(("header", name)) => match HeaderName::from_bytes(name.as_bytes()) {
                Ok(name) => Ok(Self::Header(name)),
                Err(_) => error(
                    format!("`{name}` is not a header name"),
                    "write a name such as `header.x-tenant`",
                ),
            },
            Some(("host", label)) => match label.parse() {
                Ok(label) if label < MOST_LABELS => Ok(Self::HostLabel(label)),
                _ => error(
                    format!("`{text}` is not a label of the host"),
                    "labels are counted from the left: `host.0` is `acme` in `acme.example.com`",
                ),
            },
            _ => unknown(text),
        }
    }

    pub(super) fn needs_principal(&self) -> bool {
        match self {
            Self::Subject
            | Self::Tenant
            | Self::Email
            | Self::Kind
            | Self::Issuer
            | Self::Roles
            | Self::Scopes
            | Self::Claim(_) => true,
            Self::Capture(_)
            | Self::Method
            | Self::Host
            | Self::Path
            | Self::Address
            | Self::Header(_)
            | Self::HostLabel(_) => false,
        }
    }
}

fn unknown<T>(text: &str) -> Result<T, TemplateError> {
    let (family, wrong) = text.split_once('.').unwrap_or((text, ""));
    let names = FIXED.iter().filter_map(|(name, _)| name.split_once('.'));
    let siblings: Vec<&str> = names
        .filter_map(|(head, name)| (head == family).then_some(name))
        .collect();
    let help = match closest(wrong, siblings.iter().copied()) {
        Some(near) => format!("did you mean `{family}.{near}`?"),
        None if siblings.is_empty() => "values begin with `principal.`, `path.`, `request.` or \
                                        `client.`, such as `principal.subject`"
            .into(),
        None => format!("`{family}` has: {}", siblings.join(", ")),
    };
    error(format!("`{text}` is not a value that a policy knows"), help)
}

/// Whether what follows `principal.claims` can be nothing but a claim's name. Where more is written, such
/// as an operator or a call, it is an expression.
fn names_a_claim(text: &str) -> bool {
    let plain = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'.' | b'_' | b'-' | b':' | b'/' | b'"' | b'@')
    };
    text.starts_with('[') || text.bytes().all(plain)
}

/// Parses what follows `principal.claims`: `.realm_access.roles` or `["custom:role"]`.
fn claim_path(text: &str) -> Result<ClaimPath, TemplateError> {
    let help = "write `principal.claims.name`, or `principal.claims[\"custom:role\"]`";
    if let Some(path) = text.strip_prefix('.') {
        return ClaimPath::parse(path).or_else(|problem| error(problem.to_string(), help));
    }
    let mut steps = Vec::new();
    let mut rest = text;
    while let Some((step, after)) = bracketed(rest) {
        steps.push(step);
        rest = after;
    }
    if steps.is_empty() || !rest.is_empty() {
        return error(
            format!("`principal.claims{text}` does not name a claim"),
            help,
        );
    }
    Ok(ClaimPath::exact(&steps))
}

fn bracketed(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('[')?;
    let quote = inside.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (step, after) = inside.strip_prefix(quote)?.split_once(quote)?;
    let after = after.strip_prefix(']')?;
    (!step.is_empty()).then_some((step, after))
}
