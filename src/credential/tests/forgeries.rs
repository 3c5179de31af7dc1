//! Tokens that nobody we trust has signed, and texts that are no tokens.

use serde_json::json;

use super::*;

pub(super) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A genuine token as header, claims and signature.
pub(super) fn taken_apart(signer: &Signer) -> [String; 3] {
    let token = signer.sign(&claims());
    let mut parts = token.split('.').map(str::to_owned);
    [0; 3].map(|_| parts.next().unwrap())
}

fn with_header(header: &Value) -> String {
    let [_, claims, signature] = taken_apart(&EC);
    format!("{}.{claims}.{signature}", b64(header.to_string()))
}

#[test]
fn unsigned_tokens_are_refused_in_every_spelling() {
    let verifiers = verifiers(&policy(""));
    let [_, claims, signature] = taken_apart(&EC);
    for alg in [
        "none", "None", "NONE", "nOnE", "", "null", "es256", "HS1", "ES512", "ES256K", "Ed448",
    ] {
        let header = b64(json!({ "alg": alg, "kid": "ec" }).to_string());
        for token in [
            format!("{header}.{claims}."),
            format!("{header}.{claims}.{signature}"),
        ] {
            assert_eq!(
                refuse(&verifiers, &token),
                Reason::TokenSignatureInvalid,
                "{alg}"
            );
        }
    }
}

#[test]
fn public_key_is_never_a_secret() {
    let verifiers = verifiers(&policy(""));
    let member = |name: &str| RSA.jwk[name].as_str().unwrap().to_owned();
    let modulus = URL_SAFE_NO_PAD.decode(member("n")).unwrap();
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let forms: Vec<Vec<u8>> = vec![
        RSA.jwk.to_string().into_bytes(),
        serde_json::to_vec_pretty(&RSA.jwk).unwrap(),
        member("n").into_bytes(),
        modulus,
        pair.public_key_pem().into_bytes(),
        format!(" {}", pair.public_key_pem()).into_bytes(),
        pair.public_key_raw().to_vec(),
        URL_SAFE_NO_PAD
            .decode(EC.jwk["x"].as_str().unwrap())
            .unwrap(),
        URL_SAFE_NO_PAD
            .decode(ED.jwk["x"].as_str().unwrap())
            .unwrap(),
        Vec::new(),
    ];
    for form in forms {
        for (name, algorithm) in [
            ("HS256", Algorithm::HS256),
            ("HS384", Algorithm::HS384),
            ("HS512", Algorithm::HS512),
        ] {
            let key = EncodingKey::from_secret(&form);
            let forger = Signer {
                algorithm,
                key,
                jwk: json!({}),
            };
            for kid in ["rsa", "ec", "ed"] {
                let token = forger.sign_with(&json!({ "alg": name, "kid": kid }), &claims());
                assert_eq!(refuse(&verifiers, &token), Reason::TokenSignatureInvalid);
            }
        }
    }
}

#[test]
fn algorithm_comes_from_the_key_not_from_the_token() {
    let mut jwk = RSA.jwk.clone();
    jwk["alg"] = "RS256".into();
    let policy = policy("").replace(&RSA.jwk.to_string(), &jwk.to_string());
    let verifiers = verifiers(&policy);
    for (alg, algorithm) in [("RS512", Algorithm::RS512), ("PS256", Algorithm::PS256)] {
        let key = RSA.key.clone();
        let signer = Signer {
            algorithm,
            key,
            jwk: json!({}),
        };
        let token = signer.sign_with(&json!({ "alg": alg, "kid": "rsa" }), &claims());
        assert_eq!(
            refuse(&verifiers, &token),
            Reason::TokenSignatureInvalid,
            "{alg}"
        );
    }
    // A header that names another curve, or another kind of key, than the key has.
    for (alg, kid) in [
        ("ES256", "ec384"),
        ("ES384", "ec"),
        ("EdDSA", "ec"),
        ("ES256", "rsa"),
    ] {
        let token = with_header(&json!({ "alg": alg, "kid": kid }));
        assert_eq!(
            refuse(&verifiers, &token),
            Reason::TokenSignatureInvalid,
            "{alg} {kid}"
        );
    }
}

#[test]
fn issuer_may_narrow_the_algorithms() {
    let verifiers = verifiers(&policy("algorithms: [EdDSA]"));
    accept(&verifiers, &ED.sign(&claims()));
    for signer in [&*EC, &*RSA] {
        let reason = refuse(&verifiers, &signer.sign(&claims()));
        assert_eq!(reason, Reason::TokenSignatureInvalid);
    }
}

