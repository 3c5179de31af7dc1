//! A line of the decision log, read back.
//!
//! Unknown keys are passed over and missing ones are missing: a log may be older or newer than this program.

use std::net::IpAddr;
use std::time::SystemTime;

use serde_json::{Map, Value};

use crate::cli::trial::{Ask, PrincipalDraft, moment};
use crate::model::{KeyFacts, Reason, Scheme};

use super::source::Recorded;

/// What a record says of a request and of its caller.
#[derive(Debug, Clone)]
pub(super) struct Record {
    method: String,
    scheme: Scheme,
    host: Option<String>,
    target: String,
    client: Option<IpAddr>,
    headers: Vec<(String, String)>,
    pub(super) time: Option<SystemTime>,
    /// Nothing when nobody was known to call.
    pub(super) principal: Option<PrincipalDraft>,
    pub(super) said: Recorded,
}

impl Record {
    /// Reads one line.
    pub(super) fn read(line: &str) -> Result<Self, &'static str> {
        let record: Map<String, Value> =
            serde_json::from_str(line).map_err(|_| "the record is not a JSON object")?;
        let text = |name: &str| record.get(name).and_then(Value::as_str).map(str::to_owned);
        let reason = text("reason");
        let mut reasons = Reason::ALL.iter();
        Ok(Self {
            method: text("method").ok_or("the record has no `method`")?,
            scheme: match text("scheme").as_deref() {
                Some("http") => Scheme::Http,
                _ => Scheme::Https,
            },
            host: text("host"),
            target: target(
                text("path").ok_or("the record has no `path`")?,
                record.get("query"),
            ),
            client: text("client").and_then(|client| client.parse().ok()),
            headers: pairs(record.get("headers")),
            time: text("time").and_then(|time| moment(&time)),
            principal: principal(&record),
            said: Recorded {
                decision: text("decision"),
                reason: reasons
                    .find(|known| Some(known.code()) == reason.as_deref())
                    .copied(),
                policy: text("policy"),
            },
        })
    }

    /// The request.
    pub(super) fn ask(&self, now: SystemTime) -> Ask {
        let mut ask = Ask::new(&self.method, &self.target, now);
        ask.scheme = self.scheme;
        ask.headers.clone_from(&self.headers);
        ask.client = self.client.unwrap_or(ask.client);
        if let Some(host) = &self.host {
            ask.host.clone_from(host);
        }
        ask
    }
}

fn principal(record: &Map<String, Value>) -> Option<PrincipalDraft> {
    let text = |name: &str| record.get(name).and_then(Value::as_str).map(str::to_owned);
    let claims = record.get("claims").and_then(Value::as_object);
    Some(PrincipalDraft {
        subject: text("subject")?,
        machine: text("kind").as_deref() == Some("machine"),
        tenant: text("tenant"),
        email: text("email"),
        roles: list(record.get("roles")),
        scopes: list(record.get("scopes")),
        issuer: text("issuer"),
        claims: claims.cloned().unwrap_or_default(),
        key: (text("kind").as_deref() == Some("api_key")).then(|| key(record)),
    })
}

/// What is said of an API key. What is hidden bounds nothing here.
fn key(record: &Map<String, Value>) -> KeyFacts {
    let id = record.get("key").and_then(Value::as_str);
    let sources = record.get("sources").and_then(Value::as_array);
    let sources = sources.map(|_| list(record.get("sources")).into_iter().map(Into::into));
    let networks = record.get("networks").and_then(Value::as_array);
    let networks = networks.map(|_| {
        let texts = list(record.get("networks")).into_iter();
        texts.filter_map(|text| text.parse().ok())
    });
    KeyFacts {
        id: id.unwrap_or_default().into(),
        sources: sources.map(Iterator::collect),
        networks: networks.map(Iterator::collect),
    }
}

/// A list of texts, or one text.
fn list(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(items)) => {
            let items = items.iter().filter_map(Value::as_str);
            items.map(str::to_owned).collect()
        }
        Some(Value::String(text)) => vec![text.clone()],
        _ => Vec::new(),
    }
}

/// Names with each of their values.
fn pairs(value: Option<&Value>) -> Vec<(String, String)> {
    let members = value.and_then(Value::as_object).into_iter().flatten();
    members
        .flat_map(|(name, value)| {
            list(Some(value))
                .into_iter()
                .map(|value| (name.clone(), value))
        })
        .collect()
}

/// The path with the parameters that were recorded.
fn target(path: String, query: Option<&Value>) -> String {
    let mut serializer = url::form_urlencoded::Serializer::new(String::new());
    let pairs = pairs(query);
    match pairs.is_empty() {
        true => path,
        false => format!("{path}?{}", serializer.extend_pairs(pairs).finish()),
    }
}
