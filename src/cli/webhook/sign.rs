//! `webhook sign`: what a sender would send.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};

use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Output, Tone};
use crate::cli::trial::{Ask, flag_or_now};
use crate::model::Host;
use crate::webhook::{Draft, SignError, Signed};

use super::chosen::{Choice, Chosen, Purpose};
use super::curl;
use super::message;

/// Where a delivery goes that nobody says it of: a gate on this machine.
const HERE: &str = "http://127.0.0.1:8080/";

const EXAMPLES: &str = "\
Examples:
  A delivery as GitHub would send it, and the line that sends it:
    sidegate webhook sign --preset github --secret-env GITHUB_SECRET --body push.json \\
      --url http://127.0.0.1:8080/hooks/github

  The same, sent at once; and only the headers, for another tool:
    sidegate webhook sign --preset github --secret-env GITHUB_SECRET --body push.json \\
      --url http://127.0.0.1:8080/hooks/github --curl | sh
    sidegate webhook sign --preset stripe --secret-file whsec.txt --body event.json --headers

  With the secret that a webhook of the policy has, as of long ago (to see it refused):
    sidegate webhook sign --policy policy.yaml --webhook stripe --body event.json \\
      --at 2026-01-01T00:00:00Z

  A scheme that signs the address, sent to a gate that is not at that address yet:
    sidegate webhook sign --preset square --secret-env KEY --body event.json \\
      --url https://hooks.example.com/square --to http://127.0.0.1:8080

  A scheme with public keys takes the private key (PEM, PKCS#8), the policy has the public one:
    openssl genpkey -algorithm ed25519 -out private.pem
    sidegate webhook sign --preset discord --secret-file private.pem --body ping.json

The bytes of the body are signed as they are: send the same file, with --data-binary and not with
-d. The secret is not printed; schemes whose signature is the secret itself (`token`, `basic`)
print it, because it is what is sent.

Ends with 0 when it is signed, with 1 when deliveries of the kind can be signed by nobody but their
sender, with 2 for a secret or a name that cannot be used, with 3 when the policy's webhook has
mistakes, with 4 when a file or a variable cannot be read.";

/// Sign a delivery as its sender would
///
/// Prints the headers to send, and a command line for curl that sends them with the body.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    chosen: Choice,
    /// File with the body, byte for byte; `-` for stdin [default: no body]
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// Address that the sender was given; must be said where it is signed and the policy has no
    /// `url` [default: http://127.0.0.1:8080/]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Where the line sends it, when that is not the address: a gate that is only tried
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// Method [default: POST]
    #[arg(long, value_name = "METHOD", default_value = "POST")]
    method: String,
    /// Header that is sent besides; repeat for more
    #[arg(long, short = 'H', value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// What the event is called, for schemes that sign that [default: made up]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// When it is signed: RFC 3339, seconds since 1970, or `now` [default: now]
    #[arg(long, value_name = "TIME", value_parser = flag_or_now)]
    at: Option<SystemTime>,
    /// Where a body is written that the signature stands in
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print only the line for curl
    #[arg(long, conflicts_with_all = ["headers", "json"])]
    curl: bool,
    /// Print only the headers
    #[arg(long, conflicts_with = "json")]
    headers: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// A delivery, ready to be sent.
struct Delivery {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    /// The body where it is not the one of the file.
    changed: Option<Vec<u8>>,
    body: Vec<u8>,
    /// Whether the address is another than was asked for.
    moved: bool,
}

pub(super) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    let stdin = arguments.body.as_deref() == Some(Path::new("-"));
    if stdin && arguments.chosen.reads_stdin() {
        return Err(Failure::usage(
            "the secret and the body cannot both be stdin",
        ));
    }
    let now = arguments.at.unwrap_or_else(super::now);
    let url = arguments.url.as_deref().unwrap_or(HERE);
    let ask = ask(&arguments.method, url, now)?;
    let base = format!("{}://{}", ask.scheme.as_str(), ask.host);
    let base = arguments.url.as_ref().map(|_| base.as_str());
    let chosen = arguments.chosen.choose(Purpose::Sign, base, now, output)?;
    let body = arguments.body.as_deref().map(message::body).transpose()?;
    let delivery = arguments.signed(&chosen, ask, body.unwrap_or_default(), now)?;
    arguments.show(&delivery, output)?;
    Ok(Exit::Success)
}

