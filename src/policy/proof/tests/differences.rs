//! Differences and questions, held against an asking of everybody about everything.

use std::collections::BTreeSet;

use http::Method;
use proptest::prelude::*;

use super::super::super::{Access, Policy};
use super::super::space::Ground;
use super::super::{Asker, Difference, Reached, Sign, WhoCan};
use super::policy;
use super::random::policies;
use super::world::{Met, callers, meet, requests, requests_for, verdicts};
use crate::model::{Host, PrincipalKind};

/// Direction, routes before and after, and method of something that is different.
type Fact = (Sign, Option<String>, Option<String>, String);

fn said(difference: &Difference) -> BTreeSet<Fact> {
    let changes = difference
        .changes
        .iter()
        .filter(|change| change.sign != Sign::Other);
    let facts = changes.flat_map(|change| {
        let name = |route: &Option<std::sync::Arc<str>>| route.as_ref().map(ToString::to_string);
        let fact = move |method: &String| {
            (
                change.sign,
                name(&change.old),
                name(&change.new),
                method.clone(),
            )
        };
        change.methods.iter().map(fact)
    });
    facts.collect()
}

/// The method that stands for this one.
fn representative(ground: &Ground, method: &Method) -> String {
    let known = ground.methods().contains(method);
    let method = if known { method } else { ground.other_method() };
    method.to_string()
}

