//! Whose secrets count, and what is said of a delivery.

use std::time::Duration;

use super::{NOW, OTHER, SECRET, Sent, at, hook};
use crate::webhook::{Proved, Seen, Why};

const SCHEME: &str = "scheme:
  kind: hmac
  signature: { from: header, name: x-sig }
  timestamp: { from: header, name: x-time }
  id: { from: header, name: x-id }
  signed: \"{id}.{timestamp}.{body}\"";

#[test]
fn each_tenant_has_secrets_of_its_own() {
    for (by, acme, globex, nobody) in [
        ("header: X-Tenant", "acme", "globex", "initech"),
        ("query: app", "acme", "globex", "initech"),
    ] {
        let hook = hook(&format!(
            "secrets: {{ acme: \"${{SECRET}}\", globex: [\"${{OTHER}}\", \"${{SECRET}}\"] }}\nsecrets_by: {{ {by} }}\n{SCHEME}"
        ));
        let sent = |tenant: &str, secret| {
            let target = format!("/?app={tenant}");
            Sent::new(&target, &[("x-tenant", tenant)], b"{}").signed_by(&hook, secret, Some("e1"))
        };
        let genuine = sent(acme, SECRET).judged(&hook).unwrap();
        assert_eq!(genuine.tenant.as_deref(), Some("acme"));
        assert_eq!(genuine.principal.tenant.as_deref(), Some("acme"));
        assert_eq!(sent(globex, OTHER).verdict(&hook), "ok");
        assert_eq!(sent(acme, OTHER).verdict(&hook), "mismatch");
        let unknown = sent(nobody, SECRET).judged(&hook).unwrap_err();
        let wrong = sent(acme, OTHER).judged(&hook).unwrap_err();
        assert_eq!(unknown.reason, Why::NoSecret);
        assert_eq!(unknown.denied.reason, wrong.denied.reason);
        // The same event of another tenant is another delivery.
        let one = sent(acme, SECRET).judged(&hook).unwrap().once.unwrap();
        let two = sent(globex, SECRET).judged(&hook).unwrap().once.unwrap();
        assert_ne!(one.delivery.digest, two.delivery.digest);
    }
}

#[test]
fn tenants_can_stand_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("acme"), format!("{SECRET}\n")).unwrap();
    std::fs::create_dir(folder.path().join("globex")).unwrap();
    std::fs::create_dir(folder.path().join("..data")).unwrap();
    std::fs::write(folder.path().join("globex/current"), OTHER).unwrap();
    std::fs::write(folder.path().join("globex/previous"), SECRET).unwrap();
    let hook = hook(&format!(
        "secrets: {{ folder: {} }}\nsecrets_by: {{ host: 0 }}\n{SCHEME}",
        folder.path().display()
    ));
    let sent = Sent::new("/", &[], b"{}").signed_by(&hook, SECRET, None);
    // The host of these tests is `hooks.example.com`.
    assert_eq!(sent.verdict(&hook), "no_secret");
    let judged = |host: &str| {
        let staged = sent.staged().to(host);
        let message = staged.message();
        let body = bytes::Bytes::from_static(b"{}");
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.build().unwrap();
        let proved = runtime.block_on(hook.verify(&message, &body)).unwrap();
        let Proved::Delivery(genuine) = proved else {
            panic!("no challenge was sent")
        };
        (genuine.tenant, genuine.facts.secret.to_string())
    };
    assert_eq!(
        judged("acme.example.com"),
        (Some("acme".into()), "1".into())
    );
    assert_eq!(
        judged("globex.example.com"),
        (Some("globex".into()), "previous".into())
    );
}

