//! Signed deliveries: verified over the whole body, at doors whose fronts send bodies along.

use super::front::Front;
use super::house::{House, SECRET};
use super::row::{Follows, HOST, Row, call, get, passes_as, refused};
use crate::support::Issuer;
use crate::support::sender::{chunked, signature};

const RULES: &str = "webhooks:
  hook: { preset: x-webhook-signature, secrets: { file: hook.secret }, max_body: 4KiB }
authenticate: main
identity_headers: { X-User: '{{ principal.subject }}' }
routes:
  - { path: /public/**, public: true }
  - { path: /hook, authenticate: hook }
  - { path: /echo/** }
";

fn policy(issuer: &Issuer) -> String {
    format!("{}{RULES}", issuer.section())
}

fn delivery(body: &[u8], signature: &str) -> crate::support::Call {
    call("POST", "/hook")
        .header("X-Webhook-Signature", signature)
        .body(body)
}

fn rows(token: &str) -> Vec<Row> {
    let body: Vec<u8> = (0..=255).cycle().take(3_000).collect();
    let mut other = body.clone();
    other[1_500] ^= 1;
    let large = body.repeat(30);
    let signed = signature(SECRET, &body);
    let arrives = |target: &str, user: &'static str, body: &[u8]| Follows::Passes {
        target: target.to_owned(),
        identity: vec![("x-user", user)],
        body: Some(body.to_vec()),
    };
    let fields = [("X-Webhook-Signature", signed.as_str())];
    let pieces = chunked("POST /hook", &fields, &body, 700);
    let pieces = [
        format!("POST /hook HTTP/1.1\r\nHost: {HOST}\r\n").into_bytes(),
        pieces[b"POST /hook HTTP/1.1\r\nHost: a.test\r\n".len()..].to_vec(),
    ]
    .concat();
    let empty = signature(SECRET, b"");
    vec![
        Row::of(
            "signed",
            &delivery(&body, &signed),
            arrives("/hook", "hook", &body),
        ),
        Row::raw("signed, in chunks", pieces, arrives("/hook", "hook", &body)),
        Row::of(
            "signed, nothing",
            &delivery(b"", &empty),
            arrives("/hook", "hook", b""),
        ),
        Row::of(
            "one byte changed",
            &delivery(&other, &signed),
            refused(401, "SIGNATURE_INVALID"),
        ),
        Row::of(
            "one byte short",
            &delivery(&body[1..], &signed),
            refused(401, "SIGNATURE_INVALID"),
        ),
        Row::of(
            "not signed",
            &call("POST", "/hook").body("x"),
            refused(401, "SIGNATURE_MISSING"),
        ),
        Row::of(
            "another sender's",
            &delivery(
                &body,
                &signature("another-secret-that-is-long-enough", &body),
            ),
            refused(401, "SIGNATURE_INVALID"),
        ),
        Row::of(
            "a token instead",
            &get("/hook").bearer(token),
            refused(401, "SIGNATURE_MISSING"),
        ),
        Row::of(
            "content that nobody signs",
            &call("POST", "/echo/x").bearer(token).body(body.clone()),
            arrives("/echo/x", "alice", &body),
        ),
        Row::of(
            "more content that nobody signs than a delivery may have",
            &call("POST", "/echo/x").bearer(token).body(large.clone()),
            arrives("/echo/x", "alice", &large),
        ),
        Row::of(
            "no content",
            &get("/echo/x").bearer(token),
            passes_as("/echo/x", &[("x-user", "alice")]),
        ),
    ]
}

fn delivery_is_verified_over_its_whole_body(door: Front) {
    let house = House::start(door, policy);
    let token = house.token(&serde_json::json!({}));
    let mut wrong = Vec::new();
    for mut row in rows(&token) {
        // Traefik holds every body that passes its middleware, and none that is longer than a delivery may be.
        if door == Front::Traefik && row.bytes.len() > 50_000 {
            row.follows = Follows::Lawful;
        }
        let outcome = house.put(&row);
        wrong.extend(
            outcome
                .complaints(&row, door)
                .into_iter()
                .map(|said| format!("{}: {said}", row.what)),
        );
    }
    assert!(wrong.is_empty(), "{door:?}:\n{}", wrong.join("\n"));
}

/// Fronts that hold bodies back may say so before sidegate does.
fn delivery_that_is_too_large_is_told_so(door: Front) {
    let house = House::start(door, policy);
    for length in [4_097, 20_000, 3 << 20] {
        house.app.forget();
        let body = vec![b'x'; length];
        let call = delivery(&body, &signature(SECRET, &body));
        let answer = house.send("POST", &call.bytes());
        let status = answer.map(|answer| answer.status);
        // Traefik has a status of its own for what it does not hold.
        let wanted = if door == Front::Traefik { 401 } else { 413 };
        assert_eq!(status, Some(wanted), "{door:?}: {length} bytes");
        assert_eq!(house.app.count(), 0, "{door:?}: {length} bytes");
    }
}

super::at!(delivery_is_verified_over_its_whole_body:
    proxy Proxy, apache Apache, traefik Traefik, envoy_http EnvoyHttp, ext_authz ExtAuthz);

mod too_large {
    use super::{Front, delivery_that_is_too_large_is_told_so};

    crate::doors::at!(delivery_that_is_too_large_is_told_so:
        proxy Proxy, apache Apache, traefik Traefik, envoy_http EnvoyHttp, ext_authz ExtAuthz);
}
