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
}

const FIELDS: [(&str, Redactable); 9] = [
    ("host", Redactable::Host),
    ("path", Redactable::Path),
    ("client", Redactable::Client),
    ("subject", Redactable::Subject),
    ("tenant", Redactable::Tenant),
    ("roles", Redactable::Roles),
    ("scopes", Redactable::Scopes),
    ("email", Redactable::Email),
    ("detail", Redactable::Detail),
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

    fn add(&mut self, name: Option<&str>) {
        match name {
            None => self.all = true,
            Some(name) => drop(self.some.insert(name.into())),
        }
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
        match group {
            _ if rest == Some("") => Err(suggestion(name)),
            "headers" => match rest.map(|rest| HeaderName::from_bytes(rest.as_bytes())) {
                None => Ok(self.headers.add(None)),
                Some(Ok(name)) => Ok(self.headers.add(Some(name.as_str()))),
                Some(Err(_)) => Err("write the name of a header: `headers.x-org`".into()),
            },
            "query" => Ok(self.query.add(rest)),
            // A claim inside another is hidden with the whole of it.
            "claims" => match rest.map(ClaimPath::parse) {
                None => Ok(self.claims.add(None)),
                Some(Ok(path)) => Ok(self.claims.add(path.first())),
                Some(Err(_)) => Err("write the name of a claim: `claims.plan`".into()),
            },
            _ => Err(suggestion(name)),
        }
    }
}

fn suggestion(name: &str) -> String {
    let (group, rest) = name.split_once('.').unwrap_or((name, ""));
    let fields = FIELDS.iter().map(|(field, _)| *field);
    let near = match rest {
        "" => closest(name, fields.chain(GROUPS)).map(str::to_owned),
        rest => closest(group, GROUPS).map(|group| format!("{group}.{rest}")),
    };
    let known = "host, path, client, subject, tenant, roles, scopes, email, detail, \
                 headers.NAME, query.NAME, claims.NAME";
    match near {
        Some(near) => format!("did you mean `{near}`? Known: {known}"),
        None => format!("known: {known}"),
    }
}
