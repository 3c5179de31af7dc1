//! What the writer writes, the reader reads.

use std::borrow::Cow;
use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::model::Fields;
use crate::telemetry::line::Stamp;

/// A record as a line, by way of the text alone.
fn line(record: &Record<'_>, hidden: Hidden, sample: Share) -> String {
    let manner = Manner {
        format: LogFormat::Json,
        hidden,
        sample,
    };
    let mut out = Vec::new();
    record.append(manner, &mut Stamp::default(), &mut out);
    String::from_utf8(out).unwrap()
}

fn read(line: &str) -> RecordedDecision<'_> {
    RecordedDecision::parse(line, 1).unwrap().unwrap()
}

fn known(text: &str) -> Recorded<Cow<'_, str>> {
    Recorded::Known(text.into())
}

fn omitted<T>(why: &str) -> Recorded<T> {
    Recorded::Omitted(why.into())
}

/// The same text, unless it is one that records cut.
fn as_shown(text: &str) -> Recorded<Cow<'_, str>> {
    match text.len() > 2048 || (text.len() == 2048 && text.ends_with("...")) {
        true => omitted("cut"),
        false => known(text),
    }
}

fn nasty() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z0-9/._-]{0,20}",
        2 => any::<String>(),
        2 => "[\u{0}-\u{a0}\u{2000}-\u{2070}\u{feff}\"\\\\]{0,20}",
        1 => (2040..2060_usize).prop_map(|length| "x".repeat(length)),
        1 => "\\[redacted\\]?",
    ]
}

/// Bytes that a header may hold (RFC 9110 section 5.5), text or not.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => "[ -~é\u{2028}\u{202e}]{0,20}".prop_map(|text| text.trim().as_bytes().to_vec()),
        1 => vec(0x80..=0xff_u8, 0..20),
        1 => vec(0x21..=0x7e_u8, 1020..1030),
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        nasty().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((nasty(), inner), 0..4).prop_map(|all| Value::Object(all.into_iter().collect())),
        ]
    })
}

fn wanted_of_header(values: &[Vec<u8>]) -> Recorded<Vec<Cow<'_, str>>> {
    let texts: Result<Vec<_>, _> = values
        .iter()
        .map(|value| std::str::from_utf8(value).map(Cow::Borrowed))
        .collect();
    let mut length = 0;
    for value in values {
        length += value.len();
        if length > 1024 {
            return omitted("too long");
        }
        if std::str::from_utf8(value).is_err() {
            return omitted("not UTF-8");
        }
    }
    match texts {
        Ok(texts) if texts.is_empty() => Recorded::Absent,
        Ok(texts) => Recorded::Known(texts),
        Err(_) => omitted("not UTF-8"),
    }
}

