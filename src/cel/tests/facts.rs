//! A request and a principal, as a caller would lend them.

use std::collections::BTreeMap;

use super::super::{Declarations, EvalErrorKind, Facts, Members, Slot, Timestamp, Type, Value};

pub(super) const METHOD: Slot = 0;
pub(super) const HEADERS: Slot = 1;
pub(super) const QUERY: Slot = 2;
pub(super) const TIME: Slot = 3;
pub(super) const CLIENT_IP: Slot = 4;
pub(super) const ORG: Slot = 5;
pub(super) const TENANT_ID: Slot = 6;
pub(super) const TENANT: Slot = 7;
pub(super) const ROLES: Slot = 8;
pub(super) const CLAIMS: Slot = 9;
pub(super) const ABSENT: Slot = 10;

pub(super) fn declarations() -> Declarations {
    Declarations::new()
        .field("request", "method", Type::String, METHOD)
        .field("request", "headers", Type::members(Type::String), HEADERS)
        .field(
            "request",
            "query",
            Type::members(Type::list(Type::String)),
            QUERY,
        )
        .field("request", "time", Type::Timestamp, TIME)
        .field("request", "client_ip", Type::String, CLIENT_IP)
        .field("path", "org", Type::String, ORG)
        .field("path", "tenant-id", Type::String, TENANT_ID)
        .field("principal", "tenant", Type::String, TENANT)
        .field("principal", "roles", Type::list(Type::String), ROLES)
        .field("principal", "claims", Type::members(Type::Dyn), CLAIMS)
        .field("principal", "email", Type::String, ABSENT)
}

pub(super) struct Request {
    headers: Headers,
    query: Query,
    roles: Box<[Box<str>]>,
    claims: serde_json::Value,
}

struct Headers(BTreeMap<&'static str, &'static str>);

impl Members for Headers {
    fn get(&self, key: &str) -> Result<Option<Value<'_>>, EvalErrorKind> {
        Ok(self.0.get(key).map(|value| Value::from(*value)))
    }

    fn keys(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.0.keys().copied())
    }

    fn weight(&self) -> usize {
        self.0.len() * 16
    }
}

struct Query(BTreeMap<&'static str, Box<[Box<str>]>>);

impl Members for Query {
    fn get(&self, key: &str) -> Result<Option<Value<'_>>, EvalErrorKind> {
        Ok(self.0.get(key).map(|values| Value::from(&**values)))
    }

    fn keys(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.0.keys().copied())
    }

    fn weight(&self) -> usize {
        self.0.len() * 16
    }
}

impl Default for Request {
    fn default() -> Self {
        Self {
            headers: Headers([("x-a", "1"), ("accept", "text/html")].into()),
            query: Query([("tag", ["a".into(), "b".into()].into())].into()),
            roles: ["admin".into(), "reader".into()].into(),
            claims: serde_json::json!({
                "plan": "gold", "level": 7, "big": 1e300, "share": 0.5, "custom:role": "owner",
                "groups": ["a", "b"], "nested": { "deep": { "flag": true, "none": null } },
                "huge": 18446744073709551615u64,
            }),
        }
    }
}

impl Facts for Request {
    fn load(&self, slot: Slot) -> Option<Value<'_>> {
        Some(match slot {
            METHOD => Value::from("GET"),
            HEADERS => Value::Map(super::super::Map::Lazy(&self.headers)),
            QUERY => Value::Map(super::super::Map::Lazy(&self.query)),
            TIME => Value::Timestamp(Timestamp::parse("2026-03-02T23:30:00Z")?),
            CLIENT_IP => Value::from("10.1.2.3"),
            ORG | TENANT => Value::from("acme"),
            TENANT_ID => Value::from("t-1"),
            ROLES => Value::from(&*self.roles),
            CLAIMS => Value::from(&self.claims),
            _ => return None,
        })
    }
}
