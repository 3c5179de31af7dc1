//! Two policies held against each other.

use std::collections::BTreeSet;
use std::fs;

use super::*;

const OPEN: &str = "roles: { viewer: [], admin: [] }\nroutes: [ { path: /** } ]\n";
const CLOSED: &str =
    "roles: { viewer: [], admin: [] }\nroutes: [ { path: /**, roles: [admin] } ]\n";

fn differences(old: &str, new: &str) -> Differences {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("old"), folder.path().join("new"));
    fs::write(&first, old).unwrap();
    fs::write(&second, new).unwrap();
    Differences::between(&first, &second)
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn old_policy_decides_anew_and_what_it_does_not_reproduce_is_drift() {
    let (old, new) = (policy(OPEN), policy(CLOSED));
    let stale = record(json!({ "decision": "deny", "reason": "NO_ROUTE", "status": 403 }));
    let tally = tally(&new, Some(&old), &[record(json!({})), stale]);
    assert_eq!(tally.count(Change::AllowToDeny).records, 2);
    assert_eq!(tally.drift.len(), 1);
    let (key, group) = tally.drift.iter().next().unwrap();
    assert_eq!(
        (key.change, key.before, key.after, group.count.records),
        (
            Change::DenyToAllow,
            Verdict::Deny(Some(Reason::NoRoute)),
            Verdict::Allow,
            1
        )
    );
}

#[test]
fn without_an_old_policy_the_record_counts() {
    let new = policy(CLOSED);
    let stale = record(json!({ "decision": "deny", "reason": "NO_ROUTE", "status": 403 }));
    let tally = tally(&new, None, &[record(json!({})), stale]);
    assert_eq!(tally.count(Change::AllowToDeny).records, 1);
    assert_eq!(tally.count(Change::Reason).records, 1);
    assert!(tally.drift.is_empty());
}

#[test]
fn what_the_old_policy_recorded_is_its_own_word() {
    let old = policy("routes: [ { path: /**, when: principal.claims.plan == 'pro' } ]\n");
    let new = policy(OPEN);
    let own = old.world.engine.version().to_string();
    let record = |policy: &str| {
        record(json!({
            "decision": "deny", "reason": "CONDITION_FALSE", "status": 403, "policy": policy,
        }))
    };
    let tally = tally(&new, Some(&old), &[record(&own), record("elsewhere")]);
    assert_eq!(tally.count(Change::DenyToAllow).records, 1);
    assert_eq!(tally.count(Change::Unknown).records, 1);
    assert_eq!(tally.policies.len(), 2);
}

#[test]
fn settings_of_issuers_and_places_of_tokens_are_compared() {
    let with = |audience: &str, from: &str| {
        format!(
            "issuers: {{ main: {{ url: 'https://a.test', audience: {audience} }} }}\ntokens: {{ from: {from} }}\n"
        )
    };
    let same = differences(&with("a", "bearer"), &with("a", "bearer"));
    assert!(same.is_empty());
    let found = differences(&with("a", "bearer"), &with("b", "{ header: X-T }"));
    assert_eq!(
        found,
        Differences {
            places: true,
            issuers: changed("main"),
            ..Differences::default()
        }
    );
    let found = differences(ISSUER, TWO).issuers;
    assert_eq!((&found.added, found.removed.len()), (&names(&["other"]), 0));
    let found = differences(TWO, ISSUER).issuers;
    assert_eq!((found.added.len(), &found.removed), (0, &names(&["other"])));
    let variable = |text: &str| format!("issuers: {{ main: {{ url: '{text}', audience: a }} }}\n");
    let found = differences(
        &variable("${URL:-https://a.test}"),
        &variable("${URL:-https://b.test}"),
    );
    assert_eq!(found.issuers, changed("main"));
}

fn changed(name: &str) -> Changes {
    Changes {
        changed: names(&[name]),
        ..Changes::default()
    }
}

fn trusting(differences: Differences, text: &str, record: &Value) -> Judged {
    let loaded = written(text);
    judged_with(
        &loaded,
        record,
        Trust::Compared(Box::new(differences)),
        Prior::Same,
    )
    .unwrap()
}

