//! Where a request names something that the caller's credential must name as well: whose data it is about,
//! and the source it speaks for.

use std::borrow::Cow;
use std::fmt;

use http::HeaderName;
use http::header::CONNECTION;

use crate::document::{Placed, Problems};
use crate::model::{Denied, FoldedName, Principal, Reason, Request};

use super::complaint::{complain, complain_quoting};
use super::pattern::Pattern;
use super::route::Match;
use super::template::{Part, Source, Template};

/// What a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// Whose data it is about.
    Tenant,
    /// What it speaks for: the system an event comes from.
    Source,
}

impl Named {
    /// The key that binds it, and the capture that does so unasked.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Source => "source",
        }
    }

    const fn help(self) -> &'static str {
        match self {
            Self::Tenant => {
                "write `{{ path.org }}`, `{{ header.x-org }}`, `{{ host.0 }}`, or `any`"
            }
            Self::Source => {
                "write `{{ path.provider }}`, `{{ header.x-source }}`, `{{ host.0 }}`, the name of the one source \
                 that the route speaks for, or `any`"
            }
        }
    }
}

/// Where a request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Binding {
    /// The capture of this name.
    Capture(Box<str>),
    /// A request header, with the spellings an upstream may take for it.
    Header(HeaderName, FoldedName),
    /// A label of the host, from zero.
    HostLabel(usize),
    /// Nowhere: every request of the route is for this one.
    Constant {
        /// What the file writes.
        name: Box<str>,
        /// Whether it may be shown; not if it came from the environment.
        quotable: bool,
    },
}

impl Binding {
    /// The rule of a route that says nothing: its capture `{tenant}`, or `{source}`, if there is one.
    pub(super) fn unasked(what: Named, pattern: Option<&Pattern>) -> Option<Self> {
        let capture = what.as_str();
        let bound = pattern.is_some_and(|pattern| pattern.names().any(|name| name == capture));
        bound.then(|| Self::Capture(capture.into()))
    }

    /// Whether the rule leaves a capture of that name out of account.
    pub(super) fn ignores_capture(&self, what: Named, pattern: &Pattern) -> bool {
        let unasked = Self::unasked(what, Some(pattern));
        unasked.is_some_and(|unasked| unasked != *self)
    }

    /// Whether a constant is called like a capture of the path, and so is likely none.
    pub(super) fn is_meant_for(&self, pattern: &Pattern) -> bool {
        match self {
            Self::Constant {
                name,
                quotable: true,
            } => pattern.names().any(|known| *known == **name),
            _ => false,
        }
    }

    /// The capture that the rule needs.
    pub(super) fn capture(&self) -> Option<&str> {
        match self {
            Self::Capture(name) => Some(name),
            Self::Header(..) | Self::HostLabel(_) | Self::Constant { .. } => None,
        }
    }

    /// Reads what `tenant:` or `source:` says.
    pub(super) fn parse(what: Named, text: &Placed<String>, problems: &Problems) -> Option<Self> {
        let template = match Template::parse(&text.value) {
            Ok(template) => template,
            Err(error) => {
                complain_quoting(text, &error.message, &error.help, problems);
                return None;
            }
        };
        match template.0.as_ref() {
            [Part::Value(Source::Capture(name))] => Some(Self::Capture(name.clone())),
            [Part::Value(Source::Header(name))] => {
                Some(Self::Header(name.clone(), FoldedName::new(name.as_str())))
            }
            [Part::Value(Source::HostLabel(label))] => Some(Self::HostLabel(*label)),
            [Part::Literal(name)] if what == Named::Source => Some(Self::Constant {
                name: name.as_ref().into(),
                quotable: !text.node.from_environment,
            }),
            _ => {
                let what_for = what.as_str();
                let wrong = format!("does not say where a request names its {what_for}");
                complain(text, &wrong, what.help(), problems);
                None
            }
        }
    }

