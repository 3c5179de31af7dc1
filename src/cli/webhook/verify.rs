//! `webhook verify`: whether a captured request is genuine, and if not, why.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::app;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Output, Tone};
use crate::cli::trial::{Ask, flag_or_now, shown};
use crate::model::Request;
use crate::webhook::{End, Message, Telling, Webhook, Why};

use super::chosen::{Choice, Chosen, Purpose};
use super::message;
use super::sign::ask;
use super::words::{bytes, covers, hints, shortened, steps, word};

const EXAMPLES: &str = "\
Examples:
  A request that was captured: its head as text, its body byte for byte:
    sidegate webhook verify --preset github --secret-env GITHUB_SECRET \\
      --headers head.txt --body push.json

  One of last week, at the time it came:
    sidegate webhook verify --preset stripe --secret-env WHSEC \\
      --headers head.txt --body event.json --at 2026-01-01T12:00:00Z

  With the secrets that the policy has, for a scheme that signs the address:
    sidegate webhook verify --policy policy.yaml --webhook square \\
      --headers head.txt --body event.json --url https://hooks.example.com/square

  What `sign` makes, verified:
    sidegate webhook sign --preset svix --secret-file s --body b.json --headers > head.txt
    sidegate webhook verify --preset svix --secret-file s --headers head.txt --body b.json

The head is lines `Name: value`, under a request line or not, as on the wire, as `curl -v` shows
it, or one JSON object. The body must be the bytes that were sent: an editor that adds a line end,
or a tool that formats JSON, breaks every signature. Schemes with public keys take the sender's
public key as the secret.

Ends with 0 when the request is genuine, with 1 when it is not, with 2 for a name or a secret that
cannot be used, with 3 when the policy's webhook has mistakes, with 4 when a file cannot be read.";

/// Verify a captured delivery, and say what is wrong with it
///
/// Names what was looked at in the order in which a gate looks at it, shows the text that is signed, and says
/// whether it is the signature, the time, the secret or the body that does not fit.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    chosen: Choice,
    /// File with the head of the request; `-` for stdin
    #[arg(long, value_name = "FILE")]
    headers: PathBuf,
    /// File with the body, byte for byte; `-` for stdin [default: no body]
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// Address that the request was for [default: what the head says]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Method [default: what the head says, or POST]
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,
    /// When it arrived: RFC 3339, seconds since 1970, or `now` [default: now]
    #[arg(long, value_name = "TIME", value_parser = flag_or_now)]
    at: Option<SystemTime>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    let stdins = [
        arguments.headers == Path::new("-"),
        arguments.body.as_deref() == Some(Path::new("-")),
        arguments.chosen.reads_stdin(),
    ];
    if stdins.iter().filter(|stdin| **stdin).count() > 1 {
        return Err(Failure::usage("only one thing can be read from stdin"));
    }
    let now = arguments.at.unwrap_or_else(super::now);
    let ask = arguments.ask(now)?;
    let base = format!("{}://{}", ask.scheme.as_str(), ask.host);
    let chosen = arguments
        .chosen
        .choose(Purpose::Verify, Some(&base), now, output)?;
    let found = Finding::of(&chosen, &ask)?;
    match arguments.json {
        true => output.line(found.as_json())?,
        false => found.show(output)?,
    }
    Ok(match found.telling.end.why() {
        None => Exit::Success,
        Some(_) => Exit::Negative,
    })
}

impl Arguments {
    /// The request as it was captured.
    fn ask(&self, now: SystemTime) -> Result<Ask, Failure> {
        let head = message::head(&self.headers)?;
        let (method, target) = head.line.unzip();
        let method = self.method.clone().or(method);
        let mut captured = ask(
            method.as_deref().unwrap_or("POST"),
            self.url.as_deref().or(target.as_deref()).unwrap_or("/"),
            now,
        )?;
        captured.headers = head.headers;
        // Where the address is said, it is the host that was asked for.
        let named = |name: &str| name.eq_ignore_ascii_case("host");
        let host = captured
            .headers
            .iter()
            .find(|(name, _)| named(name))
            .map(|(_, host)| host.clone());
        match (&self.url, host) {
            (Some(url), _) if url.contains("://") => {
                captured.headers.retain(|(name, _)| !named(name));
            }
            (_, Some(host)) => captured.host = host,
            _ => {}
        }
        if let Some(body) = &self.body {
            captured.body = message::body(body)?;
        }
        Ok(captured)
    }
}

/// What was found.
struct Finding<'c> {
    chosen: &'c Chosen,
    request: Request,
    body: Bytes,
    telling: Telling,
    /// Whether only the time is wrong: what came of it at the time that it states.
    then: Option<Telling>,
}

impl<'c> Finding<'c> {
    fn of(chosen: &'c Chosen, ask: &Ask) -> Result<Self, Failure> {
        let unreadable = |denied: crate::model::Denied| {
            Failure::usage(format_args!("no request: {}", denied.detail))
        };
        let request = ask.read().map_err(unreadable)?;
        let body = Bytes::from(ask.body.clone());
        let runtime = app::runtime()?;
        let telling = runtime.block_on(told(&chosen.webhook, &request, &body));
        let late = matches!(telling.end.why(), Some(Why::Stale | Why::Future));
        let then = match telling.signed_at.filter(|_| late) {
            Some(then) => {
                let mut ask = ask.clone();
                ask.now = then;
                let request = ask.read().map_err(unreadable)?;
                Some(runtime.block_on(told(&chosen.webhook, &request, &body)))
            }
            None => None,
        };
        Ok(Self {
            chosen,
            request,
            body,
            telling,
            then,
        })
    }

