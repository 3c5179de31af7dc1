//! A record as the request and the caller that it tells of.
//!
//! What the record does not know is filled with something that no rule may read: [`Evidence::lacks`] says
//! of which facts that is so.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use http::{HeaderName, HeaderValue, Method};
use serde_json::Map;

use crate::model::{
    CanonicalPath, Claims, Client, Fields, Host, KeyFacts, Memo, Principal, PrincipalKind, Reason,
    Request, Scheme, WebhookFacts,
};
use crate::policy::{CoreFact, Fact, Rule};
use crate::telemetry::{Outcome, Recorded, RecordedDecision};

use super::missing::NOT_RECORDED;

/// No record shows a method that is longer.
const LONGEST_METHOD: usize = 256;

/// What one record is worth as evidence.
pub(super) struct Evidence<'r, 'l> {
    pub(super) record: &'r RecordedDecision<'l>,
    /// The request; what is not known of it is made up.
    pub(super) request: Request,
    /// The caller, if a credential was genuine; what is not known of it is made up.
    pub(super) principal: Option<Principal>,
    /// The reason; nothing when there is none, or none of this version.
    pub(super) reason: Option<Reason>,
    method: bool,
    host: bool,
    path: bool,
}

impl<'r, 'l> Evidence<'r, 'l> {
    pub(super) fn of(record: &'r RecordedDecision<'l>) -> Self {
        let method = record.method.as_deref();
        let method = method.filter(|method| method.len() <= LONGEST_METHOD);
        let method = method.and_then(|method| Method::from_bytes(method.as_bytes()).ok());
        let host = record.host.known().and_then(|host| Host::parse(host).ok());
        let path = record.path.known().and_then(|path| target(path, record));
        let code = record.reason.as_deref();
        Self {
            record,
            principal: record.kind.map(|kind| principal(kind, record)),
            reason: Reason::ALL
                .iter()
                .copied()
                .find(|known| Some(known.code()) == code),
            method: method.is_some(),
            host: host.is_some(),
            path: path.is_some(),
            request: Request {
                method: method.unwrap_or(Method::GET),
                scheme: match record.scheme.as_deref() {
                    Some("https") => Scheme::Https,
                    _ => Scheme::Http,
                },
                host: host.unwrap_or_else(nowhere),
                path: path.unwrap_or_else(root),
                headers: headers(record),
                client: Client::direct(SocketAddr::new(address(record), 0)),
                received_at: record.time.unwrap_or(UNIX_EPOCH),
            },
        }
    }

    /// Whether the request may pass by what was recorded.
    pub(super) fn passed(&self) -> bool {
        self.record.outcome == Outcome::Allow
    }

    /// Why a fact that every record should have is not known; nothing when it is.
    pub(super) fn lacks(&self, fact: CoreFact) -> Option<Cow<'static, str>> {
        let record = self.record;
        let unless = |known: bool| (!known).then_some(Cow::Borrowed(NOT_RECORDED));
        match fact {
            CoreFact::Method => unless(self.method),
            CoreFact::Scheme => unless(matches!(record.scheme.as_deref(), Some("http" | "https"))),
            CoreFact::Host => unknown(&record.host).or_else(|| unless(self.host)),
            CoreFact::Path => unknown(&record.path).or_else(|| unless(self.path)),
            CoreFact::Client => {
                unknown(&record.client).or_else(|| unless(record.client.known().is_some()))
            }
            CoreFact::Time => unless(record.time.is_some()),
            CoreFact::Kind => unless(record.kind.is_some()),
            CoreFact::Subject => {
                unknown(&record.subject).or_else(|| unless(record.subject.known().is_some()))
            }
            CoreFact::Tenant => unknown(&record.tenant),
            CoreFact::Issuer => {
                unknown(&record.issuer).or_else(|| unless(record.issuer.known().is_some()))
            }
            CoreFact::Roles => unknown(&record.roles),
            CoreFact::Scopes => unknown(&record.scopes),
            CoreFact::Bounds => unknown(&record.sources).or_else(|| unknown(&record.networks)),
        }
    }

    /// Why it is not known what a rule asks of an API key; nothing when it is.
    pub(super) fn lacks_bounds(&self, rule: Rule) -> Option<Cow<'static, str>> {
        match rule {
            Rule::Network => unknown(&self.record.networks),
            _ => unknown(&self.record.sources),
        }
    }

    /// Why a fact that is recorded on demand is not known; nothing when it is, or is known to be absent.
    pub(super) fn lacks_fact(&self, fact: &Fact) -> Option<Cow<'static, str>> {
        match fact {
            Fact::Header(name) => unknown(self.record.header(name)),
            Fact::Query(name) => unknown(self.record.parameter(name)),
            Fact::Claim(name) => unknown(self.record.claim(name)),
            Fact::Email => unknown(&self.record.email),
        }
    }
}

