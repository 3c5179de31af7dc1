//! RFC 9421 appendix B.2 with its test keys, and a signature of the npm package http-message-signatures 1.0.6.

use super::*;

const SHARED_SECRET: &str =
    "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";
const ED25519: &str = "MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=";
const RSA_PSS: &str = concat!(
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2G",
    "XHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq",
    "gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5WUtzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ",
    "7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI",
    "2wIDAQAB"
);
const EXAMPLE: Option<&str> = Some("https://example.com");
const BODY: &str = r#"{"hello": "world"}"#;
const CREATED: u64 = 1_618_884_473;

const B_2_1: (&str, &str) = (
    r#"sig-b21=();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd""#,
    concat!(
        "sig-b21=:d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbt",
        "Rxf8Udx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJ",
        "zsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v",
        "6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q==:"
    ),
);
const B_2_2: (&str, &str) = (
    concat!(
        r#"sig-b22=("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;"#,
        r#"keyid="test-key-rsa-pss";tag="header-example""#
    ),
    concat!(
        "sig-b22=:LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJy",
        "E5qH7KT8UCMkSowOB4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTl",
        "aqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7Cl+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFs",
        "URIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/XaVe4bXTugEjHSw==:"
    ),
);
const B_2_3: (&str, &str) = (
    concat!(
        r#"sig-b23=("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "#,
        r#""content-length");created=1618884473;keyid="test-key-rsa-pss""#
    ),
    concat!(
        "sig-b23=:bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qR",
        "pRRU5p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/a",
        "YA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF6",
        "1ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA==:"
    ),
);
const B_2_5: (&str, &str) = (
    r#"sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret""#,
    "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:",
);
const B_2_6: (&str, &str) = (
    concat!(
        r#"sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");"#,
        r#"created=1618884473;keyid="test-key-ed25519""#
    ),
    concat!(
        "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw",
        "==:"
    ),
);

/// The request of appendix B.2, with a signature.
fn request((input, signature): (&str, &str)) -> Staged {
    let headers = [
        ("host", "example.com"),
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("content-type", "application/json"),
        (
            "content-digest",
            "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:",
        ),
        ("content-length", "18"),
        ("signature-input", input),
        ("signature", signature),
    ];
    post("/foo?param=Value&Pet=dog", &headers, CREATED + 10).to("example.com")
}

fn needing(alg: &str, components: &str) -> Rfc9421 {
    let encoding = if alg == "hmac-sha256" {
        "base64"
    } else {
        "spki-base64"
    };
    let text = format!(
        "kind: rfc9421\nkey: {{ encoding: {encoding} }}\nrfc9421: {{ alg: {alg}, components: [{components}] }}\n"
    );
    scheme(&text, EXAMPLE)
}

#[test]
fn examples_of_the_rfc_are_signatures() {
    let pss = ("test-key-rsa-pss", RSA_PSS);
    for (example, alg, components, key) in [
        (
            B_2_2,
            "rsa-pss-sha512",
            r#"'"@query-param";name="Pet"', content-digest, "@authority""#,
            pss,
        ),
        (
            B_2_3,
            "rsa-pss-sha512",
            r#""@method", "@path", "@query", content-digest"#,
            pss,
        ),
        (
            B_2_5,
            "hmac-sha256",
            "date",
            ("test-shared-secret", SHARED_SECRET),
        ),
        (
            B_2_6,
            "ed25519",
            r#""@path""#,
            ("test-key-ed25519", ED25519),
        ),
    ] {
        let scheme = needing(alg, components);
        let proof = verify(&scheme, &request(example), BODY, &[key]).unwrap();
        assert_eq!(proof.signed_at, Some(at(CREATED)), "{}", example.0);
    }
}

#[test]
fn signature_that_does_not_cover_what_it_must_is_refused() {
    let default = |alg: &str, encoding: &str| {
        let text =
            format!("kind: rfc9421\nkey: {{ encoding: {encoding} }}\nrfc9421: {{ alg: {alg} }}\n");
        scheme(&text, EXAMPLE)
    };
    for (example, alg, encoding, key) in [
        (B_2_1, "rsa-pss-sha512", "spki-base64", RSA_PSS),
        (B_2_2, "rsa-pss-sha512", "spki-base64", RSA_PSS),
        (B_2_5, "hmac-sha256", "base64", SHARED_SECRET),
        (B_2_6, "ed25519", "spki-base64", ED25519),
    ] {
        let found = verify(
            &default(alg, encoding),
            &request(example),
            BODY,
            &[("1", key)],
        );
        assert_eq!(why(found), Some(Why::Malformed), "{}", example.0);
    }
    // Host, path and query make up the address.
    let whole = default("rsa-pss-sha512", "spki-base64");
    assert!(verify(&whole, &request(B_2_3), BODY, &[("1", RSA_PSS)]).is_ok());
}

