//! Tokens made by LiveKit's package (PyPI livekit-api 1.2.2) and tokens made here, whole and broken.

mod bindings;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Method;

use crate::secret::Secret;

use super::JwtBody;
use crate::webhook::candidates::Candidates;
use crate::webhook::kind::Presence;
use crate::webhook::proof::Proof;
use crate::webhook::refusal::{Refusal, Why};
use crate::webhook::scheme::{Encoding, Hash};
use crate::webhook::sign::{Draft, Signed};
use crate::webhook::staged::{Staged, keys, read};

const LIVEKIT: &str = "kind: jwt-body-hash
jwt-body-hash: { header: Authorization, claim: sha256, issuer: APItest, lifetime: 12h }
";
const QSTASH: &str = "kind: jwt-body-hash
jwt-body-hash:
  header: Upstash-Signature
  claim: body
  encoding: base64url
  issuer: Upstash
  subject: url
  id: jti
";
const URL: Option<&str> = Some("https://hooks.example.com");
const LIVEKIT_KEY: &str = "test-secret-of-livekit-0123456789abcdef";
const LIVEKIT_BODY: &str = r#"{"event":"room_started","id":"EV_test"}"#;
const LIVEKIT_TOKEN: &str = concat!(
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.",
    "eyJzaGEyNTYiOiJjbU5uOHhBSjZzcW5IOWtaczV0VGxaak12ZjdsNm40MDlJWGVTeDZRbXBjPSIsInN1YiI6IiIsImlzcyI6",
    "IkFQSXRlc3QiLCJuYmYiOjE3OTUzNTQ5ODUsImV4cCI6MTc5NTM3NjU4NX0.",
    "gM_ssUpzEI4JCJ5s7QnbwjFtEM9Ih3S2xwMMD11sKCc"
);
const SIGNED: u64 = 1_795_354_985;
const ENDS: u64 = 1_795_376_585;

const KEY: &str = "sig_test_current";
const BODY: &str = r#"{"a":1}"#;
const NOW: u64 = 1_767_225_600;

fn scheme(text: &str) -> JwtBody {
    read(text, URL, JwtBody::read).unwrap_or_else(|found| panic!("{text}\n{found:?}"))
}

fn verify(
    scheme: &JwtBody,
    staged: &Staged,
    body: &str,
    secrets: &[(&str, &str)],
) -> Result<Proof, Refusal> {
    let held = keys(&scheme.key_form(), secrets);
    let candidates = Candidates::new(&held, staged.0.received_at);
    let message = staged.message();
    let body = Bytes::copy_from_slice(body.as_bytes());
    scheme.verify(&message, &body.into(), &candidates)
}

fn livekit(at: u64, headers: &[(&str, &str)], body: &str, key: &str) -> Result<Proof, Why> {
    let staged = Staged::new(Method::POST, "/livekit", headers).at(at);
    let proof = verify(&scheme(LIVEKIT), &staged, body, &[("1", key)]);
    proof.map_err(|refusal| refusal.reason)
}

/// A token over any header and any claims.
fn token(header: &str, claims: &str, key: &str) -> String {
    let part = |text: &str| Encoding::Base64Url.encode(text.as_bytes());
    let signed = format!("{}.{}", part(header), part(claims));
    let mac = Hash::Sha256.mac(key.as_bytes(), &[signed.as_bytes()]);
    format!("{signed}.{}", Encoding::Base64Url.encode(&mac))
}

fn claims(change: impl FnOnce(&mut serde_json::Value)) -> String {
    let digest = Encoding::Base64Url.encode(&Hash::Sha256.digest(&[BODY.as_bytes()]));
    let mut claims = serde_json::json!({
        "iss": "Upstash", "sub": "https://hooks.example.com/q?a=1", "jti": "jwt_1", "body": digest,
        "exp": NOW + 300, "iat": NOW, "nbf": NOW,
    });
    change(&mut claims);
    claims.to_string()
}

fn qstash_with(text: &str, token: &str) -> Result<Proof, Why> {
    let headers = [("upstash-signature", token)];
    let staged = Staged::new(Method::POST, "/q?a=1", &headers).at(NOW);
    let secrets = [("current", KEY), ("next", "sig_test_next")];
    let proof = verify(&scheme(text), &staged, BODY, &secrets);
    proof.map_err(|refusal| refusal.reason)
}

