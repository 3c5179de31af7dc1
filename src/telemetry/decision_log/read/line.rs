//! One line of the log, key by key.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use serde::Deserialize;

use super::beside::{Refusal, Shadow, Told};
use super::fact::{Named, Recorded, Text};
use super::{ReadError, RecordedDecision, SCHEMA};
use crate::model::PrincipalKind;
use crate::telemetry::Outcome;

/// What a record's line may say. Keys that are not here are passed over.
#[derive(Deserialize)]
struct Line<'l> {
    schema: Option<u64>,
    #[serde(borrow)]
    event: Option<Text<'l>>,
    #[serde(borrow)]
    time: Option<Text<'l>>,
    #[serde(borrow)]
    decision: Option<Text<'l>>,
    #[serde(borrow)]
    reason: Option<Text<'l>>,
    status: Option<u16>,
    #[serde(borrow)]
    route: Option<Text<'l>>,
    #[serde(borrow)]
    method: Option<Text<'l>>,
    #[serde(borrow)]
    scheme: Option<Text<'l>>,
    #[serde(borrow, default)]
    host: Recorded<Cow<'l, str>>,
    #[serde(borrow, default)]
    path: Recorded<Cow<'l, str>>,
    #[serde(borrow, default)]
    client: Recorded<Cow<'l, str>>,
    #[serde(borrow)]
    request_id: Option<Text<'l>>,
    #[serde(borrow)]
    kind: Option<Text<'l>>,
    #[serde(borrow, default)]
    subject: Recorded<Cow<'l, str>>,
    #[serde(borrow, default)]
    tenant: Recorded<Cow<'l, str>>,
    #[serde(borrow, default)]
    issuer: Recorded<Cow<'l, str>>,
    #[serde(borrow, default)]
    key: Recorded<Cow<'l, str>>,
    #[serde(borrow, default)]
    webhook: Recorded<Cow<'l, str>>,
    #[serde(borrow, default)]
    roles: Recorded<Vec<Cow<'l, str>>>,
    #[serde(borrow, default)]
    scopes: Recorded<Vec<Cow<'l, str>>>,
    #[serde(borrow, default)]
    sources: Recorded<Vec<Cow<'l, str>>>,
    #[serde(borrow, default)]
    networks: Recorded<Vec<Cow<'l, str>>>,
    #[serde(borrow, default)]
    email: Recorded<Cow<'l, str>>,
    #[serde(borrow, default)]
    claims: Named<'l, serde_json::Value>,
    #[serde(borrow)]
    fingerprint: Option<Text<'l>>,
    #[serde(borrow, default)]
    headers: Named<'l, Vec<Cow<'l, str>>>,
    #[serde(borrow, default)]
    query: Named<'l, Vec<Cow<'l, str>>>,
    #[serde(borrow)]
    upstream: Option<Text<'l>>,
    duration_ms: Option<f64>,
    #[serde(borrow)]
    detail: Option<Text<'l>>,
    sample: Option<f64>,
    #[serde(borrow)]
    observed: Option<Told<Refusal<'l>>>,
    #[serde(borrow)]
    shadow: Option<Told<Shadow<'l>>>,
    #[serde(borrow)]
    policy: Option<Text<'l>>,
}

/// As much of a line as tells whether it is a record, and of which version.
#[derive(Deserialize)]
struct Glance {
    schema: Option<serde_json::Value>,
    event: Option<serde_json::Value>,
}

impl Glance {
    fn is_decision(&self) -> bool {
        self.event.as_ref().and_then(|event| event.as_str()) == Some("decision")
    }
}

pub(super) fn parse(text: &str, number: u64) -> Result<Option<RecordedDecision<'_>>, ReadError> {
    let text = text.trim_ascii();
    if !text.starts_with('{') {
        return match text.starts_with("time=") && text.contains(" event=decision ") {
            true => Err(ReadError::Text { line: number }),
            false => Ok(None),
        };
    }
    let line = match serde_json::from_str::<Line<'_>>(text) {
        Ok(line) => line,
        Err(error) => return explain(text, number, &error),
    };
    if line
        .event
        .as_ref()
        .is_none_or(|event| event.0 != "decision")
    {
        return Ok(None);
    }
    if line.schema != Some(SCHEMA) {
        let found = line.schema;
        return Err(ReadError::Schema {
            line: number,
            found,
        });
    }
    match record(line) {
        Ok(record) => Ok(Some(record)),
        Err(problem) => {
            let problem = problem.into();
            Err(ReadError::Malformed {
                line: number,
                problem,
            })
        }
    }
}

