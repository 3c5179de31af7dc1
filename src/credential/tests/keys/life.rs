//! When a key counts, whom it speaks for, and what a worker remembers of it.

use serde_json::json;

use super::*;
use crate::model::{Principal, PrincipalKind};

fn principal(more: &str) -> Arc<Principal> {
    let (text, hash) = mint("pk_");
    let verifiers = home(&one_key(&hash, more));
    outcome(verify(&verifiers, &with_key(&text)))
        .unwrap()
        .principal
}

#[test]
fn key_counts_between_its_moments_unless_it_is_revoked() {
    use Reason::{KeyExpired, KeyNotYetValid, KeyRevoked};
    let (text, hash) = mint("pk_");
    let day = 86_400;
    // 2027-01-15T08:00:00Z is second 1,800,000,000.
    let midnight = NOW - 8 * 3_600;
    for (more, moment, wanted) in [
        ("", 0, Ok(())),
        ("", NOW, Ok(())),
        (
            "not_before: '2027-01-15T08:00:00Z'",
            NOW - 1,
            Err(KeyNotYetValid),
        ),
        ("not_before: '2027-01-15T08:00:00Z'", NOW, Ok(())),
        ("not_before: 2027-01-15", midnight - 1, Err(KeyNotYetValid)),
        ("not_before: 2027-01-15", midnight, Ok(())),
        ("expires_at: '2027-01-15T09:00:00+01:00'", NOW - 1, Ok(())),
        (
            "expires_at: '2027-01-15T09:00:00+01:00'",
            NOW,
            Err(KeyExpired),
        ),
        ("expires_at: 2027-01-15", midnight + day - 1, Ok(())),
        ("expires_at: 2027-01-15", midnight + day, Err(KeyExpired)),
        ("revoked: true", NOW, Err(KeyRevoked)),
        ("revoked: false", NOW, Ok(())),
        (
            "revoked: true, expires_at: 2020-01-01",
            NOW,
            Err(KeyRevoked),
        ),
    ] {
        let verifiers = home(&one_key(&hash, more));
        let request = Request {
            received_at: at(moment),
            ..with_key(&text)
        };
        // The first time it is looked for, then it is known.
        for _ in 0..2 {
            let answer = who(&verifiers, &request).map(|_| ());
            assert_eq!(answer, wanted, "{more} at {moment}");
        }
    }
}

#[test]
fn known_key_is_answered_without_waiting_and_judged_at_every_use() {
    let (text, hash) = mint("pk_");
    let verifiers = home(&one_key(&hash, "expires_at: '2027-01-15T08:10:00Z'"));
    let recalled = |text: &str, moment: u64| {
        let request = Request {
            received_at: at(moment),
            ..with_key(text)
        };
        match verifiers.recall(&request, &Accepted::All) {
            Recalled::Answer(answer) => Some(outcome(answer).map(|_| ())),
            Recalled::Unknown(_) => None,
        }
    };
    assert_eq!(recalled(&text, NOW), None);
    who(&verifiers, &with_key(&text)).unwrap();
    assert_eq!(recalled(&text, NOW), Some(Ok(())));
    assert_eq!(recalled(&text, NOW + 600), Some(Err(Reason::KeyExpired)));
    assert_eq!(recalled(&text, NOW + 599), Some(Ok(())));
    let other = mint("pk_").0;
    assert_eq!(recalled(&other, NOW), None);
}

#[test]
fn new_policy_knows_nothing_of_the_old_one_s_keys() {
    let (text, hash) = mint("pk_");
    let old = home(&one_key(&hash, "tenant: old"));
    let tenant = |verifiers: &Verifiers| {
        let verified = outcome(verify(verifiers, &with_key(&text)))?;
        Ok(verified.principal.tenant.clone().unwrap())
    };
    assert_eq!(tenant(&old), Ok("old".into()));
    let new = home(&one_key(&hash, "tenant: new"));
    assert_eq!(tenant(&new), Ok("new".into()));
    // Whoever began under the old policy ends under it.
    assert_eq!(tenant(&old), Ok("old".into()));
    let revoked = home(&one_key(&hash, "tenant: new, revoked: true"));
    assert_eq!(tenant(&revoked), Err(Reason::KeyRevoked));
    let without = home(&one_key(&mint("pk_").1, ""));
    assert_eq!(tenant(&without), Err(Reason::KeyUnknown));
}

