//! Names of values: what may stand between `{{` and `}}` without being an expression.

use http::HeaderName;

use crate::document::closest;
use crate::model::ClaimPath;

use super::super::pattern::is_capture_name;
use super::{TemplateError, error};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::policy) enum Source {
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

impl Source {
    pub(in crate::policy) fn parse(text: &str) -> Result<Self, TemplateError> {
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

    pub(in crate::policy) fn needs_principal(&self) -> bool {
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