fn qstash(token: &str) -> Result<Proof, Why> {
    qstash_with(QSTASH, token)
}

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

#[test]
fn token_of_livekit_is_verified_and_binds_its_body() {
    let headers = [("authorization", LIVEKIT_TOKEN)];
    let proof = livekit(SIGNED + 5, &headers, LIVEKIT_BODY, LIVEKIT_KEY).unwrap();
    assert_eq!((proof.secret, proof.event_id), (0, None));
    assert_eq!(
        proof.signed_at,
        Some(SystemTime::UNIX_EPOCH + Duration::from_secs(SIGNED))
    );
    let mismatch = Err(Why::Mismatch);
    assert_eq!(livekit(SIGNED, &headers, "{}", LIVEKIT_KEY), mismatch);
    assert_eq!(livekit(SIGNED, &headers, "", LIVEKIT_KEY), mismatch);
    assert_eq!(
        livekit(SIGNED, &headers, LIVEKIT_BODY, "another secret"),
        mismatch
    );
}

#[test]
fn token_counts_in_its_time_only() {
    let headers = [("authorization", LIVEKIT_TOKEN)];
    for (at, refused) in [
        (SIGNED - 60, None),
        (SIGNED - 61, Some(Why::Future)),
        (ENDS + 59, None),
        (ENDS + 60, Some(Why::Stale)),
    ] {
        let found = livekit(at, &headers, LIVEKIT_BODY, LIVEKIT_KEY);
        assert_eq!(found.err(), refused, "{at}");
        let staged = Staged::new(Method::POST, "/livekit", &headers).at(at);
        let looked = scheme(LIVEKIT).look(&staged.message());
        assert_eq!(looked.err().map(|refusal| refusal.reason), refused, "{at}");
    }
}

#[test]
fn token_must_be_there_once_and_whole() {
    let look = |headers: &[(&str, &str)]| {
        let staged = Staged::new(Method::POST, "/livekit", headers).at(SIGNED);
        let looked = scheme(LIVEKIT).look(&staged.message());
        looked.map_err(|refusal| refusal.reason)
    };
    assert_eq!(look(&[]), Ok(Presence::Absent));
    assert_eq!(
        livekit(SIGNED, &[], LIVEKIT_BODY, LIVEKIT_KEY),
        Err(Why::Missing)
    );
    let twice = [("authorization", LIVEKIT_TOKEN); 2];
    assert_eq!(look(&twice), Err(Why::Malformed));
    let shorter = LIVEKIT_TOKEN.rsplit_once('.').unwrap().0;
    let padded = format!("{LIVEKIT_TOKEN}=");
    let bearer = format!("Bearer {LIVEKIT_TOKEN}");
    let more = format!("{LIVEKIT_TOKEN}.AAAA");
    let unsigned = format!("{shorter}.");
    let long = format!("{LIVEKIT_TOKEN}{}", "A".repeat(16 * 1024));
    for text in [
        "", ".", "..", "a.b.c", shorter, &padded, &bearer, &more, &unsigned, &long,
    ] {
        assert_eq!(
            look(&[("authorization", text)]),
            Err(Why::Malformed),
            "{text}"
        );
    }
}

#[test]
fn every_byte_of_a_token_counts() {
    for at in 0..LIVEKIT_TOKEN.len() {
        let mut changed = LIVEKIT_TOKEN.as_bytes().to_vec();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        let headers = [("authorization", changed.as_str())];
        assert!(
            livekit(SIGNED, &headers, LIVEKIT_BODY, LIVEKIT_KEY).is_err(),
            "{at}"
        );
    }
}

#[test]
fn token_of_qstash_names_its_event_and_its_address() {
    let proof = qstash(&token(HEADER, &claims(|_| ()), KEY)).unwrap();
    assert_eq!(
        (proof.secret, proof.event_id.as_deref()),
        (0, Some("jwt_1"))
    );
    let proof = qstash(&token(HEADER, &claims(|_| ()), "sig_test_next")).unwrap();
    assert_eq!(proof.secret, 1);
    let padded = claims(|claims| {
        let digest = format!("{}=", claims["body"].as_str().unwrap());
        claims["body"] = digest.into();
    });
    assert!(qstash(&token(HEADER, &padded, KEY)).is_ok());
}

