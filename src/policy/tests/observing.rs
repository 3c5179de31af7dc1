//! Rules that are judged and refuse nothing until their time is over.

use std::time::Duration;

use super::*;
use crate::document::Severity;
use crate::policy::Rule;

/// The end of 1970-01-31, as the policies here write it.
const END: u64 = 31 * 86_400;

fn at(mut request: Request, seconds: u64) -> Request {
    request.received_at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    request
}

fn observing(rules: &str) -> Policy {
    policy(&format!(
        "roles: {{ admin: ['*'] }}\nroutes:\n  - path: /orgs/{{tenant}}/**\n    roles: [admin]\n    \
         when: request.method == 'GET'\n    observe: {{ until: 1970-01-31{rules} }}\n"
    ))
}

fn mistakes(route: &str) -> String {
    let (policy, problems) = compile(&format!("roles: {{ admin: ['*'] }}\nroutes:\n{route}"));
    assert!(policy.is_none(), "{route}");
    problems.join("\n")
}

#[test]
fn observed_rule_lets_pass_until_its_end_and_refuses_from_then_on() {
    let policy = observing(", rules: [roles]");
    let caller = of_tenant("acme");
    let before = judge(&policy, &at(get("/orgs/acme/x"), END - 1), &caller).unwrap();
    let observed = before.observed().unwrap();
    assert_eq!(observed.rule, Rule::Roles);
    assert_eq!(observed.denied.reason, Reason::InsufficientRole);
    for late in [END, END + 1, u64::from(u32::MAX)] {
        let refused = judge(&policy, &at(get("/orgs/acme/x"), late), &caller).unwrap_err();
        assert_eq!(refused.reason, Reason::InsufficientRole);
    }
}

#[test]
fn only_the_rules_that_are_named_are_observed() {
    let policy = observing(", rules: [roles]");
    let others = judge(&policy, &get("/orgs/other/x"), &of_tenant("acme")).unwrap_err();
    assert_eq!(others.reason, Reason::TenantMismatch);
    let post = request("POST", "api.example.com", "/orgs/acme/x");
    let refused = judge(&policy, &post, &of_tenant("acme")).unwrap_err();
    assert_eq!(refused.reason, Reason::ConditionFalse);
    let route = &policy.routes()[0];
    assert!(route.observes(Rule::Roles) && !route.observes(Rule::Tenant));
}

#[test]
fn without_names_every_rule_is_observed_and_the_first_that_fails_is_told() {
    let policy = observing("");
    let post = request("POST", "api.example.com", "/orgs/other/x");
    let grant = judge(&policy, &post, &of_tenant("acme")).unwrap();
    assert_eq!(grant.observed().unwrap().rule, Rule::Tenant);
    let rules = [Rule::Tenant, Rule::Roles, Rule::Condition];
    assert_eq!(policy.routes()[0].observed_rules(), rules);
    let admin = Principal {
        roles: vec!["admin".into()],
        ..of_tenant("acme")
    };
    let grant = judge(&policy, &get("/orgs/acme/x"), &admin).unwrap();
    assert!(grant.observed().is_none());
}

#[test]
fn what_observed_rules_read_is_read() {
    let policy = policy(
        "routes:\n  - path: /**\n    when: request.headers['x-a'] == '1'\n    observe: { until: 1970-01-31 }\n",
    );
    assert_eq!(policy.facts_read().len(), 1);
}

#[test]
fn observation_that_is_over_or_too_long_is_a_problem() {
    let policy = observing("");
    let problems = |seconds: u64, over| {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let problems = policy.overdue(now, over);
        problems.first().map(|problem| problem.severity)
    };
    assert_eq!(problems(END - 1, Severity::Error), None);
    assert_eq!(problems(END, Severity::Error), Some(Severity::Error));
    assert_eq!(problems(END, Severity::Warning), Some(Severity::Warning));
    let far = super::policy(
        "routes:\n  - path: /**\n    roles: [x]\n    observe: { until: 1971-01-31 }\nroles: { x: [] }\n",
    );
    let problems = far.overdue(SystemTime::UNIX_EPOCH, Severity::Warning);
    assert_eq!(problems[0].severity, Severity::Error);
    assert!(
        problems[0].to_string().contains("1970-04-01"),
        "{}",
        problems[0]
    );
}

#[test]
fn mistakes_of_an_observation_are_named() {
    for (route, said) in [
        (
            "  - { path: /**, roles: [admin], observe: {} }\n",
            "needs the key `until`",
        ),
        (
            "  - { path: /**, roles: [admin], observe: { until: soon } }\n",
            "neither a date",
        ),
        (
            "  - { path: /**, roles: [admin], observe: { until: '${VALUE}' } }\n",
            "must stand in the file",
        ),
        (
            "  - { path: /**, observe: { until: 2026-12-31 } }\n",
            "nothing that could be observed",
        ),
        (
            "  - { path: /**, public: true, observe: { until: 2026-12-31 } }\n",
            "public route",
        ),
        (
            "  - { path: /**, roles: [admin], observe: { until: 2026-12-31, rules: [scopes] } }\n",
            "`scopes` is not asked for",
        ),
        (
            "  - { path: /**, roles: [admin], observe: { until: 2026-12-31, rules: [role] } }\n",
            "did you mean `roles`",
        ),
        (
            "  - { path: /**, roles: [admin], observe: { until: 2026-12-31, rules: [authenticate] } }\n",
            "not a rule that can be observed",
        ),
        (
            "  - { path: /**, acr: [mfa], max_age: 5m, observe: { until: 2026-12-31, rules: [acr] } }\n",
            "its other half",
        ),
        (
            "  - { group: a, observe: { until: 2026-12-31 }, routes: [{ path: /a }] }\n",
            "write `observe` on a route",
        ),
        (
            "  - { group: a, defaults: { observe: { until: 2026-12-31 } }, routes: [{ path: /a }] }\n",
            "`observe` cannot be a default",
        ),
        (
            "  - { path: /**, roles: [admin], observe: { until: 2026-12-31, rules: [] } }\n",
            "empty list",
        ),
        (
            "  - { path: /**, roles: [admin], observe: }\n",
            "without a value",
        ),
    ] {
        let found = mistakes(route);
        assert!(found.contains(said), "{route}\n{found}");
        assert!(!found.contains("s3cret"), "{found}");
    }
}

#[test]
fn inherited_rules_can_be_observed_on_the_route() {
    let policy = policy(
        "roles: { admin: ['*'] }\ndefaults: { roles: [admin] }\nroutes:\n  - { path: /a }\n  \
         - { path: /b, acr: [mfa], max_age: 5m, observe: { until: 1970-01-31, rules: [roles, acr, max_age] } }\n",
    );
    let nobody = principal(&[], &[]);
    assert!(judge(&policy, &get("/b"), &nobody).is_ok());
    assert!(judge(&policy, &get("/a"), &nobody).is_err());
}
