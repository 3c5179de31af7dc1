//! What records must not show, by the operator's choice.

use std::collections::BTreeSet;

use http::HeaderName;

use crate::document::{Node, OneOrMany, Placed, Problems, Read as _, closest};
use crate::model::ClaimPath;

/// A field of a record that may be redacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::telemetry) enum Redactable {
    Host,
    Path,
    Client,
    Subject,
    Tenant,
    Roles,
    Scopes,
    Email,
    Detail,
    Key,
    Sources,
    Networks,
}

const FIELDS: [(&str, Redactable); 12] = [
    ("host", Redactable::Host),
    ("path", Redactable::Path),
    ("client", Redactable::Client),
    ("subject", Redactable::Subject),
    ("tenant", Redactable::Tenant),
    ("roles", Redactable::Roles),
    ("scopes", Redactable::Scopes),
    ("email", Redactable::Email),
    ("detail", Redactable::Detail),
    ("key", Redactable::Key),
    ("sources", Redactable::Sources),
    ("networks", Redactable::Networks),
];
/// The fields with names below them.
const GROUPS: [&str; 3] = ["headers", "query", "claims"];

/// A set of [`Redactable`] fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::telemetry) struct Hidden(u16);

impl Hidden {
    fn add(&mut self, field: Redactable) {
        self.0 |= 1 << field as u16;
    }

    #[inline(always)]
    pub(in crate::telemetry) fn has(self, field: Redactable) -> bool {
        self.0 & 1 << field as u16 != 0
    }
}

/// What no record shows: the key `log.decisions.redact`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Redaction {
    pub(in crate::telemetry) hidden: Hidden,
    /// Of headers, in lower case.
    pub(in crate::telemetry) headers: Names,
    pub(in crate::telemetry) query: Names,
    /// Of claims, at the top level.
    pub(in crate::telemetry) claims: Names,
}

/// Names of one kind, or all of that kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::telemetry) struct Names {
    all: bool,
    some: BTreeSet<Box<str>>,
}

impl Names {
    pub(in crate::telemetry) fn contains(&self, name: &str) -> bool {
        self.all || self.some.contains(name)
    }

    fn add(&mut self, name: Option<Box<str>>) {
        self.all |= name.is_none();
        self.some.extend(name);
    }
}

impl Redaction {
    pub(super) fn read(node: &Node, problems: &Problems) -> Self {
        let mut redaction = Self::default();
        let names = OneOrMany::<Placed<String>>::read(node, problems);
        for name in names.iter().flat_map(|names| &names.0) {
            if let Err(help) = redaction.add(&name.value) {
                let message = match name.node.from_environment {
                    true => "names nothing that a decision record has".to_owned(),
                    false => format!("a decision record has no `{}`", name.value),
                };
                problems.error_with(&name.node, message, help);
            }
        }
        redaction
    }

    /// Adds one name of the list; fails with what would be right.
    fn add(&mut self, name: &str) -> Result<(), String> {
        if let Some((_, field)) = FIELDS.iter().find(|(known, _)| *known == name) {
            self.hidden.add(*field);
            return Ok(());
        }
        let (group, rest) = match name.split_once('.') {
            Some((group, rest)) => (group, Some(rest)),
            None => (name, None),
        };
        let (names, name) = match group {
            _ if rest == Some("") => return Err(suggestion(name)),
            "headers" => (&mut self.headers, rest.map(header).transpose()?),
            "query" => (&mut self.query, rest.map(Box::from)),
            "claims" => (&mut self.claims, rest.map(claim).transpose()?),
            _ => return Err(suggestion(name)),
        };
        names.add(name);
        Ok(())
    }
}

fn header(name: &str) -> Result<Box<str>, String> {
    let name = HeaderName::from_bytes(name.as_bytes());
    let name = name.map_err(|_| "write the name of a header: `headers.x-org`")?;
    Ok(name.as_str().into())
}

/// The top level of a claim: one inside another is hidden with the whole of it.
fn claim(path: &str) -> Result<Box<str>, String> {
    let path = ClaimPath::parse(path).ok();
    let first = path.as_ref().and_then(ClaimPath::first);
    let first = first.ok_or("write the name of a claim: `claims.plan`")?;
    Ok(first.into())
}

fn suggestion(name: &str) -> String {
    let (group, rest) = name.split_once('.').unwrap_or((name, ""));
    let fields = FIELDS.iter().map(|(field, _)| *field);
    let near = match rest {
        "" => closest(name, fields.chain(GROUPS)).map(str::to_owned),
        rest => closest(group, GROUPS).map(|group| format!("{group}.{rest}")),
    };
    let known = "host, path, client, subject, tenant, key, roles, scopes, sources, networks, email, \
                 detail, headers.NAME, query.NAME, claims.NAME";
    match near {
        Some(near) => format!("did you mean `{near}`? Known: {known}"),
        None => format!("known: {known}"),
    }
}
