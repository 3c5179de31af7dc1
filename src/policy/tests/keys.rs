//! What API keys may do: their scopes, within the roles of their owners.

use super::*;

/// One set, which is in the store, beside one issuer.
pub(super) fn compile_keyed(text: &str) -> (Option<Policy>, Vec<String>) {
    let (issuers, sets): ([Arc<str>; 1], [Arc<str>; 2]) =
        (["main".into()], ["partners".into(), "ci".into()]);
    let known = Known {
        webhooks: &[],
        issuers: &issuers,
        key_sets: &sets,
        stored_key_sets: &sets[..1],
        upstreams: None,
    };
    compile_knowing(text, &known)
}

/// A policy that accepts everybody where it says nothing else.
pub(super) fn keyed(text: &str) -> Policy {
    let text = format!("authenticate: [main, partners, ci]\n{text}");
    let (policy, problems) = compile_keyed(&text);
    assert_eq!(problems, Vec::<String>::new(), "{text}");
    policy.unwrap()
}

pub(super) fn key(roles: &[&str], scopes: &[&str]) -> Principal {
    Principal {
        kind: PrincipalKind::ApiKey,
        issuer: "partners".into(),
        ..principal(roles, scopes)
    }
}

const RULES: &str = "
default_role: admin
roles:
  admin: ['*']
  user: [graph:invoke, '*:read']
scopes:
  app/read: ['*:read']
routes:
  - { path: /invoke, permission: graph:invoke }
  - { path: /graph, permission: graph:read }
  - { path: /users, permission: { GET: users:read, DELETE: users:delete } }
  - { path: /as-user, roles: [user] }
  - { path: /as-user-scoped, roles: [user], scopes: [a] }
  - { path: /as-user-permitted, roles: [user], permission: graph:invoke }
  - { path: /scoped, scopes: [a, b] }
  - { path: /open }
";

fn rights(policy: &Policy, principal: &Principal) -> String {
    let routes = policy.routes().iter();
    let may = routes.map(
        |route| match reason(policy, &get(route.path()), principal) {
            None => 'y',
            Some(Reason::PermissionDenied) => 'p',
            Some(Reason::InsufficientRole) => 'r',
            Some(Reason::InsufficientScope) => 's',
            Some(other) => panic!("{other}"),
        },
    );
    may.collect()
}

#[test]
fn key_has_what_its_scopes_grant_within_the_roles_of_its_owner() {
    let policy = keyed(RULES);
    // invoke graph users as-user as-user-scoped as-user-permitted scoped open
    for (roles, scopes, wanted) in [
        (&[][..], &[][..], "ppprrrsy"),
        (&[], &["*"], "yyyrrryy"),
        (&[], &["graph:*"], "yyprrrsy"),
        (&[], &["*:read"], "pyyrrrsy"),
        (&[], &["*:*"], "yyyrrrsy"),
        (&[], &["app/read"], "pyyrrrsy"),
        (&[], &["graph:invoke"], "ypprrrsy"),
        (
            &[],
            &["graph:inv*", "g*:invoke", "Graph:*", "*:"],
            "ppprrrsy",
        ),
        (&[], &["a", "b"], "ppprrryy"),
        (&["user"], &[], "pppsspsy"),
        (&["user"], &["*"], "yyyyyyyy"),
        (&["user"], &["graph:*"], "yypssysy"),
        (&["user"], &["a"], "pppsypsy"),
        (&["user"], &["users:*"], "ppyssp sy"),
        (&["unknown"], &["*"], "ppprrryy"),
    ] {
        let wanted = wanted.replace(' ', "");
        assert_eq!(
            rights(&policy, &key(roles, scopes)),
            wanted,
            "{roles:?} {scopes:?}"
        );
    }
}

#[test]
fn star_in_the_scopes_of_a_token_is_a_name() {
    let policy = keyed(RULES);
    for scopes in [&["*"][..], &["*:*"], &["graph:*", "*:read"]] {
        assert_eq!(rights(&policy, &principal(&["none"], scopes)), "ppprrrsy");
        assert_eq!(rights(&policy, &machine(&[], scopes)), "ppprrrsy");
        assert_eq!(rights(&policy, &machine(&["user"], scopes)), "pppyspsy");
    }
}

#[test]
fn key_without_roles_has_no_default_role() {
    let policy = keyed(RULES);
    let roles = policy.effective_roles(&principal(&[], &[])).len();
    assert_eq!(
        (roles, policy.effective_roles(&key(&[], &[])).len()),
        (1, 0)
    );
}

#[test]
fn role_of_a_key_counts_where_its_scopes_bound_it_by_a_rule_that_is_enforced() {
    let policy = keyed(
        "roles: { user: ['*'] }\nroutes:\n  - { path: /, roles: [user], permission: 'a:b', observe: { until: 1970-01-31, rules: [permission] } }\n",
    );
    let refused = judge(&policy, &get("/"), &key(&["user"], &["x:y"])).unwrap_err();
    assert_eq!(refused.reason, Reason::InsufficientScope);
    assert_eq!(
        refused.detail,
        "the route asks for roles alone, which a key has only with the scope *"
    );
    assert!(judge(&policy, &get("/"), &key(&["user"], &["*"])).is_ok());
    assert!(judge(&policy, &get("/"), &principal(&["user"], &[])).is_ok());
}

