//! Signed deliveries in proofs, sentences and questions.

use super::super::{Asker, Change, Difference, Reached, WhoCan};
use super::{compile, policy};
use crate::model::PrincipalKind;

const POLICY: &str = "\
authenticate: [main, partners]
roles: { admin: ['*'] }
routes:
  - { path: /admin/**, roles: [admin], authenticate: main }
  - { path: /v1/webhooks/gh, method: POST, authenticate: gh }
  - { path: /v1/webhooks/st, method: POST, authenticate: st }
  - { path: '/hooks/{tenant}', method: POST, authenticate: { all: [partners, gh] } }
  - { path: /mixed, authenticate: [partners, gh] }
  - { path: /health, public: true }
";

fn problems(sentence: &str) -> String {
    let (_, problems) = compile(&format!("{POLICY}invariants:\n  - {sentence}\n"));
    problems.join("\n")
}

#[test]
fn sentences_about_deliveries_are_proven() {
    for sentence in [
        "webhooks reach nothing but POST /v1/webhooks/** and /hooks/** and /mixed",
        "webhooks never reach /admin/**",
        "deliveries of gh never reach /admin/** and /v1/webhooks/st",
        "deliveries of st reach nothing but /v1/webhooks/st",
        "every route under /hooks/** asks for a signature",
        "every route under /hooks/** asks for a key",
        "every route under /hooks/** asks for an API key",
        "every route under /v1/webhooks/** asks for a signature",
        "API keys never reach /v1/webhooks/**",
    ] {
        assert_eq!(problems(sentence), "", "{sentence}");
    }
    for (sentence, why) in [
        (
            "webhooks reach nothing but /v1/webhooks/** and /mixed",
            "by an API key of set `partners`, with a signature of `gh` passes",
        ),
        (
            "webhooks never reach /v1/**",
            "by a signed delivery of webhook `gh` passes",
        ),
        ("deliveries of st never reach /health", "by anybody"),
        (
            "every route under /mixed asks for a signature",
            "asks for no signature",
        ),
        (
            "every route under /v1/webhooks/gh asks for a key",
            "asks for no key",
        ),
        (
            "every route under /health asks for a signature",
            "by anybody",
        ),
        (
            "API keys never reach /hooks/**",
            "by an API key, with a signature of `gh` passes",
        ),
        ("deliveries of git never reach /x", "knows no webhook `git`"),
        ("deliveries of partners never reach /x", "knows no webhook"),
    ] {
        let found = problems(sentence);
        assert!(found.contains(why), "{sentence}: {found}");
    }
}

/// What changed, each line as the difference says it.
fn changes(old: &str, new: &str) -> Vec<String> {
    let text = |asked: &str| {
        format!(
            "authenticate: [main, partners]\nroutes:\n  - {{ path: /in, authenticate: {asked} }}\n  # gh st\n"
        )
    };
    let difference = Difference::between(&policy(&text(old)), &policy(&text(new))).unwrap();
    let changes = difference.changes.iter();
    let line = |change: &Change| format!("{:?} {}", change.sign, change.what.join("; "));
    changes.map(line).collect()
}

#[test]
fn whoever_gets_in_without_what_was_asked_before_is_a_gain() {
    let both = "{ all: [partners, gh] }";
    for (old, new, wanted) in [
        // The signature is gone: whoever only has a key gets in.
        (
            both,
            "partners",
            &["Gain API keys without a signature of `gh`"][..],
        ),
        (
            "partners",
            both,
            &["Loss API keys without a signature of `gh`"],
        ),
        // Any of both: either is enough.
        (
            both,
            "[partners, gh]",
            &["Gain signed deliveries of webhook `gh`; API keys without a signature of `gh`"],
        ),
        // The key is gone. Whoever has both gets in by the signature.
        (both, "gh", &["Gain signed deliveries of webhook `gh`"]),
        ("gh", both, &["Loss signed deliveries of webhook `gh`"]),
        // Another sender's.
        (
            both,
            "{ all: [partners, st] }",
            &[
                "Gain API keys with a signature of `st`",
                "Loss API keys with a signature of `gh`",
            ],
        ),
        (
            "gh",
            "st",
            &[
                "Gain signed deliveries of webhook `st`",
                "Loss signed deliveries of webhook `gh`",
            ],
        ),
        (both, "{ all: [gh, partners] }", &[]),
        (
            "main",
            both,
            &[
                "Gain API keys of set `partners` with a signature of `gh`",
                "Loss callers of issuer `main`",
            ],
        ),
    ] {
        let found = changes(old, new);
        let sorted = |lines: Vec<String>| -> Vec<Vec<String>> {
            let parts = lines.into_iter().map(|line| {
                let (sign, what) = line.split_once(' ').unwrap();
                let mut parts: Vec<String> = what
                    .split("; ")
                    .map(|part| format!("{sign} {part}"))
                    .collect();
                parts.sort_unstable();
                parts
            });
            parts.collect()
        };
        let wanted = wanted.iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(sorted(found), sorted(wanted), "{old} {new}");
    }
}

fn reached(kind: PrincipalKind, issuer: &str) -> Vec<String> {
    let policy = policy(POLICY);
    let asker = Asker {
        kind,
        roles: Vec::new(),
        scopes: vec!["*".into()],
        tenant: Some("acme".into()),
        issuer: Some(issuer.into()),
        sources: None,
    };
    let reaches = asker.reaches(&policy).unwrap().into_iter();
    let reaches = reaches.filter(|reach| !reach.public);
    let line = |reach: super::super::Reach| match &reach.reached {
        Reached::Yes => Some(reach.pattern),
        Reached::Perhaps(asked) => Some(format!("{} if {}", reach.pattern, asked.join(", "))),
        Reached::No(_) => None,
    };
    reaches.filter_map(line).collect()
}

#[test]
fn what_a_delivery_may_do_is_answered() {
    assert_eq!(
        reached(PrincipalKind::Webhook, "gh"),
        ["/v1/webhooks/gh", "/mixed"]
    );
    assert_eq!(
        reached(PrincipalKind::ApiKey, "partners"),
        [
            "/hooks/{tenant} if the request has a signature of `gh`",
            "/mixed"
        ]
    );
}

#[test]
fn who_can_names_the_signature() {
    let policy = policy(POLICY);
    let opening = |path: &str| {
        let mut request = super::super::super::tests::get(path);
        request.method = http::Method::POST;
        WhoCan::make(&policy, &request).opening.unwrap()
    };
    let both = opening("/hooks/acme");
    let names = |opening: &super::super::Opening| -> Vec<String> {
        opening.issuers.iter().map(ToString::to_string).collect()
    };
    assert_eq!(names(&both), ["partners"]);
    assert_eq!(both.signed.as_deref(), Some("gh"));
    let mixed = opening("/mixed");
    assert_eq!(
        (names(&mixed), mixed.signed),
        (vec!["partners".into(), "gh".into()], None)
    );
}
