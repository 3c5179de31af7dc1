//! Which path means what, and which methods are right there.

use http::Method;

use super::fault::{Fault, Refusal};
use super::{Ask, MOST_BODY, Scope};

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// All keys.
    Keys,
    /// One key, by its id.
    Key(&'a str),
    /// Its next text.
    Rotation(&'a str),
    /// What was changed of it.
    Audit(&'a str),
    /// The OpenAPI description.
    Description,
}

impl<'a> Place<'a> {
    /// The place that a path below ours names.
    pub(super) fn of(ask: &Ask<'a>) -> Result<Self, Refusal> {
        let path = ask.path.strip_prefix('/').unwrap_or(ask.path);
        let mut steps = path.split('/');
        let (first, second, third) = (steps.next().unwrap_or_default(), steps.next(), steps.next());
        let is_operator = matches!(ask.scope, Scope::Everything { .. });
        match (first, second, third) {
            ("", None, None) => Ok(Self::Keys),
            ("openapi.json", None, None) => Ok(Self::Description),
            ("", ..) => Err(Self::none()),
            (id, None, None) => Ok(Self::Key(id)),
            (id, Some("rotate"), None) => Ok(Self::Rotation(id)),
            (id, Some("audit"), None) if is_operator => Ok(Self::Audit(id)),
            _ => Err(Self::none()),
        }
    }

    /// Refuses what is wrong whatever the place is for: a method, a query where none means anything, a
    /// body that is too long.
    pub(super) fn check(self, ask: &Ask<'_>) -> Result<(), Refusal> {
        let allow = self.methods();
        if !allow
            .split(", ")
            .any(|method| method == ask.method.as_str())
        {
            let mut refusal = Refusal::new(Fault::MethodNotAllowed, format!("use {allow}"));
            refusal.allow = Some(allow);
            return Err(refusal);
        }
        if ask.body.len() > MOST_BODY {
            let detail = format!("a body has at most {MOST_BODY} bytes");
            return Err(Refusal::new(Fault::BodyTooLarge, detail));
        }
        let takes_query = self == Self::Keys && *ask.method != Method::POST;
        if !takes_query && ask.query.is_some_and(|query| !query.is_empty()) {
            return Err(Refusal::new(Fault::QueryInvalid, "no query is taken here"));
        }
        Ok(())
    }

    fn methods(self) -> &'static str {
        match self {
            Self::Keys => "GET, HEAD, POST",
            Self::Key(_) => "GET, HEAD, DELETE",
            Self::Rotation(_) => "POST",
            Self::Audit(_) | Self::Description => "GET, HEAD",
        }
    }

    fn none() -> Refusal {
        Refusal::new(
            Fault::PathUnknown,
            "there is nothing here: keys, and below them `/ID`, `/ID/rotate` and `/openapi.json`",
        )
    }
}
