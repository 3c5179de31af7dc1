//! Ages, digests of addresses, and requests without a body.

use super::*;

#[test]
fn age_of_a_token_is_held_to_where_the_file_says_so() {
    let text = format!("{QSTASH}  lifetime: any\n  age: 5m\n");
    let issued = |issued: Option<u64>| {
        let claims = claims(|claims| {
            let members = claims.as_object_mut().unwrap();
            for name in ["exp", "nbf", "iat"] {
                members.remove(name);
            }
            if let Some(issued) = issued {
                members.insert("iat".into(), issued.into());
            }
        });
        qstash_with(&text, &token(HEADER, &claims, KEY)).err()
    };
    for (at, why) in [
        (Some(NOW), None),
        (Some(NOW - 360), None),
        (Some(NOW - 361), Some(Why::Stale)),
        (Some(NOW + 60), None),
        (Some(NOW + 61), Some(Why::Future)),
        (None, Some(Why::Malformed)),
    ] {
        assert_eq!(issued(at), why, "{at:?}");
    }
    let tolerance = |text: &str| scheme(text).nature().tolerance;
    assert_eq!(tolerance(&text), Some(Duration::from_secs(360)));
    // With an age, a token need not end; with an end it counts no longer than that.
    let both = format!("{QSTASH}  age: 5m\n");
    let endless = claims(|claims| {
        claims.as_object_mut().unwrap().remove("exp");
    });
    assert!(qstash_with(&both, &token(HEADER, &endless, KEY)).is_ok());
    let over = claims(|claims| claims["exp"] = (NOW - 60).into());
    assert_eq!(
        qstash_with(&both, &token(HEADER, &over, KEY)),
        Err(Why::Stale)
    );
    let found = read(&format!("{QSTASH}  age: 8d\n"), URL, JwtBody::read).unwrap_err();
    assert!(
        found[0].contains("`age` is longer than a week"),
        "{found:?}"
    );
}

#[test]
fn address_is_bound_by_its_digest_where_the_file_says_so() {
    let text = "kind: jwt-body-hash
jwt-body-hash: { header: Upstash-Signature, claim: body, encoding: base64url, address_claim: url_hash }
";
    let of =
        |address: &str| Encoding::Base64Url.encode(&Hash::Sha256.digest(&[address.as_bytes()]));
    let right = of("https://hooks.example.com/q?a=1");
    for (digest, why) in [
        (right.as_str().into(), None),
        (
            of("https://hooks.example.com/q?a=2").into(),
            Some(Why::Mismatch),
        ),
        (of("/q?a=1").into(), Some(Why::Mismatch)),
        ("".into(), Some(Why::Mismatch)),
        (serde_json::Value::Null, Some(Why::Mismatch)),
        (serde_json::json!([right]), Some(Why::Mismatch)),
    ] {
        let made = claims(|claims| claims["url_hash"] = digest.clone());
        let found = qstash_with(text, &token(HEADER, &made, KEY));
        assert_eq!(found.err(), why, "{digest}");
    }
    let without = read(text, None, JwtBody::read).unwrap_err();
    assert!(
        without[0].contains("the token states the address"),
        "{without:?}"
    );
    let signed = sign(&scheme(text), KEY);
    let (name, value) = &signed.headers[0];
    let headers = [(name.as_str(), value.to_str().unwrap())];
    let staged = Staged::new(Method::POST, "/q?a=1", &headers).at(NOW);
    assert!(verify(&scheme(text), &staged, BODY, &[("1", KEY)]).is_ok());
}

#[test]
fn digest_may_be_absent_where_there_is_no_body_and_the_file_says_so() {
    let bare = claims(|claims| {
        claims.as_object_mut().unwrap().remove("body");
    });
    let text = token(HEADER, &bare, KEY);
    let headers = [("upstash-signature", text.as_str())];
    let staged = Staged::new(Method::GET, "/q?a=1", &headers).at(NOW);
    let said = format!("{QSTASH}  without_body: undigested\n");
    let found = |text, body| {
        let found = verify(&scheme(text), &staged, body, &[("1", KEY)]);
        found.err().map(|refusal| refusal.reason)
    };
    assert_eq!(found(&said, ""), None);
    assert_eq!(found(&said, BODY), Some(Why::Malformed));
    // LiveKit's secret also makes the tokens that participants are given.
    assert_eq!(found(QSTASH, ""), Some(Why::Malformed));
    let full = token(HEADER, &claims(|_| ()), KEY);
    let headers = [("upstash-signature", full.as_str())];
    let staged = Staged::new(Method::GET, "/q?a=1", &headers).at(NOW);
    let found = verify(&scheme(&said), &staged, "", &[("1", KEY)]);
    assert_eq!(found.unwrap_err().reason, Why::Mismatch);
}
