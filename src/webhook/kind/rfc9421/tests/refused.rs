//! What is refused, each for its reason.

use http::{HeaderName, HeaderValue};

use crate::secret::Secret;

use super::super::structured::Bare;
use super::*;
use crate::webhook::kind::Presence;
use crate::webhook::scheme::Hash;
use crate::webhook::sign::{Draft, Signed};

const TEXT: &str = "kind: rfc9421\nrfc9421: { alg: hmac-sha256 }\n";
const KEY: &str = "it is a test secret";
const NOW: u64 = 1_767_225_600;
const BODY: &str = r#"{"event":"ping"}"#;
const PARAMETERS: &str = ";created=1767225600";
const COMPONENTS: &str = r#"("@method" "@target-uri" "content-digest")"#;

fn digest() -> String {
    format!(
        "sha-256={}",
        Bare::Bytes(Hash::Sha256.digest(&[BODY.as_bytes()]))
    )
}

/// Header fields with a right MAC over a base that is given line by line.
fn signed(lines: &[(&str, &str)], input: &str) -> Vec<(String, String)> {
    let lines = lines
        .iter()
        .map(|(name, value)| format!("{name}: {value}\n"));
    let base = format!(
        "{}\"@signature-params\": {input}",
        lines.collect::<String>()
    );
    let mac = Hash::Sha256.mac(KEY.as_bytes(), &[base.as_bytes()]);
    vec![
        ("content-digest".into(), digest()),
        ("signature-input".into(), format!("sig1={input}")),
        ("signature".into(), format!("sig1={}", Bare::Bytes(mac))),
    ]
}

/// The usual three components with these parameters.
fn usual(parameters: &str) -> Vec<(String, String)> {
    let digest = digest();
    let lines = [
        ("\"@method\"", "POST"),
        ("\"@target-uri\"", "https://hooks.example.com/in?a=1"),
        ("\"content-digest\"", digest.as_str()),
    ];
    signed(&lines, &format!("{COMPONENTS}{parameters}"))
}

fn judge_with(text: &str, headers: &[(String, String)], body: &str) -> Option<Why> {
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let staged = post("/in?a=1", &headers, NOW);
    why(verify(&scheme(text, URL), &staged, body, &[("1", KEY)]))
}

fn judge(headers: &[(String, String)]) -> Option<Why> {
    judge_with(TEXT, headers, BODY)
}

fn set(headers: &mut [(String, String)], name: &str, value: impl Into<String>) {
    let field = headers.iter_mut().find(|(own, _)| own == name).unwrap();
    field.1 = value.into();
}

#[test]
fn times_are_near_or_refused() {
    for (parameters, refused) in [
        (";created=1767225600", None),
        (";created=1767225300", None),
        (";created=1767225900", None),
        (";created=1767225299", Some(Why::Stale)),
        (";created=1767225901", Some(Why::Future)),
        (";created=1767225600000", Some(Why::Future)),
        (";created=-1", Some(Why::Malformed)),
        (";created=\"1767225600\"", Some(Why::Malformed)),
        (";created=1767225600.0", Some(Why::Malformed)),
        (";created", Some(Why::Malformed)),
        (";keyid=\"1\"", Some(Why::Malformed)),
        (";created=1767225600;expires=1767225601", None),
        (";created=1767225600;expires=1767225600", Some(Why::Stale)),
        (";created=1767225600;expires=\"x\"", Some(Why::Malformed)),
    ] {
        assert_eq!(judge(&usual(parameters)), refused, "{parameters}");
    }
    let text = "kind: rfc9421\nrfc9421: { alg: hmac-sha256, tolerance: 10s }\n";
    let found = judge_with(text, &usual(";created=1767225589"), BODY);
    assert_eq!(found, Some(Why::Stale));
}

