//! Sending the demo's requests and judging the answers.

use std::fmt::Write;
use std::net::SocketAddr;

use bytes::Bytes;
use http::Request;
use http_body_util::Empty;
use serde_json::Value;

use super::cases::{Case, GROUPS, IDENTITY_HEADERS, Outcome};
use super::client::{self, Answer};
use super::echo::Reached;
use super::issuer::Tokens;
use crate::cli::exit::Failure;
use crate::cli::output::{Output, Tone};
use crate::model::FoldedName;

/// Sends every request, prints the table, and says how many were not answered as expected.
pub(super) async fn run(
    gate: SocketAddr,
    tokens: &Tokens,
    reached: &Reached,
    output: Output,
) -> Result<usize, Failure> {
    let (mut sent, mut wrong) = (0, 0);
    for group in GROUPS {
        output.line("")?;
        output.line(output.tint(Tone::Strong, group.title))?;
        for case in group.cases {
            let expected = expected(&case.outcome);
            let actual = actual(gate, case, tokens, reached).await;
            sent += 1;
            if expected != actual {
                wrong += 1;
            }
            show(case, &expected, &actual, output)?;
        }
    }
    output.line("")?;
    let right = sent - wrong;
    output.line(format_args!("{right} of {sent} requests went as expected"))?;
    Ok(wrong)
}

fn show(case: &Case, expected: &str, actual: &str, output: Output) -> std::io::Result<()> {
    let good = expected == actual;
    let mark = match good {
        true => output.tint(Tone::Good, "ok   "),
        false => output.tint(Tone::Bad, "WRONG"),
    };
    let carried = carried(case);
    let request = format!("{:<6} {}", case.method, case.target);
    output.line(format_args!(
        "  {mark} {request:<42} {carried:<16} {actual}"
    ))?;
    if good {
        return Ok(());
    }
    output.line(format_args!("        {:<59} expected: {expected}", ""))
}

/// What the caller shows.
pub(super) fn carried(case: &Case) -> String {
    let mut text = match case.tokens {
        [] => "nobody".to_owned(),
        tokens => tokens.join(" and "),
    };
    if !case.headers.is_empty() {
        text.push_str(", spoofing");
    }
    text
}

/// The outcome in one line.
pub(super) fn expected(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Refused(reason) => format!("{} {reason}", reason.status().as_u16()),
        Outcome::Passes(headers) => headers.iter().fold("200".to_owned(), |mut line, header| {
            let (name, value) = header;
            // Writing to a string cannot fail.
            let _ = write!(line, " {name}={value}");
            line
        }),
    }
}

/// The answer in the words of [`expected`].
async fn actual(gate: SocketAddr, case: &Case, tokens: &Tokens, reached: &Reached) -> String {
    let before = reached.count();
    let answer = match request(gate, case, tokens) {
        Some(request) => client::send(gate, request).await,
        None => return "the request cannot be written".into(),
    };
    let passed = reached.count() != before;
    match answer {
        Err(error) => error.to_string(),
        Ok(answer) if passed => seen_upstream(&answer),
        Ok(answer) => {
            let code = answer.body.get("code").and_then(Value::as_str);
            format!(
                "{} {}",
                answer.status.as_u16(),
                code.unwrap_or("without a code")
            )
        }
    }
}

fn request(gate: SocketAddr, case: &Case, tokens: &Tokens) -> Option<Request<Empty<Bytes>>> {
    let mut request = Request::builder()
        .method(case.method)
        .uri(case.target)
        .header("host", gate.to_string());
    for name in case.tokens {
        request = request.header("authorization", format!("Bearer {}", tokens.get(name)?));
    }
    for (name, value) in case.headers {
        request = request.header(*name, *value);
    }
    request.body(Empty::new()).ok()
}

/// Every identity header that reached the upstream, in whatever spelling, and any credential.
fn seen_upstream(answer: &Answer) -> String {
    let mut line = answer.status.as_u16().to_string();
    let Some(headers) = answer.body.get("headers").and_then(Value::as_object) else {
        return format!("{line} from an upstream that is not ours");
    };
    for name in IDENTITY_HEADERS {
        let folded = FoldedName::new(name);
        for (spelling, values) in headers.iter().filter(|(name, _)| folded.matches(name)) {
            for value in values.as_array().into_iter().flatten() {
                // Writing to a string cannot fail.
                let _ = write!(line, " {spelling}={}", value.as_str().unwrap_or_default());
            }
        }
    }
    for name in headers.keys() {
        if name == "authorization" || name.starts_with("x-sidegate-") {
            let _ = write!(line, " {name} was not removed");
        }
    }
    line
}
