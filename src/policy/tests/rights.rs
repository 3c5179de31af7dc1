use super::*;

const RULES: &str = "
default_role: guest
roles:
  admin: [\"*\"]
  manager: { includes: [user], permissions: [\"config:*\"] }
  user: [graph:invoke, \"*:read\"]
  guest: store:read
  empty:
scopes:
  app/read: [\"*:read\"]
  app/all: \"*\"
  declared:only:
identity_headers:
  X-Roles: \"{{ principal.roles }}\"
routes:
  - { path: /invoke, permission: graph:invoke }
  - { path: /graph, permission: graph:read }
  - { path: /store, permission: store:read }
  - { path: /config, permission: config:write }
  - { path: /declared, permission: declared:only }
  - { path: /users, permission: { GET: users:read, DELETE: users:delete } }
  - { path: /as-user, roles: [user] }
  - { path: /as-staff, roles: [admin, manager] }
  - { path: /scoped, scopes: [a, b] }
";

fn rights(principal: &Principal) -> String {
    let policy = policy(RULES);
    let paths = [
        "/invoke",
        "/graph",
        "/store",
        "/config",
        "/declared",
        "/users",
        "/as-user",
        "/as-staff",
        "/scoped",
    ];
    let may = paths.map(|path| match reason(&policy, &get(path), principal) {
        None => 'y',
        Some(Reason::PermissionDenied) => 'p',
        Some(Reason::InsufficientRole) => 'r',
        Some(Reason::InsufficientScope) => 's',
        Some(other) => panic!("{other}"),
    });
    may.iter().collect()
}

#[test]
fn a_person_has_what_any_role_or_scope_grants() {
    // invoke graph store config declared users as-user as-staff scoped
    for (roles, scopes, wanted) in [
        (&["admin"][..], &[][..], "yyyyyyrys"),
        (&["manager"], &[], "yyyypyyys"),
        (&["user"], &[], "yyyppyyrs"),
        (&[], &[], "ppyppprrs"),
        (&["guest"], &[], "ppyppprrs"),
        (&["unknown"], &[], "pppppprrs"),
        (&["User"], &[], "pppppprrs"),
        (&["user "], &[], "pppppprrs"),
        (&["empty"], &[], "pppppprrs"),
        (&["empty"], &["app/read"], "pyyppyrrs"),
        (&["empty"], &["app/all"], "yyyyyyrrs"),
        (&["empty"], &["graph:invoke"], "yppppprrs"),
        (&["empty"], &["declared:only"], "ppppyprrs"),
        (&["empty"], &["*"], "pppppprrs"),
        (&["empty"], &["*:read", "graph:*"], "pppppprrs"),
        (&["empty"], &["a", "b"], "pppppprry"),
        (&["empty"], &["a"], "pppppprrs"),
        (&["empty", "user"], &["b", "x", "a"], "yyyppyyry"),
    ] {
        assert_eq!(
            rights(&principal(roles, scopes)),
            wanted,
            "{roles:?} {scopes:?}"
        );
    }
}

#[test]
fn a_program_has_what_its_scopes_grant_within_its_roles() {
    for (roles, scopes, wanted) in [
        (&[][..], &[][..], "pppppprrs"),
        (&[], &["app/read"], "pyyppyrrs"),
        (&["user"], &[], "ppppppyrs"),
        (&["user"], &["app/all"], "yyyppyyrs"),
        (&["user"], &["graph:invoke"], "ypppppyrs"),
        (&["guest"], &["app/all"], "ppyppprrs"),
        (&["unknown"], &["app/all"], "pppppprrs"),
    ] {
        assert_eq!(
            rights(&machine(roles, scopes)),
            wanted,
            "{roles:?} {scopes:?}"
        );
    }
}

#[test]
fn permission_may_depend_on_the_method() {
    let policy = policy(RULES);
    let on = |method: &str, roles: &[&str]| {
        reason(
            &policy,
            &request(method, "h", "/users"),
            &principal(roles, &[]),
        )
    };
    assert_eq!(on("GET", &["user"]), None);
    assert_eq!(on("HEAD", &["user"]), None);
    assert_eq!(on("DELETE", &["user"]), Some(Reason::PermissionDenied));
    assert_eq!(on("DELETE", &["admin"]), None);
    assert_eq!(on("POST", &["admin"]), Some(Reason::PermissionDenied));
}

#[test]
fn default_role_is_for_people_without_one_and_is_told() {
    let policy = policy(RULES);
    let told = |principal: &Principal| {
        let granted = judge(&policy, &get("/store"), principal).unwrap();
        let mut values = granted.headers().map(|(_, value)| value.clone());
        values.next()
    };
    assert_eq!(told(&principal(&[], &[])).unwrap(), "guest");
    assert_eq!(told(&principal(&["user"], &[])).unwrap(), "user");
    assert_eq!(told(&machine(&[], &["store:read"])), None);
}

#[test]
fn roles_need_no_section_when_routes_name_them() {
    let policy = policy("routes:\n  - { path: /, roles: [a, b], permission: x:y }\n");
    for (roles, scopes, wanted) in [
        (&["b"][..], &["x:y"][..], None),
        (&["b"], &[], Some(Reason::PermissionDenied)),
        (&["c"], &["x:y"], Some(Reason::InsufficientRole)),
    ] {
        assert_eq!(
            reason(&policy, &get("/"), &principal(roles, scopes)),
            wanted
        );
    }
}

#[test]
fn denial_says_to_the_operator_what_was_asked() {
    let policy = policy(RULES);
    for (path, detail) in [
        (
            "/as-staff",
            "the route asks for one of the roles admin, manager",
        ),
        ("/scoped", "the route asks for the scope a"),
        ("/config", "the route asks for the permission config:write"),
    ] {
        let denied = judge(&policy, &get(path), &principal(&["user"], &[])).unwrap_err();
        assert_eq!(denied.detail, detail);
    }
}
