//! Published examples of Twilio's packages (twilio 9.13.0 on PyPI made the others), and what is refused.

use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};

use crate::secret::Secret;

use super::Twilio;
use super::address::addresses;
use crate::webhook::candidates::Candidates;
use crate::webhook::kind::Presence;
use crate::webhook::proof::Proof;
use crate::webhook::refusal::Why;
use crate::webhook::sign::Draft;
use crate::webhook::staged::{Staged, keys, read};

const URL: &str = "https://mycompany.com";
const TARGET: &str = "/myapp.php?foo=1&bar=2";
const TOKEN: &str = "12345";
const FORM: &str = "CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309";
const OF_FORM: &str = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
const OF_FORM_443: &str = "kvajT1Ptam85bY51eRf/AJRuM3w=";
const OF_FORM_SHARED: &str = "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s=";
const OF_TARGET: &str = "zYQTYrRWXE7LtzbG4PfP7/bkkGo=";
const JSON: &str = r#"{"property": "value", "boolean": true}"#;
const JSON_TARGET: &str = "/myapp.php?foo=1&bar=2&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
const OF_JSON_TARGET: &str = "a9nBmqA0ju/hNViExpshrM61xv4=";
const URLENCODED: (&str, &str) = (
    "content-type",
    "application/x-www-form-urlencoded; charset=UTF-8",
);
const APPLICATION_JSON: (&str, &str) = ("content-type", "application/json");
const SHARED: &str = "kind: twilio\ntwilio: { signed_with: shared_key }\n";

fn twilio(text: &str) -> Twilio {
    read(text, Some(URL), Twilio::read).unwrap()
}

