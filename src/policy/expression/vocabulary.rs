//! What an expression may name.

use std::sync::Arc;

use crate::cel::{Declarations, Program, Slot, Type};

pub(super) const METHOD: Slot = 0;
pub(super) const SCHEME: Slot = 1;
pub(super) const HOST: Slot = 2;
pub(super) const PATH: Slot = 3;
pub(super) const CLIENT_IP: Slot = 4;
pub(super) const TIME: Slot = 5;
pub(super) const HEADERS: Slot = 6;
pub(super) const QUERY: Slot = 7;
pub(super) const SUBJECT: Slot = 20;
pub(super) const TENANT: Slot = 21;
pub(super) const EMAIL: Slot = 22;
pub(super) const ISSUER: Slot = 23;
pub(super) const KIND: Slot = 24;
pub(super) const ROLES: Slot = 25;
pub(super) const SCOPES: Slot = 26;
pub(super) const PERMISSIONS: Slot = 27;
pub(super) const CLAIMS: Slot = 28;
pub(super) const PATHS: Slot = 8;
/// The first capture; the others follow in the order of the vocabulary.
pub(super) const CAPTURES: Slot = 100;

/// What an expression may name in one place of a policy.
#[derive(Debug, Clone)]
pub(in crate::policy) struct Vocabulary {
    declarations: Declarations,
    captures: Arc<[Box<str>]>,
}

/// Whose word an expression may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) struct Sources {
    /// There is a principal.
    pub(in crate::policy) principal: bool,
    /// What the caller writes into headers and the query counts: in conditions, not in what is said
    /// about the caller.
    pub(in crate::policy) caller: bool,
}

impl Vocabulary {
    /// The names for a route, or for a file, whose paths have these captures.
    pub(in crate::policy) fn new<'n>(
        captures: impl IntoIterator<Item = &'n str>,
        sources: Sources,
    ) -> Self {
        let captures: Arc<[Box<str>]> = captures.into_iter().map(Into::into).collect();
        let mut declarations = request(sources.caller).record("path");
        for (name, slot) in captures.iter().zip(CAPTURES..) {
            declarations = declarations.field("path", name, Type::String, slot);
        }
        if sources.principal {
            declarations = principal(declarations);
        }
        Self {
            declarations,
            captures,
        }
    }

    /// The names for wherever a request is refused: captures are looked up by their names.
    pub(in crate::policy) fn anywhere() -> Self {
        let declarations = request(false).variable("path", texts_to(Type::String), PATHS);
        Self {
            declarations: principal(declarations),
            captures: Arc::default(),
        }
    }

    /// Whether a name stands for a value here.
    pub(in crate::policy) fn has(&self, name: &str) -> bool {
        Program::compile(name, &self.declarations).is_ok()
    }

    pub(super) fn declarations(&self) -> &Declarations {
        &self.declarations
    }

    pub(super) fn captures(&self) -> Arc<[Box<str>]> {
        Arc::clone(&self.captures)
    }
}

fn request(caller: bool) -> Declarations {
    let declarations = Declarations::new()
        .field("request", "method", Type::String, METHOD)
        .field("request", "scheme", Type::String, SCHEME)
        .field("request", "host", Type::String, HOST)
        .field("request", "path", Type::String, PATH)
        .field("request", "client_ip", Type::String, CLIENT_IP)
        .field("request", "time", Type::Timestamp, TIME)
        .field("client", "address", Type::String, CLIENT_IP);
    match caller {
        false => declarations,
        true => declarations
            .field("request", "headers", texts_to(Type::String), HEADERS)
            .field("request", "query", texts_to(list(Type::String)), QUERY),
    }
}

fn principal(declarations: Declarations) -> Declarations {
    [
        ("subject", Type::String, SUBJECT),
        ("tenant", Type::String, TENANT),
        ("email", Type::String, EMAIL),
        ("issuer", Type::String, ISSUER),
        ("kind", Type::String, KIND),
        ("roles", list(Type::String), ROLES),
        ("scopes", list(Type::String), SCOPES),
        ("permissions", texts_to(Type::Bool), PERMISSIONS),
        ("claims", texts_to(Type::Dyn), CLAIMS),
    ]
    .into_iter()
    .fold(declarations, |declarations, (name, ty, slot)| {
        declarations.field("principal", name, ty, slot)
    })
}

fn list(element: Type) -> Type {
    Type::List(Box::new(element))
}

fn texts_to(value: Type) -> Type {
    Type::Map(Box::new(Type::String), Box::new(value))
}