    fn show(&self, output: Output) -> std::io::Result<()> {
        let webhook = &self.chosen.webhook;
        let request = &self.request;
        let row = |name: &str, value: &str| output.line(format_args!("  {name:<10} {value}"));
        output.line(output.tint(Tone::Strong, "request"))?;
        row(
            "line",
            &format!("{} {}", request.method, request.path.as_str()),
        )?;
        row("body", &bytes(self.body.len()))?;
        row("time", &shown(request.received_at))?;
        output.line(output.tint(Tone::Strong, "webhook"))?;
        row("scheme", &webhook.described())?;
        row("covers", covers(self.telling.covers))?;
        steps(&self.telling.steps, output)?;
        if let Some(text) = &self.telling.text {
            row("signed", &shortened(text))?;
        }
        self.conclude(output)
    }

    fn conclude(&self, output: Output) -> std::io::Result<()> {
        let row = |name: &str, value: &str| output.line(format_args!("  {name:<10} {value}"));
        match &self.telling.end {
            End::Genuine(genuine) => {
                output.line(output.tint(Tone::Good, "genuine"))?;
                row("secret", &genuine.facts.secret)?;
                if let Some(tenant) = &genuine.tenant {
                    row("tenant", tenant)?;
                }
                if let Some(event) = &genuine.facts.event_id {
                    row("event", &event.replace('\n', "\\n"))?;
                }
                if let Some(at) = genuine.facts.signed_at {
                    row("signed at", &shown(at))?;
                }
                match &genuine.reply {
                    Some(reply) => row("challenge", &format!("answered with {}", reply.status)),
                    None => Ok(()),
                }
            }
            End::Challenge(reply) => {
                output.line(output.tint(Tone::Good, "a challenge, which needs no signature"))?;
                row("answer", reply.status.as_str())
            }
            End::Enrolment(reply) => {
                let heading = "it brings a secret, which would be taken: no proof of who sent it";
                output.line(output.tint(Tone::Good, heading))?;
                row("answer", reply.status.as_str())
            }
            End::Absent | End::Refused(_) => {
                let why = self.telling.end.why().unwrap_or(Why::Missing);
                let heading = format!("not genuine: {} ({})", why.reason(), why.as_str());
                output.line(output.tint(Tone::Bad, heading))?;
                self.reasons()
                    .iter()
                    .try_for_each(|(name, value)| row(name, value))
            }
        }
    }

    /// Why it is refused, and what to look at.
    fn reasons(&self) -> Vec<(&'static str, String)> {
        let mut rows = Vec::new();
        if let End::Refused(refusal) = &self.telling.end
            && !refusal.denied.detail.is_empty()
        {
            rows.push(("because", refusal.denied.detail.to_string()));
        }
        let why = self.telling.end.why().unwrap_or(Why::Missing);
        rows.extend(self.lateness(why).map(|late| ("time", late)));
        rows.extend(hints(why, &self.chosen.form).map(|hint| ("look at", hint.to_owned())));
        if let Some(then) = &self.then {
            let whether = match then.end.why() {
                None => "the signature is right: only the time is not".to_owned(),
                Some(why) => format!("and the signature is not right either ({})", why.as_str()),
            };
            rows.push(("besides", whether));
        }
        rows
    }

    /// By how much the time is too far from now.
    fn lateness(&self, why: Why) -> Option<String> {
        let (at, now) = (self.telling.signed_at?, self.request.received_at);
        let tolerance = self.telling.tolerance?.as_secs();
        let (apart, word) = match why {
            Why::Stale => (now.duration_since(at).ok()?, "ago"),
            Why::Future => (at.duration_since(now).ok()?, "in the future"),
            _ => return None,
        };
        let apart = apart.as_secs();
        let over = apart.saturating_sub(tolerance);
        Some(format!(
            "signed {apart} s {word}, at {}; {tolerance} s are tolerated, which is {over} s less. `--at {}` verifies it then",
            shown(at),
            shown(at),
        ))
    }

    fn as_json(&self) -> Value {
        let telling = &self.telling;
        let why = telling.end.why();
        let genuine = match &telling.end {
            End::Genuine(genuine) => Some(genuine),
            _ => None,
        };
        json!({
            "schema": 1,
            "genuine": why.is_none(),
            "challenge": matches!(&telling.end, End::Challenge(_)) || genuine.is_some_and(|genuine| genuine.reply.is_some()),
            "why": why.map(Why::as_str),
            "reason": why.map(|why| why.reason().code()),
            "detail": match &telling.end {
                End::Refused(refusal) => Some(refusal.denied.detail.to_string()),
                _ => None,
            },
            "scheme": self.chosen.webhook.described(),
            "covers": word(telling.covers),
            "steps": telling.steps.iter().map(|step| json!({
                "what": step.what, "found": step.found, "holds": step.holds,
            })).collect::<Vec<_>>(),
            "signed_text": telling.text.as_deref().map(shortened),
            "signed_at": telling.signed_at.map(shown),
            "tolerance_seconds": telling.tolerance.map(|tolerance| tolerance.as_secs()),
            "genuine_at_that_time": self.then.as_ref().map(|then| then.end.why().is_none()),
            "secret": genuine.map(|genuine| genuine.facts.secret.to_string()),
            "tenant": genuine.and_then(|genuine| genuine.tenant.as_deref()),
            "event_id": genuine.and_then(|genuine| genuine.facts.event_id.as_deref()),
        })
    }
}

async fn told(webhook: &Webhook, request: &Request, body: &Bytes) -> Telling {
    let message = Message {
        request,
        capture: &|_| None,
        key: None,
    };
    webhook.tell(&message, body).await
}
