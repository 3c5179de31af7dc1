//! The values that an expression is worked out over, each looked up when it is asked for.

use std::borrow::Cow;
use std::sync::Arc;

use http::header::CONNECTION;

use crate::cel::{self, EvalErrorKind, List, Map, Members, Slot, Value};
use crate::model::{FoldedName, Principal, Request};

use super::super::granting::Granting;
use super::super::render::Facts;
use super::super::route::Match;
use super::query;
use super::vocabulary as slots;

/// How many bytes of text it takes as long to look through as to compare a name, about.
const NAME: usize = 16;

/// What a request and its caller lend to an expression.
#[derive(Debug)]
pub(in crate::policy) struct Values<'v> {
    facts: Facts<'v>,
    captures: &'v [Box<str>],
    headers: Headers<'v>,
    query: Query<'v>,
    permissions: Permissions<'v>,
    paths: Paths<'v>,
}

impl<'v> Values<'v> {
    pub(super) fn new(
        facts: Facts<'v>,
        captures: &'v [Box<str>],
        permissions: &'v [(Box<str>, Arc<Granting>)],
    ) -> Self {
        let request = facts.asked.map(|(request, _)| request);
        Self {
            facts,
            captures,
            headers: Headers(request),
            query: Query(request),
            paths: Paths(facts.asked.map(|(_, matched)| matched)),
            permissions: Permissions {
                known: permissions,
                facts,
            },
        }
    }

    fn of_request(&self, slot: Slot) -> Option<Value<'_>> {
        let (request, _) = self.facts.asked?;
        Some(match slot {
            slots::METHOD => request.method.as_str().into(),
            slots::SCHEME => request.scheme.as_str().into(),
            slots::HOST => request.host.name().into(),
            slots::PATH => request.path.as_str().into(),
            slots::CLIENT_IP => request.client.address.to_string().into(),
            slots::TIME => Value::Timestamp(request.received_at.into()),
            slots::HEADERS => Value::Map(Map::Lazy(&self.headers)),
            slots::QUERY => Value::Map(Map::Lazy(&self.query)),
            slots::PATHS => Value::Map(Map::Lazy(&self.paths)),
            _ => return None,
        })
    }

    fn of_principal(&self, slot: Slot) -> Option<Value<'_>> {
        let principal: &Principal = self.facts.principal?;
        Some(match slot {
            slots::SUBJECT => (&*principal.subject).into(),
            slots::TENANT => principal.tenant.as_deref()?.into(),
            slots::EMAIL => principal.email.as_deref()?.into(),
            slots::ISSUER => (&*principal.issuer).into(),
            slots::KIND => principal.kind.as_str().into(),
            slots::ROLES => self.facts.roles.into(),
            slots::SCOPES => principal.scopes.as_slice().into(),
            slots::PERMISSIONS => Value::Map(Map::Lazy(&self.permissions)),
            slots::CLAIMS => Value::Map(Map::Json(principal.claims.members())),
            _ => return None,
        })
    }

    fn capture(&self, slot: Slot) -> Option<Value<'_>> {
        let position = usize::from(slot.checked_sub(slots::CAPTURES)?);
        let name = self.captures.get(position)?;
        let (_, matched) = self.facts.asked?;
        matched.capture(name).map(text)
    }
}

impl cel::Facts for Values<'_> {
    fn load(&self, slot: Slot) -> Option<Value<'_>> {
        match slot {
            slots::CAPTURES.. => self.capture(slot),
            slots::SUBJECT.. => self.of_principal(slot),
            _ => self.of_request(slot),
        }
    }
}

/// The request's headers. Only what has one reading has a value: a field that is there once, in one
/// spelling, as text, and that `Connection` does not name to be dropped on the way (RFC 9110 section
/// 7.6.1).
#[derive(Debug, Clone, Copy)]
struct Headers<'v>(Option<&'v Request>);