#[test]
fn principal_is_what_the_key_says() {
    let principal = principal(
        "id: k1, tenant: acme, owner: alice, roles: [service], scopes: ['orders:*', x], \
         allowed_sources: [github], networks: [10.0.0.0/8, '2001:db8::1'], \
         expires_at: '2027-01-15T08:10:00Z', metadata: { team: payments, key_id: forged }",
    );
    assert_eq!(principal.kind, PrincipalKind::ApiKey);
    assert_eq!(&*principal.subject, "alice");
    assert_eq!(principal.tenant.as_deref(), Some("acme"));
    assert_eq!(principal.email, None);
    assert_eq!(principal.roles, [Box::<str>::from("service")]);
    assert_eq!(principal.scopes, [Box::<str>::from("orders:*"), "x".into()]);
    assert_eq!(&*principal.issuer, "main");
    assert_eq!(principal.expires_at, at(NOW + 600));
    let claims = json!({ "key_id": "k1", "key_name": "ci", "owner": "alice", "team": "payments" });
    assert_eq!(Value::Object(principal.claims.members().clone()), claims);
    let facts = principal.key.as_ref().unwrap();
    assert_eq!(&*facts.id, "k1");
    assert_eq!(facts.sources.as_deref(), Some(&["github".into()][..]));
    let networks: Vec<String> = facts
        .networks
        .iter()
        .flatten()
        .map(ToString::to_string)
        .collect();
    assert_eq!(networks, ["10.0.0.0/8", "2001:db8::1/128"]);
}

#[test]
fn key_that_says_little_is_its_own_subject_and_never_ends() {
    let principal = principal("scopes: []");
    assert_eq!(&*principal.subject, "ci");
    assert!(principal.tenant.is_none() && principal.roles.is_empty());
    assert!(principal.expires_at > at(NOW * 100));
    let claims = json!({ "key_id": "ci", "key_name": "ci" });
    assert_eq!(Value::Object(principal.claims.members().clone()), claims);
    let facts = principal.key.as_ref().unwrap();
    assert!(facts.sources.is_none() && facts.networks.is_none());
}

#[test]
fn owner_without_rights_leaves_a_key_without_any() {
    assert!(principal("roles: [], scopes: ['*']").scopes.is_empty());
    assert_eq!(
        principal("roles: [a], scopes: ['*']").scopes,
        [Box::<str>::from("*")]
    );
    assert_eq!(principal("scopes: ['*']").scopes, [Box::<str>::from("*")]);
}

#[test]
fn claims_that_nobody_reads_are_not_kept() {
    let (text, hash) = mint("pk_");
    let verifiers = home(&one_key(
        &hash,
        "owner: o, metadata: { team: payments, more: 1 }",
    ));
    let verifiers = verifiers.keeping(["team", "key_id"]);
    let verified = outcome(verify(&verifiers, &with_key(&text))).unwrap();
    let claims = json!({ "team": "payments", "key_id": "ci" });
    assert_eq!(
        Value::Object(verified.principal.claims.members().clone()),
        claims
    );
}

#[test]
fn slow_hashes_count_once_and_then_are_known() {
    let (old, older) = ("sk_9aF3bq0123456789", "sk_77c01q0123456789");
    let bcrypt = bcrypt::hash(old, 4).unwrap();
    let policy = format!(
        "api_keys: {{ main: {{ keys: [ {{ name: a, hash: '{bcrypt}', key_prefix: sk_9aF3b }} ] }} }}\n"
    );
    let verifiers = home(&policy);
    for _ in 0..2 {
        assert!(who(&verifiers, &with_key(old)).is_ok());
        for wrong in ["sk_9aF3b", "sk_9aF3bq012345678X", older] {
            let answer = who(&verifiers, &with_key(wrong));
            assert_eq!(answer, Err(Reason::KeyUnknown), "{wrong}");
        }
    }
    let request = with_key(old);
    let known = verifiers.recall(&request, &Accepted::All);
    assert!(matches!(known, Recalled::Answer(_)));
}

#[test]
fn what_comes_of_keys_is_counted() {
    let registry = Registry::new();
    let metrics = crate::credential::Metrics::new(&registry).unwrap();
    let (text, hash) = mint("pk_");
    let verifiers = home(&one_key(&hash, "expires_at: 2027-01-15")).observed_by(&metrics);
    for _ in 0..3 {
        who(&verifiers, &with_key(&text)).unwrap();
    }
    let late = Request {
        received_at: at(NOW + 86_400),
        ..with_key(&text)
    };
    assert!(who(&verifiers, &late).is_err());
    assert!(who(&verifiers, &with_key("pk_x")).is_err());
    let shown = registry.render().unwrap();
    for (result, count) in [("worker", 2), ("found", 1), ("over", 1), ("unknown", 1)] {
        let line = format!("sidegate_key_checks_total{{result=\"{result}\"}} {count}");
        assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
    }
}
