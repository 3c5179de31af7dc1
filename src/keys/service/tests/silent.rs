//! A store that does not answer.

use super::*;
use crate::keys::Registry;
use crate::store::{Settings, Store};

#[tokio::test]
async fn store_that_does_not_answer_is_said_so_and_callers_learn_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.db");
    let store = Store::open(&Settings::sqlite(&file)).unwrap();
    let running = tokio::spawn({
        let store = store.clone();
        async move { store.run().await }
    });
    // Somebody else holds the file.
    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let service = Service::new(Registry::new(store));
    let ceiling = |_: &Wish<'_>| Ok(());
    let tenant = Scope::Tenant {
        set: "partners",
        tenant: "acme",
        by: "alice",
        roles: None,
        maker: None,
        ceiling: &ceiling,
    };
    for scope in [OPERATOR, tenant] {
        let ask = Ask {
            sets: &[set("partners", Some("cflo_"))],
            scope,
            method: &Method::POST,
            at: "/keys",
            path: "",
            query: None,
            content_type: Some(b"application/json"),
            body: br#"{"name":"ci"}"#,
            now: at(0),
        };
        let reply = service.answer(ask).await;
        assert_eq!(problem(&reply), (503, "STORE_UNAVAILABLE", ""));
        let detail = reply.body.unwrap()["detail"].to_string();
        let is_operator = matches!(scope, Scope::Everything { .. });
        assert_eq!(
            detail.contains("the store does not answer"),
            is_operator,
            "{detail}"
        );
    }
    running.abort();
}
