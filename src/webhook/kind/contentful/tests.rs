//! A signature of Contentful's package (npm @contentful/node-apps-toolkit 3), and what is refused.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Method;

use crate::secret::Secret;

use super::Contentful;
use crate::webhook::candidates::Candidates;
use crate::webhook::kind::Presence;
use crate::webhook::proof::Proof;
use crate::webhook::refusal::Why;
use crate::webhook::sign::Draft;
use crate::webhook::staged::{Staged, keys, read};

const KEY: &str = "test-01234567890123456789012345678901234567890123456789012345678";
const TARGET: &str = "/hooks?a=1&b=x%20y";
const BODY: &str = r#"{"a":1}"#;
const SIGNED: u64 = 1_767_225_600;
const HEADERS: [(&str, &str); 5] = [
    ("x-contentful-topic", "ContentManagement.Entry.publish"),
    ("content-type", "application/json"),
    (
        "x-contentful-signature",
        "e988d75e3ac74cf14b5f9ee63e0b911f010c75cc464545fd6b707593b4a1e50d",
    ),
    (
        "x-contentful-signed-headers",
        "content-type,x-contentful-signed-headers,x-contentful-timestamp,x-contentful-topic",
    ),
    ("x-contentful-timestamp", "1767225600000"),
];

fn contentful() -> Contentful {
    read("kind: contentful", None, Contentful::read).unwrap()
}

fn verify(staged: &Staged, body: &str) -> Result<Proof, Why> {
    let contentful = contentful();
    let held = keys(&contentful.key_form(), &[("old", "another"), ("new", KEY)]);
    let candidates = Candidates::new(&held, staged.0.received_at);
    let body = Bytes::copy_from_slice(body.as_bytes());
    let proof = contentful.verify(&staged.message(), body.into(), &candidates);
    proof.map_err(|refusal| refusal.reason)
}

fn post(target: &str, headers: &[(&str, &str)]) -> Staged {
    Staged::new(Method::POST, target, headers).at(SIGNED)
}

fn with(name: &str, value: &'static str) -> [(&'static str, &'static str); 5] {
    HEADERS.map(|(own, given)| (own, if own == name { value } else { given }))
}

#[test]
fn signature_of_the_package_is_verified() {
    let proof = verify(&post(TARGET, &HEADERS), BODY).unwrap();
    let signed = SystemTime::UNIX_EPOCH + Duration::from_secs(SIGNED);
    assert_eq!((proof.secret, proof.signed_at), (1, Some(signed)));
}

#[test]
fn everything_that_is_signed_counts() {
    let mismatch = Err(Why::Mismatch);
    assert_eq!(verify(&post(TARGET, &HEADERS), "{}"), mismatch);
    for target in [
        "/hooks?a=1&b=x+y",
        "/hooks",
        "/hookz?a=1&b=x%20y",
        "/hooks?b=x%20y&a=1",
    ] {
        assert_eq!(verify(&post(target, &HEADERS), BODY), mismatch, "{target}");
    }
    let put = Staged::new(Method::PUT, TARGET, &HEADERS).at(SIGNED);
    assert_eq!(verify(&put, BODY), mismatch);
    for (name, value) in [
        ("x-contentful-topic", "ContentManagement.Entry.delete"),
        ("content-type", "text/plain"),
        ("x-contentful-timestamp", "1767225600001"),
        (
            "x-contentful-signed-headers",
            "x-contentful-signed-headers,x-contentful-timestamp",
        ),
    ] {
        assert_eq!(
            verify(&post(TARGET, &with(name, value)), BODY),
            mismatch,
            "{name}"
        );
    }
}

#[test]
fn what_cannot_be_read_exactly_is_refused() {
    for (name, value) in [
        ("x-contentful-signature", ""),
        ("x-contentful-signature", "e988"),
        (
            "x-contentful-signature",
            "g988d75e3ac74cf14b5f9ee63e0b911f010c75cc464545fd6b707593b4a1e50d",
        ),
        ("x-contentful-timestamp", "1767225600000x"),
        ("x-contentful-timestamp", ""),
        ("x-contentful-signed-headers", ""),
        ("x-contentful-signed-headers", "x-contentful-timestamp"),
        ("x-contentful-signed-headers", "x-contentful-signed-headers"),
        (
            "x-contentful-signed-headers",
            "x-contentful-timestamp,x-contentful-signed-headers",
        ),
        (
            "x-contentful-signed-headers",
            "x-contentful-signed-headers,x-contentful-timestamp,x-contentful-timestamp",
        ),
        (
            "x-contentful-signed-headers",
            "x-contentful-signed-headers,x-contentful-timestamp,x-missing",
        ),
    ] {
        let found = verify(&post(TARGET, &with(name, value)), BODY);
        assert_eq!(found, Err(Why::Malformed), "{name}: {value}");
    }
    for twice in HEADERS {
        let mut headers = HEADERS.to_vec();
        headers.push(twice);
        assert_eq!(
            verify(&post(TARGET, &headers), BODY),
            Err(Why::Malformed),
            "{twice:?}"
        );
    }
    assert_eq!(
        verify(&post("/hooks?a?b", &HEADERS), BODY),
        Err(Why::Malformed)
    );
    assert_eq!(
        verify(&post(TARGET, &HEADERS[..2]), BODY),
        Err(Why::Missing)
    );
    let looked = contentful().look(&post(TARGET, &[]).message());
    assert_eq!(looked, Ok(Presence::Absent));
}

#[test]
fn window_closes_in_both_directions() {
    for (at, refused) in [
        (SIGNED + 30, None),
        (SIGNED - 30, None),
        (SIGNED + 31, Some(Why::Stale)),
        (SIGNED - 31, Some(Why::Future)),
    ] {
        let staged = Staged::new(Method::POST, TARGET, &HEADERS).at(at);
        assert_eq!(verify(&staged, BODY).err(), refused, "{at}");
    }
    let found = read(
        "kind: contentful\ncontentful: { tolerance: 2h }",
        None,
        Contentful::read,
    );
    assert!(found.unwrap_err()[0].contains("longer than 1h"));
}

#[test]
fn what_is_signed_here_is_verified_here() {
    let staged = post(TARGET, &[]);
    let draft = Draft {
        method: &Method::POST,
        host: &staged.0.host,
        target: TARGET,
        headers: &[],
        body: BODY.as_bytes(),
        signed_at: staged.0.received_at,
        event_id: None,
        secret: &Secret::new(KEY.as_bytes().to_vec()),
    };
    let signed = contentful().sign(&draft).unwrap();
    let headers: Vec<(&str, &str)> = signed
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    assert!(verify(&post(TARGET, &headers), BODY).is_ok());
}
