//! What is worked out once, and for whom.

use super::*;

const FILE: &str = "identity_headers:\n  X-User: '{{ principal.subject }}'\n  X-Tenant: '{{ principal.tenant }}'\n  X-Roles: '{{ principal.roles }}'\n  X-Gate: sidegate\n";

fn file(more: &str, routes: &str) -> Policy {
    policy(&format!("{FILE}{more}routes:\n{routes}"))
}

fn of(policy: &Policy, path: &str, principal: &Arc<Principal>) -> Vec<String> {
    told(&judge_shared(policy, &get(path), principal).unwrap())
}

/// Where a header's value stands in memory.
fn place(grant: &Grant, name: &str) -> *const u8 {
    let mut headers = grant.headers();
    let found = headers.find(|(known, _)| *known == name);
    found.unwrap().1.as_bytes().as_ptr()
}

#[test]
fn value_that_depends_on_the_principal_alone_is_worked_out_once() {
    let policy = file(
        "",
        "  - path: /{x}\n    identity_headers: { X-Own: '{{ path.x }}', X-Who: '{{ principal.subject }}' }\n",
    );
    let caller = Arc::new(principal(&["a"], &[]));
    let grant = || judge_shared(&policy, &get("/p"), &caller).unwrap();
    let (first, second) = (grant(), grant());
    for name in ["x-user", "x-roles", "x-gate", "x-who"] {
        assert_eq!(place(&first, name), place(&second, name), "{name}");
    }
    // Templates that are equal share their value.
    assert_eq!(place(&first, "x-user"), place(&first, "x-who"));
    assert_ne!(place(&first, "x-own"), place(&second, "x-own"));
}

#[test]
fn value_that_depends_on_the_request_is_worked_out_for_each() {
    let policy = policy(
        "identity_headers:\n  X-A: '{{ path.x }}'\n  X-B: '{{ principal.subject }} at {{ path.x }}'\n  X-C: '{{ request.method }}'\n  X-D: '{{ principal.subject }}'\nroutes:\n  - path: /{x}\n  - path: /y/z\n",
    );
    let caller = Arc::new(principal(&[], &[]));
    for _ in 0..2 {
        for x in ["one", "two"] {
            let wanted = [
                format!("x-a: {x}"),
                format!("x-b: u1 at {x}"),
                "x-c: GET".into(),
                "x-d: u1".into(),
            ];
            assert_eq!(of(&policy, &format!("/{x}"), &caller), wanted);
        }
        assert_eq!(of(&policy, "/y/z", &caller), ["x-c: GET", "x-d: u1"]);
    }
}

#[test]
fn principals_share_nothing() {
    let policy = file("", "  - path: /\n");
    let first = Arc::new(of_tenant("acme"));
    assert_eq!(
        of(&policy, "/", &first),
        ["x-user: u1", "x-tenant: acme", "x-gate: sidegate"]
    );
    // Made from the first, whose values are there already.
    let second = Arc::new(Principal {
        subject: "u2".into(),
        tenant: None,
        ..Principal::clone(&first)
    });
    assert_eq!(
        of(&policy, "/", &second),
        ["x-user: u2", "x-gate: sidegate"]
    );
    assert_eq!(of(&policy, "/", &first)[1], "x-tenant: acme");
}

#[test]
fn policies_share_nothing() {
    let one = file("default_role: guest\n", "  - path: /\n");
    let other = policy(
        "default_role: member\nidentity_headers:\n  X-Roles: '{{ principal.roles }}'\n  X-User: 'id={{ principal.subject }}'\nroutes:\n  - path: /\n",
    );
    for first_is_one in [true, false] {
        let caller = Arc::new(principal(&[], &[]));
        for turn in 0..4 {
            if (turn % 2 == 0) == first_is_one {
                let wanted = ["x-user: u1", "x-roles: guest", "x-gate: sidegate"];
                assert_eq!(of(&one, "/", &caller), wanted);
            } else {
                let wanted = ["x-roles: member", "x-user: id=u1"];
                assert_eq!(of(&other, "/", &caller), wanted);
            }
        }
    }
}

#[test]
fn value_that_cannot_be_worked_out_is_left_out_every_time() {
    let policy = file("", "  - path: /\n");
    let long = "x".repeat(8193);
    for (caller, wanted) in [
        (principal(&[], &[]), &["x-user: u1", "x-gate: sidegate"][..]),
        (
            Principal {
                subject: long.as_str().into(),
                ..of_tenant("acme")
            },
            &["x-tenant: acme", "x-gate: sidegate"],
        ),
    ] {
        let caller = Arc::new(caller);
        for _ in 0..3 {
            assert_eq!(of(&policy, "/", &caller), wanted);
        }
    }
}

#[test]
fn more_templates_than_a_memo_holds_are_all_told() {
    let claims: serde_json::Map<_, _> = (0..100)
        .map(|number| (format!("c{number}"), number.into()))
        .collect();
    let mut text = String::from("routes:\n");
    for number in 0..100 {
        text += &format!(
            "  - path: /{number}\n    identity_headers: {{ X-V: '{{{{ principal.claims.c{number} }}}}' }}\n"
        );
    }
    let policy = policy(&text);
    let caller = Arc::new(Principal {
        claims: Claims::new(claims),
        ..principal(&[], &[])
    });
    for _ in 0..2 {
        for number in 0..100 {
            let told = of(&policy, &format!("/{number}"), &caller);
            assert_eq!(told, [format!("x-v: {number}")]);
        }
    }
}