#[test]
fn message_chooses_neither_algorithm_nor_use() {
    for (parameters, refused) in [
        (";alg=\"hmac-sha256\"", None),
        (";alg=\"ed25519\"", Some(Why::Mismatch)),
        (";alg=\"HMAC-SHA256\"", Some(Why::Mismatch)),
        (";alg=hmac-sha256", Some(Why::Malformed)),
        (";keyid=1", Some(Why::Malformed)),
        (";keyid=\"nobody's\"", None),
        (";tag=webhook", Some(Why::Malformed)),
        (";tag=\"another\"", None),
        (";unknown=?0;else", None),
    ] {
        let parameters = format!("{PARAMETERS}{parameters}");
        assert_eq!(judge(&usual(&parameters)), refused, "{parameters}");
    }
    let text = "kind: rfc9421\nrfc9421: { alg: hmac-sha256, tag: webhook, nonce: true }\n";
    for (parameters, refused) in [
        (";nonce=\"1\";tag=\"webhook\"", None),
        (";nonce=\"1\"", Some(Why::Mismatch)),
        (";nonce=\"1\";tag=\"Webhook\"", Some(Why::Mismatch)),
        (";tag=\"webhook\"", Some(Why::Malformed)),
        (";nonce=\"\";tag=\"webhook\"", Some(Why::Malformed)),
    ] {
        let headers = usual(&format!("{PARAMETERS}{parameters}"));
        assert_eq!(judge_with(text, &headers, BODY), refused, "{parameters}");
    }
}

#[test]
fn what_must_be_covered_is_covered_whole() {
    for input in [
        r#"()"#,
        r#"("@method" "@target-uri")"#,
        r#"("@method" "content-digest")"#,
        r#"("@target-uri" "content-digest")"#,
        r#"("@method" "@target-uri" "content-digest";key="sha-256")"#,
        r#"("@method" "@target-uri" "content-digest";sf)"#,
        r#"("@method" "@target-uri" "content-digest";req)"#,
        r#"("@method" "@target-uri" "content-digest";tr)"#,
        r#"("@method";req "@method" "@target-uri" "content-digest")"#,
        r#"("@method" "@method" "@target-uri" "content-digest")"#,
        r#"("@status" "@method" "@target-uri" "content-digest")"#,
        r#"("@query-param" "@method" "@target-uri" "content-digest")"#,
        r#"("@method" "@target-uri" "Content-Digest")"#,
        r#"("@method" "@target-uri" "content-digest" "x-missing")"#,
        r#"("@method" "@target-uri" "content-digest" "@query-param";name="b")"#,
        r#"("@method" "@target-uri" content-digest)"#,
        r#""@method""#,
    ] {
        let headers = signed(&[], &format!("{input}{PARAMETERS}"));
        assert_eq!(judge(&headers), Some(Why::Malformed), "{input}");
    }
}

#[test]
fn fields_are_there_once_and_exact() {
    let headers = usual(PARAMETERS);
    let input = headers[1].1.clone();
    let signature = headers[2].1.clone();
    let mut absent = headers.clone();
    absent.truncate(1);
    assert_eq!(judge(&absent), Some(Why::Missing));
    for index in [1, 2] {
        let mut lacking = headers.clone();
        lacking.remove(index);
        assert_eq!(judge(&lacking), Some(Why::Malformed));
    }
    for (name, value) in [
        ("signature-input", String::new()),
        ("signature-input", format!("{input},")),
        ("signature-input", format!("{input}, {input}")),
        ("signature-input", format!("{input} x")),
        ("signature-input", input.replace(')', "")),
        (
            "signature-input",
            input.replace("created", "created=1;created"),
        ),
        ("signature-input", input.replace("sig1", "Sig1")),
        ("signature-input", input.replace("sig1", "sig2")),
        ("signature-input", format!("sig1={}", "(".repeat(20_000))),
        ("signature", String::new()),
        ("signature", signature.replace("=:", "=")),
        ("signature", signature.replace(":", "\"")),
        ("signature", format!("{signature}, {signature}")),
        ("signature", signature.replace("sig1", "sig2")),
        ("signature", "sig1=:=:".into()),
        ("signature", "sig1=:A:".into()),
    ] {
        let mut changed = headers.clone();
        set(&mut changed, name, value.clone());
        assert_eq!(judge(&changed), Some(Why::Malformed), "{name}: {value}");
    }
    for value in ["sig1=::", "sig1=:AAAA:"] {
        let mut changed = headers.clone();
        set(&mut changed, "signature", value);
        assert_eq!(judge(&changed), Some(Why::Mismatch), "{value}");
    }
    let mut twice = headers.clone();
    twice.push(headers[1].clone());
    assert_eq!(judge(&twice), Some(Why::Malformed));
}

