//! What is refused, with which code.

use super::*;

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let desk = Desk::new().await;
    for (method, target, code) in [
        (Method::GET, "/nobody", "KEY_NOT_FOUND"),
        (Method::DELETE, "/nobody", "KEY_NOT_FOUND"),
        (Method::POST, "/nobody/rotate", "KEY_NOT_FOUND"),
        (Method::GET, "/nobody/audit", "KEY_NOT_FOUND"),
        (Method::GET, "/no%62ody", "KEY_NOT_FOUND"),
        (Method::GET, "/%00", "KEY_NOT_FOUND"),
        (Method::GET, "/a/b", "PATH_UNKNOWN"),
        (Method::GET, "/a/rotate/b", "PATH_UNKNOWN"),
        (Method::GET, "//", "PATH_UNKNOWN"),
        (Method::GET, "/a/", "PATH_UNKNOWN"),
        (Method::GET, "//rotate", "PATH_UNKNOWN"),
    ] {
        let reply = desk.ask(OPERATOR, method, target, "{}").await;
        assert_eq!(problem(&reply), (404, code, ""), "{target}");
    }
}

#[tokio::test]
async fn method_that_is_not_right_names_those_that_are() {
    let desk = Desk::new().await;
    for (method, target, allow) in [
        (Method::PUT, "", "GET, HEAD, POST"),
        (Method::DELETE, "", "GET, HEAD, POST"),
        (Method::PATCH, "/a", "GET, HEAD, DELETE"),
        (Method::POST, "/a", "GET, HEAD, DELETE"),
        (Method::GET, "/a/rotate", "POST"),
        (Method::POST, "/a/audit", "GET, HEAD"),
        (Method::POST, "/openapi.json", "GET, HEAD"),
    ] {
        let reply = desk.ask(OPERATOR, method, target, "{}").await;
        assert_eq!(problem(&reply).0, 405, "{target}");
        assert_eq!(reply.allow, Some(allow), "{target}");
    }
}

#[tokio::test]
async fn query_is_read_strictly() {
    let desk = Desk::new().await;
    for (query, field, part) in [
        ("statuss=all", "statuss", "did you mean `status`?"),
        ("x=1", "x", "there are set, tenant"),
        ("status=dead", "status", "`active` or `all`"),
        ("limit=0", "limit", ""),
        ("limit=1001", "limit", ""),
        ("limit=%2B5", "limit", ""),
        ("limit=", "limit", ""),
        ("after=a%20b", "after", ""),
        ("set=", "set", ""),
        ("tenant=%00", "tenant", ""),
        ("expiring_within=soon", "expiring_within", "30d"),
        ("set=a&set=a", "set", "given twice"),
        ("%0A=1", "\\n", ""),
    ] {
        let reply = desk
            .ask(OPERATOR, Method::GET, &format!("?{query}"), "")
            .await;
        assert_eq!(problem(&reply), (400, "QUERY_INVALID", field), "{query}");
        let detail = reply.body.unwrap()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(part), "{detail}");
    }
    for target in ["/a?x=1", "/a/audit?limit=1", "/openapi.json?a"] {
        let reply = desk.ask(OPERATOR, Method::GET, target, "").await;
        assert_eq!(problem(&reply).1, "QUERY_INVALID", "{target}");
    }
    let reply = desk
        .ask(OPERATOR, Method::POST, "?set=partners", r#"{"name":"a"}"#)
        .await;
    assert_eq!(problem(&reply).1, "QUERY_INVALID");
}