#[test]
fn keys_that_a_token_brings_along_are_never_looked_at() {
    let verifiers = verifiers(&policy(""));
    let attacker = Signer::new(Algorithm::ES256, "mallory");
    for (header, reason) in [
        (
            json!({ "jwk": attacker.jwk }),
            Reason::TokenSignatureInvalid,
        ),
        (
            json!({ "jwk": attacker.jwk, "kid": "ec" }),
            Reason::TokenSignatureInvalid,
        ),
        (
            json!({ "jwk": attacker.jwk, "kid": "mallory" }),
            Reason::TokenKeyUnknown,
        ),
        (
            json!({ "jwk": { "kty": "oct", "k": "AAAA" }, "kid": "x" }),
            Reason::TokenKeyUnknown,
        ),
        (
            json!({ "jku": "http://127.0.0.1:1/keys", "kid": "x" }),
            Reason::TokenKeyUnknown,
        ),
        (
            json!({ "x5u": "http://169.254.169.254/" }),
            Reason::TokenSignatureInvalid,
        ),
        (json!({ "x5c": ["MIIB"] }), Reason::TokenSignatureInvalid),
    ] {
        let mut header = header;
        header["alg"] = "ES256".into();
        let token = attacker.sign_with(&header, &claims());
        assert_eq!(refuse(&verifiers, &token), reason, "{header}");
    }
}

#[test]
fn names_of_keys_are_only_compared() {
    let verifiers = verifiers(&policy(""));
    for kid in [
        "../../dev/null",
        "ec' OR '1'='1",
        "ec\r\nX-User: admin",
        "ec\0",
        "EC",
        "",
        "$(id)",
        &"k".repeat(5000),
    ] {
        let token = EC.sign_with(&json!({ "alg": "ES256", "kid": kid }), &claims());
        assert_eq!(refuse(&verifiers, &token), Reason::TokenKeyUnknown);
    }
}

#[test]
fn token_without_a_key_name_is_tried_with_the_fitting_keys() {
    let verifiers = verifiers(&policy(""));
    accept(
        &verifiers,
        &EC.sign_with(&json!({ "alg": "ES256" }), &claims()),
    );
    accept(
        &verifiers,
        &ED.sign_with(&json!({ "alg": "EdDSA" }), &claims()),
    );
    let stranger = Signer::new(Algorithm::ES256, "ec");
    let token = stranger.sign_with(&json!({ "alg": "ES256" }), &claims());
    assert_eq!(refuse(&verifiers, &token), Reason::TokenSignatureInvalid);
}

#[test]
fn signatures_of_the_wrong_form_do_not_verify() {
    let verifiers = verifiers(&policy(""));
    let [header, claims, signature] = taken_apart(&EC);
    let raw = URL_SAFE_NO_PAD.decode(&signature).unwrap();
    let order = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let (r, s) = raw.split_at(32);
    let der = |bytes: &[u8]| [&[2, 33, 0], bytes].concat();
    let forms: Vec<Vec<u8>> = vec![
        Vec::new(),
        vec![0; 64],
        vec![0; 96],
        [&[0; 32], s].concat(),
        [r, &[0; 32]].concat(),
        [&order, s].concat(),
        [r, &order].concat(),
        [s, r].concat(),
        raw[..63].to_vec(),
        [&raw[..], &[0]].concat(),
        [&[48, 70], &der(r)[..], &der(s)[..]].concat(),
        raw.iter().map(|byte| byte ^ 1).collect(),
    ];
    for form in forms {
        let token = format!("{header}.{claims}.{}", b64(&form));
        assert_eq!(
            refuse(&verifiers, &token),
            Reason::TokenSignatureInvalid,
            "{form:?}"
        );
    }
    let [header, claims, signature] = taken_apart(&ED);
    let mut raw = URL_SAFE_NO_PAD.decode(&signature).unwrap();
    // S + L, which a careless verifier takes for S (RFC 8032 section 5.1.7).
    let group = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    for (byte, add) in raw[32..].iter_mut().zip(group) {
        carry += u16::from(*byte) + add;
        *byte = carry as u8;
        carry >>= 8;
    }
    for form in [raw, vec![0; 64]] {
        let token = format!("{header}.{claims}.{}", b64(&form));
        assert_eq!(refuse(&verifiers, &token), Reason::TokenSignatureInvalid);
    }
}

#[test]
fn changed_parts_do_not_verify() {
    let verifiers = verifiers(&policy(""));
    for signer in [&*RSA, &*EC, &*ED] {
        let [header, claims, signature] = taken_apart(signer);
        let other = changed(json!({ "sub": "admin" }));
        let [_, _, foreign] = taken_apart(&Signer::new(signer.algorithm, "other"));
        let longer = URL_SAFE_NO_PAD.decode(&header).unwrap();
        let longer = [br#"{"x":1,"#, longer.strip_prefix(b"{").unwrap()].concat();
        for token in [
            format!("{header}.{}.{signature}", b64(other.to_string())),
            format!("{header}.{claims}.{foreign}"),
            format!("{}.{claims}.{signature}", b64(longer)),
        ] {
            assert_eq!(refuse(&verifiers, &token), Reason::TokenSignatureInvalid);
        }
    }
}

proptest::proptest! {
    #[test]
    fn one_changed_character_is_enough(at in 0_usize..1000, to in "[A-Za-z0-9_.=-]") {
        let verifiers = verifiers(&policy(""));
        for signer in [&*RSA, &*EC, &*ED] {
            let token = signer.sign(&claims());
            let mut bytes = token.clone().into_bytes();
            let at = at % bytes.len();
            bytes.splice(at..=at, to.bytes());
            let changed = String::from_utf8(bytes).unwrap();
            let accepted = outcome(verify(&verifiers, &bearer(&changed))).is_ok();
            proptest::prop_assert_eq!(accepted, changed == token, "{}", changed);
        }
    }
}