/// One random policy, and the same with one route or one word changed, or another one.
fn pairs() -> impl Strategy<Value = (String, String)> {
    let changed =
        (policies(), any::<u8>(), any::<prop::sample::Index>()).prop_map(|(old, how, which)| {
            let lines: Vec<&str> = old.lines().collect();
            let first = lines.iter().position(|line| *line == "routes:").unwrap() + 1;
            let at = first + which.index(lines.len() - first);
            let mut new: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            match how % 4 {
                0 if lines.len() - first > 1 => drop(new.remove(at)),
                1 => {
                    new[at] = new[at]
                        .replace(" }", ", roles: [r3] }")
                        .replace(", public: true", "")
                }
                2 => {
                    new[at] = new[at]
                        .replace(", permission: p:x", "")
                        .replace("tenant: any", "scopes: [s1]")
                }
                _ => new.retain(|line| !line.starts_with("default_role")),
            }
            (old, new.join("\n") + "\n")
        });
    prop_oneof![
        3 => changed.prop_filter("both compile", |(_, new)| super::compile(new).0.is_some()),
        1 => (policies(), policies()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn difference_is_what_the_world_sees((old, new) in pairs()) {
        let (before, after) = (policy(&old), policy(&new));
        let difference = Difference::between(&before, &after).unwrap();
        let ground = Ground::new(&[&before, &after], []);
        let callers = callers();
        let mut seen: BTreeSet<Fact> = BTreeSet::new();
        for request in requests_for(&format!("{old}{new}")) {
            let name = |policy: &Policy| policy.find(&request).map(|matched| matched.route.name().to_string());
            let (was, is) = (name(&before), name(&after));
            let method = representative(&ground, &request.method);
            let mut note = |sign| seen.insert((sign, was.clone(), is.clone(), method.clone()));
            let public = |policy: &Policy| policy.find(&request).is_some_and(|matched| *matched.route.access() == Access::Public);
            if public(&before) != public(&after) {
                note(if public(&after) { Sign::Gain } else { Sign::Loss });
            }
            let before = verdicts(&before, &request, &callers);
            for (before, after) in before.into_iter().zip(verdicts(&after, &request, &callers)) {
                match (before, after) {
                    (true, false) => note(Sign::Loss),
                    (false, true) => note(Sign::Gain),
                    _ => false,
                };
            }
        }
        prop_assert_eq!(said(&difference), seen, "{}---\n{}{:#?}", old, new, difference);
    }

    #[test]
    fn what_a_caller_reaches_is_what_passes(text in policies(), which in any::<prop::sample::Index>(), tenant in 0..4_usize) {
        let policy = policy(&text);
        let mut all = callers();
        // Whether there is a signature beside a credential is not asked.
        all.retain(|caller| caller.webhook.is_none() || caller.kind == PrincipalKind::Webhook);
        let caller = which.get(&all);
        let tenant = [None, Some("a"), Some("o"), Some("zz")][tenant];
        let asker = Asker {
            kind: caller.kind,
            roles: caller.roles.iter().map(ToString::to_string).collect(),
            scopes: caller.scopes.iter().map(ToString::to_string).collect(),
            tenant: tenant.map(str::to_owned),
            issuer: Some(caller.issuer.to_string()),
            sources: caller.key.as_ref().map(|key| {
                key.sources.iter().flatten().map(ToString::to_string).collect()
            }),
        };
        let reaches = asker.reaches(&policy).unwrap();
        let said: BTreeSet<(String, String)> = reaches.iter()
            .filter(|reach| reach.reached == Reached::Yes)
            .flat_map(|reach| reach.methods.iter().map(|method| (reach.route.to_string(), method.clone())))
            .collect();
        let ground = Ground::new(&[&policy], []);
        let mut seen = BTreeSet::new();
        for request in requests_for(&text) {
            let mut with_tenant = vec![request.clone()];
            let sources = asker.sources.iter().flatten().map(String::as_str);
            let named = tenant.iter().map(|tenant| ("x-t", *tenant)).chain(sources.map(|source| ("x-s", source)));
            for (name, own) in named {
                for mut request in with_tenant.clone() {
                    let value = http::HeaderValue::from_str(own).unwrap();
                    request.headers.set(&http::HeaderName::from_static(name), &value);
                    with_tenant.push(request.clone());
                    if request.host.name() != "o.test" {
                        continue;
                    }
                    for host in ["T.q.w", "q.T.w", "T.q.test", "q.T.test", "T.q.h.test", "q.T.h.test"] {
                        request.host = Host::parse(&host.replace('T', own)).unwrap();
                        with_tenant.push(request.clone());
                    }
                }
            }
            for request in with_tenant {
                let name = policy.find(&request).map(|matched| matched.route.name().to_string());
                let passes = match meet(&policy, &request, std::slice::from_ref(caller)) {
                    Met::Nothing => false,
                    Met::Public => true,
                    Met::Judged(_, judged) => judged.iter().any(|(caller, passes)| *passes && caller.tenant.as_deref() == tenant),
                };
                if passes {
                    seen.insert((name.unwrap(), representative(&ground, &request.method)));
                }
            }
        }
        // Only requests of the world name a tenant `zz` in the path, and none does.
        prop_assume!(tenant != Some("zz") || !text.contains("{tenant}") && !text.contains("path.c") && !text.contains("host."));
        // Nor a source but `o`.
        let bound = text.contains("{source}") || text.contains("source: '{{ path.c") || text.contains("source: '{{ host");
        prop_assume!(asker.sources.iter().flatten().all(|source| source == "o") || !bound);
        // No host names a tenant and a source.
        prop_assume!(asker.sources.is_none() || !text.contains("host.0"));
        prop_assert_eq!(said, seen, "{}{:?}\n{:#?}", text, asker, reaches);
    }

    #[test]
    fn who_can_names_the_route_that_is_found(text in policies(), which in any::<prop::sample::Index>()) {
        let policy = policy(&text);
        let requests = requests();
        let request = which.get(&requests);
        let answer = WhoCan::make(&policy, request);
        let found = policy.find(request).map(|matched| matched.route.name());
        prop_assert_eq!(answer.opening.as_ref().map(|opening| &opening.route), found);
        prop_assert!(answer.aside.iter().all(|aside| Some(&aside.route) != found));
    }
}

const OLD: &str = "\
roles: { admin: [users:write], viewer: , support: [users:write] }
routes:
  - { path: /reports/**, roles: [admin] }
  - { path: /users/**, permission: users:write }
  - { path: '/tenants/{tenant}/**' }
  - { path: /health, public: true }
  - { path: /**, roles: [admin] }
";

/// The lines of a difference, without examples.
fn lines(old: &str, new: &str) -> Vec<String> {
    let difference = Difference::between(&policy(old), &policy(new)).unwrap();
    let line = |change: &super::super::Change| {
        let sign = match change.sign {
            Sign::Gain => '+',
            Sign::Loss => '-',
            Sign::Other => '~',
        };
        let methods = match change.methods_shown.as_str() {
            "" => String::new(),
            methods => format!("{methods} "),
        };
        format!(
            "{sign} {}: {methods}{}",
            change.what.join("; "),
            change.place
        )
    };
    difference.changes.iter().map(line).collect()
}

#[test]
fn same_meaning_in_other_words_is_no_difference() {
    let reordered = OLD.replace("  - { path: /health, public: true }\n", "");
    let reordered = reordered.replace(
        "routes:\n",
        "routes:\n  - { path: /health, public: true, name: up }\n",
    );
    let reordered = reordered
        .replace("{tenant}", "{org}")
        .replace("{org}/**'", "{org}/**', tenant: '{{ path.org }}'");
    assert_eq!(lines(OLD, &reordered), Vec::<String>::new());
    let split = OLD.replace(
        "  - { path: /users/**,",
        "  - { path: /users, permission: users:write }\n  - { path: /users/*/**,",
    );
    assert_eq!(lines(OLD, &split), Vec::<String>::new());
}

#[test]
fn difference_says_who_gains_and_who_loses() {
    let new = OLD
        .replace(
            "/reports/**, roles: [admin]",
            "/reports/**, roles: [admin, viewer]",
        )
        .replace(
            "{ path: /users/**,",
            "{ path: /users/**, method: GET }\n  - { path: /users/**, method: POST,",
        )
        .replace(
            "'/tenants/{tenant}/**'",
            "'/tenants/{tenant}/**', tenant: any",
        )
        .replace("public: true", "authenticate: main");
    assert_eq!(
        lines(OLD, &new),
        [
            "+ role `viewer`: /reports/**",
            "+ machines; users without role `admin` or `support`: GET /users/**",
            "+ callers of another tenant; callers without a tenant: /tenants/{tenant}/**",
            "- everybody: /health",
            // These fall to `/**` now, which asks for a role where a scope was enough.
            "+ machines with role `admin`: any method but GET, POST /users/**",
            "- users without role `admin`, with scope `users:write`; \
             machines without a role, with scope `users:write`; users with role `support`; \
             machines with role `support`, with scope `users:write`: any method but GET, POST /users/**",
        ]
    );
}

#[test]
fn whole_policy_is_compared_too() {
    let new = format!(
        "paths: {{ allow: [semicolon] }}\nidentity_headers: {{ X-User: '{{{{ principal.subject }}}}' }}\n{OLD}"
    );
    let lines = lines(OLD, &new);
    assert_eq!(
        lines[0],
        "+ paths spelled with `semicolon` are let through: "
    );
    assert_eq!(lines[1], "~ other headers are removed from requests: ");
    assert!(
        lines.contains(&"~ identity header `x-user` added: /reports/**".to_owned()),
        "{lines:#?}"
    );
}

#[test]
fn another_default_role_is_said_to_be_one() {
    let old = "roles: { a: , b: }\nroutes: [{ path: /x, when: '\"a\" in principal.roles' }]\n";
    assert_eq!(lines(old, old), Vec::<String>::new());
    let new = lines(old, &format!("default_role: a\n{old}"));
    assert!(
        new[0].starts_with("~ callers without a role have another one"),
        "{new:?}"
    );
}

#[test]
fn questions_are_answered_in_full() {
    let policy = policy(OLD);
    let asker = Asker {
        kind: PrincipalKind::User,
        roles: vec!["support".into()],
        scopes: Vec::new(),
        tenant: Some("acme".into()),
        issuer: None,
        sources: None,
    };
    let reaches = asker.reaches(&policy).unwrap();
    let yes = reaches.iter().filter(|reach| reach.reached == Reached::Yes);
    let yes: Vec<&str> = yes.map(|reach| reach.pattern.as_str()).collect();
    assert_eq!(yes, ["/users/**", "/tenants/{tenant}/**", "/health"]);
    let mut request = requests().remove(0);
    request.path = crate::model::CanonicalPath::parse("/users/7").unwrap();
    request.method = Method::DELETE;
    let answer = WhoCan::make(&policy, &request);
    let opening = answer.opening.unwrap();
    assert_eq!(opening.permission.unwrap().roles, ["admin", "support"]);
    assert_eq!(answer.aside[0].pattern, "/**");
}
