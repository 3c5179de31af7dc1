use super::*;

const RULES: &str = "routes:
  - { path: \"/t/{tenant}/**\" }
  - { path: \"/o/{org}/**\", tenant: \"{{ path.org }}\" }
  - { path: /h, tenant: \"{{ header.x-org }}\" }
  - { path: /l, tenant: \"{{host.0}}\" }
  - { path: \"/a/{tenant}\", tenant: any }
";

fn mismatch(request: &Request, principal: &Principal) -> bool {
    match reason(&policy(RULES), request, principal) {
        None => false,
        Some(Reason::TenantMismatch) => true,
        Some(other) => panic!("{other}"),
    }
}

#[test]
fn tenant_in_the_path_must_be_the_callers_own() {
    let acme = of_tenant("acme");
    for path in ["/t/acme", "/t/acme/x", "/t/%61cme/x", "/o/acme", "/a/other"] {
        assert!(!mismatch(&get(path), &acme), "{path}");
    }
    for path in [
        "/t/other",
        "/t/ACME",
        "/t/acme%20",
        "/t/acme.",
        "/t/acm",
        "/t/acmex",
        "/t/*",
        "/o/other",
        "/t/%C3%A0cme",
    ] {
        assert!(mismatch(&get(path), &acme), "{path}");
    }
    assert!(!mismatch(&get("/t/a%20b"), &of_tenant("a b")));
    assert!(!mismatch(&get("/t/a%2520b"), &of_tenant("a%20b")));
}

#[test]
fn caller_without_a_tenant_matches_none() {
    let nobody = principal(&[], &[]);
    for path in ["/t/acme", "/o/acme", "/h", "/l"] {
        assert!(mismatch(&get(path), &nobody), "{path}");
    }
    assert!(!mismatch(&get("/a/acme"), &nobody));
    let empty = Principal {
        tenant: Some("".into()),
        ..nobody
    };
    assert!(mismatch(
        &with_headers(get("/h"), &[("x-org", b"")]),
        &empty
    ));
}

#[test]
fn tenant_in_a_header_needs_one_reading() {
    let acme = of_tenant("acme");
    let mismatch = |headers: &[(&str, &[u8])]| mismatch(&with_headers(get("/h"), headers), &acme);
    assert!(!mismatch(&[("x-org", b"acme")]));
    assert!(!mismatch(&[
        ("x-org", b"acme"),
        ("connection", b"close, x-orga")
    ]));
    assert!(mismatch(&[]));
    assert!(mismatch(&[("x-org", b"other")]));
    assert!(mismatch(&[("x-org", b"acme"), ("x-org", b"acme")]));
    assert!(mismatch(&[("x-org", b"acme"), ("x-org", b"other")]));
    assert!(mismatch(&[("x-org", b"acme,other")]));
    assert!(mismatch(&[("x-org", b"acm\xe9")]));
    assert!(mismatch(&[("x-org", b"acme"), ("x_org", b"other")]));
    assert!(mismatch(&[("x_org", b"acme")]));
    assert!(mismatch(&[
        ("x-org", b"acme"),
        ("connection", b"close , X-Org")
    ]));
}

#[test]
fn tenant_in_the_host_is_a_label() {
    let acme = of_tenant("acme");
    for (host, wrong) in [
        ("acme.example.com", false),
        ("ACME.example.com:8443", false),
        ("other.example.com", true),
        ("acme2.example.com", true),
        ("[::1]", true),
    ] {
        assert_eq!(
            mismatch(&request("GET", host, "/l"), &acme),
            wrong,
            "{host}"
        );
    }
    let third = policy("routes:\n  - { path: /l, tenant: \"{{ host.3 }}\" }\n");
    assert_eq!(
        reason(&third, &request("GET", "a.b.c", "/l"), &acme),
        Some(Reason::TenantMismatch)
    );
}

#[test]
fn detail_is_for_the_operator_and_quotes_no_caller() {
    let denied = judge(&policy(RULES), &get("/t/evil"), &of_tenant("acme")).unwrap_err();
    assert_eq!(
        denied.detail,
        "the path's `tenant` is not the principal's tenant"
    );
}

#[test]
fn tenant_is_judged_before_roles() {
    let policy = policy(
        "routes:\n  - { path: \"/{tenant}\", roles: [admin], scopes: [s], permission: \"a:b\" }\n",
    );
    let caller = |tenant: &str, roles: &[&str], scopes: &[&str]| Principal {
        tenant: Some(tenant.into()),
        ..principal(roles, scopes)
    };
    for (caller, wanted) in [
        (caller("x", &[], &[]), Some(Reason::TenantMismatch)),
        (caller("acme", &[], &[]), Some(Reason::InsufficientRole)),
        (
            caller("acme", &["admin"], &[]),
            Some(Reason::InsufficientScope),
        ),
        (
            caller("acme", &["admin"], &["s"]),
            Some(Reason::PermissionDenied),
        ),
        (caller("acme", &["admin"], &["s", "a:b"]), None),
    ] {
        assert_eq!(
            reason(&policy, &get("/acme"), &caller),
            wanted,
            "{caller:?}"
        );
    }
}