#[test]
fn what_depends_on_settings_that_differ_is_unknown() {
    let text = format!("{TWO}routes: [ {{ path: /** }} ]\n");
    let changed = || Differences {
        issuers: changed("main"),
        ..Differences::default()
    };
    let of = |issuer: &str| record(json!({ "issuer": issuer }));
    assert_eq!(
        trusting(changed(), &text, &of("main")).verdict,
        Verdict::Unknown
    );
    assert_eq!(
        trusting(changed(), &text, &of("other")).verdict,
        Verdict::Allow
    );
    for (reason, wanted) in [
        ("TOKEN_EXPIRED", Some(Verdict::Unknown)),
        ("TOKEN_MISSING", deny(Reason::TokenMissing)),
        ("TOKEN_MALFORMED", deny(Reason::TokenMalformed)),
    ] {
        let found = trusting(changed(), &text, &denied(reason)).verdict;
        assert_eq!(Some(found), wanted, "{reason}");
    }
    let places = || Differences {
        places: true,
        ..Differences::default()
    };
    for record in [of("main"), denied("TOKEN_MISSING"), denied("TOKEN_EXPIRED")] {
        let found = trusting(places(), &text, &record);
        assert_eq!(found.verdict, Verdict::Unknown, "{record}");
    }
}

#[test]
fn tokens_of_an_issuer_that_is_gone_are_refused() {
    let text = format!("{ISSUER}routes: [ {{ path: /** }} ]\n");
    let gone = || Changes {
        removed: names(&["other"]),
        ..Changes::default()
    };
    let differing = |issuers| Differences {
        issuers,
        ..Differences::default()
    };
    let of_other = record(json!({ "issuer": "other" }));
    let found = trusting(differing(gone()), &text, &of_other).verdict;
    assert_eq!(Some(found), deny(Reason::TokenIssuerUnknown));
    // It may have been given another name.
    let renamed = Changes {
        added: names(&["new"]),
        ..gone()
    };
    let found = trusting(differing(renamed), &text, &of_other).verdict;
    assert_eq!(found, Verdict::Unknown);
}

#[test]
fn sets_of_api_keys_are_compared_as_far_as_keys_that_exist_are_concerned() {
    let set = |settings: &str| format!("api_keys: {{ ci: {{ {settings} }} }}\n");
    let one = "{ name: a, hash: h }";
    let listed = |keys: &str| set(&format!("prefix: ci_, keys: [{keys}]"));
    let same = differences(
        &set("prefix: ci_, lifetime: 1d"),
        &set("prefix: ci_, most: 2d"),
    );
    assert!(same.is_empty(), "{same:?}");
    let grown = differences(
        &listed(one),
        &listed(&format!("{one}, {{ name: b, hash: i }}")),
    );
    assert_eq!(
        (grown.grown, grown.sets),
        (names(&["ci"]), Changes::default())
    );
    let less = differences(
        &listed(&format!("{one}, {{ name: b, hash: i }}")),
        &listed(one),
    );
    assert_eq!((less.grown.len(), less.sets), (0, changed("ci")));
    let moved = differences(&set("prefix: ci_"), &set("prefix: ci_, from: bearer"));
    assert!(moved.key_places && moved.sets == changed("ci"));
    let added = differences("routes: []\n", &set("prefix: ci_"));
    assert!(added.key_places && added.sets.added == names(&["ci"]));
}

#[test]
fn set_that_is_new_leaves_routes_alone_that_do_not_accept_it() {
    let differing = || Differences {
        key_places: true,
        sets: Changes {
            added: names(&["ci"]),
            ..Changes::default()
        },
        ..Differences::default()
    };
    let of = |who: &str| {
        format!(
            "{ISSUER}api_keys: {{ ci: {{ prefix: ci_ }} }}\nauthenticate: main\nroutes: [ {{ path: /**, authenticate: {who} }} ]\n"
        )
    };
    let missing = denied("TOKEN_MISSING");
    let found = trusting(differing(), &of("main"), &missing).verdict;
    assert_eq!(Some(found), DENY);
    let found = trusting(differing(), &of("[main, ci]"), &missing).verdict;
    assert_eq!(found, Verdict::Unknown);
    // Whose token was genuine is who they were.
    let found = trusting(differing(), &of("main"), &record(json!({}))).verdict;
    assert_eq!(found, Verdict::Allow);
}