#[test]
fn secret_counts_in_its_time_only() {
    let hook = hook(&format!(
        "secrets:
  - {{ id: old, secret: \"${{SECRET}}\", not_after: 2026-01-05T00:00:00Z }}
  - {{ id: new, secret: \"${{OTHER}}\", not_before: 2026-01-01T00:00:00Z }}
{SCHEME}"
    ));
    let sent = |secret, at| {
        Sent::new("/", &[], b"{}")
            .at(at)
            .signed_by(&hook, secret, None)
    };
    let day = 24 * 3_600;
    let old = sent(SECRET, NOW).judged(&hook).unwrap();
    assert!(old.ending && &*old.facts.secret == "old");
    assert!(!sent(SECRET, NOW - 4 * day).judged(&hook).unwrap().ending);
    assert_eq!(sent(SECRET, NOW + 4 * day - 1).verdict(&hook), "ok");
    assert_eq!(sent(SECRET, NOW + 4 * day).verdict(&hook), "mismatch");
    let new = sent(OTHER, NOW).judged(&hook).unwrap();
    assert!(!new.ending && &*new.facts.secret == "new");
    assert_eq!(sent(OTHER, NOW - 1).verdict(&hook), "mismatch");
}

#[test]
fn delivery_says_what_its_signature_covers() {
    let hook = hook(&format!(
        "secrets: ${{SECRET}}\nprincipal: {{ subject: sender, tenant: acme, roles: ingest, scopes: [a, b] }}\n{SCHEME}"
    ));
    let sent = Sent::new("/", &[], b"{}").signed_by(&hook, SECRET, Some("e1"));
    let genuine = sent.judged(&hook).unwrap();
    let principal = &genuine.principal;
    assert_eq!(
        (&*principal.subject, &*principal.issuer),
        ("sender", "hook")
    );
    assert_eq!(principal.tenant.as_deref(), Some("acme"));
    assert_eq!((principal.roles.len(), principal.scopes.len()), (1, 2));
    let claims = serde_json::to_value(principal.claims.members()).unwrap();
    let wanted = serde_json::json!({
        "webhook": "hook", "secret_id": "1", "event_id": "e1", "signed_at": "2026-01-01T00:00:00Z",
    });
    assert_eq!(claims, wanted);
    assert!(hook.speaks_for(principal));
    let once = genuine.once.unwrap();
    assert_eq!(once.seen, Seen::Reject);
    assert_eq!(once.delivery.keep, Duration::from_secs(660));
    assert!(principal.expires_at > at(NOW) + Duration::from_secs(3_600 * 24 * 365 * 1_000));
    // A sender repeats an event with the same id and a new time.
    let again = Sent::new("/", &[], b"{}")
        .at(NOW + 60)
        .signed_by(&hook, SECRET, Some("e1"));
    let again = again.judged(&hook).unwrap().once.unwrap();
    assert_eq!(again.delivery.digest, once.delivery.digest);
}

#[test]
fn unsigned_id_is_not_stated_and_tells_nothing_apart() {
    let hook = hook(
        "secrets: [\"${SECRET}\", \"${OTHER}\"]
replay: { keep: 1h, seen: acknowledge }
scheme:
  kind: hmac
  signature: { from: header, name: x-sig, list: { sep: \",\" } }
  id: { from: header, name: x-id }
  signed: \"{body}\"",
    );
    let sent = Sent::new("/", &[("x-id", "1")], b"{}").signed_by(&hook, SECRET, None);
    let genuine = sent.judged(&hook).unwrap();
    assert_eq!(genuine.facts.event_id, None);
    let once = genuine.once.unwrap();
    assert_eq!(
        (once.seen, once.delivery.keep),
        (Seen::Acknowledge, Duration::from_secs(3_600))
    );
    let renamed = sent
        .clone()
        .with("x-id", "2")
        .judged(&hook)
        .unwrap()
        .once
        .unwrap();
    assert_eq!(renamed.delivery.digest, once.delivery.digest);
    // Nor does it matter which of several signatures is left.
    let other = Sent::new("/", &[], b"{}").signed_by(&hook, OTHER, None);
    let both = format!("{}, {}", other.value("x-sig"), sent.value("x-sig"));
    let both = sent
        .clone()
        .with("x-sig", &both)
        .judged(&hook)
        .unwrap()
        .once
        .unwrap();
    let second = other.judged(&hook).unwrap().once.unwrap();
    assert_eq!(both.delivery.digest, once.delivery.digest);
    assert_eq!(second.delivery.digest, once.delivery.digest);
}

#[test]
fn secret_may_be_the_key_that_comes_along() {
    use crate::secret::Secret;
    use crate::webhook::{GivenKey, Look, Message};
    let sent =
        |hook: &super::Webhook, secret| Sent::new("/", &[], b"{}").signed_by(hook, secret, None);
    let kept = Secret::new(OTHER.into());
    for (from, signing_secret, secret, wanted) in [
        ("key", None, SECRET, "ok"),
        ("key", None, OTHER, "mismatch"),
        ("signing_secret", Some(&kept), OTHER, "ok"),
        ("signing_secret", Some(&kept), SECRET, "mismatch"),
        ("signing_secret", None, OTHER, "no_secret"),
    ] {
        let hook = hook(&format!("secrets_from: {from}\n{SCHEME}"));
        let sent = sent(&hook, secret);
        let staged = sent.staged();
        let message = Message {
            key: Some(GivenKey {
                text: SECRET.as_bytes(),
                signing_secret,
            }),
            ..staged.message()
        };
        assert!(matches!(hook.look(&message), Look::Delivery));
        let body = bytes::Bytes::from_static(b"{}");
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.build().unwrap();
        let judged = runtime.block_on(hook.verify(&message, &body));
        let verdict = judged.map_or_else(|refusal| refusal.reason.as_str(), |_| "ok");
        assert_eq!(verdict, wanted, "{from}");
        // Without a key nobody could have signed it.
        assert_eq!(sent.verdict(&hook), "no_secret");
    }
}

#[test]
fn memory_lasts_as_long_as_a_body_may_take() {
    for (timeout, wanted) in [("5s", 660), ("10s", 660), ("2m", 770)] {
        let stamped = hook(&format!(
            "secrets: ${{SECRET}}\ntimeout: {timeout}\nscheme: {{ kind: hmac, signature: {{ from: header, name: x-sig }}, \
             timestamp: {{ from: header, name: X-Time, format: unix, tolerance: 300s }}, \
             signed: '{{timestamp}}.{{body}}' }}"
        ));
        let memory = stamped.plan.memory.unwrap();
        assert_eq!(memory.keep, Duration::from_secs(wanted), "{timeout}");
    }
}