/// Why a line is not what records are: it may be none, or one of another version.
#[cold]
fn explain<T>(text: &str, number: u64, error: &serde_json::Error) -> Result<Option<T>, ReadError> {
    let glance = serde_json::from_str::<Glance>(text).ok();
    match glance {
        Some(glance) if !glance.is_decision() => Ok(None),
        Some(Glance { schema, .. }) if schema != Some(SCHEMA.into()) => Err(ReadError::Schema {
            line: number,
            found: schema.and_then(|schema| schema.as_u64()),
        }),
        _ => Err(ReadError::Malformed {
            line: number,
            problem: said(error),
        }),
    }
}

/// What a reader of JSON complains about, by the kind alone: its own words may quote the line.
fn said(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Eof => "the line breaks off",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "not JSON",
        serde_json::error::Category::Data => "a value of a kind that this key does not have",
    };
    format!("{what}, at column {}", error.column())
}

fn record(line: Line<'_>) -> Result<RecordedDecision<'_>, &'static str> {
    let outcome = outcome(line.decision.as_ref().map(|decision| &*decision.0))?;
    let kind = kind(line.kind.as_ref().map(|kind| &*kind.0))?;
    // A record that names a principal says whether it has a tenant, and what bounds a key.
    let (tenant, sources, networks) = match kind {
        Some(_) => (
            line.tenant.or_absent(),
            line.sources.or_absent(),
            line.networks.or_absent(),
        ),
        None => (line.tenant, line.sources, line.networks),
    };
    let key = match kind {
        Some(PrincipalKind::User | PrincipalKind::Machine | PrincipalKind::Webhook) => {
            line.key.or_absent()
        }
        Some(PrincipalKind::ApiKey) | None => line.key,
    };
    let client = line.client.try_map(|client| client.parse());
    Ok(RecordedDecision {
        time: line.time.map(|time| instant(&time.0)).transpose()?,
        outcome,
        reason: line.reason.map(|text| text.0),
        status: line.status,
        route: line.route.map(|text| text.0),
        method: line.method.map(|text| text.0),
        scheme: line.scheme.map(|text| text.0),
        host: line.host.unless_empty(),
        path: line.path.unless_empty(),
        client: client.map_err(|_| "`client` is not an address")?,
        request_id: line.request_id.map(|text| text.0),
        kind,
        subject: line.subject,
        tenant,
        issuer: line.issuer,
        key,
        webhook: match kind {
            Some(_) => line.webhook.or_absent(),
            None => line.webhook,
        },
        roles: line.roles,
        scopes: line.scopes,
        sources,
        networks,
        email: line.email,
        fingerprint: line.fingerprint.map(|text| text.0),
        upstream: line.upstream.map(|text| text.0),
        duration: line.duration_ms.map(milliseconds).transpose()?,
        detail: line.detail.map(|text| text.0),
        sample: line.sample.map_or(Ok(1.0), share)?,
        observed: line.observed.and_then(Told::refusal),
        shadow: line.shadow.and_then(Told::shadow),
        policy: line.policy.map(|text| text.0),
        headers: line.headers,
        query: line.query,
        claims: line.claims,
    })
}

fn outcome(text: Option<&str>) -> Result<Outcome, &'static str> {
    match text {
        Some("allow") => Ok(Outcome::Allow),
        Some("deny") => Ok(Outcome::Deny),
        _ => Err("`decision` is neither `allow` nor `deny`"),
    }
}

fn kind(text: Option<&str>) -> Result<Option<PrincipalKind>, &'static str> {
    match text {
        None => Ok(None),
        Some("user") => Ok(Some(PrincipalKind::User)),
        Some("machine") => Ok(Some(PrincipalKind::Machine)),
        Some("api_key") => Ok(Some(PrincipalKind::ApiKey)),
        Some("webhook") => Ok(Some(PrincipalKind::Webhook)),
        Some(_) => Err("`kind` is none of `user`, `machine`, `api_key` and `webhook`"),
    }
}

fn instant(text: &str) -> Result<SystemTime, &'static str> {
    let time: Result<jiff::Timestamp, _> = text.parse();
    time.map(SystemTime::from)
        .map_err(|_| "`time` is not a time as RFC 3339 writes it")
}

fn milliseconds(number: f64) -> Result<Duration, &'static str> {
    Duration::try_from_secs_f64(number / 1000.0).map_err(|_| "`duration_ms` is not a duration")
}

fn share(number: f64) -> Result<f64, &'static str> {
    match number > 0.0 && number <= 1.0 {
        true => Ok(number),
        false => Err("`sample` is not a share from 0 to 1"),
    }
}
