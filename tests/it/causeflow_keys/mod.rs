//! CauseFlow's API keys: the policy in `config/examples/causeflow`, rows C5, C6, C7 and C9. Datadog does not sign,
//! so its webhooks are let in by their keys alone; for others see `causeflow_webhooks`.

mod leaks;

use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::causeflow::House;
use crate::support::operator::{ADMIN_TOKEN, Operator, id_of, secret_of};
use crate::support::sender::signature;
use crate::support::{Answer, Call};

pub(crate) const PREFIX: &str = "cflo_";
const WEBHOOK: &str = "/v1/webhooks/acme/datadog";

pub(crate) fn house() -> House {
    House::with(|setup| setup.env("SIDEGATE_ADMIN__TOKEN", ADMIN_TOKEN))
}

impl House {
    /// A token of a tenant's admin.
    fn admin(&self, tenant: &str) -> String {
        self.token(&json!({ "tenant_id": tenant, "roles": ["admin"] }))
    }

    /// Asks at `/v1/api-keys`, as a tenant's admin.
    pub(crate) fn keys(
        &self,
        tenant: &str,
        method: &str,
        below: &str,
        body: Option<&Value>,
    ) -> Answer {
        let call = self.gate.call(method, &format!("/v1/api-keys{below}"));
        let call = call.bearer(&self.admin(tenant));
        match body {
            Some(body) => {
                let call = call.header("Content-Type", "application/json");
                call.body(body.to_string()).send()
            }
            None => call.send(),
        }
    }

    /// Makes a key for a tenant; gives its text.
    pub(crate) fn key(&self, tenant: &str, more: &Value) -> String {
        let mut body = json!({ "name": "datadog" });
        let more = more.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(more);
        let made = self.keys(tenant, "POST", "", Some(&body));
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["key"].as_str().unwrap().to_owned()
    }

    pub(crate) fn operator(&self) -> Operator {
        let store = format!("sqlite:{}", self.folder.path().join("keys.db").display());
        Operator::of("causeflow", &store)
    }

    /// A webhook with a key as a bearer.
    fn report(&self, key: &str, target: &str) -> Answer {
        self.gate.post(target).bearer(key).body("{}").send()
    }
}

/// Whether any file below a folder holds these bytes.
pub(crate) fn is_written(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        let content = std::fs::read(path).unwrap();
        memchr::memmem::find(&content, bytes).is_some()
    })
}

