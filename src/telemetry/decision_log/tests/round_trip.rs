//! What the writer writes, the reader reads, however nasty it is.

use std::borrow::Cow;
use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::Value;

use super::reading::{known, line, omitted, read};
use super::*;
use crate::model::Fields;

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
