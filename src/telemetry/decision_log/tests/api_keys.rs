//! Records of callers with an API key.

use std::sync::Arc;

use super::reading::{known, line, omitted, read};
use super::*;
use crate::model::KeyFacts;

/// A caller with a key that is bounded as given.
fn caller(sources: Option<&[&str]>, networks: Option<&[&str]>) -> Principal {
    let texts = |all: &[&str]| all.iter().map(|text| Box::from(*text)).collect();
    let parsed = |all: &[&str]| all.iter().map(|text| text.parse().unwrap()).collect();
    Principal {
        kind: PrincipalKind::ApiKey,
        issuer: "partners".into(),
        scopes: vec!["alerts:*".into()],
        key: Some(Arc::new(KeyFacts {
            id: "k1".into(),
            sources: sources.map(texts),
            networks: networks.map(parsed),
        })),
        ..principal("ann")
    }
}

fn said_of(caller: &Principal, hidden: Hidden) -> String {
    let said = Record {
        caller: Some(caller),
        ..record()
    };
    line(&said, hidden, Share::WHOLE)
}

fn list<'l>(all: &[&'l str]) -> Recorded<Vec<std::borrow::Cow<'l, str>>> {
    Recorded::Known(all.iter().map(|text| (*text).into()).collect())
}

#[test]
fn record_of_a_key_says_which_one_and_what_bounds_it() {
    let caller = caller(
        Some(&["datadog", "a \"b\""]),
        Some(&["10.0.0.0/8", "fd00::/8"]),
    );
    let line = said_of(&caller, Hidden::default());
    let read = read(&line);
    assert_eq!(read.kind, Some(PrincipalKind::ApiKey));
    assert_eq!(read.key, known("k1"));
    assert_eq!(read.issuer, known("partners"));
    assert_eq!(read.scopes, list(&["alerts:*"]));
    assert_eq!(read.sources, list(&["datadog", "a \"b\""]));
    assert_eq!(read.networks, list(&["10.0.0.0/8", "fd00::/8"]));
}

#[test]
fn key_that_nothing_bounds_is_told_from_one_that_may_not_speak_for_anything() {
    let (free, bound) = (caller(None, None), caller(Some(&[]), Some(&[])));
    let line = said_of(&free, Hidden::default());
    assert_eq!(read(&line).sources, Recorded::Absent);
    assert_eq!(read(&line).networks, Recorded::Absent);
    let line = said_of(&bound, Hidden::default());
    assert_eq!(read(&line).sources, list(&[]));
    assert_eq!(read(&line).networks, list(&[]));
}

#[test]
fn caller_with_a_token_has_no_key() {
    let line = line(&record(), Hidden::default(), Share::WHOLE);
    let read = read(&line);
    assert_eq!(read.key, Recorded::Absent);
    assert_eq!(read.sources, Recorded::Absent);
}

#[test]
fn what_is_redacted_of_a_key_is_not_shown() {
    let mut settings = LogSettings::default();
    let problems = crate::document::Problems::new();
    let list = "log: { decisions: { redact: [subject, key, sources, networks] } }";
    let node = crate::document::parse("x", list, &|_| None, &problems).unwrap();
    settings.decisions = LogSettings::read(node.at("log"), &problems).decisions;
    assert!(problems.is_empty());
    let hidden = settings.decisions.redaction.hidden;
    let mut facts = Facts::new(Arc::new(settings.decisions.redaction));
    facts.claim("owner");
    facts.claim("key_id");
    let mut caller = caller(Some(&["datadog"]), Some(&["10.0.0.0/8"]));
    let claims = serde_json::json!({ "owner": "ann", "key_id": "k1" });
    caller.claims = Claims::new(claims.as_object().unwrap().clone());
    let said = Record {
        caller: Some(&caller),
        facts: &facts,
        ..record()
    };
    let line = line(&said, hidden, Share::WHOLE);
    for text in ["ann", "k1", "datadog", "10.0"] {
        assert!(!line.contains(text), "{line}");
    }
    let read = read(&line);
    assert_eq!(read.key, omitted("redacted"));
    assert_eq!(read.sources, omitted("redacted"));
    assert_eq!(read.networks, omitted("redacted"));
    assert_eq!(*read.claim("owner"), omitted("redacted"));
}

#[test]
fn line_for_eyes_names_the_key() {
    let caller = caller(Some(&["datadog"]), None);
    let said = Record {
        caller: Some(&caller),
        ..record()
    };
    let manner = Manner {
        format: LogFormat::Text,
        hidden: Hidden::default(),
        sample: Share::WHOLE,
    };
    let mut out = Vec::new();
    said.append(
        manner,
        &mut crate::telemetry::line::Stamp::default(),
        &mut out,
    );
    let text = String::from_utf8(out).unwrap();
    assert!(
        text.contains(" kind=api_key subject=ann issuer=partners key=k1 "),
        "{text}"
    );
}
