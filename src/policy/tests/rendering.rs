use serde_json::json;

use super::*;

fn claims(json: serde_json::Value) -> Claims {
    match json {
        serde_json::Value::Object(map) => Claims::new(map),
        other => panic!("{other}"),
    }
}

/// The value of a header with this template, set for this principal on `/a b/{file}`.
fn rendered(template: &str, principal: &Principal) -> Option<String> {
    let text =
        format!("identity_headers:\n  X-V: '{template}'\nroutes:\n  - path: /a b/{{file}}\n");
    let policy = policy(&text);
    let granted = judge(&policy, &get("/a%20b/100%25?q=1"), principal).unwrap();
    granted
        .headers()
        .next()
        .map(|(_, value)| value.to_str().unwrap().to_owned())
}

#[test]
fn every_source_has_its_value() {
    let caller = Principal {
        tenant: Some("acme".into()),
        email: Some("u@example.com".into()),
        claims: claims(json!({
            "custom:role": "boss", "a": { "b": 7 }, "c": { "d.e": "f" }, "https://x.org/y": "z"
        })),
        ..principal(&["r1", "r2"], &["s1", "s2"])
    };
    for (template, wanted) in [
        ("{{ principal.subject }}", "u1"),
        ("{{principal.tenant}}", "acme"),
        ("{{ principal.email }}", "u@example.com"),
        ("{{ principal.kind }}", "user"),
        ("{{ principal.issuer }}", "main"),
        ("{{ principal.roles }}", "r1,r2"),
        ("{{ principal.scopes }}", "s1,s2"),
        ("{{ principal.claims.custom:role }}", "boss"),
        ("{{ principal.claims[\"custom:role\"] }}", "boss"),
        ("{{ principal.claims.a.b }}", "7"),
        ("{{ principal.claims[\"c\"][\"d.e\"] }}", "f"),
        ("{{ principal.claims.c.\"d.e\" }}", "f"),
        ("{{ principal.claims[\"https://x.org/y\"] }}", "z"),
        ("{{ path.file }}", "100%25"),
        ("{{ request.method }}", "GET"),
        ("{{ request.host }}", "api.example.com"),
        ("{{ request.path }}", "/a%2520b/100%2525"),
        ("{{ client.address }}", "192.0.2.7"),
        ("plain, text %", "plain, text %"),
        (
            "{{ principal.issuer }}|{{ principal.subject }} x",
            "main|u1 x",
        ),
    ] {
        assert_eq!(
            rendered(template, &caller).as_deref(),
            Some(wanted),
            "{template}"
        );
    }
}

#[test]
fn no_value_can_end_its_header_or_pose_as_two() {
    for (role, wanted) in [
        ("a,b", "a%2Cb,x"),
        ("a\r\nX-User: root", "a%0D%0AX-User: root,x"),
        ("a\0b", "a%00b,x"),
        ("a%2Cb", "a%252Cb,x"),
        ("é", "%C3%A9,x"),
        ("\u{2028}", "%E2%80%A8,x"),
        (" a b ", "%20a b%20,x"),
        ("\ta", "%09a,x"),
        ("\"quoted\\\"", "\"quoted\\\",x"),
        ("", "x"),
        (" ", "%20,x"),
    ] {
        let value = rendered("{{ principal.roles }}", &principal(&[role, "x"], &[]));
        assert_eq!(value.as_deref(), Some(wanted), "{role:?}");
    }
    let subject = |subject: &str| Principal {
        subject: subject.into(),
        ..principal(&[], &[])
    };
    for (given, wanted) in [
        ("a,b", "a,b"),
        ("a\nb", "a%0Ab"),
        ("50%", "50%25"),
        ("\u{7f}", "%7F"),
    ] {
        let value = rendered("{{ principal.subject }}", &subject(given));
        assert_eq!(value.as_deref(), Some(wanted), "{given:?}");
    }
}