#[test]
fn label_is_the_one_that_is_set_or_either_of_two() {
    let mut headers = usual(PARAMETERS);
    let input = format!("{}, other=(\"date\");x", headers[1].1);
    let signature = format!("other=:AAAA:, {}", headers[2].1);
    set(&mut headers, "signature-input", input);
    set(&mut headers, "signature", signature);
    assert_eq!(judge(&headers), None);
    let mut three = headers.clone();
    let input = format!("{}, third={COMPONENTS}{PARAMETERS}", three[1].1);
    set(&mut three, "signature-input", input);
    assert_eq!(judge(&three), Some(Why::Malformed));
    let labelled =
        |label: &str| format!("kind: rfc9421\nrfc9421: {{ alg: hmac-sha256, label: {label} }}\n");
    assert_eq!(judge_with(&labelled("sig1"), &headers, BODY), None);
    assert_eq!(
        judge_with(&labelled("other"), &headers, BODY),
        Some(Why::Malformed)
    );
    assert_eq!(
        judge_with(&labelled("none"), &headers, BODY),
        Some(Why::Missing)
    );
}

#[test]
fn digest_of_the_body_is_known_and_right() {
    let right = digest();
    for (field, body, refused) in [
        (right.clone(), BODY, None),
        (format!("unknown=:AAAA:, {right}"), BODY, None),
        (format!("unknown=1, {right};x=1"), BODY, None),
        (right.clone(), "", Some(Why::Mismatch)),
        (
            format!("{right}, sha-512=:AAAA:"),
            BODY,
            Some(Why::Mismatch),
        ),
        ("sha-256=:AAAA:".into(), BODY, Some(Why::Mismatch)),
        ("unknown=:AAAA:".into(), BODY, Some(Why::Malformed)),
        ("md5=:AAAA:".into(), BODY, Some(Why::Malformed)),
        ("sha-256=1".into(), BODY, Some(Why::Malformed)),
        ("sha-256".into(), BODY, Some(Why::Malformed)),
        (format!("{right}, {right}"), BODY, Some(Why::Malformed)),
        ("sha-256=AAAA".into(), BODY, Some(Why::Malformed)),
    ] {
        let lines = [
            ("\"@method\"", "POST"),
            ("\"@target-uri\"", "https://hooks.example.com/in?a=1"),
            ("\"content-digest\"", field.as_str()),
        ];
        let mut headers = signed(&lines, &format!("{COMPONENTS}{PARAMETERS}"));
        set(&mut headers, "content-digest", field.clone());
        assert_eq!(judge_with(TEXT, &headers, body), refused, "{field}");
    }
}

#[test]
fn one_changed_byte_makes_another_message() {
    let headers = usual(PARAMETERS);
    assert_eq!(judge(&headers), None);
    let mut changed = headers.clone();
    set(
        &mut changed,
        "signature",
        headers[2].1.replacen(":", ":A", 1),
    );
    assert!(judge(&changed).is_some());
    assert_eq!(judge_with(TEXT, &headers, "{}"), Some(Why::Mismatch));
    let pairs: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    for staged in [
        post("/in?a=2", &pairs, NOW),
        post("/in", &pairs, NOW),
        Staged::new(Method::PUT, "/in?a=1", &pairs).at(NOW),
    ] {
        let found = verify(&scheme(TEXT, URL), &staged, BODY, &[("1", KEY)]);
        assert_eq!(why(found), Some(Why::Mismatch));
    }
    let staged = post("/in?a=1", &pairs, NOW);
    assert_eq!(
        why(verify(&scheme(TEXT, URL), &staged, BODY, &[])),
        Some(Why::Mismatch)
    );
    let prefixed = scheme(TEXT, Some("https://hooks.example.com/base"));
    let found = verify(&prefixed, &staged, BODY, &[("1", KEY)]);
    assert_eq!(why(found), Some(Why::Mismatch));
}

#[test]
fn head_alone_says_what_it_can() {
    let look = |headers: &[(String, String)]| {
        let pairs: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let looked = scheme(TEXT, URL).look(&post("/in", &pairs, NOW).message());
        looked.map_err(|refusal| refusal.reason)
    };
    assert_eq!(look(&[]), Ok(Presence::Absent));
    assert_eq!(look(&usual(PARAMETERS)), Ok(Presence::Present));
    assert_eq!(look(&usual(";created=1")), Err(Why::Stale));
}

