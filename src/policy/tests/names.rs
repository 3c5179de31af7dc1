use super::mistakes::mistakes;
use super::*;

#[test]
fn every_spelling_of_a_stripped_name_is_known() {
    let policy = policy(
        "identity_headers:\n  X-User: \"{{ principal.subject }}\"\nstrip_headers: [X-Legacy, X-Internal-*, Cookie]\nroutes:\n  - path: /a\n  - path: /b\n    public: true\n    identity_headers: { X-Client-Ip: \"{{ client.address }}\" }\n",
    );
    let names = policy.stripped();
    for name in [
        "x-user",
        "X-User",
        "x_user",
        "X.USER",
        "x~user",
        "x-legacy",
        "x_legacy",
        "cookie",
        "x-internal-",
        "x-internal-a",
        "X_Internal_B",
        "x-client-ip",
        "x_client_ip",
        "x-sidegate-user",
        "X_Sidegate_Anything",
    ] {
        assert!(names.contains(name), "{name}");
    }
    for name in [
        "",
        "x",
        "x-use",
        "x-users",
        "ax-user",
        "x-internal",
        "x-sidegate",
        "host",
        "authorization",
        "content-type",
        "x--user",
    ] {
        assert!(!names.contains(name), "{name}");
    }
}

#[test]
fn reserved_names_are_stripped_without_asking() {
    let policy = policy("routes:\n  - path: /a\n");
    assert!(policy.stripped().contains("X-Sidegate-Principal"));
    assert!(!policy.stripped().contains("x-user"));
}

#[test]
fn bad_header_names_are_mistakes() {
    for name in [
        "Connection",
        "Transfer-Encoding",
        "content_length",
        "Host",
        "TE",
        "Trailer",
        "Upgrade",
        "Keep-Alive",
        "Proxy-User",
        "Forwarded",
        "X-Forwarded-For",
        "x_forwarded_proto",
        "X-Real-IP",
        "Authorization",
        "Cookie",
        "Content-Type",
        "Sec-Fetch-User",
        "Expect",
    ] {
        let text = format!("identity_headers:\n  {name}: x\nroutes: [{{ path: /a }}]\n");
        mistakes(&[(
            &text,
            2,
            &[&format!("`{name}` has another meaning"), "such as `X-User`"],
        )]);
    }
    for name in ["X User", "X:User", "Ü", "\"\""] {
        let text = format!("identity_headers:\n  {name}: x\nroutes: [{{ path: /a }}]\n");
        mistakes(&[(&text, 2, &["is not a header name"])]);
    }
    let twice = "identity_headers:\n  X-User: a\n  x_user: b\nroutes: [{ path: /a }]\n";
    mistakes(&[(twice, 3, &["`x_user` is the same header as `X-User`"])]);
    let across = "identity_headers:\n  X-User: a\nroutes:\n  - path: /a\n    identity_headers: { X_User: b }\n";
    mistakes(&[(
        across,
        5,
        &[
            "`X_User` is the same header as the file's `x-user`",
            "spell them alike",
        ],
    )]);
}

#[test]
fn bad_strip_patterns_are_mistakes() {
    for (pattern, words) in [
        (
            "'X-*-Y'",
            &["`X-*-Y` is not a header name", "X-Internal-*"][..],
        ),
        ("'*'", &["`*` is not a header name"]),
        ("'**'", &["is not a header name"]),
        ("'X Y'", &["`X Y` is not a header name"]),
        ("'Host'", &["`Host` cannot be removed"]),
        ("'content_length'", &["cannot be removed"]),
        ("'Con*'", &["`Con*` cannot be removed", "connection"]),
    ] {
        let text = format!("strip_headers: [{pattern}]\nroutes: [{{ path: /a }}]\n");
        mistakes(&[(&text, 1, words)]);
    }
}

#[test]
fn one_name_in_two_policies_is_one_text() {
    let text = |value: &str| {
        let policy = policy(&format!(
            "identity_headers: {{ X-Lasting: {value} }}\nroutes:\n  - {{ path: /, public: true }}\n"
        ));
        let request = get("/");
        let grant = policy
            .admit(&policy.find(&request).unwrap(), &request)
            .unwrap();
        let (name, _) = grant.headers().next().unwrap();
        (name.to_string(), name.as_str().as_ptr())
    };
    assert_eq!(text("a"), text("b"));
    assert_eq!(text("a").0, "x-lasting");
}
