//! Keys that callers make, use and end on a route of their own.

use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::http2::{OutBody, connect};
use super::*;
use crate::store;

const POLICY: &str = "
issuers:
  main: { url: 'https://idp.example', audience: api, secret: '${KEY}' }
api_keys:
  partners: { prefix: cflo_, from: [{ header: x-api-key }, { query: apiKey }] }
authenticate: [main, partners]
roles: { admin: ['*'], viewer: ['*:read'] }
identity_headers: { X-User: '{{ principal.subject }}', X-Tenant: '{{ principal.tenant }}' }
routes:
  - { path: /tenant/api-keys/**, api_keys: partners, permission: 'keys:manage' }
  - { path: /alerts/**, permission: { GET: 'alerts:read', POST: 'alerts:write' } }
  - { path: /open/**, public: true }
";

/// A gate with stored keys. What the folder holds goes with it.
struct Keeping {
    gate: Gate,
    upstream: Upstream,
    sink: Sink,
    _folder: TempDir,
}

async fn gate_speaking(protocol: Protocol) -> Keeping {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Upstream::answering(OK).await;
    let settings = store::Settings::sqlite(folder.path().join("keys.db"));
    let mut setup = Setup::to(upstream.address);
    setup.settings.limits.header_timeout = Duration::from_millis(400);
    setup.protocol = protocol;
    setup.policy = POLICY.to_owned();
    setup.store = Some(Store::open(&settings).unwrap());
    let sink = Sink::default();
    setup.sink = Some(sink.clone());
    Keeping {
        gate: setup.start().await,
        upstream,
        sink,
        _folder: folder,
    }
}

async fn gate() -> Keeping {
    gate_speaking(Protocol::Http1).await
}

fn admin(tenant: &str) -> String {
    bearer(json!({ "tenant_id": tenant, "roles": ["admin"] }))
}

fn bearer(claims: Value) -> String {
    format!("Authorization: Bearer {}", token_with(claims))
}

fn key(text: &str) -> String {
    format!("X-API-Key: {text}")
}

/// An answer: status, head, and the document.
struct Told(u16, String, Value);

impl Keeping {
    /// One request with these header lines and this JSON.
    async fn ask(&self, line: &str, headers: &[&str], body: Option<Value>) -> Told {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let mut request = format!("{line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n");
        headers
            .iter()
            .for_each(|line| request += &format!("{line}\r\n"));
        if !body.is_empty() {
            let length = body.len();
            request += &format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
        }
        told(&self.gate.ask(&format!("{request}\r\n{body}")).await)
    }

    /// The refusal of a key, once the change has come round.
    async fn refused(&self, text: &str) -> Told {
        loop {
            let answer = self.ask("GET /alerts/1", &[&key(text)], None).await;
            if answer.0 != 200 {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn make(&self, wish: Value) -> (String, String) {
        let Told(status, _, made) = self
            .ask("POST /tenant/api-keys", &[&admin("acme")], Some(wish))
            .await;
        assert_eq!(status, 201, "{made}");
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        (text("id"), text("key"))
    }
}

fn told(answer: &str) -> Told {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let status = head.split(' ').nth(1).unwrap_or_default();
    Told(
        status.parse().unwrap_or_default(),
        head.to_lowercase(),
        serde_json::from_str(body).unwrap_or_default(),
    )
}

fn code(told: &Told) -> (u16, &str) {
    (told.0, told.2["code"].as_str().unwrap_or_default())
}

#[test]
fn tenant_makes_uses_rotates_and_revokes_a_key() {
    run(async {
        let it = gate().await;
        let wish = json!({ "name": "ci", "scopes": ["alerts:read"] });
        let Told(status, head, made) = it
            .ask("POST /tenant/api-keys", &[&admin("acme")], Some(wish))
            .await;
        assert_eq!(status, 201, "{made}");
        assert!(head.contains("cache-control: no-store"), "{head}");
        assert!(head.contains("x-content-type-options: nosniff"), "{head}");
        let (id, text) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
        assert!(
            head.contains(&format!("location: /tenant/api-keys/{id}").to_lowercase()),
            "{head}"
        );
        assert_eq!(
            (&made["tenant"], &made["owner"]),
            (&json!("acme"), &json!("ann"))
        );

        assert_eq!(it.ask("GET /alerts/1", &[&key(text)], None).await.0, 200);
        let seen = it.upstream.seen.borrow_mut().pop().unwrap().to_lowercase();
        assert!(
            seen.contains("x-user: ann") && seen.contains("x-tenant: acme"),
            "{seen}"
        );
        assert!(!seen.contains("cflo_"), "{seen}");
        let denied = it.ask("POST /alerts/1", &[&key(text)], None).await;
        assert_eq!(code(&denied), (403, "PERMISSION_DENIED"));

        let line = format!("POST /tenant/api-keys/{id}/rotate");
        let Told(status, _, turned) = it.ask(&line, &[&admin("acme")], Some(json!({}))).await;
        assert_eq!(status, 200, "{turned}");
        let newer = turned["key"].as_str().unwrap();
        for text in [text, newer] {
            assert_eq!(it.ask("GET /alerts/1", &[&key(text)], None).await.0, 200);
        }
        let line = format!("DELETE /tenant/api-keys/{id}");
        assert!(it.ask(&line, &[&admin("acme")], None).await.0 < 300);
        for text in [text, newer] {
            let denied = it.refused(text).await;
            assert_eq!(code(&denied), (401, "KEY_REVOKED"));
            assert!(
                denied.1.contains("www-authenticate: bearer"),
                "{}",
                denied.1
            );
            assert!(denied.1.contains("error=\"invalid_token\""), "{}", denied.1);
        }
        let of_revoked = |record: &Value| record["reason"] == "KEY_REVOKED";
        eventually(|| {
            it.sink
                .records()
                .iter()
                .filter(|record| of_revoked(record))
                .count()
                == 2
        })
        .await;
        let records = it.sink.records();
        assert_eq!(records[0]["upstream"], "sidegate");
        assert_eq!(
            (&records[1]["kind"], &records[1]["key"]),
            (&json!("api_key"), &json!(id))
        );
        for record in records.iter().filter(|record| of_revoked(record)) {
            assert!(record["detail"].as_str().unwrap().contains(id), "{record}");
        }
        let log = String::from_utf8(it.sink.0.lock().unwrap().clone()).unwrap();
        for text in [text, newer] {
            assert!(!log.contains(text.split_at(17).1), "{log}");
        }
    });
}

#[test]
fn key_that_is_named_by_its_text_is_not_written_down() {
    run(async {
        let it = gate().await;
        let (id, text) = it
            .make(json!({ "name": "ci", "scopes": ["alerts:read"] }))
            .await;
        let line = format!("DELETE /tenant/api-keys/{text}");
        let answer = it.ask(&line, &[&admin("acme")], None).await;
        assert_eq!(code(&answer), (404, "KEY_NOT_FOUND"));
        let line = format!("GET /nowhere/{text}/x");
        assert_ne!(it.ask(&line, &[], None).await.0, 200);
        eventually(|| it.sink.records().len() == 3).await;
        let records = it.sink.records();
        assert_eq!(records[1]["path"], format!("/tenant/api-keys/cflo_{id}..."));
        assert_eq!(records[2]["path"], format!("/nowhere/cflo_{id}.../x"));
        let log = String::from_utf8(it.sink.0.lock().unwrap().clone()).unwrap();
        assert!(!log.contains(text.split_at(17).1), "{log}");
    });
}

#[test]
fn tenant_header_means_nothing_and_other_tenants_keys_are_not_there() {
    run(async {
        let it = gate().await;
        let wish = json!({ "name": "ci", "scopes": ["alerts:read"] });
        let spoofed = [&*admin("acme"), "X-Tenant: globex", "X-Tenant-Id: globex"];
        let made = it.ask("POST /tenant/api-keys", &spoofed, Some(wish)).await;
        assert_eq!(made.2["tenant"], "acme", "{}", made.2);
        let id = made.2["id"].as_str().unwrap();
        let others = admin("globex");
        let listed = it.ask("GET /tenant/api-keys", &[&others], None).await;
        assert!(!listed.2.to_string().contains(id), "{}", listed.2);
        for line in [
            format!("GET /tenant/api-keys/{id}"),
            format!("DELETE /tenant/api-keys/{id}"),
            format!("POST /tenant/api-keys/{id}/rotate"),
        ] {
            let body = line.starts_with("POST").then(|| json!({}));
            let answer = it.ask(&line, &[&others], body).await;
            assert_eq!(code(&answer), (404, "KEY_NOT_FOUND"), "{line}");
        }
        let wish = json!({ "name": "x", "tenant": "globex", "scopes": [] });
        let answer = it
            .ask("POST /tenant/api-keys", &[&admin("acme")], Some(wish))
            .await;
        assert_eq!(code(&answer), (403, "TENANT_MISMATCH"));
    });
}

#[test]
fn nobody_hands_on_more_than_they_have() {
    run(async {
        let it = gate().await;
        let wish = json!({
            "name": "bounded", "scopes": ["keys:*", "alerts:read"], "networks": ["127.0.0.0/8"], "expires_in": "1h",
        });
        let (_, text) = it.make(wish).await;
        let place = "POST /tenant/api-keys";
        let scoped = |scopes: Value| json!({ "name": "child", "scopes": scopes });
        let answer = it
            .ask(place, &[&key(&text)], Some(scoped(json!(["alerts:write"]))))
            .await;
        assert_eq!(code(&answer), (403, "RIGHTS_EXCEEDED"), "{}", answer.2);
        let answer = it
            .ask(place, &[&key(&text)], Some(scoped(json!(["alerts:read"]))))
            .await;
        assert_eq!(answer.0, 201, "{}", answer.2);
        assert_eq!(answer.2["networks"], json!(["127.0.0.0/8"]));
        assert!(answer.2["expires_at"].is_string(), "{}", answer.2);
        let wider =
            json!({ "name": "child", "scopes": ["alerts:read"], "networks": ["0.0.0.0/0"] });
        let answer = it.ask(place, &[&key(&text)], Some(wider)).await;
        assert_eq!(code(&answer), (403, "RIGHTS_EXCEEDED"), "{}", answer.2);
        let viewer = bearer(json!({ "tenant_id": "acme", "roles": ["viewer"] }));
        let answer = it.ask(place, &[&viewer], Some(scoped(json!([])))).await;
        assert_eq!(code(&answer), (403, "PERMISSION_DENIED"));
        let homeless = bearer(json!({ "roles": ["admin"] }));
        let answer = it.ask(place, &[&homeless], Some(scoped(json!([])))).await;
        assert_eq!(code(&answer), (403, "TENANT_MISMATCH"));
        assert!(it.upstream.seen.borrow().is_empty());
    });
}

#[test]
fn body_is_bounded_in_size_and_time_and_has_to_be_json() {
    run(async {
        let it = gate().await;
        let head = format!(
            "POST /tenant/api-keys HTTP/1.1\r\nHost: a\r\n{}\r\n",
            admin("acme")
        );
        let long = format!(
            "{head}Content-Type: application/json\r\nContent-Length: 65537\r\nExpect: 100-continue\r\n\r\n"
        );
        // Not invited.
        let answer = it.gate.ask(&long).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        assert!(
            answer.contains("BODY_TOO_LARGE") && answer.contains("connection: close"),
            "{answer}"
        );
        let piece = "1000\r\n".to_owned() + &" ".repeat(0x1000) + "\r\n";
        let chunked =
            format!("{head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
        let answer = it
            .gate
            .ask(&(chunked + &piece.repeat(17) + "0\r\n\r\n"))
            .await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        let slow = format!("{head}Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{{");
        let answer = it.gate.ask(&slow).await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(answer.contains("REQUEST_TIMEOUT"), "{answer}");
        let text = format!(
            "{head}Connection: close\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{{}}"
        );
        let answer = it.gate.ask(&text).await;
        assert!(answer.starts_with("HTTP/1.1 415"), "{answer}");
    });
}

#[test]
fn caller_that_waits_is_invited_and_the_connection_goes_on() {
    run(async {
        let it = gate().await;
        let wish = json!({ "name": "ci", "scopes": ["alerts:read"] }).to_string();
        let mut caller = it.gate.connect().await;
        let token = admin("acme");
        let length = wish.len();
        caller
            .send(&format!(
                "POST /tenant/api-keys HTTP/1.1\r\nHost: a\r\n{token}\r\nContent-Type: application/json\r\n\
                 Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
            ))
            .await;
        caller.until("HTTP/1.1 100 Continue\r\n\r\n").await;
        caller.send(&wish).await;
        let head = caller.until("\r\n\r\n").await;
        assert!(head.starts_with("HTTP/1.1 201"), "{head}");
        caller
            .send(&format!(
                "OPTIONS /tenant/api-keys HTTP/1.1\r\nHost: a\r\n{token}\r\n\r\n"
            ))
            .await;
        let head = caller.until("\r\n\r\n").await;
        assert!(
            head.contains("HTTP/1.1 204") && head.contains("allow: GET, HEAD, POST"),
            "{head}"
        );
        caller
            .send(&format!(
                "HEAD /tenant/api-keys HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{token}\r\n\r\n"
            ))
            .await;
        let rest = caller.rest().await;
        assert!(
            rest.starts_with("HTTP/1.1 200") && rest.ends_with("\r\n\r\n"),
            "{rest}"
        );
    });
}

#[test]
fn address_with_a_key_is_told_to_nobody() {
    run(async {
        let it = gate().await;
        let (_, text) = it
            .make(json!({ "name": "ci", "scopes": ["alerts:read"] }))
            .await;
        let referer = format!("Referer: http://a/x?apiKey={text}&b=1");
        let line = format!("GET /alerts/1?a=1&apiKey={text}");
        let answer = it.ask(&line, &[&referer], None).await;
        assert_eq!(answer.0, 200);
        assert!(
            answer.1.contains("referrer-policy: no-referrer"),
            "{}",
            answer.1
        );
        let open = it
            .ask(&line.replace("alerts", "open"), &[&referer], None)
            .await;
        assert_eq!(open.0, 200);
        assert!(
            open.1.contains("referrer-policy: no-referrer"),
            "{}",
            open.1
        );
        let wrong = it.ask(&format!("{line}0"), &[], None).await;
        assert_eq!(code(&wrong), (401, "KEY_UNKNOWN"));
        assert!(
            wrong.1.contains("referrer-policy: no-referrer"),
            "{}",
            wrong.1
        );
        let plain = it.ask("GET /open/1?a=1", &[], None).await;
        assert!(!plain.1.contains("referrer-policy"), "{}", plain.1);
        for seen in it.upstream.seen.borrow().iter() {
            assert!(
                !seen.contains("cflo_") && !seen.contains("apiKey"),
                "{seen}"
            );
        }
        eventually(|| it.sink.records().len() == 5).await;
        let log = String::from_utf8(it.sink.0.lock().unwrap().clone()).unwrap();
        // How a text begins that is nobody's key is said, and no more of it.
        assert!(log.contains(text.get(..9).unwrap()), "{log}");
        assert!(!log.contains(text.get(..10).unwrap()), "{log}");
        assert!(!log.contains(text.get(17..).unwrap()), "{log}");
    });
}

#[test]
fn missing_key_is_told_from_a_wrong_one() {
    run(async {
        let it = gate().await;
        let missing = it.ask("GET /alerts/1", &[], None).await;
        assert_eq!(code(&missing), (401, "TOKEN_MISSING"));
        let wrong = it.ask("GET /alerts/1", &[&key("cflo_short")], None).await;
        assert_eq!(code(&wrong), (401, "KEY_UNKNOWN"));
        let two = [&*key("cflo_short"), &*admin("acme")];
        let both = it.ask("GET /alerts/1", &two, None).await;
        assert_eq!(code(&both), (400, "CREDENTIAL_AMBIGUOUS"));
    });
}

async fn ask_http2(
    sender: &mut hyper::client::conn::http2::SendRequest<OutBody>,
    method: &str,
    path: &str,
    credential: &str,
    body: Option<Value>,
) -> (u16, Value) {
    let (name, value) = credential.split_once(": ").unwrap();
    let mut request = Request::builder()
        .method(method)
        .uri(format!("http://a{path}"))
        .header(name.to_lowercase(), value);
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let request = request.body(Full::from(body).boxed()).unwrap();
    let answer: Response<Incoming> = sender.send_request(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

#[test]
fn keys_have_their_whole_life_over_http2() {
    run(async {
        let it = gate_speaking(Protocol::Http2).await;
        let mut sender = connect(it.gate.address).await;
        let token = admin("acme");
        let wish = json!({ "name": "ci", "scopes": ["alerts:read"] });
        let place = "/tenant/api-keys";
        let (status, made) = ask_http2(&mut sender, "POST", place, &token, Some(wish)).await;
        assert_eq!(status, 201, "{made}");
        let (id, text) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
        let used = key(text);
        assert_eq!(
            ask_http2(&mut sender, "GET", "/alerts/1", &used, None)
                .await
                .0,
            200
        );
        let one = format!("{place}/{id}");
        let (status, shown) = ask_http2(&mut sender, "GET", &one, &token, None).await;
        assert_eq!((status, &shown["key"]), (200, &Value::Null));
        assert!(ask_http2(&mut sender, "DELETE", &one, &token, None).await.0 < 300);
        let (status, refused) = loop {
            let answer = ask_http2(&mut sender, "GET", "/alerts/1", &used, None).await;
            if answer.0 != 200 {
                break answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert_eq!((status, &refused["code"]), (401, &json!("KEY_REVOKED")));
        let long = json!({ "name": "x".repeat(70_000) });
        let (status, refused) = ask_http2(&mut sender, "POST", place, &token, Some(long)).await;
        assert_eq!((status, &refused["code"]), (413, &json!("BODY_TOO_LARGE")));
        assert_eq!(
            ask_http2(&mut sender, "GET", place, &token, None).await.0,
            200
        );
    });
}
