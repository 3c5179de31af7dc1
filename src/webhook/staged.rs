//! Messages for the tests of this room.

use std::time::{Duration, SystemTime};

use http::Method;

use crate::document::Problems;
use crate::model::{CanonicalPath, Client, Fields, Host, Request, Scheme};

use super::message::Message;

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
            headers: Fields::of(headers),
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