fn wanted_of_claim(claim: Option<&Value>) -> Recorded<Value> {
    match claim {
        None => Recorded::Absent,
        Some(Value::Null) => omitted("null"),
        Some(value) if value.to_string().len() > 1024 => omitted("too long"),
        Some(value) => Recorded::Known(value.clone()),
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        texts in vec(nasty(), 6),
        tenant in option::of(nasty()),
        email in option::of(nasty()),
        names in vec("[a-z:]{1,9}", 0..4),
        values in vec(value(), 0..3),
        claim in option::of(json_value()),
        client: IpAddr,
        millis in 0..4_000_000_000_000_u64,
        micros in 0..100_000_000_u64,
        status in 100..600_u16,
    ) {
        let mut facts = Facts::new(Arc::default());
        facts.header("x-fact", false);
        facts.parameter("q", false);
        facts.claim("the claim");
        facts.email();
        let mut map = HeaderMap::new();
        for value in &values {
            map.append(HeaderName::from_static("x-fact"), HeaderValue::from_bytes(value).unwrap());
        }
        let query: Vec<String> = values.iter().map(|value| {
            let digits: String = value.iter().map(|byte| format!("%{byte:02x}")).collect();
            format!("%71={digits}")
        }).collect();
        let manner = Manner { format: LogFormat::Json, hidden: Hidden::default(), sample: Share::WHOLE };
        let mut request = RequestFields::begin(manner, Vec::new(), &Method::PATCH);
        request.received(&Asked {
            scheme: Some(Scheme::Http),
            host: (&texts[0], Some(81)),
            path: &texts[1],
            client,
            id: Some(&texts[2]),
        });
        request.read_by_rules(&facts, &Fields::from(&map), Some(&query.join("&")));
        let mut caller = principal(&texts[3]);
        caller.tenant = tenant.as_deref().map(Into::into);
        caller.email = email.as_deref().map(Into::into);
        caller.roles = names.iter().map(|name| name.as_str().into()).collect();
        if let Some(claim) = &claim {
            caller.claims = Claims::new([("the claim".to_owned(), claim.clone())].into_iter().collect());
        }
        let said = Record {
            time: UNIX_EPOCH + Duration::from_millis(millis),
            outcome: Outcome::Deny,
            reason: Some(Reason::TenantMismatch),
            status,
            request: &request,
            caller: Some(&caller),
            facts: &facts,
            detail: &texts[4],
            duration: Duration::from_micros(micros),
            ..record()
        };
        let line = line(&said, Hidden::default(), Share::WHOLE);
        prop_assert_eq!(line.matches('\n').count(), 1);
        let read = read(&line);
        prop_assert_eq!(read.time, Some(said.time));
        prop_assert_eq!((read.outcome, read.reason.as_deref()), (Outcome::Deny, Some("TENANT_MISMATCH")));
        prop_assert_eq!((read.status, read.route.as_deref()), (Some(status), Some("api")));
        prop_assert_eq!((read.method.as_deref(), read.scheme.as_deref()), (Some("PATCH"), Some("http")));
        let host = format!("{}:81", texts[0]);
        prop_assert_eq!(&read.host, &as_shown(&host));
        prop_assert_eq!(&read.client, &Recorded::Known(client));
        prop_assert_eq!(read.kind, Some(PrincipalKind::User));
        for (read, said, not_read) in [(&read.path, &texts[1], true), (&read.subject, &texts[3], false)] {
            let wanted = match said.as_str() {
                "" if not_read => Recorded::NotRecorded,
                "[redacted]" => omitted("redacted"),
                said => as_shown(said),
            };
            prop_assert_eq!(read, &wanted);
        }
        for (read, said) in [(&read.tenant, &tenant), (&read.email, &email)] {
            let wanted = match said.as_deref() {
                None => Recorded::Absent,
                Some("[redacted]") => omitted("redacted"),
                Some(said) => as_shown(said),
            };
            prop_assert_eq!(read, &wanted);
        }
        let roles: Vec<Cow<'_, str>> = names.iter().map(|name| name.as_str().into()).collect();
        prop_assert_eq!(read.roles.clone(), Recorded::Known(roles));
        prop_assert_eq!(read.scopes.clone(), Recorded::Known(Vec::new()));
        prop_assert_eq!(read.header("x-fact"), &wanted_of_header(&values));
        prop_assert_eq!(read.parameter("q"), &wanted_of_header(&values));
        prop_assert_eq!(read.header("x-other"), &Recorded::NotRecorded);
        let shown = read.claim("the claim");
        let looks_omitted = matches!(shown, Recorded::Omitted(_));
        prop_assert!(looks_omitted || shown == &wanted_of_claim(claim.as_ref()), "{:?}", shown);
        prop_assert_eq!(read.claim("other"), &Recorded::NotRecorded);
        prop_assert_eq!(read.duration, Some(said.duration));
        prop_assert_eq!((read.sample, read.policy.as_deref()), (1.0, Some("abc")));
    }

    #[test]
    fn no_line_is_too_strange(text in any::<String>(), cut in 0..400_usize) {
        let _ = RecordedDecision::parse(&text, 1);
        let whole = line(&record(), Hidden::default(), Share::WHOLE);
        if let Some(piece) = whole.get(..cut.min(whole.len() - 2)) {
            let read = RecordedDecision::parse(piece, 7);
            prop_assert!(!matches!(read, Ok(Some(_))));
        }
    }
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
    facts.claim("plan");
    facts.email();
    let mut map = HeaderMap::new();
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
    caller.claims = Claims::new(json!({ "plan": "secret" }).as_object().unwrap().clone());
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
    assert_eq!(*read.claim("plan"), omitted("redacted"));
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