/// A request for an address.
pub(super) fn ask(method: &str, url: &str, now: SystemTime) -> Result<Ask, Failure> {
    if !url.starts_with('/') && !url.contains("://") {
        let help = format!("`{url}` is no address: `https://host/path`, or a path alone");
        return Err(Failure::usage(help));
    }
    Ok(Ask::new(method, url, now))
}

impl Arguments {
    fn signed(
        &self,
        chosen: &Chosen,
        ask: Ask,
        body: Vec<u8>,
        now: SystemTime,
    ) -> Result<Delivery, Failure> {
        let secret = chosen.secret.as_ref().ok_or_else(|| missing(chosen))?;
        let method = Method::from_bytes(self.method.as_bytes())
            .map_err(|_| Failure::usage(format_args!("`{}` is not a method", self.method)))?;
        let host = Host::parse(&ask.host)
            .map_err(|error| Failure::usage(format_args!("`{}` is {error}", ask.host)))?;
        let mut headers = self.own_headers()?;
        headers.extend(guessed(&headers, &body));
        let fields = fields(&headers)?;
        let signed = chosen.webhook.sign(&Draft {
            method: &method,
            host: &host,
            target: &ask.target,
            headers: &fields,
            body: &body,
            signed_at: now,
            event_id: self.id.as_deref(),
            secret,
        });
        let Signed {
            headers: added,
            target,
            body: changed,
        } = signed.map_err(|error| refused(&error, chosen))?;
        headers.retain(|(name, _)| {
            let mut added = added.iter();
            !added.any(|(known, _)| known.as_str().eq_ignore_ascii_case(name))
        });
        headers.extend(added.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.to_string(), value)
        }));
        let moved = target.as_ref().is_some_and(|target| *target != ask.target);
        let target = target.unwrap_or(ask.target);
        Ok(Delivery {
            moved,
            method: self.method.clone(),
            url: format!("{}://{}{target}", ask.scheme.as_str(), ask.host),
            headers,
            changed: changed.filter(|changed| *changed != body),
            body,
        })
    }

    fn own_headers(&self) -> Result<Vec<(String, String)>, Failure> {
        self.header
            .iter()
            .map(|text| message::header(text))
            .collect()
    }

    fn show(&self, delivery: &Delivery, output: Output) -> Result<(), Failure> {
        let body = self.place_body(delivery)?;
        let headers: Vec<String> = delivery
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        if self.json {
            return Ok(output.line(self.as_json(delivery)?)?);
        }
        let changed = delivery.changed.is_some();
        if self.headers {
            if changed && self.out.is_none() {
                return Err(Failure::usage(
                    "the signature stands in the body: --out FILE writes it",
                ));
            }
            if delivery.moved {
                let mark = output.tint_note(Tone::Strong, "note:");
                let (url, _) = self.sent_to(delivery)?;
                output.note(format_args!(
                    "{mark} the address is part of it, and is now {url}"
                ));
            }
            return Ok(headers.iter().try_for_each(|line| output.line(line))?);
        }
        let line = self.curl_line(delivery, &body)?;
        if self.curl {
            return Ok(output.line(line)?);
        }
        headers.iter().try_for_each(|line| output.line(line))?;
        output.line("")?;
        output.line(line)?;
        self.say(changed, output);
        Ok(())
    }

    fn say(&self, changed: bool, output: Output) {
        let mark = output.tint_note(Tone::Strong, "note:");
        if self.url.is_none() && self.to.is_none() {
            output.note(format_args!("{mark} no --url: the line goes to {HERE}"));
        }
        if let (true, Some(out)) = (changed, &self.out) {
            let out = out.display();
            output.note(format_args!("{mark} the signed body is in `{out}`"));
        }
    }

    /// Where curl takes the body from. One that the signature stands in is written where that was asked for.
    fn place_body(&self, delivery: &Delivery) -> Result<curl::Body, Failure> {
        let Some(changed) = &delivery.changed else {
            return Ok(match self.body.as_deref() {
                None => curl::Body::None,
                Some(path) if path.as_os_str() == "-" => curl::Body::Stdin,
                Some(path) => curl::Body::File(path.display().to_string()),
            });
        };
        if let Some(out) = &self.out {
            std::fs::write(out, changed).map_err(|error| {
                Failure::environment(format_args!("cannot write `{}`: {error}", out.display()))
            })?;
            return Ok(curl::Body::File(out.display().to_string()));
        }
        match String::from_utf8(changed.clone()) {
            Ok(text) if !text.contains('\0') => Ok(curl::Body::Inline(text)),
            _ => Err(Failure::usage(
                "the signature stands in the body, which is no text: --out FILE writes it",
            )),
        }
    }

    fn curl_line(&self, delivery: &Delivery, body: &curl::Body) -> Result<String, Failure> {
        let (url, headers) = self.sent_to(delivery)?;
        Ok(curl::line(&delivery.method, &url, &headers, body))
    }

    /// The address that the line names. Elsewhere the host is said in a header, as the sender says it.
    fn sent_to(&self, delivery: &Delivery) -> Result<(String, Vec<(String, String)>), Failure> {
        let mut headers = delivery.headers.clone();
        let Some(to) = &self.to else {
            return Ok((delivery.url.clone(), headers));
        };
        let now = SystemTime::UNIX_EPOCH;
        let (gate, own) = (ask("POST", to, now)?, ask("POST", &delivery.url, now)?);
        if self.url.is_some()
            && !headers
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case("host"))
        {
            headers.insert(0, ("Host".to_owned(), own.host));
        }
        let target = match gate.target.as_str() {
            "/" | "" => own.target,
            _ if self.url.is_none() => gate.target,
            _ => own.target,
        };
        let url = format!("{}://{}{target}", gate.scheme.as_str(), gate.host);
        Ok((url, headers))
    }

    fn as_json(&self, delivery: &Delivery) -> Result<Value, Failure> {
        let (url, headers) = self.sent_to(delivery)?;
        let body = delivery.changed.as_ref().unwrap_or(&delivery.body);
        Ok(json!({
            "schema": 1,
            "method": delivery.method,
            "url": url,
            "headers": headers,
            "body_changed": delivery.changed.is_some(),
            "body_base64": STANDARD.encode(body),
        }))
    }
}

