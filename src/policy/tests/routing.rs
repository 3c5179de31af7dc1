use std::fmt::Write as _;

use super::*;

/// The name of the route that a request finds.
fn found(policy: &Policy, method: &str, host: &str, path: &str) -> String {
    policy
        .find(&request(method, host, path))
        .map_or_else(|| "-".to_owned(), |found| found.route.name().to_string())
}

/// Routes by `host path methods`, named by their text.
fn routes(lines: &[&str]) -> Policy {
    let mut text = String::from("routes:\n");
    for line in lines {
        let mut words = line.split(' ');
        let (host, path) = (words.next().unwrap(), words.next().unwrap());
        let _ = write!(
            text,
            "  - name: \"{line}\"\n    path: \"{path}\"\n    tenant: any\n"
        );
        if host != "-" {
            let _ = writeln!(text, "    host: \"{host}\"");
        }
        if let Some(methods) = words.next() {
            let _ = writeln!(text, "    methods: [{methods}]");
        }
    }
    policy(&text)
}

#[test]
fn most_specific_route_wins() {
    let policy = routes(&[
        "- /**",
        "- /a",
        "- /a/**",
        "- /a/{x}",
        "- /a/b",
        "- /a/b GET,PUT",
        "- /a/{x}/c",
        "- /a/b/d",
        "- /p/**",
        "- /p/** POST",
    ]);
    for (method, path, wanted) in [
        ("GET", "/", "- /**"),
        ("GET", "/z/z", "- /**"),
        ("GET", "/a", "- /a"),
        ("GET", "/a/", "- /a"),
        ("GET", "/a/z", "- /a/{x}"),
        ("GET", "/a/z/z", "- /a/**"),
        ("GET", "/a/b", "- /a/b GET,PUT"),
        ("HEAD", "/a/b", "- /a/b GET,PUT"),
        ("PUT", "/a/b", "- /a/b GET,PUT"),
        ("POST", "/a/b", "- /a/b"),
        ("GET", "/a/b/c", "- /a/{x}/c"),
        ("GET", "/a/b/d", "- /a/b/d"),
        ("GET", "/a/b/z", "- /a/**"),
        ("POST", "/p", "- /p/** POST"),
        ("POST", "/p/q/r/s", "- /p/** POST"),
        ("GET", "/p/q/r/s", "- /p/**"),
        ("GET", "/A", "- /**"),
        ("GET", "/ab", "- /**"),
    ] {
        assert_eq!(found(&policy, method, "h", path), wanted, "{method} {path}");
    }
}

#[test]
fn host_is_more_specific_than_path() {
    let policy = routes(&[
        "- /a/b",
        "api.example.com /**",
        "*.example.com /a/**",
        "*.eu.example.com /**",
        "*.com /com",
    ]);
    for (host, path, wanted) in [
        ("api.example.com", "/a/b", "api.example.com /**"),
        ("api.example.com:8443", "/a/b", "api.example.com /**"),
        ("API.example.com.", "/x", "api.example.com /**"),
        ("x.example.com", "/a/b", "*.example.com /a/**"),
        ("x.y.example.com", "/a/b", "*.example.com /a/**"),
        ("x.eu.example.com", "/a/b", "*.eu.example.com /**"),
        ("eu.example.com", "/a/b", "*.example.com /a/**"),
        ("example.com", "/a/b", "- /a/b"),
        ("example.com", "/com", "*.com /com"),
        ("x.example.com", "/com", "*.com /com"),
        ("xexample.com", "/a/x", "-"),
        ("example.com.evil.org", "/a/b", "- /a/b"),
        ("x.example.com", "/zzz", "-"),
        ("[::1]", "/a/b", "- /a/b"),
        ("com", "/com", "-"),
    ] {
        assert_eq!(found(&policy, "GET", host, path), wanted, "{host} {path}");
    }
}

#[test]
fn methods_match_exactly() {
    let policy = routes(&["- /get GET", "- /post POST", "- /any", "- /custom PURGE"]);
    for (method, path, wanted) in [
        ("GET", "/get", "- /get GET"),
        ("HEAD", "/get", "- /get GET"),
        ("get", "/get", "-"),
        ("POST", "/get", "-"),
        ("OPTIONS", "/get", "-"),
        ("HEAD", "/post", "-"),
        ("PURGE", "/custom", "- /custom PURGE"),
        ("BREW", "/any", "- /any"),
        ("TRACE", "/any", "-"),
        ("CONNECT", "/any", "-"),
        // An upstream that folds case would take these for what a rule may forbid.
        ("delete", "/any", "-"),
        ("Brew", "/any", "-"),
    ] {
        assert_eq!(found(&policy, method, "h", path), wanted, "{method} {path}");
    }
}

#[test]
fn pattern_is_spelled_like_a_request() {
    let spellings = ["/a b/é/[x]", "/a%20b/%c3%a9/%5Bx%5d", "/%61 b/é/[x]/"];
    for spelling in spellings {
        let text = format!("routes:\n  - path: \"{spelling}\"\n");
        let policy = super::policy(&text);
        assert!(
            policy.find(&get("/a%20b/%C3%A9/%5Bx%5D")).is_some(),
            "{spelling}"
        );
        assert!(
            policy.find(&get("/a%20b/e/%5Bx%5D")).is_none(),
            "{spelling}"
        );
    }
}

