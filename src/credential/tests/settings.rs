//! Mistakes in the file, each with its place.

use super::*;

/// The first problem of a file that must have one.
fn problem(policy: &str) -> String {
    match built(policy) {
        Ok(_) => panic!("no problem: {policy}"),
        Err(problems) => problems.join("\n"),
    }
}

#[test]
fn each_mistake_is_named() {
    let url = "url: 'https://i.example.com'";
    for (section, wanted) in [
        (format!("{{ {url} }}"), "issuer needs the key `audience`"),
        (
            format!("{{ {url}, audience: [] }}"),
            "an empty list accepts nothing",
        ),
        (
            format!("{{ {url}, audience: [any] }}"),
            "`any` stands alone",
        ),
        (format!("{{ {url}, audience: 7 }}"), "expected text"),
        (
            format!("{{ {url}, audience: a, expect: }}"),
            "`expect` is written without a value",
        ),
        (
            format!("{{ {url}, audience: a, token_type: {{ claims: }} }}"),
            "`claims` is written without a value",
        ),
        (
            format!("{{ {url}, audience: a, token_type: {{ typ: [] }} }}"),
            "accepts no token",
        ),
        (
            format!("{{ {url}, audience: a, max_lifetime: 0s }}"),
            "no token lives shorter",
        ),
        ("{ audience: a }".into(), "who the issuer is"),
        ("{ issuer: x, audience: a }".into(), "where the keys are"),
        (
            "{ issuer: any, audience: a, url: 'https://i' }".into(),
            "only with a `secret`",
        ),
        (
            "{ url: 'http://i.example.com', audience: a }".into(),
            "http",
        ),
        (
            "{ url: 'ftp://i.example.com', audience: a }".into(),
            "its keys cannot be used",
        ),
        (
            "{ url: nonsense, audience: a }".into(),
            "its keys cannot be used",
        ),
        (
            format!("{{ {url}, audience: a, jwks_file: nowhere.json }}"),
            "its keys cannot be used",
        ),
        (
            format!("{{ {url}, audience: a, jwks: {{ keys: [] }} }}"),
            "its keys cannot be used",
        ),
        (
            format!("{{ {url}, audience: a, algorithms: [none] }}"),
            "unsigned tokens are never",
        ),
        (
            format!("{{ {url}, audience: a, algorithms: [HS256] }}"),
            "need a `secret`",
        ),
        (
            format!("{{ {url}, audience: a, algorithms: [RS255] }}"),
            "known: HS256",
        ),
        (
            format!("{{ {url}, audience: a, algorithms: [] }}"),
            "names none",
        ),
        (
            format!("{{ {url}, audience: a, leeway: 6m }}"),
            "`5m` at most",
        ),
        (
            format!("{{ {url}, audience: a, audiance: b }}"),
            "did you mean `audience`",
        ),
        (
            format!("{{ {url}, audience: a, claims: {{ role: x }} }}"),
            "did you mean `roles`",
        ),
        (
            format!("{{ {url}, audience: a, claims: {{ roles: a..b }} }}"),
            "each side of a dot",
        ),
        (
            format!("{{ {url}, audience: a, expect: {{ a: [] }} }}"),
            "or a list of them",
        ),
        (
            format!("{{ {url}, audience: a, machine: {{ clients: any }} }}"),
            "`marks` or `absent`",
        ),
        (
            format!("{{ {url}, audience: a, machine: {{ marks: {{ a: b }} }} }}"),
            "`clients` or `audience`",
        ),
        (
            format!("{{ {url}, audience: a, secret: hunter2 }}"),
            "must not be written into the file",
        ),
        (
            format!("{{ {url}, audience: a, secret: '${{SHORT}}' }}"),
            "7 bytes; `HS256` needs at least 32",
        ),
        (
            format!("{{ {url}, audience: a, secret: '${{SECRET}}', algorithms: [RS256] }}"),
            "`secret` works with",
        ),
        (
            format!("{{ {url}, audience: a, secret: '${{SECRET}}', jwks_url: 'https://i' }}"),
            "only one of",
        ),
        ("{ audience: a, secret: '${SECRET}' }".into(), "issuer: any"),
        (
            "{ preset: cognit, audience: a }".into(),
            "did you mean `cognito`",
        ),
        (
            "{ preset: cognito, region: r }".into(),
            "preset `cognito` needs the key `user_pool`",
        ),
        (
            "{ preset: cognito, region: 'r/../', user_pool: p, client_id: c }".into(),
            "a plain name",
        ),
        (
            "{ preset: firebase }".into(),
            "preset `firebase` needs the key `project`",
        ),
        (
            "{ preset: entra, tenant: common, client_id: c }".into(),
            "directory's id",
        ),
        (
            "{ preset: auth0, domain: d }".into(),
            "preset `auth0` needs the key `audience`",
        ),
        (
            "{ preset: google, client_id: c, region: x }".into(),
            "unknown key `region`",
        ),
    ] {
        let found = problem(&format!("issuers:\n  main: {section}"));
        assert!(found.contains(wanted), "{section}\n{found}");
        assert!(found.starts_with("policy.yaml:2:"), "{found}");
        assert!(!found.contains("hunter2"), "{found}");
    }
}