/// What a body is, where nobody says and it can be told: senders say so, and apps ask for it.
fn guessed(headers: &[(String, String)], body: &[u8]) -> Option<(String, String)> {
    let said = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let is_json = || serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok();
    match !said && matches!(body.trim_ascii_start().first(), Some(b'{' | b'[')) && is_json() {
        true => Some(("Content-Type".to_owned(), "application/json".to_owned())),
        false => None,
    }
}

fn fields(headers: &[(String, String)]) -> Result<Vec<(HeaderName, HeaderValue)>, Failure> {
    let field = |(name, value): &(String, String)| {
        let unusable = || Failure::usage(format_args!("`{name}` is not a header that can be sent"));
        let named = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable())?;
        let value = HeaderValue::from_str(value).map_err(|_| unusable())?;
        Ok((named, value))
    };
    headers.iter().map(field).collect()
}

/// What to say where there is nothing to sign with.
fn missing(chosen: &Chosen) -> Failure {
    let what = match chosen.form.is_public() {
        true => {
            "the private key of the sender (PEM, PKCS#8), of which the policy has only the public one"
        }
        false => "the secret",
    };
    Failure::usage(format_args!(
        "there is nothing to sign with: name {what}: --secret-env VAR, --secret-file FILE, or `--secret -`"
    ))
}

fn refused(error: &SignError, chosen: &Chosen) -> Failure {
    match error {
        SignError::NotBySecret => Failure::negative(format_args!("{error} ({})", chosen.form.kind)),
        SignError::Secret(_) | SignError::Incomplete(_) => Failure::usage(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_type_is_said_of_json_only() {
        let json = |body: &[u8]| guessed(&[], body).is_some();
        assert!(json(b" {\"a\": 1}") && json(b"[]"));
        assert!(!json(b"{a") && !json(b"") && !json(b"a=b") && !json(b"1"));
        let said = [("content-type".to_owned(), "text/plain".to_owned())];
        assert_eq!(guessed(&said, b"{}"), None);
    }

    #[test]
    fn address_must_be_one() {
        assert!(ask("POST", "hooks", SystemTime::UNIX_EPOCH).is_err());
        assert!(ask("POST", "/hooks", SystemTime::UNIX_EPOCH).is_ok());
    }
}