#[test]
fn body_counts_where_its_digest_is_covered() {
    let scheme = needing("rsa-pss-sha512", "content-digest");
    let keys = [("1", RSA_PSS)];
    for body in ["", r#"{"hello": "World"}"#, r#"{"hello": "world"} "#] {
        let found = verify(&scheme, &request(B_2_3), body, &keys);
        assert_eq!(why(found), Some(Why::Mismatch), "{body}");
    }
    // This one covers no digest, which is why a digest is among what must be covered by default.
    let uncovered = needing("ed25519", r#""@path""#);
    assert!(verify(&uncovered, &request(B_2_6), "anything", &[("1", ED25519)]).is_ok());
}

#[test]
fn signature_is_for_one_request() {
    let scheme = needing(
        "rsa-pss-sha512",
        r#""@method", "@path", "@query", "@authority""#,
    );
    let keys = [("1", RSA_PSS)];
    let refused = |staged: Staged| why(verify(&scheme, &staged, BODY, &keys));
    assert_eq!(refused(request(B_2_3)), None);
    // The address is the file's: what the message calls its host does not matter.
    assert_eq!(refused(request(B_2_3).to("evil.example")), None);
    let text = "kind: rfc9421
key: { encoding: spki-base64 }
rfc9421: { alg: rsa-pss-sha512, components: ['@authority'] }
";
    let elsewhere = super::scheme(text, Some("https://evil.example"));
    let found = verify(&elsewhere, &request(B_2_3), BODY, &keys);
    assert_eq!(why(found), Some(Why::Mismatch));
    let mut put = request(B_2_3);
    put.0.method = Method::PUT;
    assert_eq!(refused(put), Some(Why::Mismatch));
    for target in [
        "/foo?param=Value&Pet=cat",
        "/foo",
        "/fop?param=Value&Pet=dog",
    ] {
        let mut moved = request(B_2_3);
        moved.0.path = crate::model::CanonicalPath::parse(target).unwrap();
        assert_eq!(refused(moved), Some(Why::Mismatch), "{target}");
    }
}

const PACKAGE: &str = "kind: rfc9421
rfc9421: { alg: hmac-sha256, tag: webhook, nonce: true, label: sig1 }
";
const PACKAGE_SECRET: &str = "it is a test secret of 9421";
const PACKAGE_DIGEST: (&str, &str) = (
    "content-digest",
    "sha-256=:LnzaPKhxovba3SrOSmY4W977p9MsEfiEb7C2KPNU+Cw=:",
);

#[test]
fn signatures_of_another_package_are_verified() {
    let headers = [
        PACKAGE_DIGEST,
        (
            "signature-input",
            concat!(
                r#"sig1=("@method" "@target-uri" "content-digest");created=1767225600;keyid="partner";"#,
                r#"alg="hmac-sha256";nonce="n-1";tag="webhook""#
            ),
        ),
        (
            "signature",
            "sig1=:JkVjM3JAScwGFHlKcLWRN/z6ArB7d+1o2vwLXTA0ghw=:",
        ),
    ];
    let staged = post("/in?a=1&b=%20x", &headers, 1_767_225_600);
    let keys = [("partner", PACKAGE_SECRET), ("2", "another")];
    let body = r#"{"event":"ping"}"#;
    let proof = verify(&scheme(PACKAGE, URL), &staged, body, &keys).unwrap();
    assert_eq!(
        (proof.secret, proof.signed_at),
        (0, Some(at(1_767_225_600)))
    );
    // `keyid` picks the key of its name, and no other is tried.
    let keys = [("partner", "another"), ("2", PACKAGE_SECRET)];
    let found = verify(&scheme(PACKAGE, URL), &staged, body, &keys);
    assert_eq!(why(found), Some(Why::Mismatch));
    let keys = [("1", "another"), ("2", PACKAGE_SECRET)];
    let found = verify(&scheme(PACKAGE, URL), &staged, body, &keys);
    assert_eq!(found.unwrap().secret, 1);
}

#[test]
fn derived_components_of_another_package_are_verified() {
    let headers = [
        PACKAGE_DIGEST,
        ("content-type", "application/json"),
        (
            "signature-input",
            concat!(
                r#"sig1=("@method" "@authority" "@path" "@query" "@scheme" "@query-param";name="b" "#,
                r#""content-type" "content-digest");created=1767225600"#
            ),
        ),
        (
            "signature",
            "sig1=:Xnj1O7SUwiIDobj3Pl+kc+Bzgm4Pdza2PZ1g/lAJWG4=:",
        ),
    ];
    let staged = post("/in?a=1&b=%20x", &headers, 1_767_225_600);
    let text = "kind: rfc9421
rfc9421:
  alg: hmac-sha256
  components: ['@method', '@authority', '@path', '@query', '@scheme', '\"@query-param\";name=\"b\"', content-digest]
";
    let keys = [("1", PACKAGE_SECRET)];
    assert!(verify(&scheme(text, URL), &staged, r#"{"event":"ping"}"#, &keys).is_ok());
}
