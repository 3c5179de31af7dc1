//! Webhooks as a whole: from the text of a file to what is said of a delivery.

mod advice;
mod bodies;
mod certified;
mod loading;
mod pieces;
mod random;
mod rules;
mod sets;
mod tenants;
mod vectors;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};

use crate::document::{Fields, Problems, parse};
use crate::model::Host;
use crate::secret::Secret;

use super::staged::{Staged, lines};
use super::{Draft, End, Fetcher, Genuine, Look, Proved, Refusal, Settings, Signed, Webhook};

/// The moment of all these tests, in seconds.
const NOW: u64 = 1_767_225_600;
const SECRET: &str = "0123456789abcdef0123456789abcdef";
const OTHER: &str = "fedcba9876543210fedcba9876543210";

/// What the environment of these tests holds.
fn variable(name: &str) -> Option<String> {
    match name {
        "SECRET" => Some(SECRET.into()),
        "OTHER" => Some(OTHER.into()),
        "EMPTY" => Some(String::new()),
        "SHORT" => Some("short".into()),
        "PASSWORD" => Some("name:a long enough password".into()),
        // The bytes of the secret in base64, as senders write it.
        "WHSEC" => Some("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".into()),
        _ => None,
    }
}

/// Reads what stands below the name `hook`; gives it, and all mistakes.
fn read(text: &str) -> (Option<Arc<Webhook>>, Vec<String>) {
    let indented: String = text.lines().map(|line| format!("    {line}\n")).collect();
    let text = format!("webhooks:\n  hook:\n{indented}");
    let problems = Problems::new();
    let node = parse("policy.yaml", &text, &variable, &problems);
    let built = node.and_then(|node| {
        let mut fields = Fields::of(&node, "policy file", &problems)?;
        let settings = Settings::read(&mut fields, &problems);
        let fetcher = Arc::new(Fetcher::default());
        settings.build(&fetcher).into_iter().next()
    });
    (built, lines(problems))
}

fn hook(text: &str) -> Arc<Webhook> {
    let (hook, mistakes) = read(text);
    let errors: Vec<_> = mistakes
        .iter()
        .filter(|line| line.contains(" error: "))
        .collect();
    assert!(errors.is_empty(), "{text}\n{errors:#?}");
    hook.unwrap()
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A delivery as it arrives.
#[derive(Debug, Clone)]
struct Sent {
    method: Method,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    at: u64,
}

impl Sent {
    fn new(target: &str, headers: &[(&str, &str)], body: &[u8]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            method: Method::POST,
            target: target.into(),
            headers: headers.iter().map(owned).collect(),
            body: body.into(),
            at: NOW,
        }
    }

    /// This, signed by a webhook as its sender would.
    fn signed_by(&self, hook: &Webhook, secret: &str, event: Option<&str>) -> Self {
        let headers: Vec<(HeaderName, HeaderValue)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        let signed = hook
            .sign(&Draft {
                method: &self.method,
                host: &Host::parse("hooks.example.com").unwrap(),
                target: &self.target,
                headers: &headers,
                body: &self.body,
                signed_at: at(self.at),
                event_id: event,
                secret: &Secret::new(secret.into()),
            })
            .unwrap();
        let Signed {
            headers,
            target,
            body,
        } = signed;
        let mut sent = self.clone();
        let added = headers.iter();
        let added =
            added.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        sent.headers.extend(added);
        sent.target = target.unwrap_or(sent.target);
        sent.body = body.unwrap_or(sent.body);
        sent
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers
            .retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self.headers.push((name.into(), value.into()));
        self
    }

    fn and(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self
    }

    fn at(mut self, at: u64) -> Self {
        self.at = at;
        self
    }

    fn value(&self, name: &str) -> &str {
        let mut found = self
            .headers
            .iter()
            .filter(|(own, _)| own.eq_ignore_ascii_case(name));
        &found.next().unwrap().1
    }

    fn staged(&self) -> Staged {
        let headers: Vec<(&str, &str)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        Staged::new(self.method.clone(), &self.target, &headers).at(self.at)
    }

    /// What the webhook says: `absent`, why not, or whose it is.
    fn judged(&self, hook: &Webhook) -> Result<Genuine, Refusal> {
        let staged = self.staged();
        let message = staged.message();
        match hook.look(&message) {
            Look::Absent => return Err(super::Why::Missing.into()),
            Look::Refused(refusal) => return Err(refusal),
            Look::Challenge(_) => panic!("no challenge was sent"),
            Look::Delivery | Look::Enrolment => {}
        }
        let body = Bytes::from(self.body.clone());
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.build().unwrap();
        match runtime.block_on(hook.verify(&message, &body))? {
            Proved::Delivery(genuine) => Ok(genuine),
            Proved::Challenge(_) => panic!("no challenge was sent"),
            Proved::Enrolment(_) => panic!("no secret was sent"),
        }
    }

    /// The same in one word.
    fn verdict(&self, hook: &Webhook) -> &'static str {
        self.judged(hook)
            .map_or_else(|refusal| refusal.reason.as_str(), |_| "ok")
    }
}

#[test]
fn verifying_can_be_sent_between_threads() {
    fn sendable<T: Send>(_: T) {}
    let hook = hook(
        "secrets: ${SECRET}\nscheme: { kind: token, signature: { from: header, name: x-token } }",
    );
    let sent = Sent::new("/", &[], b"");
    let staged = sent.staged();
    let message = staged.message();
    let body = Bytes::new();
    sendable(hook.verify(&message, &body));
}

#[test]
fn secrets_are_never_printed() {
    let hook = hook(
        "secrets: ${SECRET}\nscheme: { kind: hmac, signature: { from: header, name: x-sig }, signed: '{body}' }",
    );
    let printed = format!("{hook:?}");
    assert!(!printed.contains(SECRET) && printed.contains("[secret]"));
    let bytes = format!("{:?}", SECRET.as_bytes());
    assert!(!printed.contains(bytes.trim_matches(['[', ']'])));
}

#[test]
fn challenge_that_nobody_signed_is_no_delivery() {
    let hook = hook(
        "secrets: ${SECRET}
answer_challenges: true
scheme: { kind: hmac, signature: { from: header, name: x-sig }, signed: '{body}' }
challenges:
  - when: { method: POST, json: { /type: hello } }
    signed: false
    input: { json: /word }
    answer: { text: '{input}' }",
    );
    let sent = Sent::new("/", &[], br#"{"type":"hello","word":"abc"}"#);
    let (staged, body) = (sent.staged(), Bytes::from(sent.body.clone()));
    let message = staged.message();
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.build().unwrap();
    let proved = runtime.block_on(hook.verify(&message, &body)).unwrap();
    assert!(matches!(proved, Proved::Challenge(reply) if reply.body == "abc"));
    let told = runtime.block_on(hook.tell(&message, &body));
    assert!(matches!(told.end, End::Challenge(_)));
}
