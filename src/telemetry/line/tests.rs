use std::time::UNIX_EPOCH;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;

/// The texts behind what is ready: the route, the upstream, the policy.
struct Texts<'a>(Option<&'a str>, Option<&'a str>, &'a str);

/// What a record says, in the order of its fields, put together by another hand: the times and
/// numbers by `std` and `jiff`, the escapes of JSON by a reader of JSON.
fn fields(record: &Record<'_>, ready: &Texts<'_>) -> Vec<(&'static str, String)> {
    let time = jiff::Timestamp::try_from(record.time).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let micros = record.duration.as_micros();
    let some = |text: &str| Some(text.to_owned());
    let all = [
        ("time", Some(format!("{time:.3}"))),
        ("event", some("decision")),
        ("decision", some(record.outcome.as_str())),
        (
            "reason",
            record.reason.map(|reason| reason.code().to_owned()),
        ),
        ("status", Some(record.status.to_string())),
        ("route", ready.0.map(str::to_owned)),
        ("method", some(record.method)),
        ("host", some(record.host)),
        ("path", some(record.path)),
        ("client", record.client.map(|client| client.to_string())),
        ("kind", record.kind.map(|kind| kind.as_str().to_owned())),
        ("subject", record.subject.map(str::to_owned)),
        ("tenant", record.tenant.map(str::to_owned)),
        ("issuer", record.issuer.map(str::to_owned)),
        ("fingerprint", record.fingerprint.map(str::to_owned)),
        ("request_id", record.request_id.map(str::to_owned)),
        ("upstream", ready.1.map(str::to_owned)),
        (
            "duration_ms",
            Some(format!("{}.{:03}", micros / 1000, micros % 1000)),
        ),
        (
            "detail",
            Some(record.detail.to_owned()).filter(|detail| !detail.is_empty()),
        ),
        ("policy", some(ready.2)),
    ];
    let there = all
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    there.collect()
}

/// A record as this room once wrote it, one character after the other.
fn spelled(record: &Record<'_>, ready: &Texts<'_>, json: bool) -> String {
    let mut pairs = Vec::new();
    for (name, value) in fields(record, ready) {
        let bare = if json {
            matches!(name, "status" | "duration_ms")
        } else {
            let fits = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '=');
            !value.is_empty() && value.chars().all(fits)
        };
        let value = if bare && value.len() <= MAX_TEXT {
            value
        } else {
            quoted(&value)
        };
        pairs.push(if json {
            format!("\"{name}\":{value}")
        } else {
            format!("{name}={value}")
        });
    }
    if json {
        format!("{{{}}}\n", pairs.join(","))
    } else {
        format!("{}\n", pairs.join(" "))
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    let mut length = 0;
    for character in text.chars() {
        length += character.len_utf8();
        if length > MAX_TEXT {
            out.push_str("...");
            break;
        }
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{feff}' => out.push_str(&format!("\\u{:04x}", u32::from(character))),
            other if other.is_control() => {
                out.push_str(&format!("\\u{:04x}", u32::from(other)));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

fn appended(record: &Record<'_>, format: LogFormat, stamp: &mut Stamp) -> String {
    let mut out = b"before\n".to_vec();
    record.append(format, stamp, &mut out);
    let text = String::from_utf8(out).unwrap();
    text.strip_prefix("before\n").unwrap().to_owned()
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z0-9/._-]{0,40}",
        2 => "[ -~]{0,40}",
        2 => any::<String>(),
        1 => "[\u{0}-\u{a0}\u{2000}-\u{2070}\u{feff}]{0,20}",
        1 => (2030..2070_usize, "[a\"é\u{2028}]{0,9}").prop_map(|(length, end)| "x".repeat(length) + &end),
    ]
}

fn time() -> impl Strategy<Value = SystemTime> {
    let nanos = 0..1_000_000_000_u32;
    let seconds = prop_oneof![
        1_700_000_000..1_700_000_003_u64,
        0..3_u64,
        253_402_207_190..253_402_207_210_u64,
        any::<u32>().prop_map(u64::from)
    ];
    (seconds, nanos, 0..10_u8).prop_map(|(seconds, nanos, before)| {
        let since = Duration::new(seconds, nanos);
        if before == 0 {
            UNIX_EPOCH.checked_sub(since).unwrap()
        } else {
            UNIX_EPOCH + since
        }
    })
}

/// What a record says besides its texts: the time, whether it allows, the reason's index, the status,
/// the client, the duration.
type Rest = (
    SystemTime,
    bool,
    Option<usize>,
    u16,
    Option<IpAddr>,
    Duration,
);

/// The texts that every record has, those that it may have, and the rest.
fn parts() -> impl Strategy<Value = (Vec<String>, Vec<Option<String>>, Rest)> {
    let rest = (
        time(),
        any::<bool>(),
        option::of(0..Reason::ALL.len()),
        any::<u16>(),
        option::of(any::<IpAddr>()),
        any::<(u32, u32)>().prop_map(|(seconds, nanos)| {
            Duration::new(seconds.into(), nanos % 1_000_000_000) / 1000
        }),
    );
    (vec(text(), 5), vec(option::of(text()), 8), rest)
}

proptest! {
    #[test]
    fn record_is_spelled_as_ever((texts, options, rest) in parts(), second: u16) {
        let (time, allowed, reason, status, client, duration) = rest;
        let option = |index: usize| options[index].as_deref();
        let texts_ready = Texts(option(0), option(7), &texts[4]);
        let (route, upstream) = (option(0).map(Ready::new), option(7).map(Ready::new));
        let record = Record {
            time,
            outcome: if allowed { Outcome::Allow } else { Outcome::Deny },
            reason: reason.map(|index| Reason::ALL[index]),
            status,
            route: route.as_ref(),
            method: &texts[0],
            host: &texts[1],
            path: &texts[2],
            client,
            kind: option(1).map(|text| match text.len() % 2 {
                0 => PrincipalKind::User,
                _ => PrincipalKind::Machine,
            }),
            subject: option(2),
            tenant: option(3),
            issuer: option(4),
            fingerprint: option(5),
            request_id: option(6),
            upstream: upstream.as_ref(),
            duration,
            detail: &texts[3],
            policy: &Ready::new(&texts[4]),
        };
        let later = Record { time: time + Duration::from_millis(second.into()), ..record };
        let mut stamp = Stamp::default();
        for record in [record, later, record] {
            let json = appended(&record, LogFormat::Json, &mut stamp);
            prop_assert_eq!(&json, &spelled(&record, &texts_ready, true));
            prop_assert_eq!(
                appended(&record, LogFormat::Text, &mut stamp),
                spelled(&record, &texts_ready, false)
            );
            let read: Map<String, Value> = serde_json::from_str(&json).unwrap();
            for (name, value) in fields(&record, &texts_ready) {
                let shown = match &read[name] {
                    Value::String(shown) => shown.clone(),
                    number => {
                        prop_assert_eq!(number.as_f64(), value.parse().ok());
                        continue;
                    }
                };
                let whole = shown == value;
                let cut = value.len() > MAX_TEXT
                    && value.starts_with(shown.strip_suffix("...").unwrap_or("cut nowhere"));
                prop_assert!(whole || cut, "{}: {:?} {:?}", name, shown, value);
            }
            prop_assert_eq!(read.len(), fields(&record, &texts_ready).len());
        }
    }
}