#[test]
fn problem_with_keys_stands_where_the_keys_are_named() {
    let found =
        problem("issuers:\n  main:\n    audience: a\n    issuer: x\n    jwks_url: 'ftp://x'\n");
    assert!(found.starts_with("policy.yaml:5:"), "{found}");
}

#[test]
fn plain_http_is_a_warning_when_the_file_allows_it() {
    let policy = "issuers:\n  main: { url: 'http://i.example.com', audience: a, allow_http: true }";
    verifiers(policy);
    let found = problem(&format!("{policy}\ntokens: {{ form: x }}"));
    assert!(
        found.contains("warning[http-issuer]: `issuers.main.allow_http`"),
        "{found}"
    );
}

#[test]
fn one_iss_belongs_to_one_issuer() {
    let section = "{ url: 'https://i.example.com', audience: a }";
    let found = problem(&format!("issuers:\n  a: {section}\n  b: {section}"));
    assert!(
        found.contains("same `iss` as those of issuer `a`"),
        "{found}"
    );
    let section = "{ issuer: any, audience: any, secret: '${SECRET}' }";
    let found = problem(&format!("issuers:\n  a: {section}\n  b: {section}"));
    assert!(found.contains("policy.yaml:3:6: error: "), "{found}");
}

#[test]
fn places_of_tokens_are_checked() {
    for (tokens, wanted) in [
        ("{ from: [] }", "from somewhere"),
        ("{ from: barer }", "did you mean `bearer`"),
        ("{ from: [{ header: Authorization }] }", "write `bearer`"),
        ("{ from: [{ header: Cookie }] }", "{ cookie: name }"),
        (
            "{ from: [{ header: 'a b' }] }",
            "cannot be read from this header",
        ),
        ("{ from: [{ cookie: 'a;b' }] }", "not the name of a cookie"),
        ("{ from: [{}] }", "a place is"),
        ("{ from: [{ cookie: a, query: b }] }", "a place is"),
        ("{ form: bearer }", "did you mean `from`"),
    ] {
        let found = problem(&format!("tokens: {tokens}"));
        assert!(found.contains(wanted), "{tokens}\n{found}");
    }
}

#[test]
fn names_of_broken_issuers_are_known_all_the_same() {
    let problems = Problems::new();
    let text = "issuers: { good: { url: 'https://i', audience: a }, bad: {} }";
    let node = parse("policy.yaml", text, &|_| None, &problems).unwrap();
    let mut fields = Fields::of(&node, "policy", &problems).unwrap();
    let config = Config::read(&mut fields, &problems);
    assert_eq!(
        config.issuer_names(),
        [std::sync::Arc::<str>::from("good"), "bad".into()]
    );
    assert!(problems.has_errors());
}

#[test]
fn the_reference_task_needs_one_line() {
    verifiers("issuers:\n  main: { url: https://idp.example.com, audience: my-api }");
}

#[test]
fn memory_for_tokens_has_bounds() {
    let policy = |memory: &str| format!("{}tokens: {{ memory: {memory} }}\n", policy(""));
    for memory in ["1 MiB", "64MiB", "64 GiB", "1048576"] {
        assert!(built(&policy(memory)).is_ok(), "{memory}");
    }
    for memory in ["0", "1", "1023 KiB", "65 GiB"] {
        let problem = problem(&policy(memory));
        assert!(problem.contains("from `1 MiB` to `64 GiB`"), "{problem}");
    }
    assert!(problem(&policy("much")).contains("a size such as"));
}
