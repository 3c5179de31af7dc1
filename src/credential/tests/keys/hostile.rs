//! What attackers send in the place of a key (AK1 to AK9 of the security notes).

use super::*;

/// Texts that are not the key though they have much in common with it.
fn near(text: &str, hash: &str) -> Vec<String> {
    let digits = hash.strip_prefix("sha256:").unwrap();
    let cut = |length: usize| text.get(..length).unwrap().to_owned();
    let mut texts = vec![
        String::new(),
        " ".to_owned(),
        hash.to_owned(),
        digits.to_owned(),
        text.to_uppercase(),
        format!("{text}{text}"),
        format!("{text}x"),
        format!("{text}.x"),
        format!("x{text}"),
        format!("{text},{text}"),
        format!("{text};"),
        format!("\"{text}\""),
        format!("Bearer {text}"),
        format!("{text}é"),
        "x".repeat(512),
        "pk_".to_owned() + &"x".repeat(509),
        "pk_".to_owned() + &"x".repeat(510),
        "pk_".to_owned() + &"x".repeat(60_000),
        "*".to_owned(),
        "%".to_owned(),
        "' OR 1=1 --".to_owned(),
        "null".to_owned(),
    ];
    texts.extend((1..text.len()).step_by(7).map(cut));
    // Every guess that begins like the key.
    texts.extend((3..text.len()).step_by(5).map(|at| {
        let other = if text.as_bytes()[at] == b'a' {
            'b'
        } else {
            'a'
        };
        format!("{}{other}{}", cut(at), text.get(at + 1..).unwrap())
    }));
    texts
}

#[test]
fn nothing_but_the_whole_key_is_the_key() {
    let (ours, first) = mint("pk_");
    let foreign = "an-older-key-0123456789";
    let second = hash(foreign);
    for (text, hash, set) in [
        (ours.as_str(), &first, "prefix: pk_"),
        (ours.as_str(), &first, "prefix: pk_, format: any"),
        (foreign, &second, "format: any"),
    ] {
        let policy = format!(
            "api_keys: {{ main: {{ {set}, from: [{{ header: X-API-Key }}, {{ query: key }}], keys: [ {{ name: ci, hash: '{hash}' }} ] }} }}\n"
        );
        let verifiers = home(&policy);
        assert!(who(&verifiers, &with_key(text)).is_ok(), "{set}");
        for wrong in near(text, hash) {
            let answer = who(&verifiers, &with_key(&wrong));
            assert_eq!(answer, Err(Reason::KeyUnknown), "{set}: {wrong}");
        }
        // Decoded, these have what no header can have.
        for end in ["%00", "%0A", "%0D%0A", "%09", "%20", "+", "%7F", "%C3%28"] {
            let request = request(&format!("/?key={}{end}", text.replace('-', "%2D")), &[]);
            assert_eq!(who(&verifiers, &request), Err(Reason::KeyUnknown), "{end}");
        }
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let encoded = request(&format!("/?%6Bey={encoded}"), &[]);
        assert!(who(&verifiers, &encoded).is_ok());
        for empty in ["/?key=", "/?key", "/?a&key=&b"] {
            let answer = who(&verifiers, &request(empty, &[]));
            assert_eq!(answer, Err(Reason::KeyUnknown), "{empty}");
        }
    }
}

#[test]
fn no_text_of_a_key_reaches_a_message() {
    let (text, hash) = mint("pk_");
    let verifiers = home(&one_key(&hash, "expires_at: 2020-01-01"));
    let mut said = format!("{verifiers:?}");
    for presented in [
        &*text,
        "pk_some-other-text-that-is-wrong",
        "unknown-altogether",
    ] {
        let request = with_key(presented);
        said += &format!("{:?}", verifiers.recall(&request, &Accepted::All));
        said += &format!("{:?}", verify(&verifiers, &request));
        said += &format!("{:?}", verifiers.sight(&request));
        said += &format!("{request:?}");
    }
    let both = request("/", &[("x-api-key", &text), ("x-api-key", "another-text")]);
    said += &format!("{:?}", verify(&verifiers, &both));
    let digits = hash.strip_prefix("sha256:").unwrap();
    for secret in [
        text.strip_prefix("pk_").unwrap(),
        "some-other-text",
        "unknown-altogether",
        "another-text",
        digits,
    ] {
        assert!(!said.contains(secret), "{said}");
    }
    let bytes = format!("{:?}", &text.as_bytes()[3..]);
    assert!(!said.contains(bytes.trim_matches(['[', ']'])), "{said}");
    assert!(said.contains("key `ci` is over"), "{said}");
}

#[test]
fn key_has_one_fingerprint_that_tells_nothing_of_it() {
    let (text, hash) = mint("pk_");
    let verifiers = home(&one_key(&hash, ""));
    let fingerprint = || {
        let verified = outcome(verify(&verifiers, &with_key(&text))).unwrap();
        verified.fingerprint.as_str().to_owned()
    };
    let first = fingerprint();
    assert_eq!(first, fingerprint());
    assert_eq!(first.len(), 16);
    assert!(!hash.contains(&first));
}
