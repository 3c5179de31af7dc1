//! RFC 9421 appendix B.3 and B.4, and section 4.3: what proxies do to messages, and several signatures.

use super::*;

/// The keys of appendix B.1.3, B.1.1 (as RFC 5280 section 4.1 writes it) and B.1.4.
const P256: &str = concat!(
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lfw0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71",
    "Z50VGGdldkkDXZCnTNnoXQ=="
);
const RSA: &str = concat!(
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAhAKYdtoeoy8zcAcR874L8cnZxKzAGwd7v36APp7Pv6Q2jdsPBRrwWEBn",
    "ez6d0UDKDwGbc6nxfEXAy5mbhgajzrw3MOEt8uA5txSKobBpKDeBLOsdJKFqMGmXCQvEG7YemcxDTRPxAleIAgYYRjTSd/QBwVW9",
    "OwNFhekro3RtlinV0a75jfZgkne/YiktSvLG34lw2zqXBDTC5NHROUqGTlML4PlNZS5Ri2U4aCNx2rUPRcKIlE0PuKxI4T+HIaFp",
    "v8+rdV6eUgOrB2xeI1dSFFn/nnv5OoZJEIB+VmuKn3DCUcCZSFlQPSXSfBDiUGhwOw76WuSSsf1D4b/vLoJ10wIDAQAB"
);
const ED25519: &str = "MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=";
const CREATED: u64 = 1_618_884_473;
const BODY: &str = r#"{"hello": "world"}"#;
const DIGEST: &str = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";

fn needing(keys: &str) -> String {
    format!("kind: rfc9421\nkey: {{ encoding: spki-base64 }}\nrfc9421: {{ {keys} }}\n")
}

#[test]
fn signature_of_a_proxy_that_ends_tls_is_one() {
    let certificate = concat!(
        ":MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxB",
        "IEludGVybWVkaWF0ZSBDQTAeFw0yMDAxMTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZI",
        "zj0CAQYIKoZIzj0DAQcDQgAE8YnXXfaUgmnMtOXU/IncWalRhebrXmckC8vdgJ1p5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJi",
        "Ny6J84y7uzo9M6NyMHAwCQYDVR0TBAIwADAfBgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMC",
        "BsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0gAMEUC",
        "IBHda/r1vaL6G3VliL4/Di6YK0Q6bMjeSkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmuydBVoU4hBVZ1yhk=:",
    );
    let headers = [
        ("client-cert", certificate),
        (
            "signature-input",
            r#"ttrp=("@path" "@query" "@method" "@authority" "client-cert");created=1618884473;keyid="test-key-ecc-p256""#,
        ),
        (
            "signature",
            "ttrp=:xVMHVpawaAC/0SbHrKRs9i8I3eOs5RtTMGCWXm/9nvZzoHsIg6Mce9315T6xoklyy0yzhD9ah4JHRwMLOgmizw==:",
        ),
    ];
    let text =
        needing("alg: ecdsa-p256-sha256, components: ['@method', '@path', '@query', client-cert]");
    let scheme = scheme(&text, Some("https://service.internal.example"));
    let staged = post("/foo?param=Value&Pet=dog", &headers, CREATED);
    assert_eq!(why(verify(&scheme, &staged, BODY, &[("1", P256)])), None);
    let other = post("/foo?param=value&Pet=dog", &headers, CREATED);
    assert_eq!(
        why(verify(&scheme, &other, BODY, &[("1", P256)])),
        Some(Why::Mismatch)
    );
}

#[test]
fn signature_survives_what_it_does_not_cover() {
    let transformed = |method: Method, host: &str, target: &str, fields: &[(&str, &str)]| {
        let mut headers = vec![
            (
                "signature-input",
                r#"transform=("@method" "@path" "@authority" "accept");created=1618884473;keyid="test-key-ed25519""#,
            ),
            (
                "signature",
                "transform=:ZT1kooQsEHpZ0I1IjCqtQppOmIqlJPeo7DHR3SoMn0s5JZ1eRGS0A+vyYP9t/LXlh5QMFFQ6cpLt2m0pmj3NDA==:",
            ),
        ];
        headers.extend(fields);
        let text = needing("alg: ed25519, components: ['@method', '@path', '@authority', accept]");
        let scheme = scheme(&text, Some(host));
        let staged = Staged::new(method, target, &headers).at(CREATED);
        why(verify(&scheme, &staged, "", &[("1", ED25519)]))
    };
    const HOST: &str = "https://example.org";
    let two = [("accept", "application/json"), ("accept", "*/*")];
    let swapped = [("accept", "*/*"), ("accept", "application/json")];
    for (found, wanted) in [
        // As it was signed; with a parameter and fields more; with two lines of a field joined.
        (
            transformed(Method::GET, HOST, "/demo?name1=Value1&Name2=value2", &two),
            None,
        ),
        (
            transformed(
                Method::GET,
                HOST,
                "/demo?name1=Value1&Name2=value2&param=added",
                &[two[0], two[1], ("accept-language", "en-US,en;q=0.5")],
            ),
            None,
        ),
        (
            transformed(
                Method::GET,
                HOST,
                "/demo?name1=Value1&Name2=value2",
                &[
                    ("accept", "application/json, */*"),
                    ("referer", "https://developer.example.org/demo"),
                ],
            ),
            None,
        ),
        // With its lines in another order; with another method and authority; with another path.
        (
            transformed(
                Method::GET,
                HOST,
                "/demo?name1=Value1&Name2=value2",
                &swapped,
            ),
            Some(Why::Mismatch),
        ),
        (
            transformed(
                Method::POST,
                "https://example.com",
                "/demo?name1=Value1&Name2=value2",
                &two,
            ),
            Some(Why::Mismatch),
        ),
        (
            transformed(Method::GET, HOST, "/demo/?name1=Value1", &two),
            Some(Why::Mismatch),
        ),
    ] {
        assert_eq!(found, wanted);
    }
}

