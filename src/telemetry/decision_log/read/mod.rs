//! The decision log, read back: what was recorded, and what is not known.
//!
//! Straight line: [`LogLines`] gives lines -> [`RecordedDecision::parse`] -> [`Recorded`] values.
//!
//! Always: what a record does not say is not guessed. A value that was cut, redacted or left out is
//! [`Recorded::Omitted`]; a fact that nobody asked for is [`Recorded::NotRecorded`]. Keys that are not
//! known here are passed over; a schema that is not known is refused.

mod beside;
mod fact;
mod line;
mod lines;

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use crate::model::PrincipalKind;
use crate::telemetry::Outcome;

pub use beside::{RecordedRefusal, RecordedShadow};
pub use fact::Recorded;
pub use lines::{LogLine, LogLines};

use fact::Named;

/// The version of the records that is written and read.
const SCHEMA: u64 = 1;

/// One decision as its record tells it. Texts are those of the line where they stand there as they are.
///
/// What may be missing is optional. A record of a request that could not be read knows neither host nor
/// path; one without a genuine credential has no `kind` and knows nothing of a principal.
#[derive(Debug, Clone)]
pub struct RecordedDecision<'l> {
    /// When the request arrived, to the millisecond.
    pub time: Option<SystemTime>,
    /// What was decided.
    pub outcome: Outcome,
    /// The code of the reason.
    pub reason: Option<Cow<'l, str>>,
    /// The status the caller got.
    pub status: Option<u16>,
    /// The route's name.
    pub route: Option<Cow<'l, str>>,
    /// The method, as sent.
    pub method: Option<Cow<'l, str>>,
    /// `http` or `https`.
    pub scheme: Option<Cow<'l, str>>,
    /// The host asked for, with its port if it named one.
    pub host: Recorded<Cow<'l, str>>,
    /// The canonical path, without the query.
    pub path: Recorded<Cow<'l, str>>,
    /// The client's address.
    pub client: Recorded<IpAddr>,
    /// The identifier that followed the request.
    pub request_id: Option<Cow<'l, str>>,
    /// What kind of principal; nothing when nobody was authenticated.
    pub kind: Option<PrincipalKind>,
    /// The principal's subject.
    pub subject: Recorded<Cow<'l, str>>,
    /// The principal's tenant.
    pub tenant: Recorded<Cow<'l, str>>,
    /// The name of the issuer, or of the set of API keys, in the policy.
    pub issuer: Recorded<Cow<'l, str>>,
    /// The id of the API key.
    pub key: Recorded<Cow<'l, str>>,
    /// The webhook whose signature the request had, alone or beside a credential; absent when it had none.
    pub webhook: Recorded<Cow<'l, str>>,
    /// The roles that the credential stated.
    pub roles: Recorded<Vec<Cow<'l, str>>>,
    /// The scopes that it stated.
    pub scopes: Recorded<Vec<Cow<'l, str>>>,
    /// The only sources that the API key may speak for; absent when it may for any.
    pub sources: Recorded<Vec<Cow<'l, str>>>,
    /// The only networks that the API key may be presented from, each as `address/length`; absent when it may
    /// from any.
    pub networks: Recorded<Vec<Cow<'l, str>>>,
    /// The principal's e-mail address.
    pub email: Recorded<Cow<'l, str>>,
    /// A fingerprint of the credential.
    pub fingerprint: Option<Cow<'l, str>>,
    /// The upstream's name.
    pub upstream: Option<Cow<'l, str>>,
    /// How long the whole request took.
    pub duration: Option<Duration>,
    /// What exactly was wrong.
    pub detail: Option<Cow<'l, str>>,
    /// The share of such requests that was recorded: each record stands for `1 / sample` of them.
    pub sample: f64,
    /// The observed rule that would have refused the request, if there was one.
    pub observed: Option<RecordedRefusal<'l>>,
    /// What the shadow policy would have decided, where it differed and the record was picked to say so.
    pub shadow: Option<RecordedShadow<'l>>,
    /// The hash of the policy that decided.
    pub policy: Option<Cow<'l, str>>,
    headers: Named<'l, Vec<Cow<'l, str>>>,
    query: Named<'l, Vec<Cow<'l, str>>>,
    claims: Named<'l, serde_json::Value>,
}

/// A line of the decision log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The log cannot be read any further.
    #[error("the decision log cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// The line is longer than any record. Nothing behind it is read.
    #[error("line {line}: longer than any record")]
    TooLong {
        /// The line's number, from one.
        line: u64,
    },
    /// The record is of a version that is not known here.
    #[error("line {line}: {}", of_schema(*.found))]
    Schema {
        /// The line's number, from one.
        line: u64,
        /// The version it says, if it says one.
        found: Option<u64>,
    },
    /// The record was written for eyes.
    #[error(
        "line {line}: a record in text format; only those in JSON can be read (`log.decisions.format: json`)"
    )]
    Text {
        /// The line's number, from one.
        line: u64,
    },
    /// The line is no record, or one that says something impossible.
    #[error("line {line}: {problem}")]
    Malformed {
        /// The line's number, from one.
        line: u64,
        /// What is wrong with it. Does not quote it.
        problem: String,
    },
}

fn of_schema(found: Option<u64>) -> String {
    match found {
        Some(found) => format!("a record of schema {found}; this version reads schema {SCHEMA}"),
        None => format!(
            "a record that names no schema, as the first version wrote them; this one reads schema {SCHEMA}"
        ),
    }
}

impl<'l> RecordedDecision<'l> {
    /// Reads one line. Nothing when it is no decision record: a line of the process log, or an empty one.
    /// `number` is the line's, for errors.
    pub fn parse(line: &'l str, number: u64) -> Result<Option<Self>, ReadError> {
        line::parse(line, number)
    }

    /// The values of a header, whose name is in lower case, in their order.
    pub fn header(&self, name: &str) -> &Recorded<Vec<Cow<'l, str>>> {
        self.headers.find(name)
    }

    /// The decoded values of a parameter of the query, in their order.
    pub fn parameter(&self, name: &str) -> &Recorded<Vec<Cow<'l, str>>> {
        self.query.find(name)
    }

    /// A claim, by its name at the top level.
    pub fn claim(&self, name: &str) -> &Recorded<serde_json::Value> {
        self.claims.find(name)
    }

    /// All headers that were recorded, by their names.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &Recorded<Vec<Cow<'l, str>>>)> {
        self.headers.iter()
    }

    /// All parameters of the query that were recorded, by their names.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &Recorded<Vec<Cow<'l, str>>>)> {
        self.query.iter()
    }

    /// All claims that were recorded, by their names.
    pub fn claims(&self) -> impl Iterator<Item = (&str, &Recorded<serde_json::Value>)> {
        self.claims.iter()
    }
}
