//! What a caller that is itself a key may have.

use std::time::SystemTime;

use super::own::alice;
use super::*;

fn facts(sources: Option<&[&str]>, networks: Option<&[&str]>) -> KeyFacts {
    KeyFacts {
        id: "maker".into(),
        sources: sources.map(|list| list.iter().map(|it| (*it).into()).collect()),
        networks: networks.map(|list| list.iter().map(|it| it.parse().unwrap()).collect()),
    }
}

#[tokio::test]
async fn key_that_a_key_makes_is_bound_at_least_alike() {
    let desk = Desk::new().await;
    let key = facts(Some(&["github", "gitlab"]), Some(&["10.0.0.0/8"]));
    let ends = at(0) + 30 * DAY;
    let scope = alice(
        None,
        Some(Maker {
            key: &key,
            expires_at: ends,
        }),
    );
    let make = async |more: Value| {
        let mut body = json!({ "name": "ci" });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        desk.ask(scope, Method::POST, "", &body.to_string()).await
    };
    let made = make(json!({})).await.body.unwrap();
    assert_eq!(made["sources"], json!(["github", "gitlab"]));
    assert_eq!(made["networks"], json!(["10.0.0.0/8"]));
    assert_eq!(made["expires_at"], "2027-02-14T08:00:00Z");
    let less = json!({ "sources": ["github"], "networks": ["10.1.0.0/16"], "expires_in": "10d" });
    let made = make(less).await.body.unwrap();
    assert_eq!(made["sources"], json!(["github"]));
    assert_eq!(made["expires_at"], "2027-01-25T08:00:00Z");
    for more in [
        json!({ "sources": ["github", "other"] }),
        json!({ "networks": ["10.0.0.0/7"] }),
        json!({ "networks": ["10.1.0.0/16", "::/0"] }),
        json!({ "expires_in": "31d" }),
    ] {
        assert_eq!(problem(&make(more).await), (403, "RIGHTS_EXCEEDED", ""));
    }
    // Nor does it get the text of a key that is bound less.
    let free = desk.key_of("acme").await;
    let reply = desk
        .ask(scope, Method::POST, &format!("/{free}/rotate"), "{}")
        .await;
    assert_eq!(problem(&reply), (403, "RIGHTS_EXCEEDED", ""));
}

#[tokio::test]
async fn text_in_its_grace_cannot_outlive_it_by_making_another() {
    let desk = Desk::new().await;
    let key = facts(None, None);
    let made = desk
        .make(json!({ "set": "partners", "name": "ci", "tenant": "acme", "owner": "alice" }))
        .await;
    let target = format!("/{}/rotate", made["id"].as_str().unwrap());
    let former = Maker {
        key: &key,
        expires_at: at(60),
    };
    let reply = desk
        .ask(alice(None, Some(former)), Method::POST, &target, "{}")
        .await;
    assert_eq!(problem(&reply), (403, "RIGHTS_EXCEEDED", ""));
    let ends: jiff::Timestamp = made["expires_at"].as_str().unwrap().parse().unwrap();
    let newest = Maker {
        key: &key,
        expires_at: SystemTime::from(ends),
    };
    let reply = desk
        .ask(alice(None, Some(newest)), Method::POST, &target, "{}")
        .await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn key_hands_on_no_facts_but_its_own() {
    let desk = Desk::new().await;
    let made = desk
        .make(json!({
            "set": "partners", "name": "ci", "tenant": "acme", "owner": "alice",
            "metadata": { "plan": "gold" },
        }))
        .await;
    let id = made["id"].as_str().unwrap();
    for (maker, status) in [("maker", 403), (id, 200)] {
        let key = KeyFacts {
            id: maker.into(),
            ..facts(None, None)
        };
        let maker = Maker {
            key: &key,
            expires_at: at(0) + 90 * DAY,
        };
        let target = format!("/{id}/rotate");
        let scope = alice(None, Some(maker));
        let reply = desk.ask(scope, Method::POST, &target, "{}").await;
        assert_eq!(reply.status.as_u16(), status);
    }
}

#[tokio::test]
async fn audit_tells_a_key_from_the_person_it_acts_for() {
    let desk = Desk::new().await;
    let key = facts(None, None);
    let expires_at = at(0) + 30 * DAY;
    let maker = Maker {
        key: &key,
        expires_at,
    };
    let scope = alice(None, Some(maker));
    let body = json!({ "name": "ci" }).to_string();
    let made = desk.ask(scope, Method::POST, "", &body).await;
    let made = made.body.unwrap();
    // Whose the new key is has not changed.
    assert_eq!(made["owner"], "alice");
    assert_eq!(made["created_by"], "key maker of alice");
    let target = format!("/{}", made["id"].as_str().unwrap());
    let rotate = format!("{target}/rotate");
    let reply = desk.ask(scope, Method::POST, &rotate, "{}").await;
    assert_eq!(reply.status, StatusCode::OK);
    let reply = desk.ask(scope, Method::DELETE, &target, "").await;
    assert_eq!(reply.status, StatusCode::OK);
    let audit = desk.get(&format!("{target}/audit")).await;
    let entries = audit["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 3);
    for entry in entries {
        assert_eq!(entry["by"], "key maker of alice");
    }
}
