//! Nobody makes a key that may do more than its maker.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::keys::{compile_keyed, key, keyed};
use super::*;
use crate::policy::Rule;

const RULES: &str = "
default_role: member
roles:
  admin: ['*']
  support: ['alerts:*']
  member: ['alerts:read']
scopes: { app/alerts: ['alerts:*'] }
routes:
  - { path: /alerts, permission: 'alerts:{action}' }
  - { path: /users, permission: 'users:{action}' }
  - { path: /exports, scopes: [export] }
  - { path: /people, scopes: [people], authenticate: main }
  - { path: /tools, roles: [admin, support] }
";

fn exceeds(maker: &Principal, roles: Option<&[&str]>, scopes: &[&str]) -> Option<String> {
    let owned =
        |texts: &[&str]| -> Vec<String> { texts.iter().map(|text| (*text).into()).collect() };
    let roles = roles.map(owned);
    keyed(RULES)
        .may_hand_on(maker, roles.as_deref(), &owned(scopes))
        .err()
}

#[test]
fn key_within_its_makers_rights_may_be_made() {
    let support = principal(&["support"], &["export"]);
    for (maker, roles, scopes) in [
        (
            &support,
            Some(&["support"][..]),
            &["alerts:read", "alerts:*"][..],
        ),
        // Bounded by the roles, whatever it says.
        (&support, Some(&["support"]), &["*:read"]),
        (&support, Some(&["support"]), &["*"]),
        (&support, Some(&["support"]), &["export"]),
        (&support, Some(&[]), &["*", "people"]),
        (
            &support,
            None,
            &["export", "alerts:write", "alerts:*", "app/alerts"],
        ),
        (&principal(&[], &[]), Some(&["member"]), &["alerts:*"]),
        (&machine(&[], &["app/alerts"]), None, &["alerts:*"]),
        (&key(&[], &["*"]), None, &["*", "anything"]),
        (&key(&["support"], &["*"]), Some(&["support"]), &["*"]),
        (
            &key(&["support"], &["alerts:*"]),
            Some(&["support"]),
            &["alerts:read"],
        ),
        (&key(&[], &["alerts:*"]), None, &["alerts:read"]),
    ] {
        assert_eq!(exceeds(maker, roles, scopes), None, "{roles:?} {scopes:?}");
    }
}

#[test]
fn what_exceeds_is_said() {
    let support = principal(&["support"], &[]);
    let everything = "the scope `*` stands for whatever the roles open, and the key has no roles";
    for (maker, roles, scopes, wanted) in [
        (
            &support,
            Some(&["admin"][..]),
            &["a"][..],
            "the role `admin` is not the maker's",
        ),
        (
            &support,
            Some(&["support"]),
            &["export"],
            "a route asks for the scope `export`, which is not the maker's",
        ),
        (
            &support,
            Some(&["support"]),
            &["*"],
            "the scope `*` stands for every scope, and `export` is not the maker's",
        ),
        (&support, None, &["*"], everything),
        (
            &support,
            None,
            &["alerts:*", "*:read"],
            "the scope `*:read` grants the permission `users:read`, which the maker does not have",
        ),
        (
            &support,
            None,
            &["later"],
            "the scope `later` is not the maker's, and grants nothing that is known",
        ),
        // An app that is told the scopes, and a condition, know nothing of the roles that bound them.
        (
            &support,
            Some(&["support"]),
            &["later"],
            "the scope `later` is not the maker's, and grants nothing that is known",
        ),
        (
            &support,
            Some(&["support"]),
            &["users:write"],
            "the scope `users:write` grants the permission `users:write`, which the maker does not have",
        ),
        (
            &machine(&["support"], &["alerts:read"]),
            Some(&["support"]),
            &["alerts:*"],
            "the scope `alerts:*` grants the permission `alerts:delete`, which the maker does not have",
        ),
        (&key(&["support"], &["*"]), None, &["*"], everything),
        (
            &key(&[], &["alerts:*"]),
            None,
            &["*"],
            "the scope `*` is not the maker's",
        ),
        (
            &key(&[], &["alerts:read"]),
            None,
            &["alerts:*"],
            "the scope `alerts:*` grants the permission `alerts:delete`, which the maker does not have",
        ),
    ] {
        assert_eq!(
            exceeds(maker, roles, scopes).as_deref(),
            Some(wanted),
            "{roles:?} {scopes:?}"
        );
    }
}