fn sign(scheme: &Rfc9421, secret: &str) -> Signed {
    let staged = post("/in?a=1", &[], NOW);
    let given = [(
        HeaderName::from_static("x-extra"),
        HeaderValue::from_static("1"),
    )];
    let draft = Draft {
        method: &Method::POST,
        host: &staged.0.host,
        target: "/in?a=1",
        headers: &given,
        body: BODY.as_bytes(),
        signed_at: at(NOW),
        event_id: None,
        secret: &Secret::new(secret.as_bytes().to_vec()),
    };
    scheme.sign(&draft).unwrap()
}

#[test]
fn what_is_signed_here_is_verified_here() {
    // The key of RFC 8032 section 7.1, test 1: its seed, and what is published of it.
    let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let full = "kind: rfc9421
rfc9421:
  alg: ed25519
  components: ['@method', '@target-uri', '@authority', '@scheme', '@path', '@query', '@request-target', '\"x-extra\";bs',
    content-digest, '\"content-digest\";key=\"sha-256\"']
  label: other
  tag: webhook
  nonce: true
key: { encoding: hex }
";
    for (text, secret, key) in [(TEXT, KEY, KEY), (full, seed, public)] {
        for url in [URL, Some("https://hooks.example.com:8443/base")] {
            let scheme = scheme(text, url);
            let signed = sign(&scheme, secret);
            let mut headers = vec![("x-extra", "1")];
            for (name, value) in &signed.headers {
                headers.push((name.as_str(), value.to_str().unwrap()));
            }
            let staged = post("/in?a=1", &headers, NOW);
            verify(&scheme, &staged, BODY, &[("1", key)]).unwrap();
            headers[0] = ("x-extra", "2");
            let staged = post("/in?a=1", &headers, NOW);
            let found = verify(&scheme, &staged, BODY, &[("1", key)]);
            assert_eq!(found.is_ok(), text == TEXT);
        }
    }
}

#[test]
fn mistakes_are_named() {
    let with = |keys: &str| format!("kind: rfc9421\nrfc9421: {{ {keys} }}\n");
    for (text, wanted) in [
        (
            "kind: rfc9421".to_owned(),
            "the key `rfc9421` is missing here",
        ),
        (with("label: sig1"), "rfc9421 needs the key `alg`"),
        (with("alg: rsa-v1_5-sha1"), "is not known here"),
        (
            with("alg: ed25519, components: []"),
            "need not cover anything",
        ),
        (
            with("alg: ed25519, components: ['@status']"),
            "no component of a request",
        ),
        (
            with("alg: ed25519, components: [Date]"),
            "no component of a request",
        ),
        (
            with("alg: ed25519, components: ['\"date\";sf']"),
            "no component of a request",
        ),
        (
            with("alg: ed25519, components: ['\"date']"),
            "no component of a request",
        ),
        (
            with("alg: ed25519, components: ['@query-param']"),
            "no component of a request",
        ),
        (with("alg: ed25519, label: Sig1"), "no label of a signature"),
        (
            with("alg: ed25519, label: 'a, b'"),
            "no label of a signature",
        ),
        (with("alg: ed25519, tolerance: 25h"), "longer than 24h"),
        (with("alg: ed25519, tagg: x"), "did you mean `tag`?"),
        (with("alg: ed25519"), "add `url: https://hooks.example.com`"),
        (
            with("alg: ed25519, components: ['@authority']"),
            "add `url: https://hooks.example.com`",
        ),
    ] {
        let found = read(&text, None, Rfc9421::read).unwrap_err();
        assert!(
            found.iter().any(|line| line.contains(wanted)),
            "{text}\n{found:?}"
        );
    }
    assert!(
        read(
            &with("alg: ed25519, components: [date]"),
            None,
            Rfc9421::read
        )
        .is_ok()
    );
}

#[test]
fn digest_that_is_covered_in_part_binds_the_body_too() {
    const PART: &str = r#""content-digest";key="sha-256""#;
    let text = format!("kind: rfc9421\nrfc9421: {{ alg: hmac-sha256, components: ['{PART}'] }}\n");
    let value = digest().replacen("sha-256=", "", 1);
    let headers = signed(&[(PART, &value)], &format!("({PART}){PARAMETERS}"));
    assert_eq!(judge_with(&text, &headers, BODY), None);
    assert_eq!(judge_with(&text, &headers, "{}"), Some(Why::Mismatch));
}
