//! What a caller of a guarded route may have.

use super::*;

const ROLES: fn() -> Vec<Box<str>> = || vec!["editor".into(), "viewer".into()];

/// Refuses whatever is not `alerts:read`.
fn modest(wish: &Wish<'_>) -> Result<(), String> {
    match wish.key.scopes.iter().find(|scope| *scope != "alerts:read") {
        Some(scope) => Err(format!("the caller lacks `{scope}`")),
        None => Ok(()),
    }
}

pub(super) fn alice<'a>(roles: Option<&'a [Box<str>]>, maker: Option<Maker<'a>>) -> Scope<'a> {
    Scope::Tenant {
        set: "partners",
        tenant: "acme",
        by: "alice",
        roles,
        maker,
        ceiling: &modest,
    }
}

#[tokio::test]
async fn new_key_is_the_callers_own() {
    let desk = Desk::new().await;
    let roles = ROLES();
    let scope = alice(Some(&roles), None);
    for body in [
        json!({ "name": "ci", "scopes": ["alerts:read"] }),
        json!({ "name": "ci", "set": "partners", "tenant": "acme", "owner": "alice" }),
    ] {
        let reply = desk.ask(scope, Method::POST, "", &body.to_string()).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{:?}", reply.body);
        let made = reply.body.unwrap();
        assert_eq!(
            (&made["set"], &made["tenant"]),
            (&json!("partners"), &json!("acme"))
        );
        assert_eq!(
            (&made["owner"], &made["created_by"]),
            (&json!("alice"), &json!("alice"))
        );
        assert_eq!(made["roles"], json!(["editor", "viewer"]));
    }
    let fewer = json!({ "name": "ci", "roles": ["viewer"] }).to_string();
    let reply = desk.ask(scope, Method::POST, "", &fewer).await;
    assert_eq!(reply.body.unwrap()["roles"], json!(["viewer"]));
    // Where no roles bound the caller, none bound the key; to have none is less.
    for (body, roles) in [
        (json!({ "name": "ci" }), None),
        (json!({ "name": "ci", "roles": [] }), Some(json!([]))),
    ] {
        let reply = desk
            .ask(alice(None, None), Method::POST, "", &body.to_string())
            .await;
        assert_eq!(reply.body.unwrap().get("roles"), roles.as_ref());
    }
}

#[tokio::test]
async fn nothing_but_the_callers_own_can_be_named() {
    let desk = Desk::new().await;
    let roles = ROLES();
    let scope = alice(Some(&roles), None);
    for (more, expected) in [
        (
            json!({ "set": "robots" }),
            (403, "FIELD_NOT_ALLOWED", "set"),
        ),
        (
            json!({ "tenant": "beta" }),
            (403, "TENANT_MISMATCH", "tenant"),
        ),
        (
            json!({ "owner": "bob" }),
            (403, "FIELD_NOT_ALLOWED", "owner"),
        ),
        (
            json!({ "roles": ["viewer", "admin"] }),
            (403, "RIGHTS_EXCEEDED", "roles"),
        ),
        (
            json!({ "scopes": ["alerts:read", "alerts:write"] }),
            (403, "RIGHTS_EXCEEDED", ""),
        ),
        // Facts of the holder are for the operator to state.
        (
            json!({ "metadata": { "plan": "gold" } }),
            (400, "BODY_INVALID", "metadata"),
        ),
    ] {
        let mut body = json!({ "name": "ci" });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let reply = desk.ask(scope, Method::POST, "", &body.to_string()).await;
        assert_eq!(problem(&reply), expected, "{more}");
    }
    let nobody = json!({ "name": "ci", "roles": ["viewer"] }).to_string();
    let reply = desk.ask(alice(None, None), Method::POST, "", &nobody).await;
    assert_eq!(problem(&reply), (403, "RIGHTS_EXCEEDED", "roles"));
    assert_eq!(desk.get("").await["keys"], json!([]));
}