#[test]
fn condition_sees_what_a_key_holds() {
    let policy = keyed(
        "roles: { user: ['alerts:*'] }\nroutes:\n  - { path: /held, when: '\"alerts:read\" in principal.permissions' }\n  - { path: /kind, when: principal.kind == 'api_key' && principal.claims.key_id == 'k1' }\n",
    );
    assert_eq!(
        reason(&policy, &get("/held"), &key(&["user"], &["*:read"])),
        None
    );
    assert_eq!(
        reason(&policy, &get("/held"), &key(&[], &["alerts:write"])),
        Some(Reason::ConditionFalse)
    );
    let claims = serde_json::json!({ "key_id": "k1" })
        .as_object()
        .unwrap()
        .clone();
    let named = Principal {
        claims: Claims::new(claims),
        ..key(&[], &[])
    };
    assert_eq!(reason(&policy, &get("/kind"), &named), None);
    assert_eq!(
        reason(&policy, &get("/kind"), &principal(&[], &[])),
        Some(Reason::ConditionFalse)
    );
}

#[test]
fn what_a_key_lacks_is_told() {
    let policy = keyed(RULES);
    let told = |path: &str, key: &Principal| {
        let request = get(path);
        let matched = policy.find(&request).unwrap();
        let mut checks = matched.route.checks_of(Some(key));
        let failing =
            checks.find(|check| policy.judge(*check, &matched, &request, Some(key)).is_err());
        let told = policy.tell(failing.unwrap(), &matched, &request, Some(key));
        format!("{} | {} | {}", told.asks, told.has, told.enough)
    };
    let asks = "user, and of a key the scope * as no scope is asked for";
    assert_eq!(
        told("/as-user", &key(&["user"], &["a"])),
        format!("{asks} | user, and the scopes a | also the scope *")
    );
    assert_eq!(
        told("/as-user", &key(&[], &["*"])),
        "user | no role | the role user"
    );
    assert_eq!(
        told("/as-user", &key(&[], &[])),
        format!("{asks} | no role | the role user and the scope *")
    );
    // The pattern is enough, so it is the role that is missing.
    assert_eq!(
        told("/users", &key(&["x"], &["users:*"])),
        "users:read | x, and the scopes users:* | the permission users:read: one of the roles admin, user"
    );
}

#[test]
fn reasons_and_facts_of_roles_mention_scopes_only_where_keys_come() {
    let policy = keyed(
        "routes:\n  - { path: /a, roles: [x] }\n  - { path: /b, roles: [x], authenticate: main }\n  - { path: /c, roles: [x], scopes: [y] }\n",
    );
    let of = |at: usize| policy.routes()[at].checks().next().unwrap();
    assert_eq!(
        of(0).reasons(),
        [Reason::InsufficientRole, Reason::InsufficientScope]
    );
    for at in [1, 2] {
        assert_eq!(of(at).reasons(), [Reason::InsufficientRole]);
        assert_eq!(of(at).core_facts().len(), 2);
    }
    assert_eq!(of(0).core_facts().len(), 3);
}

#[test]
fn whose_credentials_count_must_be_said_where_there_are_several_kinds() {
    let error = |text: &str| {
        let (policy, problems) = compile_keyed(text);
        assert!(policy.is_none(), "{text}");
        problems.join("\n")
    };
    let one = error(
        "routes:\n  - { path: /a }\n  - { path: /b, authenticate: ci }\n  - { path: /c, public: true }\n",
    );
    assert_eq!(
        one,
        "policy.yaml:2:3: error: `routes`: the file has issuers and sets of API keys, and the route at \
         policy.yaml:2 does not say whose credentials count\n  help: write `authenticate: [main]` there, in a \
         group's `defaults`, or once at the top of the file; it names any of: main, partners, ci"
    );
    let many = "routes:\n  - { path: /a }\n  - { path: /b }\n  - { path: /c }\n  - { path: /d }\n  - { path: /e }\n";
    assert!(error(many).contains("the routes at policy.yaml:2, 3, 4 and 2 more do not say"));
    for text in [
        "authenticate: [main]\nroutes: [{ path: /a }]\n",
        "defaults: { authenticate: any }\nroutes: [{ path: /a }]\n",
        "routes: [{ path: /a, authenticate: any }]\n",
        "routes:\n  - { group: a, defaults: { authenticate: [partners] }, routes: [{ path: /a }] }\n",
    ] {
        assert_eq!(compile_keyed(text).1, Vec::<String>::new(), "{text}");
    }
}