#[test]
fn star_in_a_request_is_a_character() {
    let policy = routes(&["- /a/b", "- /s/%2A"]);
    for (path, wanted) in [
        ("/a/*", "-"),
        ("/**", "-"),
        ("/s/*", "- /s/%2A"),
        ("/s/x", "-"),
        ("/%7Bx%7D/b", "-"),
    ] {
        assert_eq!(found(&policy, "GET", "h", path), wanted, "{path}");
    }
}

#[test]
fn encoded_slash_stays_inside_its_segment() {
    let policy = super::policy(
        "paths: { allow: [encoded_slash, empty_segment] }\nroutes:\n  - { path: /admin/x }\n  - { path: \"/f/{name}\" }\n  - { path: /d%2Fe }\n  - { path: \"/t/{tenant}/**\" }\n  - { path: /t/** }\n",
    );
    assert_eq!(found(&policy, "GET", "h", "/admin%2Fx"), "-");
    assert_eq!(found(&policy, "GET", "h", "/d%2Fe"), "/d%2Fe");
    assert_eq!(found(&policy, "GET", "h", "/d/e"), "-");
    assert_eq!(found(&policy, "GET", "h", "/f/a%2fb"), "/f/{name}");
    // An empty segment does not lead past the tenant rule.
    assert_eq!(found(&policy, "GET", "h", "/t//x"), "/t/{tenant}/**");
}

#[test]
fn long_paths_reach_only_open_patterns() {
    let policy = routes(&["- /a/**", "- /b/{x}"]);
    let long = "/x".repeat(5_000);
    assert_eq!(found(&policy, "GET", "h", &format!("/a{long}")), "- /a/**");
    assert_eq!(found(&policy, "GET", "h", &format!("/b{long}")), "-");
    for count in [14, 15, 16, 17, 62, 63, 64] {
        let exact = "/x".repeat(count);
        let policy = routes(&[&format!("- {exact}"), &format!("- {exact}/**")]);
        assert_eq!(found(&policy, "GET", "h", &exact), format!("- {exact}"));
        assert_eq!(
            found(&policy, "GET", "h", &format!("{exact}/y")),
            format!("- {exact}/**")
        );
    }
}

#[test]
fn routes_that_could_both_win_are_a_mistake() {
    for (first, second, message) in [
        ("path: /a", "path: /a/", "a request could be"),
        ("path: \"/{a}/x\"", "path: \"/{b}/x\"", "a request could be"),
        ("path: \"/{a}\"", "path: \"/*\"", "a request could be"),
        ("path: /a/**", "path: /%61/**", "a request could be"),
        (
            "path: /a, methods: [GET, PUT]",
            "path: /a, method: PUT",
            "a `PUT` request could be",
        ),
        (
            "path: /a, method: GET",
            "path: /a, method: HEAD",
            "a `HEAD` request could be",
        ),
        (
            "path: /a, host: [a.com, b.com]",
            "path: /a, host: B.com",
            "a request could be",
        ),
        (
            "path: /a, host: \"*.a.com\"",
            "path: /a, host: \"*.a.com\"",
            "a request could be",
        ),
    ] {
        let text = format!("routes:\n  - {{ {first}, name: x }}\n  - {{ {second}, name: y }}\n");
        let (policy, problems) = compile(&text);
        assert!(policy.is_none(), "{text}");
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].starts_with("policy.yaml:3:5: error: `routes[1]`: "),
            "{problems:?}"
        );
        assert!(problems[0].contains(message), "{problems:?}");
        assert!(problems[0].contains("at policy.yaml:2:5"), "{problems:?}");
    }
}

#[test]
fn routes_that_differ_somewhere_are_none() {
    for (first, second) in [
        ("path: /a", "path: /a/**"),
        ("path: /a", "path: \"/{x}\""),
        ("path: /a", "path: /a, method: GET"),
        ("path: /a, method: GET", "path: /a, method: POST"),
        ("path: /a, host: a.com", "path: /a"),
        ("path: /a, host: a.com", "path: /a, host: \"*.a.com\""),
        ("path: \"/{x}/b\"", "path: \"/{y}/c\""),
    ] {
        policy(&format!("routes:\n  - {{ {first} }}\n  - {{ {second} }}\n"));
    }
}

#[test]
fn ten_thousand_routes_compile_and_are_found() {
    let mut text = String::from("routes:\n");
    for number in 0..10_000 {
        let _ = writeln!(
            text,
            "  - {{ path: \"/api/v{}/thing{number}/{{id}}/**\", roles: [r{}] }}",
            number % 7,
            number % 100
        );
    }
    let policy = policy(&text);
    for number in 0..10_000 {
        let path = format!("/api/v{}/thing{number}/42/more", number % 7);
        let request = get(&path);
        assert_eq!(policy.find(&request).unwrap().route.index(), number);
    }
    assert!(policy.find(&get("/api/v1/thing10000/42")).is_none());
}