impl Members for Headers<'_> {
    fn get(&self, name: &str) -> Result<Option<Value<'_>>, EvalErrorKind> {
        let Some(request) = self.0 else {
            return Ok(None);
        };
        let folded = FoldedName::new(name);
        let alike = request.headers.iter();
        let mut alike = alike.filter(|field| folded.matches(field.name()));
        let Some(field) = alike.next() else {
            return Ok(None);
        };
        let nominated = request.headers.get_all(&CONNECTION).any(|value| {
            let mut names = value.split(|byte| *byte == b',');
            names.any(|given| given.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
        });
        if alike.next().is_some() || field.name() != name.as_bytes() || nominated {
            return Err(EvalErrorKind::Ambiguous);
        }
        let text = std::str::from_utf8(field.value()).map_err(|_| EvalErrorKind::Ambiguous)?;
        Ok(Some(text.into()))
    }

    fn keys(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        // Expressions name the headers they read: see `reads`.
        Box::new(std::iter::empty())
    }

    fn weight(&self) -> usize {
        self.0.map_or(0, |request| {
            let nominated = request.headers.get_all(&CONNECTION).map(<[u8]>::len);
            request.headers.len() * NAME + nominated.sum::<usize>()
        })
    }
}

/// The query's parameters, each with all its values.
#[derive(Debug, Clone, Copy)]
struct Query<'v>(Option<&'v Request>);

impl Members for Query<'_> {
    fn get(&self, name: &str) -> Result<Option<Value<'_>>, EvalErrorKind> {
        let text = self.0.and_then(|request| request.path.query());
        let values = query::values(text.unwrap_or_default(), name);
        let values = values.ok_or(EvalErrorKind::Ambiguous)?;
        if values.is_empty() {
            return Ok(None);
        }
        let texts = values.into_iter().map(Value::from);
        Ok(Some(Value::List(List::Shared(texts.collect()))))
    }

    fn keys(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        // Expressions name the parameters they read: see `reads`.
        Box::new(std::iter::empty())
    }

    fn weight(&self) -> usize {
        let query = self.0.and_then(|request| request.path.query());
        query.map_or(0, str::len)
    }
}

/// The captures by their names.
#[derive(Debug, Clone, Copy)]
struct Paths<'v>(Option<&'v Match<'v>>);

impl Members for Paths<'_> {
    fn get(&self, name: &str) -> Result<Option<Value<'_>>, EvalErrorKind> {
        let captured = self.0.and_then(|matched| matched.capture(name));
        Ok(captured.map(text))
    }

    fn keys(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        // Expressions name the captures they read: see `reads`.
        Box::new(std::iter::empty())
    }

    fn weight(&self) -> usize {
        // What is made of one is counted with it.
        0
    }
}

fn text(text: Cow<'_, str>) -> Value<'_> {
    match text {
        Cow::Borrowed(text) => text.into(),
        Cow::Owned(text) => text.into(),
    }
}

/// The permissions that roles and scopes grant the caller.
#[derive(Debug, Clone, Copy)]
struct Permissions<'v> {
    known: &'v [(Box<str>, Arc<Granting>)],
    facts: Facts<'v>,
}

impl Members for Permissions<'_> {
    fn get(&self, name: &str) -> Result<Option<Value<'_>>, EvalErrorKind> {
        let granting = self.known.iter().find(|(known, _)| **known == *name);
        let (Some((_, granting)), Some(principal)) = (granting, self.facts.principal) else {
            return Ok(None);
        };
        let held = granting.holds(principal, self.facts.roles);
        Ok(held.then_some(Value::Bool(true)))
    }

    fn keys(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        // Expressions name the permissions they ask about: see `reads`.
        Box::new(std::iter::empty())
    }

    fn weight(&self) -> usize {
        let scopes = self.facts.principal.map_or(0, |caller| caller.scopes.len());
        (self.facts.roles.len() + scopes) * NAME
    }
}