/// Routes by what they ask for. Whose credentials count is another matter, so all do.
fn policies() -> impl Strategy<Value = Policy> {
    let roles = weighted(0.4, select(vec!["r1", "r2", "r3", "r1, r2"]));
    let scopes = weighted(0.4, select(vec!["s1", "s2", "s1, s2", "p:x", "p:*", "'*'"]));
    let permission = weighted(
        0.5,
        select(vec!["p:x", "p:y", "q:x", "{ GET: p:x, POST: q:x }"]),
    );
    let route = (roles, scopes, permission);
    let default = weighted(0.3, select(vec!["r1", "r2"]));
    (default, vec(route, 1..5)).prop_filter_map("compiles", |(default, routes)| {
        let mut text = String::from("authenticate: [main, partners, ci]\n");
        text += &default.map_or(String::new(), |role| format!("default_role: {role}\n"));
        text += "roles: { r1: ['p:*'], r2: [q:x], r3: { includes: [r1], permissions: ['*:y'] } }\n";
        text += "scopes: { s1: ['*:x'], s2: }\nroutes:\n";
        for (at, (roles, scopes, permission)) in routes.into_iter().enumerate() {
            text += &format!("  - path: /{at}\n");
            text += &roles.map_or(String::new(), |roles| format!("    roles: [{roles}]\n"));
            text += &scopes.map_or(String::new(), |scopes| format!("    scopes: [{scopes}]\n"));
            text += &permission.map_or(String::new(), |one| format!("    permission: {one}\n"));
        }
        compile_keyed(&text).0
    })
}

const ROLES: [&str; 4] = ["r1", "r2", "r3", "unknown"];
const SCOPES: [&str; 9] = ["s1", "s2", "p:x", "p:y", "p:*", "*:x", "*:*", "*", "other"];

fn some_of(names: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(names, 0..3)
}

/// Whether a caller has the rights that a request asks for, by the functions that serve.
fn has_rights(policy: &Policy, request: &Request, caller: &Principal) -> bool {
    let matched = policy.find(request).unwrap();
    let mut checks = matched.route.checks_of(Some(caller));
    checks.all(|check| {
        assert!(matches!(
            check.rule(),
            Rule::Roles | Rule::Scopes | Rule::Permission
        ));
        policy.judge(check, &matched, request, Some(caller)).is_ok()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_key_may_do_its_maker_may(
        policy in policies(),
        kind in select(vec![PrincipalKind::User, PrincipalKind::Machine, PrincipalKind::ApiKey]),
        own in (some_of(&ROLES), some_of(&SCOPES)),
        roles in proptest::option::of(some_of(&ROLES)),
        scopes in some_of(&SCOPES),
    ) {
        let maker = Principal { kind, ..principal(&own.0, &own.1) };
        let owned = |texts: &[&str]| -> Vec<String> { texts.iter().map(|text| (*text).into()).collect() };
        // As the directory makes the principal of such a key.
        let without_rights = roles.as_ref().is_some_and(Vec::is_empty);
        let made = match without_rights {
            true => key(&[], &[]),
            false => key(roles.as_deref().unwrap_or_default(), &scopes),
        };
        let answer = policy.may_hand_on(&maker, roles.as_deref().map(owned).as_deref(), &owned(&scopes));
        let mut more = Vec::new();
        for at in 0..policy.routes().len() {
            for method in ["GET", "POST", "PUT"] {
                let request = request(method, "a.test", &format!("/{at}"));
                if has_rights(&policy, &request, &made) && !has_rights(&policy, &request, &maker) {
                    more.push(format!("{method} /{at}"));
                }
            }
        }
        prop_assert!(answer.is_err() || more.is_empty(), "{:?} {:?}", maker, more);
        // A copy of a key, and a key with nothing, may always be made.
        let copy = policy.may_hand_on(&maker, Some(&owned(&own.0)), &owned(&own.1));
        if kind == PrincipalKind::ApiKey && !own.0.is_empty() {
            prop_assert_eq!(copy, Ok(()));
        }
        prop_assert_eq!(policy.may_hand_on(&maker, None, &[]), Ok(()));
    }
}