#[tokio::test]
async fn keys_of_others_are_not_there() {
    let desk = Desk::new().await;
    let scope = alice(None, None);
    let own = desk.key_of("acme").await;
    let body = json!({ "set": "robots", "name": "other set", "tenant": "acme" });
    let other_set = desk.make(body).await["id"].as_str().unwrap().to_owned();
    for id in [desk.key_of("beta").await, other_set] {
        for (method, target) in [
            (Method::GET, format!("/{id}")),
            (Method::DELETE, format!("/{id}")),
            (Method::POST, format!("/{id}/rotate")),
        ] {
            let reply = desk.ask(scope, method, &target, "{}").await;
            assert_eq!(problem(&reply), (404, "KEY_NOT_FOUND", ""));
            let nobody = desk.ask(scope, Method::GET, "/nobody", "").await;
            assert_eq!(reply.body, nobody.body);
        }
    }
    let reply = desk.ask(scope, Method::GET, "", "").await.body.unwrap();
    let keys = reply["keys"].as_array().unwrap();
    assert_eq!((keys.len(), &keys[0]["id"]), (1, &json!(own)));
    let reply = desk
        .ask(scope, Method::GET, "?set=partners&tenant=acme", "")
        .await;
    assert_eq!(reply.status, StatusCode::OK);
    for (query, expected) in [
        ("?set=robots", (403, "FIELD_NOT_ALLOWED", "set")),
        ("?tenant=beta", (403, "TENANT_MISMATCH", "tenant")),
    ] {
        assert_eq!(
            problem(&desk.ask(scope, Method::GET, query, "").await),
            expected
        );
    }
    let reply = desk
        .ask(scope, Method::GET, &format!("/{own}/audit"), "")
        .await;
    assert_eq!(problem(&reply).1, "PATH_UNKNOWN");
    let reply = desk
        .ask(scope, Method::DELETE, &format!("/{own}"), "")
        .await;
    assert_eq!(reply.body.unwrap()["status"], "revoked");
}

#[tokio::test]
async fn text_of_a_key_with_more_rights_is_not_handed_out() {
    let desk = Desk::new().await;
    let scope = alice(None, None);
    let made = async |more: Value| {
        let mut body = json!({ "set": "partners", "name": "ci", "tenant": "acme" });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        desk.make(body).await["id"].as_str().unwrap().to_owned()
    };
    // Whoever holds the text is taken for bob.
    let bobs = made(json!({ "owner": "bob", "scopes": ["alerts:read"] })).await;
    let reply = desk
        .ask(scope, Method::POST, &format!("/{bobs}/rotate"), "{}")
        .await;
    assert_eq!(problem(&reply), (403, "RIGHTS_EXCEEDED", ""));
    let strong = made(json!({ "scopes": ["*"], "owner": "alice" })).await;
    let reply = desk
        .ask(scope, Method::POST, &format!("/{strong}/rotate"), "{}")
        .await;
    assert_eq!(problem(&reply), (403, "RIGHTS_EXCEEDED", ""));
    let described = made(json!({ "metadata": { "plan": "gold" } })).await;
    let reply = desk
        .ask(scope, Method::POST, &format!("/{described}/rotate"), "{}")
        .await;
    assert_eq!(problem(&reply), (403, "RIGHTS_EXCEEDED", ""));
    let own = made(json!({ "metadata": { "plan": "gold" }, "owner": "alice" })).await;
    let modest = made(json!({ "scopes": ["alerts:read"] })).await;
    for id in [own, modest] {
        let reply = desk
            .ask(scope, Method::POST, &format!("/{id}/rotate"), "{}")
            .await;
        assert_eq!(reply.status, StatusCode::OK);
    }
    assert_eq!(
        desk.get(&format!("/{strong}")).await["generations"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    // What is over is over, also for those who may take it away.
    desk.ask(scope, Method::DELETE, &format!("/{strong}"), "")
        .await;
    assert_eq!(desk.get(&format!("/{strong}")).await["status"], "revoked");
}

#[tokio::test]
async fn ceiling_is_asked_for_the_key_as_it_would_be() {
    let desk = Desk::new().await;
    let roles = ROLES();
    let seen = std::sync::Mutex::new(Vec::new());
    let ceiling = |wish: &Wish<'_>| {
        seen.lock().unwrap().push(wish.key.clone());
        Err("no".to_owned())
    };
    let scope = Scope::Tenant {
        set: "partners",
        tenant: "acme",
        by: "alice",
        roles: Some(&roles),
        maker: None,
        ceiling: &ceiling,
    };
    let reply = desk
        .ask(scope, Method::POST, "", r#"{"name":"ci","scopes":["a"]}"#)
        .await;
    assert_eq!(problem(&reply), (403, "RIGHTS_EXCEEDED", ""));
    assert_eq!(reply.body.unwrap()["detail"], "no");
    let mut expected = wish("ci");
    expected.scopes = vec!["a".into()];
    expected.roles = Some(vec!["editor".into(), "viewer".into()]);
    expected.expires_at = Some(at(0) + 90 * DAY);
    assert_eq!(*seen.lock().unwrap(), [expected]);
}
