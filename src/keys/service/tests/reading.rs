//! Lists and the description.

use super::*;

fn names(page: &Value) -> Vec<&str> {
    let keys = page["keys"].as_array().unwrap();
    let mut names: Vec<_> = keys
        .iter()
        .map(|key| key["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn list_is_narrowed_by_its_query() {
    let desk = Desk::new().await;
    for (name, set, tenant, lasting) in [
        ("a", "partners", "acme", "10d"),
        ("b", "partners", "beta & co", "100d"),
        ("c", "robots", "acme", "100d"),
    ] {
        let owner = format!("{name}@x");
        let body = json!({
            "name": name, "set": set, "tenant": tenant, "owner": owner, "expires_in": lasting,
        });
        desk.make(body).await;
    }
    let ended = desk
        .make(json!({ "name": "d", "set": "robots", "expires_in": "20d" }))
        .await;
    let target = format!("/{}", ended["id"].as_str().unwrap());
    desk.ask(OPERATOR, Method::DELETE, &target, "").await;
    for (query, expected) in [
        ("", vec!["a", "b", "c", "d"]),
        ("?", vec!["a", "b", "c", "d"]),
        ("?status=all", vec!["a", "b", "c", "d"]),
        ("?status=active", vec!["a", "b", "c"]),
        ("?set=partners", vec!["a", "b"]),
        ("?set=nobody", vec![]),
        ("?tenant=beta+%26%20co", vec!["b"]),
        ("?tenant=acme&set=robots", vec!["c"]),
        ("?owner=c%40x", vec!["c"]),
        ("?expiring_within=30d", vec!["a"]),
        ("?expiring_within=5d", vec![]),
    ] {
        let page = desk.get(query).await;
        assert_eq!(names(&page), expected, "{query}");
        assert_eq!(page.get("next"), None);
    }
    // HEAD is answered like GET.
    let reply = desk.ask(OPERATOR, Method::HEAD, "/", "").await;
    assert_eq!(reply.body, Some(desk.get("").await));
}

#[tokio::test]
async fn pages_lead_from_one_to_the_next() {
    let desk = Desk::new().await;
    for name in ["a", "b", "c", "d", "e"] {
        desk.make(json!({ "name": name, "set": "robots" })).await;
    }
    let (mut found, mut pages, mut target) = (Vec::new(), 0, "?limit=2".to_owned());
    loop {
        let page = desk.get(&target).await;
        found.extend(names(&page).into_iter().map(str::to_owned));
        pages += 1;
        match page["next"].as_str() {
            Some(next) => target = format!("?limit=2&after={next}"),
            None => break,
        }
    }
    found.sort_unstable();
    assert_eq!((found.join(""), pages), ("abcde".into(), 3));
}

#[tokio::test]
async fn description_is_served_and_leads_to_what_is_there() {
    let desk = Desk::new().await;
    let document = desk.get("/openapi.json").await;
    assert_eq!(document, Service::openapi("/keys", false));
    assert_eq!(document["openapi"], "3.1.0");
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    let expected = [
        "/keys",
        "/keys/openapi.json",
        "/keys/{id}",
        "/keys/{id}/audit",
        "/keys/{id}/rotate",
    ];
    assert_eq!(paths, expected);
    // Every code that the service has is told of somewhere, but what comes of other paths.
    let codes = super::super::Fault::ALL.iter();
    for fault in codes.filter(|fault| **fault != super::super::Fault::PathUnknown) {
        let of_tenants = Service::openapi("", true).to_string();
        let code = format!("\"{}\"", fault.code());
        assert!(text.contains(&code) || of_tenants.contains(&code), "{code}");
    }
}

#[test]
fn description_for_tenants_leaves_out_what_is_not_theirs() {
    let document = Service::openapi("/tenant/api-keys", true);
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    let expected = [
        "/tenant/api-keys",
        "/tenant/api-keys/openapi.json",
        "/tenant/api-keys/{id}",
        "/tenant/api-keys/{id}/rotate",
    ];
    assert_eq!(paths, expected);
    let new = &document["components"]["schemas"]["NewKey"]["properties"];
    assert!(new.get("metadata").is_none() && new.get("scopes").is_some());
    let root = Service::openapi("", true);
    assert!(root["paths"].get("/").is_some() && root["paths"].get("/{id}").is_some());
    // A brace would be a capture.
    let odd = Service::openapi("/a{b", true);
    assert!(odd["paths"].get("/a%7Bb").is_some());
}
