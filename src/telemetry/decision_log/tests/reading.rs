//! Records read back, and lines that are none.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue};
use serde_json::json;

use super::*;
use crate::model::Fields;
use crate::telemetry::line::{OtherPolicy, Stamp, WouldRefuse};

/// A record as a line, by way of the text alone.
pub(super) fn line(record: &Record<'_>, hidden: Hidden, sample: Share) -> String {
    let manner = Manner {
        format: LogFormat::Json,
        hidden,
        sample,
    };
    let mut out = Vec::new();
    record.append(manner, &mut Stamp::default(), &mut out);
    String::from_utf8(out).unwrap()
}

pub(super) fn read(line: &str) -> RecordedDecision<'_> {
    RecordedDecision::parse(line, 1).unwrap().unwrap()
}

pub(super) fn known(text: &str) -> Recorded<Cow<'_, str>> {
    Recorded::Known(text.into())
}

pub(super) fn omitted<T>(why: &str) -> Recorded<T> {
    Recorded::Omitted(why.into())
}

#[test]
fn what_is_redacted_is_said_to_be() {
    let problems = crate::document::Problems::new();
    let list = "log: { decisions: { redact: [host, path, client, subject, tenant, roles, scopes, email, \
                detail, headers.x-a, query, claims.plan] } }";
    let node = crate::document::parse("x", list, &|_| None, &problems).unwrap();
    let settings = LogSettings::read(node.at("log"), &problems);
    assert!(problems.is_empty());
    let log = DecisionLog::start(&settings, Box::new(io::sink()), &Registry::new()).unwrap();
    let (writer, mut facts) = (log.writer().unwrap(), log.facts());
    facts.header("x-a", false);
    facts.header("x-b", false);
    facts.parameter("q", false);
    facts.header("host", false);
    for name in ["plan", "sub", "email"] {
        facts.claim(name);
    }
    facts.email();
    let mut map = HeaderMap::new();
    map.insert("host", HeaderValue::from_static("secret"));
    map.insert("x-a", HeaderValue::from_static("secret"));
    map.insert("x-b", HeaderValue::from_static("seen"));
    let manner = Manner {
        format: LogFormat::Json,
        ..writer.open.manner
    };
    let mut request = RequestFields::begin(manner, Vec::new(), &Method::GET);
    request.received(&of_path("/secret"));
    request.read_by_rules(&facts, &Fields::from(&map), Some("q=secret"));
    let mut caller = principal("secret");
    caller.tenant = Some("secret".into());
    caller.email = Some("secret".into());
    caller.roles = vec!["secret".into()];
    let claims = json!({ "plan": "secret", "sub": "secret", "email": "secret" });
    caller.claims = Claims::new(claims.as_object().unwrap().clone());
    let said = Record {
        request: &request,
        caller: Some(&caller),
        facts: &facts,
        detail: "secret",
        ..record()
    };
    let line = line(&said, manner.hidden, Share::WHOLE);
    assert!(
        !line.contains("secret") && !line.contains("192.0.2.1"),
        "{line}"
    );
    let read = read(&line);
    for text in [
        &read.host,
        &read.path,
        &read.subject,
        &read.tenant,
        &read.email,
    ] {
        assert_eq!(*text, omitted("redacted"));
    }
    assert_eq!(read.client, omitted("redacted"));
    assert_eq!(
        (&read.roles, &read.scopes),
        (&omitted("redacted"), &omitted("redacted"))
    );
    assert_eq!(*read.header("x-a"), omitted("redacted"));
    assert_eq!(*read.header("x-b"), Recorded::Known(vec!["seen".into()]));
    assert_eq!(*read.parameter("q"), omitted("redacted"));
    for name in ["plan", "sub", "email"] {
        assert_eq!(*read.claim(name), omitted("redacted"));
    }
    assert_eq!(read.route.as_deref(), Some("api"));
}

#[test]
fn sampled_record_says_its_share() {
    let tenth = Share::of(0.1).unwrap();
    let sampled = line(&record(), Hidden::default(), tenth);
    assert!((read(&sampled).sample - 0.1).abs() < 1e-9, "{sampled}");
    let denied = Record {
        outcome: Outcome::Deny,
        ..record()
    };
    let denied = line(&denied, Hidden::default(), tenth);
    assert!((read(&denied).sample - 1.0).abs() < 1e-9, "{denied}");
}

#[test]
fn what_did_not_decide_is_told_and_read_back_and_always_recorded() {
    let said = Record {
        observed: Some(WouldRefuse {
            rule: "roles",
            reason: Reason::InsufficientRole,
        }),
        shadow: Some(OtherPolicy {
            outcome: Outcome::Deny,
            reason: Some(Reason::NoRoute),
            route: Some("a \"b\""),
            policy: "0abc",
        }),
        ..record()
    };
    // It was not picked as one of many, so it stands for itself alone.
    let text = line(&said, Hidden::default(), Share::of(0.1).unwrap());
    let read = read(&text);
    assert!((read.sample - 1.0).abs() < 1e-9, "{text}");
    let observed = read.observed.unwrap();
    assert_eq!(observed.rule.as_deref(), Some("roles"));
    assert_eq!(observed.reason.as_deref(), Some("INSUFFICIENT_ROLE"));
    let shadow = read.shadow.unwrap();
    assert_eq!(shadow.outcome, Outcome::Deny);
    assert_eq!(shadow.reason.as_deref(), Some("NO_ROUTE"));
    assert_eq!(shadow.route.as_deref(), Some("a \"b\""));
    assert_eq!(shadow.policy.as_deref(), Some("0abc"));
    assert_eq!(read.policy.as_deref(), Some("abc"));
}

