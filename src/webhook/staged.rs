//! Messages for the tests of this room.

use std::time::{Duration, SystemTime};

use http::Method;

use crate::document::{Fields, Problems, Read as _, parse};
use crate::model::{self, CanonicalPath, Client, Host, Request, Scheme};

use super::candidates::Held;
use super::kind::Around;
use super::message::Message;
use super::scheme::{Base, KeyForm, Parameters};

/// A request that can be looked at as a message.
#[derive(Debug, Clone)]
pub(super) struct Staged(pub(super) Request);

impl Staged {
    /// A request that came over TLS for `hooks.example.com`, at the start of 1970.
    pub(super) fn new(method: Method, target: &str, headers: &[(&str, &str)]) -> Self {
        Self(Request {
            method,
            scheme: Scheme::Https,
            host: Host::parse("hooks.example.com").unwrap(),
            path: CanonicalPath::parse(target).unwrap(),
            headers: model::Fields::of(headers),
            client: Client::direct("192.0.2.1:1000".parse().unwrap()),
            received_at: SystemTime::UNIX_EPOCH,
        })
    }

    /// The same for another host.
    pub(super) fn to(mut self, host: &str) -> Self {
        self.0.host = Host::parse(host).unwrap();
        self
    }

    /// The same, so many seconds after the start of 1970.
    pub(super) fn at(mut self, seconds: u64) -> Self {
        self.0.received_at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        self
    }

    /// What a scheme sees of it.
    pub(super) fn message(&self) -> Message<'_> {
        Message {
            request: &self.0,
            capture: &|_| None,
            key: None,
        }
    }
}

/// The mistakes that were found, each as it is shown.
pub(super) fn lines(problems: Problems) -> Vec<String> {
    let found = problems.into_sorted();
    found.iter().map(ToString::to_string).collect()
}

/// Reads the text of a section `scheme`, for a webhook with the base of addresses that is given.
pub(super) fn read<T>(
    text: &str,
    url: Option<&str>,
    reader: fn(&mut Fields<'_>, &Around<'_>) -> Option<T>,
) -> Result<T, Vec<String>> {
    let problems = Problems::new();
    let node = parse("policy.yaml", text, &|_| None, &problems).unwrap();
    let base = url.map(|url| {
        let text = format!("url: {url}");
        let node = parse("policy.yaml", &text, &|_| None, &problems).unwrap();
        Base::read(node.at("url").unwrap(), &problems).unwrap()
    });
    let parameters = Parameters::default();
    let around = Around {
        url: base.as_ref(),
        parameters: &parameters,
        problems: &problems,
    };
    let mut fields = Fields::of(&node, "scheme", &problems).unwrap();
    // The kind has chosen the reader already.
    let _ = fields.raw("kind");
    let read = reader(&mut fields, &around);
    fields.finish();
    let found = lines(problems);
    match read {
        Some(read) if found.is_empty() => Ok(read),
        _ => Err(found),
    }
}

/// Keys as the file has them, with what they are called by.
pub(super) fn keys(form: &KeyForm, texts: &[(&str, &str)]) -> Vec<Held> {
    let held = texts.iter().map(|(id, text)| Held {
        id: (*id).into(),
        key: form.key(text.as_bytes()).unwrap(),
        not_before: None,
        not_after: None,
    });
    held.collect()
}
