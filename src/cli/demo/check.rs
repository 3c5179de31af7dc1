//! Sending the demo's requests and judging the answers.

use std::net::SocketAddr;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Map, Value};

use super::cases::{Case, GROUPS, IDENTITY_HEADERS, Outcome};
use super::client::{self, Answer};
use super::echo::Reached;
use super::issuer::Tokens;
use crate::cli::exit::Failure;
use crate::cli::output::{Output, Tone};
use crate::model::FoldedName;

/// What came of a request, or must come of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Met {
    /// Status, and the code of a refusal.
    pub(super) answer: String,
    /// What the upstream learned about the caller.
    pub(super) upstream: String,
}

/// Sends every request, prints the table, and says how many were not answered as expected.
pub(super) async fn run(
    gate: SocketAddr,
    tokens: &Tokens,
    reached: &Reached,
    output: Output,
) -> Result<usize, Failure> {
    let (mut sent, mut wrong) = (0, 0);
    output.line("")?;
    output.line(output.tint(Tone::Faint, row("", HEADER)))?;
    for group in GROUPS {
        output.line(output.tint(Tone::Strong, group.title))?;
        for case in group.cases {
            let expected = expected(&case.outcome);
            let actual = actual(gate, case, tokens, reached).await;
            sent += 1;
            wrong += usize::from(expected != actual);
            show(case, &expected, &actual, output)?;
        }
    }
    output.line("")?;
    let right = sent - wrong;
    output.line(format_args!("{right} of {sent} requests went as expected"))?;
    Ok(wrong)
}

const HEADER: [&str; 5] = ["request", "caller", "expected", "actual", "reached the app"];

fn row(mark: &str, [request, caller, expected, actual, upstream]: [&str; 5]) -> String {
    let line =
        format!("  {mark:<5} {request:<41} {caller:<17} {expected:<27} {actual:<27} {upstream}");
    line.trim_end().to_owned()
}

fn show(case: &Case, expected: &Met, actual: &Met, output: Output) -> std::io::Result<()> {
    let (mark, tone) = match expected == actual {
        true => ("ok", Tone::Good),
        false => ("WRONG", Tone::Bad),
    };
    let request = format!("{} {}", case.method, case.target);
    let caller = carried(case);
    let cells = [
        &request,
        &caller,
        &expected.answer,
        &actual.answer,
        &actual.upstream,
    ];
    let line = row(mark, cells.map(String::as_str));
    output.line(line.replacen(mark, &output.tint(tone, mark), 1))?;
    if expected.upstream != actual.upstream {
        let wanted = format!("expected: {}", expected.upstream);
        output.line(row("", ["", "", "", "", &wanted]))?;
    }
    Ok(())
}

/// What the caller shows.
pub(super) fn carried(case: &Case) -> String {
    let shown: Vec<&str> = case.tokens.iter().chain(case.keys).copied().collect();
    let mut text = match shown.as_slice() {
        [] => "nobody".to_owned(),
        shown => shown.join(" and "),
    };
    if !case.headers.is_empty() {
        text.push_str(", spoofing");
    }
    text
}

/// What must come of a request.
pub(super) fn expected(outcome: &Outcome) -> Met {
    match outcome {
        Outcome::Refused(reason) => Met {
            answer: format!("{} {reason}", reason.status().as_u16()),
            upstream: NOTHING.to_owned(),
        },
        Outcome::Answered(status) => Met {
            answer: status.to_string(),
            upstream: NOTHING.to_owned(),
        },
        Outcome::Passes(headers) => {
            let headers = headers
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            Met {
                answer: "200".to_owned(),
                upstream: listed(headers.collect()),
            }
        }
    }
}

const NOTHING: &str = "nothing";

fn listed(facts: Vec<String>) -> String {
    match facts.is_empty() {
        true => "the request, nobody's".to_owned(),
        false => facts.join(" "),
    }
}

async fn actual(gate: SocketAddr, case: &Case, tokens: &Tokens, reached: &Reached) -> Met {
    let before = reached.count();
    let answer = match request(gate, case, tokens) {
        Some(request) => client::send(gate, request).await,
        None => Err(client::Error::Unwritable),
    };
    let passed = reached.count() != before;
    let code = |answer: &Answer| match answer.body.get("code").and_then(Value::as_str) {
        Some(code) => format!("{} {code}", answer.status.as_u16()),
        None => answer.status.as_u16().to_string(),
    };
    Met {
        answer: answer.as_ref().map_or_else(ToString::to_string, code),
        upstream: match (passed, &answer) {
            (false, _) => NOTHING.to_owned(),
            (true, Ok(answer)) => listed(seen_upstream(answer)),
            (true, Err(_)) => "something".to_owned(),
        },
    }
}

fn request(gate: SocketAddr, case: &Case, tokens: &Tokens) -> Option<Request<Full<Bytes>>> {
    let mut request = Request::builder()
        .method(case.method)
        .uri(case.target)
        .header("host", gate.to_string());
    for name in case.tokens {
        request = request.header("authorization", format!("Bearer {}", tokens.get(name)?));
    }
    for name in case.keys {
        request = request.header("x-api-key", tokens.get(name)?);
    }
    for (name, value) in case.headers {
        request = request.header(*name, *value);
    }
    request.body(Full::default()).ok()
}

/// Every identity header that reached the upstream, in whatever spelling, and any credential.
fn seen_upstream(answer: &Answer) -> Vec<String> {
    let none = Map::new();
    let headers = answer.body.get("headers").and_then(Value::as_object);
    let headers = headers.unwrap_or(&none);
    let mut facts = Vec::new();
    for name in IDENTITY_HEADERS {
        let folded = FoldedName::new(name);
        for (spelling, values) in headers.iter().filter(|(name, _)| folded.matches(name)) {
            let values = values.as_array().into_iter().flatten();
            facts.extend(values.map(|value| {
                let value = value.as_str().unwrap_or_default();
                format!("{spelling}={value}")
            }));
        }
    }
    let kept = headers.keys().filter(|name| {
        matches!(name.as_str(), "authorization" | "x-api-key") || name.starts_with("x-sidegate-")
    });
    facts.extend(kept.map(|name| format!("{name}!")));
    facts
}