#[test]
fn what_a_token_says_otherwise_is_refused() {
    type Change = fn(&mut serde_json::Value);
    let changes: &[(Change, Why)] = &[
        (|claims| claims["iss"] = "upstash".into(), Why::Mismatch),
        (
            |claims| claims["iss"] = serde_json::Value::Null,
            Why::Mismatch,
        ),
        (
            |claims| claims["iss"] = serde_json::json!(["Upstash"]),
            Why::Mismatch,
        ),
        (
            |claims| claims["sub"] = "https://hooks.example.com/q".into(),
            Why::Mismatch,
        ),
        (
            |claims| claims["sub"] = "https://evil.example.com/q?a=1".into(),
            Why::Mismatch,
        ),
        (
            |claims| claims["exp"] = serde_json::Value::Null,
            Why::Malformed,
        ),
        (
            |claims| claims["exp"] = serde_json::json!(1.5),
            Why::Malformed,
        ),
        (|claims| claims["exp"] = (-1).into(), Why::Malformed),
        (|claims| claims["exp"] = (NOW - 60).into(), Why::Stale),
        (|claims| claims["exp"] = (NOW + 3_661).into(), Why::Future),
        (|claims| claims["exp"] = (NOW * 1_000).into(), Why::Future),
        (|claims| claims["nbf"] = (NOW + 61).into(), Why::Future),
        (|claims| claims["iat"] = (NOW + 61).into(), Why::Future),
        (
            |claims| claims["jti"] = serde_json::Value::Null,
            Why::Malformed,
        ),
        (|claims| claims["jti"] = "".into(), Why::Malformed),
        (
            |claims| claims["body"] = serde_json::Value::Null,
            Why::Malformed,
        ),
        (|claims| claims["body"] = "".into(), Why::Malformed),
        (|claims| claims["body"] = "AAAA".into(), Why::Mismatch),
    ];
    for (number, (change, why)) in changes.iter().enumerate() {
        let found = qstash(&token(HEADER, &claims(change), KEY));
        assert_eq!(found.err(), Some(*why), "{number}");
    }
    let twice = claims(|_| ()).replacen('{', r#"{"iss":"Upstash","#, 1);
    assert_eq!(qstash(&token(HEADER, &twice, KEY)), Err(Why::Malformed));
    assert_eq!(qstash(&token(HEADER, "[]", KEY)).err(), Some(Why::Mismatch));
    assert_eq!(qstash(&token(HEADER, "x", KEY)), Err(Why::Malformed));
}

#[test]
fn header_of_a_token_decides_nothing() {
    for (header, why) in [
        (r#"{"alg":"none"}"#, Why::Mismatch),
        (r#"{"alg":"HS512"}"#, Why::Mismatch),
        (r#"{"alg":"hs256"}"#, Why::Mismatch),
        (r#"{"alg":["HS256"]}"#, Why::Mismatch),
        (r#"{"typ":"JWT"}"#, Why::Mismatch),
        (r#"{"alg":"HS256","alg":"HS256"}"#, Why::Malformed),
        (
            r#"{"alg":"HS256","crit":["b64"],"b64":false}"#,
            Why::Malformed,
        ),
        (r#"{"alg":"HS256","b64":true}"#, Why::Malformed),
        ("HS256", Why::Malformed),
    ] {
        assert_eq!(
            qstash(&token(header, &claims(|_| ()), KEY)),
            Err(why),
            "{header}"
        );
    }
    let foreign = r#"{"alg":"HS256","kid":"next","jku":"https://evil.example.com"}"#;
    assert!(qstash(&token(foreign, &claims(|_| ()), KEY)).is_ok());
}

#[test]
fn token_without_an_end_counts_where_the_file_says_so() {
    let text = format!("{QSTASH}  lifetime: any\n");
    let endless = claims(|claims| {
        claims.as_object_mut().unwrap().remove("exp");
    });
    assert!(qstash_with(&text, &token(HEADER, &endless, KEY)).is_ok());
    let over = claims(|claims| claims["exp"] = (NOW - 60).into());
    assert_eq!(
        qstash_with(&text, &token(HEADER, &over, KEY)),
        Err(Why::Stale)
    );
    assert_eq!(scheme(&text).nature().tolerance, None);
    assert_eq!(
        scheme(QSTASH).nature().tolerance,
        Some(Duration::from_secs(3_660))
    );
}

#[test]
fn public_key_is_the_key_of_no_mac() {
    let text = "kind: jwt-body-hash
jwt-body-hash: { header: Upstash-Signature, claim: body, encoding: base64url, alg: EdDSA }
key: { encoding: hex }
";
    let scheme = scheme(text);
    // The key of RFC 8032 section 7.1, test 1: its seed, and what is published of it.
    let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let signed = sign(&scheme, seed);
    let (name, value) = &signed.headers[0];
    let headers = [(name.as_str(), value.to_str().unwrap())];
    let staged = Staged::new(Method::POST, "/q?a=1", &headers).at(NOW);
    assert!(verify(&scheme, &staged, BODY, &[("1", public)]).is_ok());
    for alg in ["HS256", "EdDSA"] {
        let forged = token(&format!(r#"{{"alg":"{alg}"}}"#), &claims(|_| ()), public);
        let headers = [("upstash-signature", forged.as_str())];
        let staged = Staged::new(Method::POST, "/q?a=1", &headers).at(NOW);
        let found = verify(&scheme, &staged, BODY, &[("1", public)]);
        assert_eq!(found.unwrap_err().reason, Why::Mismatch, "{alg}");
    }
}

fn sign(scheme: &JwtBody, secret: &str) -> Signed {
    let staged = Staged::new(Method::POST, "/q?a=1", &[]);
    let draft = Draft {
        method: &Method::POST,
        host: &staged.0.host,
        target: "/q?a=1",
        headers: &[],
        body: BODY.as_bytes(),
        signed_at: SystemTime::UNIX_EPOCH + Duration::from_secs(NOW),
        event_id: None,
        secret: &Secret::new(secret.as_bytes().to_vec()),
    };
    scheme.sign(&draft).unwrap()
}

#[test]
fn what_is_signed_here_is_verified_here() {
    for text in [
        QSTASH,
        &QSTASH.replace("id: jti", "alg: HS512\n  prefix: 'Bearer '"),
    ] {
        let scheme = scheme(text);
        let signed = sign(&scheme, KEY);
        let (name, value) = &signed.headers[0];
        let headers = [(name.as_str(), value.to_str().unwrap())];
        let staged = Staged::new(Method::POST, "/q?a=1", &headers).at(NOW);
        let secrets = [("old", "another"), ("new", KEY)];
        assert_eq!(verify(&scheme, &staged, BODY, &secrets).unwrap().secret, 1);
    }
}

#[test]
fn mistakes_are_named() {
    let with = |keys: &str| format!("kind: jwt-body-hash\njwt-body-hash: {{ {keys} }}\n");
    for (text, wanted) in [
        (
            "kind: jwt-body-hash".to_owned(),
            "the key `jwt-body-hash` is missing here",
        ),
        (with("claim: body"), "the key `header` is missing here"),
        (with("header: A"), "the key `claim` is missing here"),
        (
            with("header: 'a b', claim: body"),
            "no name of a header field",
        ),
        (
            with("header: A, claim: body, alg: none"),
            "`none` is not known here",
        ),
        (
            with("header: A, claim: body, encoding: text"),
            "`text` is not known here",
        ),
        (
            with("header: A, claim: body, hash: sha1"),
            "`sha1` is not known here",
        ),
        (
            with("header: A, claim: body, leeway: 11m"),
            "longer than ten minutes",
        ),
        (
            with("header: A, claim: body, lifetime: 8d"),
            "longer than a week",
        ),
        (
            with("header: A, claim: body, isuer: x"),
            "did you mean `issuer`?",
        ),
        (
            with("header: A, claim: body, subject: url"),
            "add `url: https://hooks.example.com`",
        ),
    ] {
        let found = read(&text, None, JwtBody::read).unwrap_err();
        assert!(
            found.iter().any(|line| line.contains(wanted)),
            "{text}\n{found:?}"
        );
    }
}
