//! What sentences may look like, and what is said about them.

use super::compile;

const POLICY: &str = "\
roles: { super_admin: { includes: [admin] }, admin: [users:write], support: , \"on call\": }
routes:
  - { path: /admin/**, roles: [admin, support], name: admin }
  - { path: /users/**, methods: [DELETE], permission: users:write }
  - { path: /health, public: true }
  - { path: '/tenants/{tenant}/**' }
  - { path: '/tenants/{org}/open', tenant: any }
  - { path: /reports/**, authenticate: main }
";

/// The problems of the policy with one sentence.
fn problems(sentence: &str) -> Vec<String> {
    compile(&format!("{POLICY}invariants:\n  - {sentence}\n")).1
}

fn holds(sentence: &str) {
    assert_eq!(problems(sentence), Vec::<String>::new(), "{sentence}");
}

fn fails(sentence: &str, why: &str) {
    let problems = problems(sentence).join("\n");
    assert!(
        problems.contains(why),
        "{sentence}\n{problems}\nlacks: {why}"
    );
    assert!(problems.contains("error"), "{problems}");
}

#[test]
fn every_form_can_be_written() {
    for sentence in [
        "only roles admin, support reach /admin/**",
        "only roles admin and support reach GET, POST /admin/** and PUT /admin/x",
        "only role admin reaches PUT any.example.org/users/**",
        "nobody reaches /internal/**",
        "no public route under /admin/**",
        "no public routes under /admin/** and /tenants/**",
        "POST /admin is never public",
        "every route under /users/** asks for a permission",
        "every route under /admin/** asks for a role",
        "every route under /tenants/{tenant}/x asks for a tenant",
        "a principal of one tenant never reaches /tenants/{tenant}/x/** of another",
        "API keys reach nothing but /tenants/** and /reports/**",
        "machines never reach PUT /users/**",
        "tokens of other never reach /reports/**",
    ] {
        let problems = problems(sentence);
        assert!(
            problems.iter().all(|problem| problem.contains("warning")),
            "{sentence}: {problems:#?}"
        );
    }
}

#[test]
fn counter_example_names_request_caller_and_route() {
    fails(
        "only role admin reaches /admin/**",
        "policy.yaml:10:5: error: `invariants[0]`: this does not hold: \
         GET https://any.example/admin/x by a user with role `support` passes by route `admin` (policy.yaml:3)",
    );
    fails(
        "nobody reaches /health",
        "by anybody, without a credential, passes by route `/health`",
    );
    fails(
        "a principal of one tenant never reaches /tenants/{tenant}/** of another",
        "GET https://any.example/tenants/acme/open by a user without a role of tenant `globex` passes",
    );
    fails("machines reach nothing but /reports/**", "by a machine");
    fails(
        "every route under /admin/** asks for a scope",
        "which asks for no scope",
    );
    fails(
        "tokens of main reach nothing but /admin/**",
        "of issuer `main`",
    );
}

#[test]
fn included_roles_count_as_the_role() {
    holds("only roles admin and support reach /admin/**");
    fails(
        "only role super_admin reaches /admin/**",
        "with role `admin`",
    );
}

#[test]
fn names_may_stand_in_quotes() {
    fails("only role \"on call\" reaches /admin/**", "role `admin`");
    holds("only roles admin, support, 'on call' reach /admin/**");
}

#[test]
fn unknown_names_are_errors_with_a_suggestion() {
    fails(
        "only role suport reaches /admin/**",
        "did you mean `support`?",
    );
    fails(
        "tokens of mian never reach /admin/**",
        "did you mean `main`?",
    );
}

#[test]
fn what_cannot_be_read_is_an_error_that_names_the_forms() {
    for sentence in [
        "admins reach /admin/**",
        "only role admin reaches",
        "only admin reaches /admin/**",
        "nobody reaches /admin/** ever",
        "nobody reaches get /admin/**",
        "every route under /admin/** asks for a favour",
        "only role `admin reaches /admin/**",
        "machines reach /admin/**",
        "a principal of one tenant never reaches /tenants/{tenant}/**",
    ] {
        fails(sentence, "cannot be read\n  help: the known forms are:");
    }
    fails(
        "nobody reaches /a/**/b",
        "`**` may only be the last segment",
    );
    fails("nobody reaches TRACE /a", "no route can take");
    fails("nobody reaches a:1/a", "is not a host");
    fails(
        "a principal of one tenant never reaches /tenants/** of another",
        "which segment",
    );
}

#[test]
fn sentence_about_paths_that_nothing_serves_is_warned_of() {
    let problems = problems("only role admin reaches /admn/**");
    let [only] = problems.as_slice() else {
        panic!("{problems:#?}")
    };
    assert!(
        only.contains("warning") && only.contains("`/admn/**`"),
        "{only}"
    );
    holds("nobody reaches /internal/**");
}

#[test]
fn host_labels_that_name_a_tenant_are_free_in_the_most_general_host() {
    for route in [
        "{ path: /tenants/any/**, tenant: '{{ host.0 }}' }",
        "{ path: /tenants/example/**, tenant: '{{ host.1 }}' }",
        "{ path: /tenants/acme/**, host: '*.acme.test', tenant: '{{ host.1 }}' }",
        "{ path: /tenants/sub1/**, host: '*.acme.test', tenant: '{{ host.0 }}' }",
    ] {
        let sentence = "a principal of one tenant never reaches /tenants/{tenant}/** of another";
        let (policy, problems) =
            compile(&format!("routes: [{route}]\ninvariants: ['{sentence}']\n"));
        assert!(policy.is_none(), "{route}: {problems:#?}");
    }
}

#[test]
fn name_with_room_for_one_letter_has_hosts_below() {
    let long = [["a"; 49].concat(), ["b"; 49].concat()].join(".");
    let long = format!("{long}.{long}.{}.bb", ["c"; 48].concat());
    assert_eq!(long.len(), 251);
    let text =
        format!("routes: [{{ path: /x, host: '*.{long}' }}]\ninvariants: nobody reaches /x\n");
    let (policy, problems) = compile(&text);
    assert!(policy.is_none(), "{problems:#?}");
}