#[test]
fn what_did_not_decide_may_have_a_shape_that_is_not_known_yet() {
    for other in [
        "1",
        "null",
        "[]",
        "\"deny\"",
        "{\"decision\":\"later\"}",
        "{\"decision\":7}",
    ] {
        let line = format!(
            r#"{{"schema":1,"event":"decision","decision":"allow","shadow":{other},"observed":{other}}}"#
        );
        let read = read(&line);
        assert_eq!(
            (read.outcome, read.shadow),
            (Outcome::Allow, None),
            "{other}"
        );
    }
}

#[test]
fn host_and_path_of_a_request_that_was_not_read_are_not_known() {
    let manner = Manner {
        format: LogFormat::Json,
        hidden: Hidden::default(),
        sample: Share::WHOLE,
    };
    let mut unread = RequestFields::begin(manner, Vec::new(), &Method::GET);
    unread.unread([192, 0, 2, 1].into());
    let said = Record {
        request: &unread,
        caller: None,
        ..record()
    };
    let line = line(&said, Hidden::default(), Share::WHOLE);
    let read = read(&line);
    assert_eq!(
        (&read.host, &read.path),
        (&Recorded::NotRecorded, &Recorded::NotRecorded)
    );
    assert_eq!((read.scheme, read.kind), (None, None));
    assert_eq!(
        (&read.tenant, &read.roles),
        (&Recorded::NotRecorded, &Recorded::NotRecorded)
    );
}

#[test]
fn keys_that_are_not_known_are_passed_over() {
    let line = r#"{"schema":1,"event":"decision","decision":"allow","shadow":{"decision":"deny"},"x":[1]}"#;
    let read = read(line);
    assert_eq!(read.outcome, Outcome::Allow);
    assert_eq!((read.time, read.kind, read.status), (None, None, None));
    assert_eq!(read.path, Recorded::NotRecorded);
    assert_eq!(read.tenant, Recorded::NotRecorded);
}

#[test]
fn what_is_no_record_is_passed_over() {
    for line in [
        "",
        "\n",
        "sidegate: ready",
        r#"{"timestamp":"2026","level":"INFO","message":"decision","status":"fine"}"#,
        r#"{"event":"other","schema":9}"#,
        "{}",
    ] {
        assert!(
            RecordedDecision::parse(line, 1).unwrap().is_none(),
            "{line}"
        );
    }
}

#[test]
fn mistake_names_the_line_and_quotes_nothing() {
    for (line, wanted) in [
        (
            r#"{"schema":2,"event":"decision","decision":{}}"#,
            "line 7: a record of schema 2",
        ),
        (
            r#"{"schema":2,"event":"decision","decision":"allow"}"#,
            "line 7: a record of schema 2",
        ),
        (
            r#"{"event":"decision","decision":"allow"}"#,
            "line 7: a record that names no schema",
        ),
        (
            r#"{"schema":1,"event":"decision","decision":"secret"}"#,
            "line 7: `decision` is neither",
        ),
        (
            r#"{"schema":1,"event":"decision"}"#,
            "line 7: `decision` is neither",
        ),
        (
            r#"{"schema":1,"event":"decision","decision":"deny","client":"secret"}"#,
            "line 7: `client`",
        ),
        (
            r#"{"schema":1,"event":"decision","decision":"deny","time":"secret"}"#,
            "line 7: `time`",
        ),
        (
            r#"{"schema":1,"event":"decision","decision":"deny","sample":0}"#,
            "line 7: `sample`",
        ),
        (
            r#"{"schema":1,"event":"decision","decision":"deny","status":"secret"}"#,
            "line 7: a value of a kind",
        ),
        (
            r#"{"schema":1,"event":"decision","secret"#,
            "line 7: the line breaks off",
        ),
        (r#"{"schema":1,,secret"#, "line 7: not JSON"),
        (
            "time=2026 event=decision decision=allow subject=secret",
            "line 7: a record in text format",
        ),
    ] {
        let said = RecordedDecision::parse(line, 7).unwrap_err().to_string();
        assert!(said.starts_with(wanted), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
}

#[test]
fn lines_are_numbered_and_bounded() {
    let record = line(&record(), Hidden::default(), Share::WHOLE);
    let text = [
        b"sidegate: ready\n",
        record.as_bytes(),
        b"\xff\xfe\n\n",
        record.trim_end().as_bytes(),
    ]
    .concat();
    let mut lines = LogLines::new(text.as_slice());
    let mut found = Vec::new();
    while let Some(line) = lines.next_line().unwrap() {
        found.push((
            line.number,
            line.decision().map(|decision| decision.is_some()).ok(),
        ));
    }
    let wanted = [
        (1, Some(false)),
        (2, Some(true)),
        (3, None),
        (4, Some(false)),
        (5, Some(true)),
    ];
    assert_eq!(found, wanted);
    assert_eq!(lines.bytes(), text.len() as u64);
    let endless = vec![b'x'; 5 << 20];
    let error = LogLines::new(endless.as_slice()).next_line().unwrap_err();
    assert_eq!(error.to_string(), "line 1: longer than any record");
}
