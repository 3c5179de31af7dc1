//! CauseFlow's API keys: the policy in `config/examples/causeflow`, rows C5, C6, C7 and C9.

use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::causeflow::House;
use crate::support::operator::{ADMIN_TOKEN, Operator, id_of, secret_of};
use crate::support::{Answer, Call};

const PREFIX: &str = "cflo_";
const WEBHOOK: &str = "/v1/webhooks/acme/datadog";

fn house() -> House {
    House::with(|setup| setup.env("SIDEGATE_ADMIN__TOKEN", ADMIN_TOKEN))
}

impl House {
    /// A token of a tenant's admin.
    fn admin(&self, tenant: &str) -> String {
        self.token(&json!({ "tenant_id": tenant, "roles": ["admin"] }))
    }

    /// Asks at `/v1/api-keys`, as a tenant's admin.
    fn keys(&self, tenant: &str, method: &str, below: &str, body: Option<&Value>) -> Answer {
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
    fn key(&self, tenant: &str, more: &Value) -> String {
        let mut body = json!({ "name": "datadog" });
        let more = more.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(more);
        let made = self.keys(tenant, "POST", "", Some(&body));
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["key"].as_str().unwrap().to_owned()
    }

    fn operator(&self) -> Operator {
        let store = format!("sqlite:{}", self.folder.path().join("keys.db").display());
        Operator::of("causeflow", &store)
    }

    /// A webhook with a key as a bearer.
    fn report(&self, key: &str, target: &str) -> Answer {
        self.gate.post(target).bearer(key).body("{}").send()
    }
}

/// Whether any file below a folder holds these bytes.
fn is_written(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        let content = std::fs::read(path).unwrap();
        memchr::memmem::find(&content, bytes).is_some()
    })
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
    assert_eq!(house.report(&token, WEBHOOK).status, 401);
    house
        .gate
        .post(WEBHOOK)
        .send()
        .assert_refused(401, "KEY_MISSING");
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
    house
        .report(&key, "/v1/webhooks/acme/pagerduty")
        .assert_refused(403, "SOURCE_NOT_ALLOWED");
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
    let digest = Sha256::digest(old.as_bytes());
    let digits = digest.iter().map(|byte| format!("{byte:02x}"));
    let row = format!("old,acme,cflo_a1b,{}\n", digits.collect::<String>());
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

impl House {
    /// Whatever the gate writes or shows by now.
    fn shown(&self) -> String {
        let mut all = vec![self.gate.output.text()];
        let log = self.folder.path().join("decisions.log");
        all.push(std::fs::read_to_string(log).unwrap_or_default());
        for page in ["/metrics", "/status", "/readyz", "/healthz", "/nothing"] {
            all.push(self.gate.ask_admin(page).text());
        }
        for page in ["/keys", "/keys/openapi.json"] {
            all.push(self.gate.as_admin("GET", page).send().text());
        }
        all.join("\n")
    }

    /// Sends a text wherever a credential can stand, on routes of every kind.
    fn present(&self, text: &str) -> Vec<Answer> {
        let targets = [
            WEBHOOK,
            "/v1/webhooks/globex/datadog",
            "/v1/incidents",
            "/v1/api-keys",
            "/health",
            "/auth/github/callback",
            "/v1//webhooks",
            "/v1/%2e%2e/health",
        ];
        let mut answers = Vec::new();
        for (target, method) in targets.iter().flat_map(|target| {
            let methods = ["GET", "POST", "HEAD", "TRACE"];
            methods.map(|method| (*target, method))
        }) {
            let referer = format!("https://dash.example.test{WEBHOOK}?x=1&apiKey={text}");
            let both = |target: &str| {
                let call = self.gate.call(method, target).header("Referer", &referer);
                call.header("User-Agent", "monitor/1").body("{}")
            };
            let query = format!("{target}?x=1&apiKey={text}");
            answers.push(both(target).bearer(text).send());
            answers.push(both(&query).send());
            answers.push(both(&query).bearer("cflo_another").send());
            answers.push(both(&format!("{query}&apiKey=cflo_other")).send());
        }
        answers
    }

    /// Requests that cannot be read, each with the key in it.
    fn babble(&self, text: &str) -> Vec<String> {
        let fields = "Host: a.test\r\nConnection: close\r\n";
        let pieces = [
            format!(
                "POST {WEBHOOK}?apiKey={text} HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n"
            ),
            format!("POST {WEBHOOK}?apiKey={text} HTTP/1.1\r\nConnection: close\r\n\r\n"),
            format!("POST {WEBHOOK}?apiKey={text} HTTP/9.9\r\n{fields}\r\n"),
            format!("POST {WEBHOOK}?apiKey={text} HTTP/1.1\r\n{fields}B\x01d: x\r\n\r\n"),
            format!("POST {WEBHOOK}?apiKey={text} x HTTP/1.1\r\n{fields}\r\n"),
            format!("POST {WEBHOOK}?apiKey={text}\r\n\r\n"),
            format!(
                "POST {WEBHOOK} HTTP/1.1\r\n{fields}Authorization: Bearer {text}\r\nContent-Length: x\r\n\r\n"
            ),
            format!("POST {WEBHOOK} HTTP/1.1\r\n{fields}Authorization: Bearer {text}\x02\r\n\r\n"),
            format!(
                "POST {WEBHOOK}?apiKey={text} HTTP/1.1\r\n{fields}Big: {}\r\n\r\n",
                "x".repeat(70_000)
            ),
        ];
        let address = self.gate.address;
        let ask = |piece: &String| crate::support::client::raw(address, piece.as_bytes());
        pieces.iter().map(ask).collect()
    }
}

