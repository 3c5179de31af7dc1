//! Values with `{{ }}` in them, parsed when the file is loaded.

use http::HeaderName;

use crate::document::closest;
use crate::model::ClaimPath;

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
    pub(super) fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            parts.extend(literal(before)?);
            let Some((inside, after)) = split_expression(after) else {
                return error(
                    "`{{` is not closed",
                    "write `}}` behind the name of the value",
                );
            };
            parts.push(Part::Value(Source::parse(inside.trim())?));
            rest = after;
        }
        parts.extend(literal(rest)?);
        Ok(Self(parts.into()))
    }

    /// Where the parts that are not literal come from.
    pub(super) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.0.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Value(source) => Some(source),
        })
    }

    /// Whether some part cannot be had without a principal.
    pub(super) fn needs_principal(&self) -> bool {
        self.sources().any(Source::needs_principal)
    }

    /// Whether some part cannot be had without a request.
    pub(super) fn needs_request(&self) -> bool {
        !self.sources().all(Source::needs_principal)
    }
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
                return after.strip_prefix("}}").map(|after| (inside, after));
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
        if let Some(claim) = text.strip_prefix("principal.claims") {
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
                Ok(label) => Ok(Self::HostLabel(label)),
                Err(_) => error(
                    format!("`{text}` is not a label of the host"),
                    "labels are counted from the left: `host.0` is `acme` in `acme.example.com`",
                ),
            },
            _ => unknown(text),
        }
    }

    fn needs_principal(&self) -> bool {
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