#[test]
fn claims_have_one_text_form_or_none() {
    for (claim, wanted) in [
        (json!("text"), Some("text")),
        (json!(true), Some("true")),
        (json!(false), Some("false")),
        (json!(0), Some("0")),
        (json!(-12), Some("-12")),
        (json!(1.5), Some("1.5")),
        (json!(u64::MAX), Some("18446744073709551615")),
        (json!(["a", 1, true]), Some("a,1,true")),
        (json!(["a,b"]), Some("a%2Cb")),
        (json!(null), None),
        (json!(""), None),
        (json!([]), None),
        (json!([""]), None),
        (json!({ "a": 1 }), None),
        (json!(["a", null]), None),
        (json!(["a", ["b"]]), None),
        (json!(["a", { "b": 1 }]), None),
    ] {
        let caller = Principal {
            claims: claims(json!({ "c": claim })),
            ..principal(&[], &[])
        };
        assert_eq!(
            rendered("{{ principal.claims.c }}", &caller).as_deref(),
            wanted,
            "{claim}"
        );
    }
}

#[test]
fn header_with_a_missing_part_is_left_out() {
    let caller = principal(&[], &[]);
    for template in [
        "{{ principal.tenant }}",
        "tenant={{ principal.tenant }}",
        "{{ principal.subject }}/{{ principal.email }}",
        "{{ principal.roles }}",
        "{{ principal.scopes }}",
        "{{ principal.claims.none }}",
    ] {
        assert_eq!(rendered(template, &caller), None, "{template}");
    }
}

#[test]
fn header_longer_than_its_bound_is_left_out() {
    let caller = |length: usize| Principal {
        subject: "x".repeat(length).into(),
        ..principal(&[], &[])
    };
    assert_eq!(
        rendered("{{ principal.subject }}", &caller(8192))
            .unwrap()
            .len(),
        8192
    );
    assert_eq!(rendered("{{ principal.subject }}", &caller(8193)), None);
    let many = vec!["role"; 100_000];
    assert_eq!(
        rendered("{{ principal.roles }}", &principal(&many, &[])),
        None
    );
}

#[test]
fn public_route_tells_nothing_of_a_caller() {
    let policy = policy(
        "identity_headers:\n  X-User: \"{{ principal.subject }}\"\n  X-Client: \"{{ client.address }}\"\n  X-Gate: sidegate\nroutes:\n  - path: /p/{x}\n    public: true\n    identity_headers: { X-Own: \"{{ path.x }}\" }\n  - path: /q\n    public: true\n",
    );
    let request = get("/p/v");
    let matched = policy.find(&request).unwrap();
    let wanted = ["x-client: 192.0.2.7", "x-gate: sidegate", "x-own: v"];
    assert_eq!(told(&policy.admit(&matched, &request).unwrap()), wanted);
    // Not even when somebody presents a principal.
    let granted = policy.authorize(&matched, &request, &principal(&[], &[]).into());
    assert_eq!(told(&granted.unwrap()), wanted);
}

#[test]
fn route_adds_to_and_overrides_the_files_headers() {
    let policy = policy(
        "identity_headers:\n  X-User: \"{{ principal.subject }}\"\n  X-File: f\nroutes:\n  - path: /a\n    identity_headers: { x-user: \"me\", X-Extra: \"{{ principal.issuer }}\" }\n  - path: /b/{c}\n",
    );
    let told = |path: &str| told(&judge(&policy, &get(path), &principal(&[], &[])).unwrap());
    assert_eq!(told("/a"), ["x-file: f", "x-user: me", "x-extra: main"]);
    assert_eq!(told("/b/c"), ["x-user: u1", "x-file: f"]);
}

#[test]
fn capture_that_a_route_lacks_leaves_the_files_header_out() {
    let policy = policy(
        "identity_headers:\n  X-Item: \"{{ path.item }}\"\nroutes:\n  - path: /a/{item}\n  - path: /b\n",
    );
    let count = |path: &str| {
        let granted = judge(&policy, &get(path), &principal(&[], &[])).unwrap();
        granted.headers().count()
    };
    assert_eq!((count("/a/1"), count("/b")), (1, 0));
}