/// Row C6: of a key no more than its start is ever written, in whatever way it is presented and whatever
/// becomes of the request; with a log that tells everything.
#[test]
fn key_is_in_nothing_that_the_gate_writes_or_shows() {
    for format in ["text", "json"] {
        let house = House::with(|setup| {
            setup
                .env("SIDEGATE_ADMIN__TOKEN", ADMIN_TOKEN)
                .env("SIDEGATE_LOG__LEVEL", "trace")
                .env("SIDEGATE_LOG__FORMAT", format)
        });
        let good = house.key("acme", &json!({}));
        let revoked = house.key("acme", &json!({}));
        let of_globex = house.key("globex", &json!({}));
        house.keys(
            "acme",
            "DELETE",
            &format!("/{}", id_of(&revoked, PREFIX)),
            None,
        );
        let mut mistyped = house.key("acme", &json!({}));
        let last = mistyped.pop().unwrap();
        mistyped.push(if last == '0' { '1' } else { '0' });
        let foreign = format!("{PREFIX}{}", "0a1b2c3d4e5f".repeat(4));
        let texts = [good, revoked, of_globex, mistyped, foreign];
        let mut told = String::new();
        for text in &texts {
            for answer in house.present(text) {
                told.push_str(&format!("{:?}{}\n", answer.message.headers, answer.text()));
            }
            told.extend(house.babble(text));
        }
        let reload = house.gate.as_admin("POST", "/reload").send();
        told.push_str(&reload.text());
        let known = |shown: &str| {
            let codes = [
                "KEY_UNKNOWN",
                "KEY_REVOKED",
                "TENANT_MISMATCH",
                "CREDENTIAL_AMBIGUOUS",
            ];
            let more = [
                "PATH_AMBIGUOUS",
                "HOST_INVALID",
                id_of(&texts[0], PREFIX),
                "allow",
            ];
            codes.iter().chain(&more).all(|word| shown.contains(word))
        };
        crate::support::eventually("everything is recorded", || known(&house.shown()));
        let forwarded = format!("{:?}", house.upstream.seen());
        for text in &texts {
            let secret = secret_of(text, PREFIX);
            for (what, said) in [
                ("gate", &house.shown()),
                ("caller", &told),
                ("app", &forwarded),
            ] {
                let line = said.lines().find(|line| line.contains(secret));
                assert_eq!(line, None, "to the {what}, in {format}");
            }
        }
    }
}

/// Row C6: the same over HTTP/2, where fields are packed another way.
#[test]
fn key_over_http2_is_written_no_more_than_over_http1() {
    use bytes::Bytes;
    use http::Request;
    use http_body_util::Full;

    let house = House::with(|setup| setup.env("SIDEGATE_LOG__LEVEL", "trace"));
    let key = house.key("acme", &json!({}));
    let address = house.gate.address;
    for (path, status) in [(WEBHOOK, 200), ("/v1/incidents", 401), ("/health", 401)] {
        for query in [format!("?apiKey={key}"), String::new()] {
            let mut request = Request::post(format!("http://{address}{path}{query}"));
            if query.is_empty() {
                request = request.header("Authorization", format!("Bearer {key}"));
            }
            let request = request.body(Full::new(Bytes::from("{}"))).unwrap();
            let answer = crate::support::h2::send(address, request);
            assert_eq!(answer.status, status, "{path}{query}");
        }
    }
    let shown = format!("{}{:?}", house.shown(), house.upstream.seen());
    assert!(shown.contains("KEY_UNKNOWN"));
    assert!(!shown.contains(secret_of(&key, PREFIX)));
}

/// Row C6: what was asked for shows a key's id, so that its owner can be found.
#[test]
fn record_names_the_key_by_its_id() {
    let house = house();
    let key = house.key("acme", &json!({}));
    house.report(&key, WEBHOOK).assert_passed();
    let id = id_of(&key, PREFIX);
    crate::support::eventually("the webhook is recorded", || {
        let lines = house.gate.output.all();
        let mut lines = lines.iter();
        lines.any(|line| line.contains(WEBHOOK) && line.contains(id))
    });
    let call = Call::new(house.gate.admin, "GET", "/keys");
    assert_eq!(call.send().status, 401, "nobody else sees the keys");
}