fn unknown<T>(fact: &Recorded<T>) -> Option<Cow<'static, str>> {
    match fact {
        Recorded::Known(_) | Recorded::Absent => None,
        Recorded::Omitted(why) => Some(Cow::Owned(why.to_string())),
        Recorded::NotRecorded => Some(Cow::Borrowed(NOT_RECORDED)),
    }
}

fn address(record: &RecordedDecision<'_>) -> IpAddr {
    let known = record.client.known().copied();
    known.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// A host that no route names: names below `invalid` are nobody's (RFC 2606 section 2).
#[expect(clippy::expect_used, reason = "a constant, which a test holds")]
fn nowhere() -> Host {
    Host::parse("unknown.invalid").expect("a host name")
}

#[expect(clippy::expect_used, reason = "a constant, which a test holds")]
fn root() -> CanonicalPath {
    CanonicalPath::parse("/").expect("a path")
}

/// The canonical path, with the parameters that were recorded.
fn target(path: &str, record: &RecordedDecision<'_>) -> Option<CanonicalPath> {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let mut any = false;
    for (name, values) in record.parameters() {
        for value in values.known().into_iter().flatten() {
            query.append_pair(name, value);
            any = true;
        }
    }
    let parsed = match any {
        true => CanonicalPath::parse(&format!("{path}?{}", query.finish())),
        false => CanonicalPath::parse(path),
    };
    // A path in another spelling than the canonical one is none that a record has.
    parsed.ok().filter(|parsed| parsed.as_str() == path)
}

fn headers(record: &RecordedDecision<'_>) -> Fields {
    let mut fields = Fields::new();
    for (name, values) in record.headers() {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
            continue;
        };
        for value in values.known().into_iter().flatten() {
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                fields.append(&name, &value);
            }
        }
    }
    fields
}

fn principal(kind: PrincipalKind, record: &RecordedDecision<'_>) -> Principal {
    let text = |fact: &Recorded<Cow<'_, str>>| fact.known().map(|text| Box::from(&**text));
    let list = |fact: &Recorded<Vec<Cow<'_, str>>>| {
        let names = fact.known().into_iter().flatten();
        names.map(|name| Box::from(&**name)).collect()
    };
    let claims = record
        .claims()
        .filter_map(|(name, value)| Some((name.to_owned(), value.known()?.clone())));
    Principal {
        kind,
        subject: text(&record.subject).unwrap_or_default(),
        tenant: text(&record.tenant),
        email: text(&record.email),
        roles: list(&record.roles),
        scopes: list(&record.scopes),
        issuer: Arc::from(record.issuer.known().map_or("", |issuer| &**issuer)),
        claims: Claims::new(claims.collect::<Map<_, _>>()),
        expires_at: UNIX_EPOCH,
        key: (kind == PrincipalKind::ApiKey).then(|| Arc::new(key(record))),
        webhook: record.webhook.known().map(|name| {
            Arc::new(WebhookFacts {
                name: Arc::from(&**name),
                secret: Arc::from(""),
                event_id: None,
                signed_at: None,
            })
        }),
        memo: Memo::default(),
    }
}

/// What bounds a key beside its rights. What is not known of it is made up as a bound, so that the rule is
/// asked that depends on it, and found to be unknown.
fn key(record: &RecordedDecision<'_>) -> KeyFacts {
    let bounds = |fact: &Recorded<Vec<Cow<'_, str>>>| match fact {
        Recorded::Absent => None,
        fact => Some(
            fact.known()
                .into_iter()
                .flatten()
                .map(ToString::to_string)
                .collect(),
        ),
    };
    let sources: Option<Vec<String>> = bounds(&record.sources);
    let networks: Option<Vec<String>> = bounds(&record.networks);
    KeyFacts {
        id: record.key.known().map_or("", |id| &**id).into(),
        sources: sources.map(|names| names.into_iter().map(Into::into).collect()),
        networks: networks.map(|texts| texts.iter().filter_map(|text| text.parse().ok()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_up_can_be_made() {
        assert_eq!(nowhere().as_str(), "unknown.invalid");
        assert_eq!(root().as_str(), "/");
    }
}
