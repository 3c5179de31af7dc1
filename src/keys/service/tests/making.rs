//! New keys, new texts, and the end of keys.

use super::*;
use crate::keys::{Shape, digest};
use crate::store::Lookup;

#[tokio::test]
async fn new_key_is_shown_with_its_text_once() {
    let desk = Desk::new().await;
    let body = json!({
        "set": "robots", "name": "ci", "tenant": "acme", "owner": "alice", "roles": ["service"],
        "scopes": ["alerts:read"], "sources": ["github"], "networks": ["10.1.2.3/8", "::1"],
        "not_before": "2027-01-15T08:00:00+00:00", "expires_in": "30d", "metadata": { "plan": "gold" },
    });
    let reply = desk
        .ask(OPERATOR, Method::POST, "", &body.to_string())
        .await;
    assert_eq!(
        (reply.status, reply.content_type()),
        (StatusCode::CREATED, "application/json")
    );
    let made = reply.body.unwrap();
    let (id, text) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    assert_eq!(reply.location, Some(format!("/keys/{id}")));
    let format = desk.sets[1].format.as_ref().unwrap();
    assert_eq!(format.shape(text.as_bytes()), Shape::Ours);
    let expected = json!({
        "id": id, "set": "robots", "name": "ci", "start": format!("rob_{id}"), "tenant": "acme",
        "owner": "alice", "roles": ["service"], "scopes": ["alerts:read"], "sources": ["github"],
        "networks": ["10.0.0.0/8", "::1/128"], "not_before": "2027-01-15T08:00:00Z",
        "expires_at": "2027-02-14T08:00:00Z", "created_at": "2027-01-15T08:00:00Z",
        "created_by": "admin", "metadata": { "plan": "gold" }, "status": "active", "key": text,
        "generations": [{
            "number": 1, "start": format!("rob_{id}"), "hash": "sha256",
            "created_at": "2027-01-15T08:00:00Z",
        }],
    });
    assert_eq!(made, expected);
    let shown = desk.get(&format!("/{id}")).await;
    assert_eq!((&shown["uses"], &shown["key"]), (&json!(0), &Value::Null));
    let all = desk.get("").await.to_string() + &desk.get(&format!("/{id}/audit")).await.to_string();
    let secret = text.split_at("rob_".len() + 12).1;
    assert!(all.contains(id) && !all.contains(secret));
    assert!(!all.contains("sha256:") && !desk.house.holds(secret.as_bytes()));
}

#[tokio::test]
async fn key_without_further_wishes_is_what_the_set_says() {
    let desk = Desk::new().await;
    let made = desk.make(json!({ "set": "partners", "name": "ci" })).await;
    assert_eq!(made["expires_at"], "2027-04-15T08:00:00Z");
    for absent in [
        "tenant",
        "owner",
        "roles",
        "sources",
        "networks",
        "metadata",
        "revoked_at",
    ] {
        assert_eq!(made.get(absent), None, "{absent}");
    }
    assert_eq!(made["scopes"], json!([]));
}

#[tokio::test]
async fn only_set_need_not_be_named() {
    let mut desk = Desk::new().await;
    let nameless = json!({ "name": "ci" }).to_string();
    let reply = desk.ask(OPERATOR, Method::POST, "", &nameless).await;
    assert_eq!(problem(&reply), (422, "KEY_INVALID", "set"));
    let detail = reply.body.unwrap()["detail"].to_string();
    assert!(detail.contains("partners, robots"), "{detail}");
    desk.sets.remove(0);
    assert_eq!(desk.make(json!({ "name": "ci" })).await["set"], "robots");
}

#[tokio::test]
async fn both_texts_of_a_rotated_key_are_known_during_the_grace() {
    let desk = Desk::new().await;
    let made = desk.make(json!({ "set": "partners", "name": "ci" })).await;
    let id = made["id"].as_str().unwrap();
    let target = format!("/{id}/rotate");
    let reply = desk
        .ask(OPERATOR, Method::POST, &target, r#"{"grace":"2h"}"#)
        .await;
    assert_eq!((reply.status, &reply.location), (StatusCode::OK, &None));
    let turned = reply.body.unwrap();
    assert_eq!(turned["generations"][0]["number"], 2);
    assert_eq!(turned["generations"][1]["ends_at"], "2027-01-15T10:00:00Z");
    for text in [&made["key"], &turned["key"]] {
        let digest = digest(text.as_str().unwrap().as_bytes());
        let found = desk
            .house
            .store
            .find("partners", Lookup::Digest(&digest))
            .await;
        assert_eq!(&*found.unwrap()[0].id, id);
    }
    // A day, when nobody says.
    let reply = desk.ask(OPERATOR, Method::POST, &target, "{}").await;
    let turned = reply.body.unwrap();
    assert_eq!(turned["generations"][1]["ends_at"], "2027-01-16T08:00:00Z");
    assert_eq!(turned["generations"][2]["ends_at"], "2027-01-15T10:00:00Z");
}

#[tokio::test]
async fn revoked_key_is_shown_as_such_and_goes_no_further() {
    let desk = Desk::new().await;
    let id = desk.key_of("acme").await;
    let target = format!("/{id}");
    for _ in 0..2 {
        let reply = desk.ask(OPERATOR, Method::DELETE, &target, "").await;
        assert_eq!(reply.status, StatusCode::OK);
        let body = reply.body.unwrap();
        assert_eq!(
            (&body["status"], &body["revoked_at"]),
            (&json!("revoked"), &json!("2027-01-15T08:00:00Z"))
        );
    }
    let reply = desk
        .ask(OPERATOR, Method::POST, &format!("{target}/rotate"), "{}")
        .await;
    assert_eq!(problem(&reply), (409, "KEY_OVER", ""));
    let audit = desk.get(&format!("{target}/audit")).await;
    let actions: Vec<_> = audit["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["action"])
        .collect();
    assert_eq!(actions, ["revoke", "create"]);
    assert_eq!(audit["entries"][0]["by"], "admin");
    assert_eq!(audit["entries"][0]["key"], id);
}

#[tokio::test]
async fn reply_shows_nothing_when_it_is_printed() {
    let desk = Desk::new().await;
    let body = r#"{"set":"partners","name":"ci"}"#;
    let reply = desk.ask(OPERATOR, Method::POST, "", body).await;
    assert_eq!(format!("{reply:?}"), "Reply(201)");
}
