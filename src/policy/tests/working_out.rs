//! What expressions are worked out over, how often, and with how much effort.

use serde_json::json;

use super::conditions::{caller, reason, with};
use super::*;

#[test]
fn query_that_older_servers_read_otherwise_fails_every_condition_on_it() {
    let policy = policy(&with("/**", "!('admin' in request.query)"));
    for (target, wanted) in [
        ("/a?q=1;admin=1", Some(Reason::ConditionFailed)),
        ("/a?q=1;r=2", None),
    ] {
        let found = reason(&policy, &get(target), &caller(json!({})));
        assert_eq!(found, wanted, "{target}");
    }
}

/// Who asks writes the query, the path and the headers, and holds the roles: looking there again and again
/// is counted by how much there is.
#[test]
fn looking_through_much_again_and_again_is_no_way_to_keep_a_worker() {
    let ten = "[0,1,2,3,4,5,6,7,8,9]";
    let long = format!("/{}?{}", "%20".repeat(8_000), "a&".repeat(8_000));
    let many: Vec<_> = (0..2_000).map(|number| format!("r{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let nominated = "a,".repeat(8_000);
    let request = with_headers(
        get(&long),
        &[("x-a", b"1"), ("connection", nominated.as_bytes())],
    );
    for fact in [
        "'b' in request.query",
        "has(request.query.b)",
        "request.headers['x-a'] != '1'",
        "!has(path.id)",
        "path.id == 'b'",
        "'users:write' in principal.permissions",
    ] {
        let when = format!("{ten}.all(a, {ten}.all(b, !({fact})))");
        let policy = policy(&with("/{id}", &when));
        let caller = |roles: &[&str]| Principal {
            ..principal(roles, &[])
        };
        let small = with_headers(get("/x?a=1"), &[("x-a", b"1")]);
        assert_eq!(
            reason(&policy, &small, &caller(&["viewer"])),
            None,
            "{fact}"
        );
        let found = reason(&policy, &request, &caller(&many));
        assert_eq!(found, Some(Reason::ConditionFailed), "{fact}");
    }
}

#[test]
fn value_of_caller_and_request_is_worked_out_for_each_request() {
    let policy = policy(
        r#"
identity_headers:
  X-Both: "{{ principal.subject + '@' + request.method }}"
  X-Mail: "{{ has(principal.email) ? 'known' : 'unknown' }}"
routes: [{ path: /**, identity_headers: { X-Path: "{{ principal.subject + request.path }}" } }]
"#,
    );
    let caller = caller(json!({}));
    let caller = &Arc::new(caller);
    for (method, path) in [("GET", "/a"), ("PUT", "/b")] {
        let request = request(method, "api.example.com", path);
        let matched = policy.find(&request).unwrap();
        let grant = policy.authorize(&matched, &request, caller).unwrap();
        let headers: Vec<_> = grant
            .headers()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        let (both, path) = (format!("u1@{method}"), format!("u1{path}"));
        let wanted = [("x-both", &*both), ("x-mail", "known"), ("x-path", &path)];
        assert_eq!(headers, wanted);
    }
}

#[test]
fn roles_of_an_expression_are_those_that_count() {
    let policy = policy(
        "default_role: guest\nroles: { guest: ['a:b'] }\nroutes: [{ path: /**, when: \"'guest' in principal.roles \
         && 'a:b' in principal.permissions\" }]",
    );
    let with = |roles: &[&str]| reason(&policy, &get("/"), &principal(roles, &[]));
    assert_eq!(with(&[]), None);
    assert_eq!(with(&["viewer"]), Some(Reason::ConditionFalse));
}