#[test]
fn one_kind_need_not_be_said() {
    let sets: [Arc<str>; 2] = ["partners".into(), "ci".into()];
    let compile = |issuers: &[Arc<str>], sets: &[Arc<str>], text: &str| {
        let known = Known {
            webhooks: &[],
            issuers,
            key_sets: sets,
            stored_key_sets: &[],
            upstreams: None,
        };
        compile_knowing(text, &known)
    };
    let text = "routes: [{ path: /a, roles: [x] }]\n";
    let (policy, problems) = compile(&[], &sets[..1], text);
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(
        *policy.unwrap().routes()[0].access(),
        Access::Authenticated {
            accepted: None,
            signed: None
        }
    );
    let (policy, problems) = compile(&[], &sets, text);
    assert!(
        policy.is_none() && problems[0].contains("has several sets of API keys"),
        "{problems:?}"
    );
    // Nothing is lifted where one kind is known.
    let idle = compile(
        &[],
        &sets[..1],
        "routes: [{ path: /a, authenticate: any }]\n",
    );
    assert!(
        idle.1[0].contains("lifts a rule that is inherited"),
        "{idle:?}"
    );
    let unknown = compile(
        &[],
        &sets[..1],
        "routes: [{ path: /a, authenticate: partner }]\n",
    );
    assert!(
        unknown.1[0].contains("there is no set of API keys `partner`"),
        "{unknown:?}"
    );
    let nobody = compile(&[], &[], text);
    assert!(nobody.1[0].contains("nobody could pass"), "{nobody:?}");
}

#[test]
fn route_serves_keys_below_its_path() {
    let policy = keyed(
        "identity_headers: { X-User: '{{ principal.subject }}' }\nroles: { admin: ['*'] }\nroutes:\n  - { path: '/tenant/api-keys/**', api_keys: partners, roles: [admin], scopes: [keys], methods: [GET, POST] }\n  - { path: /** }\n",
    );
    let below = |path: &str| {
        let request = get(path);
        let matched = policy.find(&request).unwrap();
        let serves = matched.route.serves().map(ToString::to_string);
        serves.map(|set| format!("{set} {}", matched.below()))
    };
    assert_eq!(below("/tenant/api-keys").unwrap(), "partners ");
    assert_eq!(below("/tenant/api-keys/").unwrap(), "partners ");
    assert_eq!(
        below("/tenant/api-keys/k%31/rotate").unwrap(),
        "partners /k1/rotate"
    );
    assert_eq!(below("/else"), None);
    let admin = Principal {
        scopes: vec!["keys".into()],
        ..principal(&["admin"], &[])
    };
    assert_eq!(
        told(&judge(&policy, &get("/tenant/api-keys"), &admin).unwrap()),
        [""; 0]
    );
    assert!(policy.routes()[0].origin("api_keys").is_some());
}

#[test]
fn mistakes_of_a_route_that_serves_keys_are_named() {
    for (route, said) in [
        (
            "{ path: /k, api_keys: partners, roles: [a] }",
            "has nothing below it",
        ),
        (
            "{ path: /k/**, api_keys: partner, roles: [a] }",
            "did you mean `partners`?",
        ),
        (
            "{ path: /k/**, api_keys: main, roles: [a] }",
            "is no set of `api_keys`",
        ),
        ("{ path: /k/**, api_keys: ci, roles: [a] }", "`store: true`"),
        (
            "{ path: /k/**, api_keys: partners, public: true }",
            "nobody would be asked",
        ),
        (
            "{ path: /k/**, api_keys: partners, upstream: a }",
            "no app is asked",
        ),
        (
            "{ path: /k/**, api_keys: partners, identity_headers: { X-A: b } }",
            "no app is asked",
        ),
        (
            "{ path: /k/**, api_keys: '${VALUE}' }",
            "this value from the environment",
        ),
        (
            "{ group: a, api_keys: partners, routes: [{ path: /k/** }] }",
            "write `api_keys` on a route",
        ),
        (
            "{ group: a, defaults: { api_keys: partners }, routes: [{ path: /k/** }] }",
            "cannot be a default",
        ),
    ] {
        let (policy, problems) =
            compile_keyed(&format!("authenticate: main\nroutes:\n  - {route}\n"));
        let problems = problems.join("\n");
        assert!(
            policy.is_none() && problems.contains(said),
            "{route}\n{problems}"
        );
        assert!(!problems.contains("s3cret"), "{problems}");
    }
}

#[test]
fn route_that_serves_keys_needs_no_upstream() {
    let (issuers, sets): ([Arc<str>; 1], [Arc<str>; 1]) = (["main".into()], ["partners".into()]);
    let known = Known {
        webhooks: &[],
        issuers: &issuers,
        key_sets: &sets,
        stored_key_sets: &sets,
        upstreams: Some(&issuers),
    };
    let text = "routes: [{ path: /k/**, authenticate: main, roles: [a], api_keys: partners }]\n";
    assert_eq!(compile_knowing(text, &known).1, Vec::<String>::new());
}
