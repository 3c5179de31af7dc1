mod known;
mod parts;
mod pieces;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use http::Method;
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::spell::MAX_TEXT;
use super::*;
use crate::model::{Claims, Memo, PrincipalKind, Scheme};

use parts::parts;

/// What was said before it was spelled out.
#[derive(Clone, Copy)]
struct Said<'a> {
    route: Option<&'a str>,
    method: &'a Method,
    scheme: Scheme,
    host: &'a str,
    port: Option<u16>,
    path: &'a str,
    client: IpAddr,
    request_id: Option<&'a str>,
    upstream: Option<&'a str>,
    policy: &'a str,
}

impl Said<'_> {
    fn request(&self, format: LogFormat) -> RequestFields {
        let mut fields = RequestFields::begin(plain(format), b"left over".to_vec(), self.method);
        assert!(!fields.is_complete());
        fields.received(&Asked {
            scheme: Some(self.scheme),
            host: (self.host, self.port),
            path: self.path,
            client: self.client,
            id: self.request_id,
        });
        assert!(fields.is_complete());
        fields
    }

    fn authority(&self) -> String {
        let port = self.port.map(|port| format!(":{port}"));
        format!("{}{}", self.host, port.unwrap_or_default())
    }
}

/// A manner that hides nothing.
fn plain(format: LogFormat) -> Manner {
    Manner {
        format,
        hidden: Hidden::default(),
        sample: Share::WHOLE,
    }
}

fn no_facts() -> Facts {
    Facts::new(Arc::default())
}

fn principal(subject: &str, tenant: Option<&str>, issuer: &str) -> Principal {
    Principal {
        kind: PrincipalKind::User,
        subject: subject.into(),
        tenant: tenant.map(Into::into),
        email: None,
        roles: Vec::new(),
        scopes: Vec::new(),
        issuer: issuer.into(),
        claims: Claims::default(),
        expires_at: UNIX_EPOCH,
        key: None,
        webhook: None,
        memo: Memo::default(),
    }
}

/// What a record says, in the order of its fields, put together by another hand: the times and
/// numbers by `std` and `jiff`, the escapes of JSON by a reader of JSON.
fn fields(record: &Record<'_>, said: &Said<'_>, json: bool) -> Vec<(&'static str, String)> {
    let time = jiff::Timestamp::try_from(record.time).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let micros = record.duration.as_micros();
    let some = |text: &str| Some(text.to_owned());
    let caller = record.caller;
    let list = |names: &[Box<str>]| {
        let quoted: Vec<String> = names.iter().map(|name| quoted(name)).collect();
        format!("[{}]", quoted.join(","))
    };
    let all = [
        ("schema", some("1").filter(|_| json)),
        ("time", Some(format!("{time:.3}"))),
        ("event", some("decision")),
        ("decision", some(record.outcome.as_str())),
        (
            "reason",
            record.reason.map(|reason| reason.code().to_owned()),
        ),
        ("status", Some(record.status.to_string())),
        ("route", said.route.map(str::to_owned)),
        ("method", some(said.method.as_str())),
        ("scheme", some(said.scheme.as_str()).filter(|_| json)),
        ("host", Some(said.authority())),
        ("path", some(said.path)),
        ("client", Some(said.client.to_string())),
        ("kind", caller.map(|caller| caller.kind.as_str().to_owned())),
        ("subject", caller.map(|caller| caller.subject.to_string())),
        (
            "tenant",
            caller.and_then(|caller| caller.tenant.as_deref().map(str::to_owned)),
        ),
        ("issuer", caller.map(|caller| caller.issuer.to_string())),
        (
            "roles",
            caller.filter(|_| json).map(|caller| list(&caller.roles)),
        ),
        (
            "scopes",
            caller.filter(|_| json).map(|caller| list(&caller.scopes)),
        ),
        ("fingerprint", record.fingerprint.map(str::to_owned)),
        ("request_id", said.request_id.map(str::to_owned)),
        ("upstream", said.upstream.map(str::to_owned)),
        (
            "duration_ms",
            Some(format!("{}.{:03}", micros / 1000, micros % 1000)),
        ),
        (
            "detail",
            Some(record.detail.to_owned()).filter(|detail| !detail.is_empty()),
        ),
        ("policy", some(said.policy)),
    ];
    let there = all
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    there.collect()
}