fn verify_with(
    text: &str,
    method: Method,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Proof, Why> {
    let twilio = twilio(text);
    let staged = Staged::new(method, target, headers);
    let held = keys(&twilio.key_form(), &[("old", "54321"), ("shared_1", TOKEN)]);
    let candidates = Candidates::new(&held, SystemTime::UNIX_EPOCH);
    let body = Bytes::copy_from_slice(body.as_bytes());
    let proof = twilio.verify(&staged.message(), &body.into(), &candidates);
    proof.map_err(|refusal| refusal.reason)
}

fn verify(
    method: Method,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Proof, Why> {
    verify_with("kind: twilio", method, target, headers, body)
}

fn signed(signature: &'static str) -> (&'static str, &'static str) {
    ("x-twilio-signature", signature)
}

#[test]
fn forms_are_verified_in_any_order_and_with_either_address() {
    let headers = [URLENCODED, signed(OF_FORM)];
    assert_eq!(
        verify(Method::POST, TARGET, &headers, FORM).unwrap().secret,
        1
    );
    let mut pairs: Vec<&str> = FORM.split('&').collect();
    pairs.reverse();
    pairs.push("Digits=1234");
    assert!(verify(Method::POST, TARGET, &headers, &pairs.join("&")).is_ok());
    let headers = [URLENCODED, signed(OF_FORM_443)];
    assert!(verify(Method::POST, TARGET, &headers, FORM).is_ok());
}

#[test]
fn changed_forms_and_addresses_are_refused() {
    let headers = [URLENCODED, signed(OF_FORM)];
    for (target, body) in [
        (TARGET, FORM.replace("1234&From", "1235&From").as_str()),
        (TARGET, ""),
        (TARGET, "Digits=1234"),
        (TARGET, &format!("{FORM}&A=b")),
        ("/myapp.php?foo=1&bar=3", FORM),
        ("/myapp.php?bar=2&foo=1", FORM),
        ("/myapp.php", FORM),
        ("/other?foo=1&bar=2", FORM),
    ] {
        let found = verify(Method::POST, target, &headers, body);
        assert_eq!(found, Err(Why::Mismatch), "{target} {body}");
    }
    for body in ["a=%zz", "a=%FF", "%FF=a"] {
        let found = verify(Method::POST, TARGET, &headers, body);
        assert_eq!(found, Err(Why::Malformed), "{body}");
    }
}

#[test]
fn body_that_is_no_form_is_bound_by_its_digest() {
    let headers = [APPLICATION_JSON, signed(OF_JSON_TARGET)];
    assert!(verify(Method::POST, JSON_TARGET, &headers, JSON).is_ok());
    for body in ["{}", "", r#"{"property": "value", "boolean": false}"#] {
        let found = verify(Method::POST, JSON_TARGET, &headers, body);
        assert_eq!(found, Err(Why::Mismatch), "{body}");
    }
    let wrong = JSON_TARGET.replacen("6620", "6621", 1);
    assert_eq!(
        verify(Method::POST, &wrong, &headers, JSON),
        Err(Why::Mismatch)
    );
    for target in [
        "/myapp.php?bodySHA256=",
        "/myapp.php?bodySHA256=xyz",
        "/myapp.php?bodySHA256=00&bodySHA256=00",
    ] {
        assert_eq!(
            verify(Method::POST, target, &headers, JSON),
            Err(Why::Malformed),
            "{target}"
        );
    }
}

#[test]
fn body_that_is_bound_by_nothing_is_refused() {
    let bare = [signed(OF_TARGET)];
    assert!(verify(Method::GET, TARGET, &bare, "").is_ok());
    for (method, headers) in [
        (Method::POST, vec![signed(OF_TARGET)]),
        (Method::POST, vec![APPLICATION_JSON, signed(OF_TARGET)]),
        (
            Method::POST,
            vec![("content-type", "text/plain"), signed(OF_FORM)],
        ),
        (
            Method::POST,
            vec![
                ("content-type", "application/x-www-form-urlencodedx"),
                signed(OF_FORM),
            ],
        ),
        (Method::POST, vec![URLENCODED, URLENCODED, signed(OF_FORM)]),
        (Method::GET, vec![URLENCODED, signed(OF_FORM)]),
    ] {
        let found = verify(method, TARGET, &headers, FORM);
        assert_eq!(found, Err(Why::Malformed), "{headers:?}");
    }
}

#[test]
fn signature_must_be_there_once_and_exact() {
    let look = |headers: &[(&str, &str)]| {
        let staged = Staged::new(Method::POST, TARGET, headers);
        let looked = twilio("kind: twilio").look(&staged.message());
        looked.map_err(|refusal| refusal.reason)
    };
    assert_eq!(look(&[]), Ok(Presence::Absent));
    assert_eq!(look(&[signed(OF_FORM)]), Ok(Presence::Present));
    assert_eq!(verify(Method::POST, TARGET, &[], FORM), Err(Why::Missing));
    for text in [
        "",
        "x",
        "RSOYDt4T1cUTdK1PDd93/VVr8B8",
        "RSOYDt4T1cUTdK1PDd93/VVr8B8=,",
        OF_FORM_SHARED,
    ] {
        assert_eq!(look(&[signed(text)]), Err(Why::Malformed), "{text}");
    }
    assert_eq!(
        look(&[signed(OF_FORM), signed(OF_FORM)]),
        Err(Why::Malformed)
    );
}

#[test]
fn shared_key_is_chosen_by_the_file_and_named_by_the_message() {
    let settings = |text| ("x-twilio-webhooks-signature-settings", text);
    let verify = |settings: &[(&'static str, &'static str)]| {
        let mut headers = vec![URLENCODED, signed(OF_FORM_SHARED)];
        headers.extend(settings);
        verify_with(SHARED, Method::POST, TARGET, &headers, FORM)
    };
    let right = settings("key=shared_1,algorithm=HMAC_SHA256");
    assert_eq!(verify(&[right]).unwrap().secret, 1);
    assert!(verify(&[settings("algorithm=HMAC_SHA256, key=unknown")]).is_ok());
    for (given, why) in [
        (vec![], Why::Malformed),
        (vec![right, right], Why::Malformed),
        (vec![settings("key=shared_1")], Why::Malformed),
        (vec![settings("algorithm=HMAC_SHA256")], Why::Malformed),
        (
            vec![settings("key=shared_1,algorithm=HMAC_SHA1")],
            Why::Malformed,
        ),
        (
            vec![settings(
                "key=shared_1,algorithm=HMAC_SHA256,algorithm=HMAC_SHA1",
            )],
            Why::Malformed,
        ),
        (
            vec![settings("key=old,algorithm=HMAC_SHA256")],
            Why::Mismatch,
        ),
    ] {
        assert_eq!(verify(&given), Err(why), "{given:?}");
    }
    // What is signed with the account's token is none where a shared key is asked for, and the reverse.
    let older = [URLENCODED, signed(OF_FORM), right];
    assert_eq!(
        verify_with(SHARED, Method::POST, TARGET, &older, FORM),
        Err(Why::Malformed)
    );
}

#[test]
fn address_has_its_port_or_not() {
    for (url, with, without) in [
        (
            "https://a.example",
            "https://a.example:443",
            "https://a.example",
        ),
        (
            "http://a.example/x",
            "http://a.example:80/x",
            "http://a.example/x",
        ),
        (
            "https://a.example:8443/x",
            "https://a.example:8443/x",
            "https://a.example/x",
        ),
        ("https://[::1]", "https://[::1]:443", "https://[::1]"),
        ("https://[::1]:444", "https://[::1]:444", "https://[::1]"),
    ] {
        let twilio = read("kind: twilio", Some(url), Twilio::read).unwrap();
        assert_eq!(addresses(&twilio.base), [with, without], "{url}");
    }
}

#[test]
fn what_is_signed_here_is_verified_here() {
    for (text, headers, body) in [
        ("kind: twilio", vec![URLENCODED], FORM),
        ("kind: twilio", vec![APPLICATION_JSON], JSON),
        ("kind: twilio", vec![], ""),
        (SHARED, vec![URLENCODED], FORM),
    ] {
        let given: Vec<_> = headers
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect();
        let staged = Staged::new(Method::POST, TARGET, &[]);
        let draft = Draft {
            method: &Method::POST,
            host: &staged.0.host,
            target: TARGET,
            headers: &given,
            body: body.as_bytes(),
            signed_at: SystemTime::UNIX_EPOCH,
            event_id: None,
            secret: &Secret::new(TOKEN.as_bytes().to_vec()),
        };
        let signed = twilio(text).sign(&draft).unwrap();
        let mut all = headers.clone();
        for (name, value) in &signed.headers {
            all.push((name.as_str(), value.to_str().unwrap()));
        }
        let target = signed.target.as_deref().unwrap_or(TARGET);
        assert!(
            verify_with(text, Method::POST, target, &all, body).is_ok(),
            "{text} {body}"
        );
    }
}

#[test]
fn mistakes_are_named() {
    for (text, url, wanted) in [
        ("kind: twilio", None, "add `url: https://hooks.example.com`"),
        (
            "kind: twilio\ntwilio: { signed_with: sha1 }",
            Some(URL),
            "`sha1` is not known here",
        ),
        (
            "kind: twilio\ntwilio: { alg: sha1 }",
            Some(URL),
            "unknown key `alg`",
        ),
    ] {
        let found = read(text, url, Twilio::read).unwrap_err();
        assert!(
            found.iter().any(|line| line.contains(wanted)),
            "{text}\n{found:?}"
        );
    }
}
