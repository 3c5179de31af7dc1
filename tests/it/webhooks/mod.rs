//! Deliveries that others signed, and published examples, against the webhooks of a policy file.
//!
//! Straight line: [`Hook::of`] reads what stands below a webhook's name -> [`Hook::judge`] looks at the head of a
//! [`Sent`], then at its body, as the gate does -> who sent it, or why it is refused.

mod challenges;
mod enrolment;
mod folders;
mod gate;
mod independent;
mod presets;
mod signers;
mod steps;
mod tools;
mod vectors;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use sidegate::document::{Fields, Problems, Severity, parse};
use sidegate::model::{CanonicalPath, Client, Host, Request, Scheme};
use sidegate::webhook::{Fetcher, Genuine, Look, Message, Proved, Settings, Webhook, Why, presets};

/// The public base of these tests, for schemes that sign the address.
const BASE: &str = "https://hooks.example.com";

/// The fixed text that `${TOKEN}` stands for.
const TOKEN: &str = "a-fixed-text-of-some-length";

/// A webhook of a policy file.
struct Hook(Arc<Webhook>);

/// A delivery as it arrives.
#[derive(Debug, Clone)]
struct Sent {
    method: Method,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    at: SystemTime,
}

impl Hook {
    /// Reads what stands below a webhook's name. Secrets come by variables.
    fn of(settings: &str, variables: &[(String, String)]) -> Self {
        Self::with(settings, variables, Fetcher::default())
    }

    /// The same, with what finds the senders' certificates.
    fn with(settings: &str, variables: &[(String, String)], fetcher: Fetcher) -> Self {
        let indented: Vec<String> = settings.lines().map(|line| format!("    {line}")).collect();
        let text = format!("webhooks:\n  hook:\n{}\n", indented.join("\n"));
        let problems = Problems::new();
        let variable = |name: &str| {
            let found = variables.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.clone())
        };
        let node = parse("policy.yaml", &text, &variable, &problems);
        let built = node.and_then(|node| {
            let mut fields = Fields::of(&node, "policy", &problems)?;
            let fetcher = Arc::new(fetcher);
            let built = Settings::read(&mut fields, &problems).build(&fetcher);
            built.into_iter().next()
        });
        let found = problems.into_sorted();
        let errors = found
            .iter()
            .filter(|problem| problem.severity == Severity::Error);
        let errors: Vec<String> = errors.map(ToString::to_string).collect();
        assert!(errors.is_empty(), "{text}\n{}", errors.join("\n"));
        Self(built.unwrap_or_else(|| panic!("nothing was built of\n{text}")))
    }

    /// A preset with these secrets, or public keys, and further keys.
    fn preset(name: &str, keys: &[&str], more: &str) -> Self {
        let kind = if is_public(name) {
            "public_keys"
        } else {
            "secrets"
        };
        Self::keyed(name, kind, keys, more)
    }

    /// The same, with keys of this kind.
    fn keyed(name: &str, kind: &str, keys: &[&str], more: &str) -> Self {
        let mut variables: Vec<(String, String)> = keys
            .iter()
            .enumerate()
            .map(|(at, key)| (format!("KEY_{at}"), (*key).to_owned()))
            .collect();
        let listed: Vec<String> = variables
            .iter()
            .map(|(name, _)| format!("\"${{{name}}}\""))
            .collect();
        let mut settings = format!("preset: {name}\n");
        if !listed.is_empty() {
            settings += &format!("{kind}: [{}]\n", listed.join(", "));
        }
        if signs_address(name) && !more.contains("url: ") {
            settings += &format!("url: {BASE}\n");
        }
        if text_of(name).contains("{config:public_key}") {
            settings += "parameters: { public_key: a_public_key }\n";
        }
        variables.push(("TOKEN".to_owned(), TOKEN.to_owned()));
        Self::of(&(settings + more), &variables)
    }

    /// Judges a delivery: its head, then its body.
    fn judge(&self, sent: &Sent) -> Result<Genuine, Why> {
        let request = sent.request();
        let message = Message {
            request: &request,
            capture: &|_| None::<Cow<'_, str>>,
            key: None,
        };
        match self.0.look(&message) {
            Look::Absent => return Err(Why::Missing),
            Look::Refused(refusal) => return Err(refusal.reason),
            Look::Challenge(_) => panic!("a challenge was found in a delivery"),
            Look::Delivery | Look::Enrolment => {}
        }
        let body = Bytes::from(sent.body.clone());
        match block_on(self.0.verify(&message, &body)) {
            Ok(Proved::Delivery(genuine)) => Ok(genuine),
            Ok(Proved::Challenge(_)) => panic!("a challenge was found in a delivery"),
            Ok(Proved::Enrolment(_)) => panic!("a secret was found in a delivery"),
            Err(refusal) => Err(refusal.reason),
        }
    }

    /// The verdict in one word: `ok`, or why not.
    fn verdict(&self, sent: &Sent) -> &'static str {
        self.judge(sent).map_or_else(Why::as_str, |_| "ok")
    }
}

impl Sent {
    fn request(&self) -> Request {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        Request {
            method: self.method.clone(),
            scheme: Scheme::Https,
            host: Host::parse("hooks.example.com").unwrap(),
            path: CanonicalPath::parse(&self.target).unwrap(),
            headers: sidegate::model::Fields::from(&headers),
            client: Client::direct("192.0.2.1:1000".parse().unwrap()),
            received_at: self.at,
        }
    }

    fn after(&self, seconds: u64) -> Self {
        let at = self.at + Duration::from_secs(seconds);
        Self { at, ..self.clone() }
    }

    fn before(&self, seconds: u64) -> Self {
        let at = self.at - Duration::from_secs(seconds);
        Self { at, ..self.clone() }
    }

    fn with_body(&self, body: Vec<u8>) -> Self {
        Self {
            body,
            ..self.clone()
        }
    }

    /// Without the fields of these names.
    fn without(&self, names: &[&str]) -> Self {
        let mut sent = self.clone();
        sent.headers.retain(|(name, _)| !is_one_of(name, names));
        sent
    }

    /// With the fields of these names twice, both equal.
    fn with_twice(&self, names: &[&str]) -> Self {
        let mut sent = self.clone();
        let again = self
            .headers
            .iter()
            .filter(|(name, _)| is_one_of(name, names));
        sent.headers.extend(again.cloned());
        sent
    }

    /// With the last byte of the body changed.
    fn with_other_byte(&self) -> Self {
        let mut body = self.body.clone();
        let last = body.iter().rposition(u8::is_ascii_digit).unwrap();
        body[last] = if body[last] == b'1' { b'2' } else { b'1' };
        self.with_body(body)
    }
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|one| name.eq_ignore_ascii_case(one))
}

fn text_of(preset: &str) -> &'static str {
    let found = presets().iter().find(|one| one.name == preset);
    found.unwrap_or_else(|| panic!("no preset {preset}")).text
}

/// Whether a preset verifies with public keys.
fn is_public(preset: &str) -> bool {
    let kinds = ["ed25519", "ecdsa-p256", "rsa-pkcs1"];
    kinds
        .iter()
        .any(|kind| text_of(preset).contains(&format!("kind: {kind}\n")))
}

/// Whether a preset's signature covers the address, so that the webhook needs `url`.
fn signs_address(preset: &str) -> bool {
    text_of(preset).contains("`url` is needed")
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread();
    runtime_of(runtime).block_on(future)
}

fn runtime_of(mut builder: tokio::runtime::Builder) -> tokio::runtime::Runtime {
    builder.enable_all().build().unwrap()
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}
