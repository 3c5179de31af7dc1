//! Texts that are no tokens.

use serde_json::json;

use super::forgeries::{b64, taken_apart};
use super::*;

#[test]
fn what_is_not_a_compact_jws_is_malformed() {
    let verifiers = verifiers(&policy(""));
    let [header, claims, signature] = taken_apart(&EC);
    let padded = format!("{header}==");
    let long = "a".repeat(20_000);
    for token in [
        ".",
        "..",
        "a",
        "a.b",
        "a.b.c",
        &".".repeat(4096),
        &format!("{header}.{claims}"),
        &format!("{header}.{claims}.{signature}."),
        &format!(".{header}.{claims}.{signature}"),
        &format!("{header}..{signature}"),
        &format!(".{claims}.{signature}"),
        &format!("{header}.{claims}.{signature}.{signature}.{signature}"),
        &format!("{padded}.{claims}.{signature}"),
        &format!("{header}.{claims}=.{signature}"),
        &format!("{header}.{claims}.{signature}="),
        &format!("{header}.{claims}.{signature}=="),
        &format!("{header}.{claims}.+/{signature}"),
        &format!("{header}.{claims}.{signature}{long}"),
        &format!("{header}.{long}.{signature}"),
        &format!("{}.{claims}.{signature}", b64("{}")),
        &format!("{}.{claims}.{signature}", b64("[]")),
        &format!("{header}.{}.{signature}", b64("\"text\"")),
        &format!("{header}.{}.{signature}", b64("null")),
        &format!("{header}.{}.{signature}", b64(&header)),
        &format!("{header}.{}.{signature}", b64([0xff, 0xfe])),
        &format!("{header}.{}.{signature}", b64("[".repeat(10_000))),
    ] {
        let start: String = token.chars().take(60).collect();
        assert_eq!(refuse(&verifiers, token), Reason::TokenMalformed, "{start}");
    }
}

#[test]
fn signature_longer_than_that_of_any_key_is_not_checked() {
    let verifiers = verifiers(&policy(""));
    let [header, claims, _] = taken_apart(&RSA);
    for (length, reason) in [
        (1_024, Reason::TokenSignatureInvalid),
        (1_025, Reason::TokenMalformed),
        (1_026, Reason::TokenMalformed),
        (1_027, Reason::TokenMalformed),
        (8_000, Reason::TokenMalformed),
    ] {
        let token = format!("{header}.{claims}.{}", b64(vec![0; length]));
        assert_eq!(refuse(&verifiers, &token), reason, "{length}");
    }
}

#[test]
fn token_has_no_character_but_those_of_bearer_credentials() {
    let verifiers = verifiers(&policy(""));
    let ascii = (0x21..=0x7e_u8).map(char::from);
    for character in ascii.chain(['\u{80}', '\u{c1}', '\u{e9}', '\u{212a}']) {
        for place in [0, 1, 15, 16, 17, 39] {
            let token: String = (0..40)
                .map(|at| if at == place { character } else { 'a' })
                .collect();
            let Verification::Rejected(denied) = verify(&verifiers, &bearer(&token)) else {
                panic!("{character}");
            };
            let detail = match character {
                ',' => "a list in the authorization header",
                '-' | '.' | '_' | '~' | '+' | '/' | '=' => "not three parts",
                _ if character.is_ascii_alphanumeric() => "not three parts",
                _ => "bearer credentials that are not one token",
            };
            assert_eq!(denied.detail, detail, "{character} at {place}");
        }
    }
}

#[test]
fn header_that_asks_for_what_is_not_done_here_is_malformed() {
    let verifiers = verifiers(&policy(""));
    for header in [
        json!({ "kid": "ec" }),
        json!({ "alg": null }),
        json!({ "alg": 7 }),
        json!({ "alg": ["ES256"] }),
        json!({ "alg": "ES256", "kid": 7 }),
        json!({ "alg": "ES256", "kid": {} }),
        json!({ "alg": "ES256", "typ": ["JWT"] }),
        json!({ "alg": "ES256", "kid": "ec", "crit": ["exp"] }),
        json!({ "alg": "ES256", "kid": "ec", "crit": [] }),
        json!({ "alg": "ES256", "kid": "ec", "crit": "b64" }),
        json!({ "alg": "ES256", "kid": "ec", "crit": ["b64"], "b64": false }),
        json!({ "alg": "ES256", "kid": "ec", "b64": true }),
    ] {
        let signed = EC.sign_with(&header, &claims());
        assert_eq!(
            refuse(&verifiers, &signed),
            Reason::TokenMalformed,
            "{header}"
        );
    }
    for header in [
        r#"{"alg":"ES256","alg":"ES256","kid":"ec"}"#,
        r#"{"alg":"none","alg":"ES256","kid":"ec"}"#,
        r#"{"alg":"ES256","kid":"ec","\u006bid":"ec"}"#,
        r#"{"alg":"ES256","kid":"ec"} {}"#,
    ] {
        let signed = EC.sign_text(header, &claims().to_string());
        assert_eq!(
            refuse(&verifiers, &signed),
            Reason::TokenMalformed,
            "{header}"
        );
    }
}

#[test]
fn claims_with_two_readings_are_malformed() {
    let verifiers = verifiers(&policy(""));
    let header = r#"{"alg":"ES256","kid":"ec"}"#;
    let genuine = claims().to_string();
    let genuine = genuine.strip_suffix('}').unwrap();
    for member in [
        r#""sub":"u1""#,
        r#""\u0073ub":"admin""#,
        r#""aud":"my-api""#,
        r#""exp":1"#,
        r#""tenant_id":"other""#,
        r#""x":{"y":1,"y":2}"#,
        r#""x":1e999"#,
        r#""x":"\ud800""#,
    ] {
        let signed = EC.sign_text(header, &format!("{genuine},{member}}}"));
        assert_eq!(
            refuse(&verifiers, &signed),
            Reason::TokenMalformed,
            "{member}"
        );
    }
}

#[test]
fn trailing_bits_in_base64_make_no_second_spelling() {
    let verifiers = verifiers(&policy(""));
    let [header, claims, signature] = taken_apart(&EC);
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    // 64 bytes leave four unused bits in the last character.
    let (stem, last) = signature.split_at(signature.len() - 1);
    let last = alphabet.iter().position(|c| [*c] == last.as_bytes());
    for next in alphabet.iter().skip(last.unwrap() + 1).take(15) {
        let token = format!("{header}.{claims}.{stem}{}", char::from(*next));
        assert_eq!(refuse(&verifiers, &token), Reason::TokenMalformed);
    }
}

#[test]
fn encrypted_tokens_are_refused_before_any_work() {
    let verifiers = verifiers(&policy(""));
    let header = json!({ "alg": "PBES2-HS512+A256KW", "p2c": u32::MAX, "p2s": "AAAA", "enc": "A256GCM", "zip": "DEF" });
    let token = format!("{}.AAAA.AAAA.AAAA.AAAA", b64(header.to_string()));
    assert_eq!(refuse(&verifiers, &token), Reason::TokenMalformed);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_verifier_fall(text in "[ -~]{0,200}") {
        let verifiers = verifiers("issuers: {}");
        let request = request("/", &[("authorization", &format!("Bearer {text}"))]);
        proptest::prop_assert!(outcome(verify(&verifiers, &request)).is_err());
    }
}