#[tokio::test]
async fn body_is_read_strictly() {
    let desk = Desk::new().await;
    for (body, field, part) in [
        ("", "", "the body is empty"),
        ("{}", "name", "`name` is missing"),
        ("[]", "", "not a JSON object"),
        ("null", "", "not a JSON object"),
        ("{", "", "not JSON"),
        (r#"{"name":"a"} x"#, "", "not JSON"),
        (r#"{"name":"a","name":"a"}"#, "", "`name` is given twice"),
        (
            r#"{"name":"a","metadata":{"b":{"c":1,"c":1}}}"#,
            "",
            "`c` is given twice",
        ),
        (
            r#"{"name":"a","scope":["x"]}"#,
            "scope",
            "did you mean `scopes`?",
        ),
        (r#"{"name":"a","key":"x"}"#, "key", "is not known here"),
        (r#"{"name":"a","hash":"x"}"#, "hash", "is not known here"),
        (r#"{"name":1}"#, "name", "is not a text"),
        (r#"{"name":null}"#, "name", "is not a text"),
        (
            r#"{"name":"a","scopes":"x"}"#,
            "scopes",
            "is not a list of texts",
        ),
        (
            r#"{"name":"a","roles":[1]}"#,
            "roles",
            "is not a list of texts",
        ),
        (
            r#"{"name":"a","metadata":[]}"#,
            "metadata",
            "is not an object",
        ),
        (
            r#"{"name":"a","expires_at":5}"#,
            "expires_at",
            "is not a text",
        ),
        ("{\"a\u{7}\":1}", "", "not JSON"),
        (
            r#"{"name":"a","a\u0007b":1}"#,
            r"a\u{7}b",
            "is not known here",
        ),
    ] {
        let reply = desk.ask(OPERATOR, Method::POST, "", body).await;
        assert_eq!(problem(&reply), (400, "BODY_INVALID", field), "{body}");
        let detail = reply.body.unwrap()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(part), "{detail}");
    }
    let deep = format!(
        r#"{{"name":"a","metadata":{{"a":{}1{}}}}}"#,
        "[".repeat(500),
        "]".repeat(500)
    );
    let reply = desk.ask(OPERATOR, Method::POST, "", &deep).await;
    assert_eq!(problem(&reply).1, "BODY_INVALID");
    let id = desk.key_of("acme").await;
    let reply = desk
        .ask(
            OPERATOR,
            Method::POST,
            &format!("/{id}/rotate"),
            r#"{"grace":5}"#,
        )
        .await;
    assert_eq!(problem(&reply), (400, "BODY_INVALID", "grace"));
    let reply = desk
        .ask(
            OPERATOR,
            Method::POST,
            &format!("/{id}/rotate"),
            r#"{"wait":"5s"}"#,
        )
        .await;
    assert_eq!(problem(&reply), (400, "BODY_INVALID", "wait"));
}

#[tokio::test]
async fn field_without_a_meaning_is_named() {
    let desk = Desk::new().await;
    for (more, field) in [
        (json!({ "set": "partner" }), "set"),
        (json!({ "set": "legacy" }), "set"),
        (json!({ "name": "" }), "name"),
        (json!({ "scopes": ["a b"] }), "scopes"),
        (json!({ "networks": ["10.0.0.0/33"] }), "networks"),
        (json!({ "networks": [] }), "networks"),
        (json!({ "expires_at": "tomorrow" }), "expires_at"),
        (
            json!({ "expires_at": "2020-01-01T00:00:00Z" }),
            "expires_at",
        ),
        (json!({ "expires_in": "366d" }), "expires_at"),
        (json!({ "expires_in": "long" }), "expires_in"),
        (
            json!({ "expires_in": "1d", "expires_at": "2027-02-01T00:00:00Z" }),
            "expires_in",
        ),
        (
            json!({ "not_before": "2029-01-01T00:00:00Z" }),
            "expires_at",
        ),
        (json!({ "metadata": { "key_name": "x" } }), "metadata"),
    ] {
        let mut body = json!({ "set": "partners", "name": "ci" });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let reply = desk
            .ask(OPERATOR, Method::POST, "", &body.to_string())
            .await;
        assert_eq!(problem(&reply), (422, "KEY_INVALID", field), "{more}");
    }
    let near = desk
        .ask(
            OPERATOR,
            Method::POST,
            "",
            r#"{"set":"partner","name":"ci"}"#,
        )
        .await;
    assert!(
        near.body.unwrap()["detail"]
            .as_str()
            .unwrap()
            .contains("did you mean `partners`?")
    );
    let id = desk.key_of("acme").await;
    for grace in ["91d", "a while"] {
        let body = json!({ "grace": grace }).to_string();
        let reply = desk
            .ask(OPERATOR, Method::POST, &format!("/{id}/rotate"), &body)
            .await;
        assert_eq!(problem(&reply), (422, "KEY_INVALID", "grace"));
    }
}

#[tokio::test]
async fn body_has_to_be_json_and_short() {
    let desk = Desk::new().await;
    let long = format!(r#"{{"name":"{}"}}"#, "a".repeat(super::super::MOST_BODY));
    let reply = desk.ask(OPERATOR, Method::POST, "", &long).await;
    assert_eq!(problem(&reply), (413, "BODY_TOO_LARGE", ""));
    for kind in [
        None,
        Some(&b"text/plain"[..]),
        Some(b"application/jsonp"),
        Some(b"\xff"),
    ] {
        for path in ["", "/a/rotate"] {
            let ask = Ask {
                sets: &desk.sets,
                scope: OPERATOR,
                method: &Method::POST,
                at: "/keys",
                path,
                query: None,
                content_type: kind,
                body: b"",
                now: at(0),
            };
            let reply = desk.service.answer(ask).await;
            assert_eq!(problem(&reply), (415, "MEDIA_TYPE_UNSUPPORTED", ""));
        }
    }
}
