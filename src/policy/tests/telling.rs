use super::super::Told;
use super::*;

const POLICY: &str = "
roles:
  admin: ['*']
  writer: ['reports:write']
scopes:
  app/write: ['reports:write']
routes:
  - { path: '/t/{tenant}' }
  - { path: /h, tenant: '{{ header.x-org }}' }
  - { path: /r, roles: [writer, admin] }
  - { path: /one, roles: admin }
  - { path: /s, scopes: [app/write, more] }
  - { path: /p, permission: { POST: 'reports:write' } }
";

/// What the only check of the route says.
fn told(request: &Request, principal: &Principal) -> Told {
    let policy = policy(POLICY);
    let matched = policy.find(request).unwrap();
    let check = matched.route.checks().next().unwrap();
    policy.tell(check, &matched, request, Some(principal))
}

fn post(path: &str) -> Request {
    request("POST", "a.test", path)
}

#[track_caller]
fn assert_told(told: Told, asks: &str, has: &str, enough: &str) {
    let found = (&*told.asks, &*told.has, &*told.enough);
    assert_eq!(found, (asks, has, enough));
}

#[test]
fn what_is_asked_and_what_there_was_are_said() {
    let viewer = principal(&["viewer"], &[]);
    assert_told(
        told(&get("/r"), &viewer),
        "one of writer, admin",
        "viewer",
        "one of the roles writer, admin",
    );
    assert_told(
        told(&get("/one"), &principal(&[], &[])),
        "admin",
        "no role",
        "the role admin",
    );
    assert_told(
        told(&get("/s"), &principal(&[], &["app/write"])),
        "all of app/write, more",
        "app/write",
        "also the scope more",
    );
    assert_told(
        told(&get("/t/acme"), &of_tenant("globex")),
        "the path's `tenant`, here `acme`, to be the caller's tenant",
        "the tenant `globex`",
        "the tenant `acme`",
    );
    let named = told(&get("/h"), &viewer);
    assert_eq!(
        (&*named.has, &*named.enough),
        (
            "no tenant",
            "a request whose header `x-org` names the tenant"
        )
    );
}

#[test]
fn whose_grant_is_missing_is_said() {
    assert_told(
        told(&post("/p"), &principal(&["viewer"], &[])),
        "reports:write",
        "viewer",
        "the permission reports:write: one of the roles admin, writer, or one of the scopes app/write, reports:write",
    );
    // A program with a role needs both.
    let enough =
        |roles: &[&str], scopes: &[&str]| told(&post("/p"), &machine(roles, scopes)).enough;
    let (by_role, by_scope) = (
        "one of the roles admin, writer",
        "one of the scopes app/write, reports:write",
    );
    assert_eq!(
        enough(&["admin"], &[]),
        format!("the permission reports:write: {by_scope}")
    );
    assert_eq!(
        enough(&["viewer"], &["app/write"]),
        format!("the permission reports:write: {by_role}")
    );
    assert_eq!(
        enough(&["viewer"], &[]),
        format!("the permission reports:write: {by_role} and {by_scope}")
    );
    assert_eq!(
        told(&get("/p"), &machine(&[], &[])).enough,
        "the method POST"
    );
}

/// What `reasons` says is what checks refuse with.
#[test]
fn every_refusal_has_a_reason_that_its_check_may_have() {
    let policy = policy(POLICY);
    let nobody = principal(&[], &[]);
    for path in ["/t/acme", "/h", "/r", "/one", "/s", "/p"] {
        let request = post(path);
        let matched = policy.find(&request).unwrap();
        for check in matched.route.checks() {
            let denied = policy
                .judge(check, &matched, &request, Some(&nobody))
                .unwrap_err();
            assert!(check.reasons().contains(&denied.reason), "{path}");
        }
    }
}