    /// What the request names.
    pub(super) fn value<'r>(
        &'r self,
        matched: &Match<'r>,
        request: &'r Request,
    ) -> Option<Cow<'r, str>> {
        match self {
            Self::Capture(name) => matched.capture(name),
            Self::Header(name, folded) => only_header(name, folded, request).map(Cow::Borrowed),
            Self::HostLabel(label) => {
                let host = request.host.name();
                let labels = (!host.starts_with('[')).then(|| host.split('.'));
                let label = labels.and_then(|mut labels| labels.nth(*label));
                label.map(Cow::Borrowed)
            }
            Self::Constant { name, .. } => Some(Cow::Borrowed(name)),
        }
    }
}

/// Holds the tenant that a request names against its caller's. What is missing, on either side, is no
/// match.
pub(super) fn check_tenant(
    binding: &Binding,
    matched: &Match<'_>,
    request: &Request,
    principal: &Principal,
) -> Result<(), Denied> {
    let refused = |detail: String| Err(Denied::new(Reason::TenantMismatch, detail));
    let Some(own) = principal.tenant.as_deref() else {
        return refused("the principal has no tenant".into());
    };
    let Some(named) = binding.value(matched, request) else {
        return refused(format!("{binding} names no tenant"));
    };
    if named != own || own.is_empty() {
        return refused(format!("{binding} is not the principal's tenant"));
    }
    Ok(())
}

/// Holds the source that a request names against those of an API key. A key that is for some sources only
/// passes nowhere where none is named; whoever is for any source passes.
pub(super) fn check_source(
    binding: Option<&Binding>,
    matched: &Match<'_>,
    request: &Request,
    principal: &Principal,
) -> Result<(), Denied> {
    let key = principal.key.as_deref();
    let Some(own) = key.and_then(|key| key.sources.as_deref()) else {
        return Ok(());
    };
    let refused = |detail: String| Err(Denied::new(Reason::SourceNotAllowed, detail));
    let Some(binding) = binding else {
        return refused("the key is for some sources only, and the route names none".into());
    };
    let Some(named) = binding.value(matched, request) else {
        return refused(format!("{binding} names no source"));
    };
    if named.is_empty() || !own.iter().any(|own| **own == *named) {
        return refused(format!("{binding} is no source of the key"));
    }
    Ok(())
}

/// Holds the client's address against the networks of an API key.
pub(super) fn check_network(request: &Request, principal: &Principal) -> Result<(), Denied> {
    let key = principal.key.as_deref();
    let address = request.client.address;
    match key.and_then(|key| key.networks.as_deref()) {
        Some(networks) if !networks.iter().any(|network| network.contains(&address)) => {
            let detail = "the key may not be presented from the client's address";
            Err(Denied::new(Reason::SourceNotAllowed, detail))
        }
        _ => Ok(()),
    }
}

/// The header's value, when there is one reading of it: given once, in no second spelling, as text,
/// and not nominated by `Connection` to be dropped on the way (RFC 9110 section 7.6.1).
fn only_header<'r>(
    name: &HeaderName,
    folded: &FoldedName,
    request: &'r Request,
) -> Option<&'r str> {
    let headers = &request.headers;
    let spellings = headers.iter().filter(|field| folded.matches(field.name()));
    if spellings.count() != 1 {
        return None;
    }
    let nominated = headers.get_all(&CONNECTION).any(|value| {
        let names = value.split(|byte| *byte == b',');
        let mut names = names.map(<[u8]>::trim_ascii);
        names.any(|nominated| nominated.eq_ignore_ascii_case(name.as_str().as_bytes()))
    });
    if nominated {
        return None;
    }
    std::str::from_utf8(headers.get(name)?).ok()
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Capture(name) => write!(f, "the path's `{name}`"),
            Self::Header(name, _) => write!(f, "the header `{name}`"),
            Self::HostLabel(label) => write!(f, "label {label} of the host"),
            Self::Constant {
                name,
                quotable: true,
            } => write!(f, "the route's source `{name}`"),
            Self::Constant { .. } => f.write_str("the route's source"),
        }
    }
}
