//! What a record says because some rule reads it.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;

use super::*;
use crate::model::Fields;

fn headers(all: &[(&'static str, &[u8])]) -> Fields {
    let mut map = HeaderMap::new();
    for (name, value) in all {
        let name = HeaderName::from_static(name);
        map.append(name, HeaderValue::from_bytes(value).unwrap());
    }
    Fields::from(&map)
}

/// The group of a request's facts under this key.
fn of_request(facts: &Facts, headers: &Fields, query: Option<&str>, group: &str) -> Value {
    let mut out = b"{\"a\":0".to_vec();
    facts.append_request(headers, query, &mut Line(&mut out));
    out.push(b'}');
    let mut read: Value = serde_json::from_slice(&out).unwrap();
    read[group].take()
}

fn of_principal(facts: &Facts, principal: &Principal, hidden: Hidden) -> Value {
    let mut out = b"{\"a\":0".to_vec();
    facts.append_principal(principal, hidden, &mut Line(&mut out));
    out.push(b'}');
    assert!(!out.windows(3).any(|part| part == "\u{2028}".as_bytes()));
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn header_is_shown_as_often_as_it_occurs_and_its_absence_too() {
    let mut facts = no_facts();
    for name in ["x-none", "x-one", "x-two", "x-empty", "x-bytes", "x-long"] {
        facts.header(name, false);
    }
    let long = [b'x'; 1025];
    let headers = headers(&[
        ("x-two", b"a\"b"),
        ("x-one", b"1"),
        ("x-unasked", b"secret"),
        ("x-two", "é".as_bytes()),
        ("x-empty", b""),
        ("x-bytes", b"\xff\xfe"),
        ("x-long", &long),
    ]);
    let wanted = json!({
        "x-none": null, "x-one": "1", "x-two": ["a\"b", "é"], "x-empty": "",
        "x-bytes": { "omitted": "not UTF-8" }, "x-long": { "omitted": "too long" },
    });
    assert_eq!(of_request(&facts, &headers, None, "headers"), wanted);
}

#[test]
fn values_of_one_name_are_bounded_together() {
    let mut facts = no_facts();
    facts.header("x", false);
    let half = [b'x'; 512];
    let fits = headers(&[("x", &half), ("x", &half)]);
    assert!(of_request(&facts, &fits, None, "headers")["x"].is_array());
    let more = headers(&[("x", &half), ("x", &half), ("x", b"1")]);
    let shown = of_request(&facts, &more, None, "headers");
    assert_eq!(shown, json!({ "x": { "omitted": "too long" } }));
}

#[test]
fn parameter_is_named_and_shown_as_it_reads_once_decoded() {
    let mut facts = no_facts();
    for name in ["q", "a b", "flag", "none", "bytes", "half"] {
        facts.parameter(name, false);
    }
    let query = "q=1&%71=2+3&Q=4&a+b=%C3%A9%22&flag&bytes=%ff&half=%4&other=secret&";
    let wanted = json!({
        "q": ["1", "2 3"], "a b": "é\"", "flag": "", "none": null,
        "bytes": { "omitted": "not UTF-8" }, "half": { "omitted": "ambiguous" },
    });
    let none = Fields::new();
    assert_eq!(of_request(&facts, &none, Some(query), "query"), wanted);
    let shown = of_request(&facts, &none, None, "query");
    assert_eq!(shown["flag"], Value::Null);
}

/// Rules take such a header, or parameter, for one that has no value; shown, it would look like one that has.
#[test]
fn what_has_two_readings_is_said_to_be_ambiguous() {
    let mut facts = no_facts();
    for name in ["x-org", "x-hop", "x-none", "x-plain"] {
        facts.header(name, false);
    }
    facts.parameter("q", false);
    let headers = headers(&[
        ("x-org", b"acme"),
        ("x_org", b"other"),
        ("x-hop", b"1"),
        ("connection", b"close, X-Hop, x-none"),
        ("x-plain", b"1"),
    ]);
    let ambiguous = || json!({ "omitted": "ambiguous" });
    let wanted = json!({
        "x-org": ambiguous(), "x-hop": ambiguous(), "x-none": null, "x-plain": "1",
    });
    assert_eq!(of_request(&facts, &headers, None, "headers"), wanted);
    for (query, wanted) in [
        ("q=1&%zz=2", ambiguous()),
        ("q=1&%ff=2", ambiguous()),
        ("q=1&q=%4", ambiguous()),
        ("q=1&a=%4", json!("1")),
        ("q=%41", json!("A")),
        ("a=1", json!(null)),
    ] {
        let shown = of_request(&facts, &headers, Some(query), "query");
        assert_eq!(shown["q"], wanted, "{query}");
    }
}

#[test]
fn credential_is_never_shown_though_a_rule_reads_its_place() {
    let mut facts = no_facts();
    for name in [
        "authorization",
        "cookie",
        "proxy-authorization",
        "proxy_authorization",
    ] {
        facts.header(name, false);
    }
    facts.header("x-token", true);
    facts.parameter("access_token", true);
    let headers = headers(&[
        ("authorization", b"Bearer secret"),
        ("cookie", b"id=secret"),
        ("proxy-authorization", b"Basic secret"),
        ("proxy_authorization", b"Basic secret"),
        ("x-token", b"secret"),
        ("x-token", b"\xff"),
    ]);
    let omitted = json!({ "omitted": "credential" });
    let shown = of_request(&facts, &headers, None, "headers");
    assert_eq!(shown.as_object().unwrap().len(), 5);
    for (name, value) in shown.as_object().unwrap() {
        assert_eq!(*value, omitted, "{name}");
    }
    let query = Some("access%5Ftoken=secret");
    let shown = of_request(&facts, &headers, query, "query");
    assert_eq!(shown, json!({ "access_token": omitted }));
    assert_eq!(
        of_request(&facts, &Fields::new(), None, "headers")["cookie"],
        Value::Null
    );
}

#[test]
fn claims_are_shown_as_they_are_when_they_are_small() {
    let mut facts = no_facts();
    for name in ["plan", "nested", "null", "long", "none", "hidden\u{2028}"] {
        facts.claim(name);
    }
    facts.email();
    let claims = json!({
        "plan": "gold", "nested": { "a": [1, true, null, "\u{7f}"] }, "null": null,
        "long": "x".repeat(1024), "unasked": "secret", "hidden\u{2028}": "a\u{202e}\u{2028}b",
    });
    let mut caller = principal("a", None, "main");
    caller.claims = Claims::new(claims.as_object().unwrap().clone());
    let shown = of_principal(&facts, &caller, Hidden::default());
    let wanted = json!({
        "plan": "gold", "nested": { "a": [1, true, null, "\u{7f}"] },
        "null": { "omitted": "null" }, "long": { "omitted": "too long" }, "none": null,
        "hidden\u{2028}": "a\u{202e}\u{2028}b",
    });
    assert_eq!((&shown["claims"], &shown["email"]), (&wanted, &Value::Null));
    caller.email = Some("a@example.com".into());
    let shown = of_principal(&facts, &caller, Hidden::default());
    assert_eq!(shown["email"], "a@example.com");
}

#[test]
fn caller_is_spelled_anew_for_another_policy() {
    let caller = principal("a", Some("t"), "main");
    let (first, mut second) = (no_facts(), no_facts());
    second.claim("plan");
    let spelled = |facts: &Facts| {
        let mut out = Vec::new();
        facts.append_caller(&caller, Hidden::default(), &mut Line::<true>(&mut out));
        String::from_utf8(out).unwrap()
    };
    let plain = spelled(&first);
    assert_eq!(
        spelled(&second),
        plain.clone() + r#","claims":{"plan":null}"#
    );
    assert_eq!(spelled(&first), plain);
}

#[test]
fn list_of_unusual_length_is_left_out() {
    let mut caller = principal("a", None, "main");
    caller.roles = (0..2000)
        .map(|number| format!("role-{number:08}").into())
        .collect();
    let mut out = Vec::new();
    no_facts().append_caller(&caller, Hidden::default(), &mut Line::<true>(&mut out));
    let text = String::from_utf8(out).unwrap();
    assert!(
        text.contains(r#","roles":["[too long]"],"scopes":[]"#),
        "{text}"
    );
}
