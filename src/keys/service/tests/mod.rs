mod makers;
mod making;
mod own;
mod reading;
mod refusals;
mod silent;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Ask, Maker, Reply, Scope, Service, Wish};
use crate::keys::KeySet;
use crate::keys::house::{DAY, House, at, set, wish};
use crate::model::KeyFacts;

/// A service over a store, with two sets that keys can be made for and one that they cannot.
struct Desk {
    house: House,
    service: Service,
    sets: Vec<KeySet>,
}

const OPERATOR: Scope<'static> = Scope::Everything { by: "admin" };

impl Desk {
    async fn new() -> Self {
        let house = House::new().await;
        let bounded = KeySet {
            longest: Some(365 * DAY),
            lifetime: Some(90 * DAY),
            ..set("partners", Some("cflo_"))
        };
        Self {
            service: Service::new(house.registry.clone()),
            sets: vec![bounded, set("robots", Some("rob_")), set("legacy", None)],
            house,
        }
    }

    /// What is answered: `target` is a path below the place of keys, and a query.
    async fn ask(&self, scope: Scope<'_>, method: Method, target: &str, body: &str) -> Reply {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        let ask = Ask {
            sets: &self.sets,
            scope,
            method: &method,
            at: "/keys",
            path,
            query,
            content_type: Some(b"application/json; charset=utf-8"),
            body: body.as_bytes(),
            now: at(0),
        };
        self.service.answer(ask).await
    }

    async fn get(&self, target: &str) -> Value {
        let reply = self.ask(OPERATOR, Method::GET, target, "").await;
        assert_eq!(reply.status, StatusCode::OK, "{target}: {:?}", reply.body);
        reply.body.unwrap()
    }

    async fn make(&self, body: Value) -> Value {
        let reply = self
            .ask(OPERATOR, Method::POST, "", &body.to_string())
            .await;
        assert_eq!(reply.status, StatusCode::CREATED, "{:?}", reply.body);
        reply.body.unwrap()
    }

    /// A key of a tenant, made by the operator; gives its id.
    async fn key_of(&self, tenant: &str) -> String {
        let body = json!({ "set": "partners", "name": "ci", "tenant": tenant, "owner": "bob" });
        self.make(body).await["id"].as_str().unwrap().to_owned()
    }
}

/// The status of a reply, its code and the field it names.
fn problem(reply: &Reply) -> (u16, &str, &str) {
    let body = reply.body.as_ref().unwrap();
    assert_eq!(reply.content_type(), "application/problem+json", "{body}");
    assert_eq!(body["status"], reply.status.as_u16());
    assert!(
        body["type"]
            .as_str()
            .unwrap()
            .ends_with(body["code"].as_str().unwrap())
    );
    let field = body["field"].as_str().unwrap_or_default();
    (reply.status.as_u16(), body["code"].as_str().unwrap(), field)
}