/// A record as this room once wrote it, one character after the other.
fn spelled(record: &Record<'_>, said: &Said<'_>, json: bool) -> String {
    let mut pairs = Vec::new();
    for (name, value) in fields(record, said, json) {
        let bare = if json {
            matches!(
                name,
                "schema" | "status" | "duration_ms" | "roles" | "scopes"
            )
        } else {
            let fits = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '=');
            !value.is_empty() && value.chars().all(fits)
        };
        let value = if bare && (value.len() <= MAX_TEXT || value.starts_with('[')) {
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

fn appended(record: &Record<'_>, manner: Manner, stamp: &mut Stamp) -> String {
    let mut out = b"before\n".to_vec();
    record.append(manner, stamp, &mut out);
    let text = String::from_utf8(out).unwrap();
    text.strip_prefix("before\n").unwrap().to_owned()
}

proptest! {
    #[test]
    fn record_is_spelled_as_ever((texts, options, rest) in parts(), second: u16) {
        let (time, allowed, reason, status, client, port, duration) = rest;
        let option = |index: usize| options[index].as_deref();
        let method = Method::from_bytes(texts[0].as_bytes()).unwrap();
        let said = Said {
            route: option(0),
            method: &method,
            scheme: if port.is_some() { Scheme::Https } else { Scheme::Http },
            host: &texts[1],
            port,
            path: &texts[2],
            client,
            request_id: option(1),
            upstream: option(2),
            policy: &texts[4],
        };
        let (route, upstream) = (said.route.map(Ready::route), said.upstream.map(Ready::upstream));
        let requests = [LogFormat::Json, LogFormat::Text].map(|format| said.request(format));
        let names = |from: usize| options[from..].iter().flatten().map(|name| name.as_str().into());
        let caller = option(3).map(|text| Principal {
            kind: if text.len() % 2 == 0 { PrincipalKind::User } else { PrincipalKind::Machine },
            roles: names(5).collect(),
            scopes: names(6).collect(),
            ..principal(&texts[5], option(4), &texts[6])
        });
        let facts = [no_facts(), no_facts()];
        let record = Record {
            door: None,
            time,
            outcome: if allowed { Outcome::Allow } else { Outcome::Deny },
            reason: reason.map(|index| Reason::ALL[index]),
            status,
            route: route.as_ref(),
            request: &requests[0],
            caller: caller.as_ref(),
            facts: &facts[0],
            fingerprint: option(5),
            upstream: upstream.as_ref(),
            duration,
            detail: &texts[3],
            observed: None,
            shadow: None,
            policy: &Ready::policy(said.policy),
        };
        let later = Record { time: time + Duration::from_millis(second.into()), ..record };
        let mut stamp = Stamp::default();
        let manners = [LogFormat::Json, LogFormat::Text].map(plain);
        // The first of the two to come has its spelling in the caller's memo.
        for record in [record, later, record] {
            let json = appended(&record, manners[0], &mut stamp);
            prop_assert_eq!(&json, &spelled(&record, &said, true));
            let record = Record { request: &requests[1], facts: &facts[1], ..record };
            prop_assert_eq!(
                appended(&record, manners[1], &mut stamp),
                spelled(&record, &said, false)
            );
            let read: Map<String, Value> = serde_json::from_str(&json).unwrap();
            for (name, value) in fields(&record, &said, true) {
                let shown = match &read[name] {
                    Value::String(shown) => shown.clone(),
                    Value::Array(shown) => {
                        let names = if name == "roles" { names(5) } else { names(6) };
                        prop_assert_eq!(shown.len(), names.count());
                        continue;
                    }
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
            prop_assert_eq!(read.len(), fields(&record, &said, true).len());
        }
    }
}