/// What CauseFlow itself keeps of a key.
pub(crate) fn sha256_of(key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Row C5: the text is in the answer that made it and nowhere else; what is kept is its SHA-256.
#[test]
fn key_is_shown_once_kept_as_a_hash_and_listed_without_its_text() {
    let mut house = house();
    let text = house.key("acme", &json!({}));
    let secret = secret_of(&text, PREFIX);
    assert!(text.starts_with(PREFIX) && text.len() == 5 + 12 + 43 + 6);
    house.report(&text, WEBHOOK).assert_passed();
    assert_eq!(house.upstream.count(), 1, "the app saw the making of a key");

    let id = id_of(&text, PREFIX);
    for listed in [
        house.keys("acme", "GET", "", None),
        house.keys("acme", "GET", &format!("/{id}"), None),
        house.gate.as_admin("GET", "/keys").send(),
        house
            .gate
            .as_admin("GET", &format!("/keys/{id}/audit"))
            .send(),
    ] {
        assert_eq!(listed.status, 200, "{}", listed.text());
        assert!(listed.text().contains(id), "{}", listed.text());
        assert!(!listed.text().contains(secret), "{}", listed.text());
    }
    let operator = house.operator();
    for words in ["list", "show", "audit"] {
        let id: &[&str] = if words == "list" { &[] } else { &[id] };
        operator.run(&[&["keys", words], id].concat());
    }
    assert!(operator.said().contains(id) && !operator.said().contains(secret));

    // Now with what is not in the file yet, and once more when the gate has gone.
    let kept = |folder: &Path| {
        let digest = Sha256::digest(text.as_bytes());
        assert!(is_written(folder, &digest), "where, if not there?");
        assert!(!is_written(folder, secret.as_bytes()));
    };
    kept(house.folder.path());
    house.gate.signal("TERM");
    house.gate.wait_for_end();
    kept(house.folder.path());
}

/// Row C5.
#[test]
fn revoked_key_is_refused_at_once() {
    let house = house();
    let (text, other) = (house.key("acme", &json!({})), house.key("acme", &json!({})));
    let below = format!("/{}", id_of(&text, PREFIX));
    house.report(&text, WEBHOOK).assert_passed();
    // Nobody of another tenant, and nobody who is no admin, can do it.
    let stranger = house.keys("globex", "DELETE", &below, None);
    assert_eq!(stranger.status, 404, "{}", stranger.text());
    let analyst = house
        .gate
        .call("DELETE", &format!("/v1/api-keys{below}"))
        .bearer(&house.token(&json!({})));
    analyst.send().assert_refused(403, "INSUFFICIENT_ROLE");
    house.report(&text, WEBHOOK).assert_passed();

    let revoked = house.keys("acme", "DELETE", &below, None);
    assert_eq!(revoked.status, 200, "{}", revoked.text());
    house
        .report(&text, WEBHOOK)
        .assert_refused(401, "KEY_REVOKED");
    house.report(&other, WEBHOOK).assert_passed();
    assert_eq!(house.upstream.count(), 3);
}

/// Row C5: a new text for the same key, and both count until the grace is over.
#[test]
fn rotated_key_has_two_texts_until_the_grace_is_over() {
    let house = house();
    let first = house.key("acme", &json!({}));
    let below = format!("/{}/rotate", id_of(&first, PREFIX));
    let rotate = |grace: &str| {
        let body = json!({ "grace": grace });
        let answer = house.keys("acme", "POST", &below, Some(&body)).json();
        answer["key"].as_str().unwrap().to_owned()
    };
    let second = rotate("1h");
    house.report(&first, WEBHOOK).assert_passed();
    house.report(&second, WEBHOOK).assert_passed();
    let third = rotate("0s");
    for old in [&first, &second] {
        house
            .report(old, WEBHOOK)
            .assert_refused(401, "KEY_EXPIRED");
    }
    house.report(&third, WEBHOOK).assert_passed();
}

/// Row C5: a tenant's admin has that tenant's keys in view, and makes none for others.
#[test]
fn admins_see_and_make_keys_of_their_own_tenant_only() {
    let house = house();
    let text = house.key("acme", &json!({}));
    let id = id_of(&text, PREFIX);
    let list = house.keys("globex", "GET", "", None);
    assert_eq!(list.json()["keys"], json!([]), "{}", list.text());
    let below = format!("/{id}");
    assert_eq!(house.keys("globex", "GET", &below, None).status, 404);
    let body = json!({ "name": "n", "tenant": "acme" });
    let made = house.keys("globex", "POST", "", Some(&body));
    let own = made.status != 201 || made.json()["tenant"] == "globex";
    assert!(own, "{}", made.text());
    // Neither does a key, whatever it may do.
    let body = json!({ "name": "n" }).to_string();
    let call = house.gate.post("/v1/api-keys").bearer(&text).body(body);
    let call = call.header("Content-Type", "application/json");
    call.send().assert_refused(401, "KEY_UNKNOWN");
}

/// Row C6: in both places, and the app gets the webhook without the key.
#[test]
fn key_passes_as_bearer_and_in_the_query_and_does_not_go_on() {
    let house = house();
    let key = house.key("acme", &json!({}));
    let bearer = house
        .gate
        .post("/v1/webhooks/acme/datadog?a=1&b=%2F")
        .bearer(&key);
    let bare = format!("{WEBHOOK}?apiKey={key}");
    let amid = format!("/v1/webhooks/acme/datadog?a=1&apiKey={key}&b=%2F");
    let escaped = format!("/v1/webhooks/acme/datadog?a=1&b=%2F&api%4bey={key}");
    for (call, target) in [
        (bearer, "/v1/webhooks/acme/datadog?a=1&b=%2F"),
        (house.gate.post(&bare), WEBHOOK),
        (
            house.gate.post(&amid),
            "/v1/webhooks/acme/datadog?a=1&b=%2F",
        ),
        (
            house.gate.post(&escaped),
            "/v1/webhooks/acme/datadog?a=1&b=%2F",
        ),
    ] {
        let referer = format!("https://dash.example.test/x?apiKey={key}&y=2");
        let call = call.header("Referer", &referer).body(r#"{"alert":"cpu"}"#);
        call.header("X-Tenant-Id", "globex").send().assert_passed();
        let seen = house.upstream.last();
        assert_eq!(seen.target, target);
        assert_eq!(seen.message.body.bytes, br#"{"alert":"cpu"}"#);
        assert_eq!(seen.header("x-tenant-id"), Some("acme"));
        assert_eq!(seen.header("authorization"), None);
        let all = format!("{:?}", seen.message.headers);
        assert!(!all.contains(secret_of(&key, PREFIX)), "{all}");
    }
}

/// Row C7.
#[test]
fn key_opens_nothing_but_webhooks() {
    let house = house();
    // One with all that a key can have.
    let key = house.operator().make(&[
        "--name", "all", "--tenant", "acme", "--owner", "u-1", "--role", "admin", "--scope", "*",
    ]);
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/v1/incidents"),
        ("POST", "/v1/incidents"),
        ("GET", WEBHOOK),
        ("PUT", WEBHOOK),
        ("POST", "/v1/webhooks/acme"),
        ("POST", "/v1/webhooks/acme/datadog/test"),
        ("GET", "/v1/api-keys"),
        ("POST", "/health"),
    ] {
        let bearer = house.gate.call(method, path).bearer(&key);
        let query = house.gate.call(method, &format!("{path}?apiKey={key}"));
        for call in [bearer, query] {
            call.send().assert_refused(401, "KEY_UNKNOWN");
        }
    }
    assert_eq!(house.upstream.count(), 0);
    house.report(&key, WEBHOOK).assert_passed();
    // Nor does a token open a webhook.
    let token = house.admin("acme");
    for target in [WEBHOOK, "/v1/webhooks/acme/pagerduty"] {
        assert_eq!(house.report(&token, target).status, 401);
        let nobody = house.gate.post(target).body("{}").send();
        nobody.assert_refused(401, "KEY_MISSING");
    }
    assert_eq!(house.upstream.count(), 1);
}

/// Row C9.
#[test]
fn key_of_another_tenant_is_refused() {
    let house = house();
    let key = house.key("globex", &json!({}));
    let nobodys = house.operator().make(&["--name", "nobody's"]);
    for target in ["/v1/webhooks/ACME/datadog", "/v1/webhooks/glob/datadog"] {
        house
            .report(&key, target)
            .assert_refused(403, "TENANT_MISMATCH");
    }
    let call = house.gate.post(WEBHOOK).header("X-Tenant-Id", "globex");
    let answer = call.bearer(&key).send();
    answer.assert_refused(403, "TENANT_MISMATCH");
    for target in [
        WEBHOOK,
        "/v1/webhooks/null/datadog",
        "/v1/webhooks/%20/datadog",
    ] {
        house
            .report(&nobodys, target)
            .assert_refused(403, "TENANT_MISMATCH");
    }
    assert_eq!(house.upstream.count(), 0);
    house
        .report(&key, "/v1/webhooks/globex/datadog")
        .assert_passed();
}

/// Row C9, one step further: a key for one provider.
#[test]
fn key_for_one_provider_is_refused_at_another() {
    let house = house();
    let key = house.key("acme", &json!({ "sources": ["datadog"] }));
    house.report(&key, WEBHOOK).assert_passed();
    let other = "/v1/webhooks/acme/pagerduty";
    house
        .report(&key, other)
        .assert_refused(401, "SIGNATURE_MISSING");
    let signed = house.gate.post(other).bearer(&key).body("{}");
    let signed = signed.header("X-Webhook-Signature", &signature(&key, b"{}"));
    signed.send().assert_refused(403, "SOURCE_NOT_ALLOWED");
    assert_eq!(house.upstream.count(), 1);
}

/// Row C5: keys that CauseFlow made move in by the hashes that it stored.
#[test]
fn key_of_the_old_system_goes_on_to_count() {
    let house = house();
    let old = "cflo_a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6";
    house
        .report(old, WEBHOOK)
        .assert_refused(401, "KEY_UNKNOWN");
    let row = format!("old,acme,cflo_a1b,{}\n", sha256_of(old));
    let file = house.folder.path().join("old.csv");
    std::fs::write(&file, format!("name,tenant,key_prefix,hash\n{row}")).unwrap();
    let file = file.to_str().unwrap();
    house
        .operator()
        .run(&["keys", "import", file, "--set", "webhooks"]);
    crate::support::eventually("the key counts", || {
        house.report(old, WEBHOOK).status == 200
    });
    house
        .report(old, "/v1/webhooks/globex/datadog")
        .assert_refused(403, "TENANT_MISMATCH");
    let nearly = format!("{old}7");
    house
        .report(&nearly, WEBHOOK)
        .assert_refused(401, "KEY_UNKNOWN");
}
