//! Whose data a request is about, and whether that is the caller's own.

use std::borrow::Cow;

use http::HeaderName;
use http::header::CONNECTION;

use crate::document::{Placed, Problems};
use crate::model::{Denied, FoldedName, Principal, Reason, Request};

use super::complaint::{complain, complain_quoting};
use super::pattern::Pattern;
use super::route::Match;
use super::template::{Part, Source, Template};

/// Where a request names its tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Binding {
    /// The capture of this name.
    Capture(Box<str>),
    /// A request header, with the spellings an upstream may take for it.
    Header(HeaderName, FoldedName),
    /// A label of the host, from zero.
    HostLabel(usize),
}

/// The capture that binds the tenant unasked.
const CAPTURE: &str = "tenant";

impl Binding {
    /// The rule of a route that says nothing: its capture `{tenant}` if there is one.
    pub(super) fn unasked(pattern: Option<&Pattern>) -> Option<Self> {
        let bound = pattern.is_some_and(|pattern| pattern.names().any(|name| name == CAPTURE));
        bound.then(|| Self::Capture(CAPTURE.into()))
    }

    /// Whether the rule leaves a capture `{tenant}` out of account.
    pub(super) fn ignores_capture(&self, pattern: &Pattern) -> bool {
        let unasked = Self::unasked(Some(pattern));
        unasked.is_some_and(|unasked| unasked != *self)
    }

    /// The capture that the rule needs.
    pub(super) fn capture(&self) -> Option<&str> {
        match self {
            Self::Capture(name) => Some(name),
            Self::Header(..) | Self::HostLabel(_) => None,
        }
    }

    /// Reads what `tenant:` says.
    pub(super) fn parse(text: &Placed<String>, problems: &Problems) -> Option<Self> {
        let help = "write `{{ path.org }}`, `{{ header.x-org }}`, `{{ host.0 }}`, or `any`";
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
            _ => {
                complain(
                    text,
                    "does not say where a request names its tenant",
                    help,
                    problems,
                );
                None
            }
        }
    }

    /// Holds a request against its caller. What is missing, on either side, is no match.
    pub(super) fn check(
        &self,
        matched: &Match<'_>,
        request: &Request,
        principal: &Principal,
    ) -> Result<(), Denied> {
        let Some(own) = principal.tenant.as_deref() else {
            return Err(mismatch("the principal has no tenant".into()));
        };
        let Some(named) = self.value(matched, request) else {
            return Err(mismatch(format!("{self} names no tenant")));
        };
        if named != own || own.is_empty() {
            return Err(mismatch(format!("{self} is not the principal's tenant")));
        }
        Ok(())
    }

    /// The tenant that the request names.
    pub(super) fn value<'r>(
        &self,
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
        }
    }
}

fn mismatch(detail: String) -> Denied {
    Denied::new(Reason::TenantMismatch, detail)
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

impl std::fmt::Display for Binding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Capture(name) => write!(f, "the path's `{name}`"),
            Self::Header(name, _) => write!(f, "the header `{name}`"),
            Self::HostLabel(label) => write!(f, "label {label} of the host"),
        }
    }
}
