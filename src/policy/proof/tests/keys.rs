//! API keys in proofs, sentences and questions.

use super::super::{Asker, Difference, Reached, WhoCan};
use super::{compile, policy};
use crate::model::PrincipalKind;

const POLICY: &str = "\
authenticate: [main, partners]
roles: { admin: ['*'], service: ['alerts:*'] }
routes:
  - { path: /admin/**, roles: [admin], authenticate: main }
  - { path: /tools/**, roles: [admin] }
  - { path: /alerts/**, permission: 'alerts:{action}' }
  - { path: '/hooks/{source}', permission: 'alerts:write' }
  - { path: /health, public: true }
";

fn problems(sentence: &str) -> String {
    let (_, problems) = compile(&format!("{POLICY}invariants:\n  - {sentence}\n"));
    problems.join("\n")
}

#[test]
fn sentences_about_keys_are_proven() {
    for sentence in [
        "API keys never reach /admin/**",
        "API keys of partners never reach /admin/**",
        "API keys reach nothing but /tools/**, /alerts/** and /hooks/**",
        "every route under /hooks/** asks for a source",
        "only role admin reaches /tools/**",
    ] {
        assert_eq!(problems(sentence), "", "{sentence}");
    }
    for (sentence, why) in [
        (
            "API keys never reach /tools/**",
            "by an API key with role `admin` and scope `*` passes",
        ),
        (
            "API keys of partners reach nothing but /tools/**",
            "by an API key of set `partners` with scope `alerts:",
        ),
        ("API keys never reach /health", "by anybody"),
        (
            "every route under /alerts/** asks for a source",
            "asks for no source",
        ),
        (
            "API keys of partner never reach /x",
            "did you mean `partners`?",
        ),
        ("tokens of partners never reach /x", "knows no issuer"),
    ] {
        let found = problems(sentence);
        assert!(found.contains(why), "{sentence}: {found}");
    }
}

/// What changed, each line as the difference says it.
fn changes(new: &str) -> Vec<String> {
    let difference = Difference::between(&policy(POLICY), &policy(new)).unwrap();
    let changes = difference.changes.iter();
    let line =
        |change: &super::super::Change| format!("{:?} {}", change.sign, change.what.join("; "));
    changes.map(line).collect()
}

#[test]
fn difference_for_keys_is_told() {
    for (old, new, wanted) in [
        (
            "/tools/**, roles: [admin]",
            "/tools/**, roles: [admin], authenticate: main",
            &["Loss API keys with role `admin`, with scope `*` of set `partners`"][..],
        ),
        (
            "'/hooks/{source}',",
            "'/hooks/{provider}',",
            &[
                "Loss API keys without a role, with scope `alerts:write` that are for this source alone",
            ],
        ),
        (
            "'/hooks/{source}',",
            "'/hooks/{source}', source: any,",
            &["Gain API keys without a role, with scope `alerts:write` that are for other sources"],
        ),
        (
            "/alerts/**, permission: 'alerts:{action}'",
            "/alerts/**, roles: [admin, service]",
            &["", ""],
        ),
    ] {
        assert!(POLICY.contains(old));
        let found = changes(&POLICY.replace(old, new));
        match wanted {
            ["", ..] => assert!(found.iter().any(|line| line.contains("API keys"))),
            wanted => {
                let found: Vec<&str> = found
                    .iter()
                    .map(|line| line.split(';').next().unwrap())
                    .collect();
                assert_eq!(found, wanted, "{old} {new}");
            }
        }
    }
    let same = POLICY.replace("{source}'", "{provider}', source: '{{ path.provider }}'");
    assert_eq!(changes(&same), Vec::<String>::new());
}

fn reached(scopes: &[&str], sources: Option<&[&str]>) -> Vec<String> {
    let policy = policy(POLICY);
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let asker = Asker {
        kind: PrincipalKind::ApiKey,
        roles: vec!["admin".into()],
        scopes: owned(scopes),
        tenant: None,
        issuer: None,
        sources: sources.map(owned),
    };
    let reaches = asker.reaches(&policy).unwrap().into_iter();
    let reaches = reaches.filter(|reach| reach.reached == Reached::Yes && !reach.public);
    reaches
        .map(|reach| format!("{}{}", reach.methods_shown, reach.pattern))
        .collect()
}

#[test]
fn what_a_key_may_do_is_answered() {
    let all = [
        "/tools/**",
        "GET, POST, PUT, PATCH, DELETE/alerts/**",
        "/hooks/{source}",
    ];
    assert_eq!(reached(&["*"], None), all);
    assert_eq!(reached(&["*:read"], None), ["GET/alerts/**"]);
    assert_eq!(reached(&["alerts:*"], None), all[1..]);
    // For some sources only: nothing else is open.
    assert_eq!(reached(&["*"], Some(&["acme"])), all[2..]);
    assert_eq!(reached(&["*"], Some(&[])), Vec::<String>::new());
}

#[test]
fn who_can_names_sets_and_what_keys_need() {
    let policy = policy(POLICY);
    let opening = |path: &str| {
        let request = super::super::super::tests::get(path);
        WhoCan::make(&policy, &request).opening.unwrap()
    };
    let tools = opening("/tools/x");
    let names: Vec<&str> = tools.issuers.iter().map(AsRef::as_ref).collect();
    assert_eq!(names, ["main", "partners"]);
    assert!(tools.keys_need_everything);
    assert!(!opening("/alerts").keys_need_everything && !opening("/admin").keys_need_everything);
    assert_eq!(opening("/hooks/a").source.unwrap(), "the path's `source`");
}
