//! `{action}` in permissions.

use super::mistakes::mistakes;
use super::*;

const ARTICLES: &str = "
roles:
  reader: ['articles:read']
  writer: ['articles:read', 'articles:write']
  editor: ['articles:*']
routes:
  - { path: /any, permission: 'articles:{action}' }
  - { path: /some, methods: [GET, PUT], permission: 'articles:{action}' }
";

/// The permissions of the first route, by method.
fn asked(policy: &Policy) -> Vec<String> {
    let permissions = policy.routes()[0].permissions();
    let mut shown: Vec<String> = permissions.iter().map(ToString::to_string).collect();
    shown.sort_unstable();
    shown
}

#[test]
fn action_is_that_of_the_method() {
    let policy = policy(ARTICLES);
    for (method, reader, writer, editor) in [
        ("GET", true, true, true),
        ("HEAD", true, true, true),
        ("POST", false, true, true),
        ("PUT", false, true, true),
        ("PATCH", false, true, true),
        ("DELETE", false, false, true),
        ("OPTIONS", false, false, false),
        ("PURGE", false, false, false),
    ] {
        for (role, wanted) in [("reader", reader), ("writer", writer), ("editor", editor)] {
            let request = request(method, "a", "/any");
            let denied = reason(&policy, &request, &principal(&[role], &[]));
            let wanted = (!wanted).then_some(Reason::PermissionDenied);
            assert_eq!(denied, wanted, "{method} {role}");
        }
    }
}

#[test]
fn file_says_what_its_methods_do() {
    let policy = policy(
        "actions: { POST: create, PUT: update, PURGE: delete, GET: view }\nroutes: [ { path: /a, permission: 'x:{action}' } ]\n",
    );
    assert_eq!(
        asked(&policy),
        [
            "DELETE x:delete",
            "GET x:view",
            "HEAD x:view",
            "PATCH x:write",
            "POST x:create",
            "PURGE x:delete",
            "PUT x:update",
        ]
    );
}

#[test]
fn head_may_do_something_else_than_get() {
    let policy = policy(
        "actions: { HEAD: peek }\nroutes: [ { path: /a, method: GET, permission: 'x:{action}' } ]\n",
    );
    assert_eq!(asked(&policy), ["GET x:read", "HEAD x:peek"]);
}

#[test]
fn action_may_stand_anywhere_in_a_permission() {
    let policy =
        policy("routes: [ { path: /a, method: PUT, permission: '{action}-x:{action}' } ]\n");
    assert_eq!(asked(&policy), ["PUT write-x:write"]);
}

#[test]
fn only_what_the_route_takes_must_be_granted() {
    let taken = |methods: &str| {
        format!(
            "roles: {{ r: ['a:read'] }}\nroutes:\n  - {{ path: /a, {methods} permission: 'a:{{action}}' }}\n"
        )
    };
    assert_eq!(compile(&taken("method: GET,")).1, Vec::<String>::new());
    mistakes(&[(
        &taken("methods: [GET, POST, PUT],"),
        3,
        &["no role and no scope grants `a:write`"],
    )]);
    let (_, problems) = compile(&taken(""));
    let [write, delete] = problems.as_slice() else {
        panic!("{problems:#?}")
    };
    assert!(write.contains("`a:write`") && delete.contains("`a:delete`"));
}

#[test]
fn permission_that_nothing_grants_is_named_once_for_a_whole_group() {
    let text = "roles: { r: ['a:read'] }\ndefaults: { permission: 'a:{action}' }\nroutes:\n  - { path: /a, method: GET }\n  - { path: /b, methods: [GET, PUT] }\n  - { path: /c, methods: [PATCH, POST] }\n";
    mistakes(&[(text, 2, &["no role and no scope grants `a:write`"])]);
}

#[test]
fn method_without_an_action_is_a_warning_and_alone_a_mistake() {
    let some = "routes:\n  - { path: /a, methods: [GET, OPTIONS], permission: 'a:{action}' }\n";
    let (policy, problems) = compile(some);
    assert!(policy.is_some());
    assert!(
        problems[0].contains("takes `OPTIONS` but no action"),
        "{problems:?}"
    );
    assert!(
        problems[0].contains("add it to the file's `actions`"),
        "{problems:?}"
    );
    let none = "routes:\n  - { path: /a, method: OPTIONS, permission: 'a:{action}' }\n";
    mistakes(&[(
        none,
        2,
        &["none of the route's methods", "nobody could pass"],
    )]);
    let named = format!("actions: {{ OPTIONS: ask }}\n{none}");
    assert_eq!(compile(&named).1, Vec::<String>::new());
}

#[test]
fn other_braces_are_mistakes() {
    for permission in [
        "'a:{method}'",
        "'a:{action'",
        "'a:{}'",
        "'{id}:{action}'",
        "'a:{{action}}'",
    ] {
        let text = format!("routes:\n  - {{ path: '/{{id}}', permission: {permission} }}\n");
        mistakes(&[(
            &text,
            2,
            &["is not a permission", "braces have no other use"],
        )]);
    }
    for text in [
        "routes:\n  - { path: /a, permission: { GET: 'a:{action}' } }\n",
        "roles:\n  r: ['a:{action}']\nroutes: [ { path: /a } ]\n",
    ] {
        mistakes(&[(text, 2, &["`a:{action}` is not a permission"])]);
    }
}

#[test]
fn bad_actions_are_mistakes_with_advice() {
    for (actions, words) in [
        ("{ get: read }", &["`get` is not a method"][..]),
        ("{ TRACE: read }", &["no route can take"]),
        (
            "{ GET: 'a:b' }",
            &["`a:b` is not an action", "after the colon"],
        ),
        ("{ GET: '*' }", &["`*` is not an action"]),
        ("{ GET: 'a b' }", &["`a b` is not an action"]),
        ("[GET]", &["expected a map from methods to actions"]),
    ] {
        let text = format!(
            "actions: {actions}\nroutes: [ {{ path: /a, method: GET, permission: 'a:{{action}}' }} ]\n"
        );
        mistakes(&[(&text, 1, words)]);
    }
    let many: String = (0..33).map(|n| format!("  M{n}: x\n")).collect();
    let text = format!("actions:\n{many}routes: [ {{ path: /a }} ]\n");
    mistakes(&[(&text, 34, &["33 methods are more than the 32"])]);
}

#[test]
fn permission_says_who_grants_it() {
    let policy = policy(
        "roles: { r: ['a:read'], w: { includes: [r], permissions: ['a:write'] } }\nscopes: { all: 'a:*' }\nroutes: [ { path: /a, methods: [PUT, GET], permission: 'a:{action}' } ]\n",
    );
    let permissions = policy.routes()[0].permissions();
    let granted: Vec<_> = permissions
        .iter()
        .map(|needed| (needed.to_string(), needed.roles(), needed.scopes()))
        .collect();
    let read = |method: &str| {
        (
            format!("{method} a:read"),
            vec!["r", "w"],
            vec!["a:read", "all"],
        )
    };
    let write = ("PUT a:write".to_owned(), vec!["w"], vec!["a:write", "all"]);
    assert_eq!(granted, [read("GET"), write, read("HEAD")]);
}