#[test]
fn one_of_several_signatures_is_chosen_by_its_label() {
    let input = concat!(
        r#"sig1=("@method" "@authority" "@path" "content-digest" "content-type" "content-length");created=1618884475;"#,
        r#"keyid="test-key-ecc-p256", "#,
        r#"proxy_sig=("@method" "@authority" "@path" "content-digest" "content-type" "content-length" "forwarded");"#,
        r#"created=1618884480;keyid="test-key-rsa";alg="rsa-v1_5-sha256";expires=1618884540"#,
    );
    let signature = concat!(
        "sig1=:X5spyd6CFnAG5QnDyHfqoSNICd+BUP4LYMz2Q0JXlb//4Ijpzp+kve2w4NIyqeAuM7jTDX+sNalzA8ESSaHD3A==:, ",
        "proxy_sig=:S6ZzPXSdAMOPjN/6KXfXWNO/f7V6cHm7BXYUh3YD/fRad4BCaRZxP+JH+8XY1I6+8Cy+CM5g92iHgxtRPz+MjniO",
        "aYmdkDcnL9cCpXJleXsOckpURl49GwiyUpZ10KHgOEe11sx3G2gxI8S0jnxQB+Pu68U9vVcasqOWAEObtNKKZd8tSFu7LB5YAv0R",
        "AGhB8tmpv7sFnIm9y+7X5kXQfi8NMaZaA8i2ZHwpBdg7a6CMfwnnrtflzvZdXAsD3LH2TwevU+/PBPv0B6NMNk93wUs/vfJvye+Y",
        "uI87HU38lZHowtznbLVdp770I6VHR6WfgS9ddzirrswsE1w5o0LV/g==:",
    );
    let verdict = |alg: &str, label: &str, key: &str, host: &str, at: u64| {
        let headers = [
            ("content-type", "application/json"),
            ("content-digest", DIGEST),
            ("content-length", "18"),
            ("forwarded", "for=192.0.2.123;host=example.com;proto=https"),
            ("signature-input", input),
            ("signature", signature),
        ];
        let components = "components: ['@method', '@authority', '@path', content-digest]";
        let text = needing(&format!("alg: {alg}, {components}{label}"));
        let staged = post("/foo?param=Value&Pet=dog", &headers, at);
        why(verify(
            &scheme(&text, Some(host)),
            &staged,
            BODY,
            &[("1", key)],
        ))
    };
    let (first, proxy) = (", label: sig1", ", label: proxy_sig");
    // The client signed for the address that it asked, and the proxy for the one behind it.
    let (outer, inner) = (
        "https://example.com",
        "https://origin.host.internal.example",
    );
    let (ecdsa, rsa) = ("ecdsa-p256-sha256", "rsa-v1_5-sha256");
    assert_eq!(verdict(ecdsa, first, P256, outer, 1_618_884_480), None);
    assert_eq!(verdict(rsa, proxy, RSA, inner, 1_618_884_481), None);
    assert_eq!(
        verdict(rsa, proxy, RSA, inner, 1_618_884_540),
        Some(Why::Stale)
    );
    assert_eq!(
        verdict(ecdsa, first, P256, inner, 1_618_884_480),
        Some(Why::Mismatch)
    );
    assert_eq!(
        verdict(ecdsa, proxy, P256, inner, 1_618_884_481),
        Some(Why::Mismatch)
    );
    // Without a label either will do, if it is all that it must be.
    assert_eq!(verdict(ecdsa, "", P256, outer, 1_618_884_480), None);
    assert_eq!(
        verdict(ecdsa, "", P256, inner, 1_618_884_480),
        Some(Why::Mismatch)
    );
}

#[test]
fn two_signatures_cost_no_more_operations_than_one() {
    let one = (
        r#"transform=("@method" "@path" "@authority" "accept");created=1618884473;keyid="test-key-ed25519""#,
        "transform=:ZT1kooQsEHpZ0I1IjCqtQppOmIqlJPeo7DHR3SoMn0s5JZ1eRGS0A+vyYP9t/LXlh5QMFFQ6cpLt2m0pmj3NDA==:",
    );
    let (input, signature) = (
        one.0.replace("transform=", "other="),
        one.1.replace("transform=", "other="),
    );
    let two = (
        format!("{}, {input}", one.0),
        format!("{}, {signature}", one.1),
    );
    let verdict = |input: &str, signature: &str, keys: &[(&str, &str)]| {
        let headers = [
            ("accept", "application/json, */*"),
            ("signature-input", input),
            ("signature", signature),
        ];
        let text = needing("alg: ed25519, components: ['@method', '@path', '@authority', accept]");
        let scheme = scheme(&text, Some("https://example.org"));
        let staged =
            Staged::new(Method::GET, "/demo?name1=Value1&Name2=value2", &headers).at(CREATED);
        why(verify(&scheme, &staged, "", keys))
    };
    // Of RFC 8032 section 7.1.
    let other = "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    let third = [("1", other), ("2", other), ("3", ED25519)];
    let second = [("1", other), ("2", ED25519), ("3", other)];
    let named = [("1", other), ("2", other), ("test-key-ed25519", ED25519)];
    assert_eq!(verdict(one.0, one.1, &third), None);
    assert_eq!(verdict(&two.0, &two.1, &third), Some(Why::Mismatch));
    assert_eq!(verdict(&two.0, &two.1, &second), None);
    assert_eq!(verdict(&two.0, &two.1, &named), None);
}
