//! A request of doctor's, and what a right set-up does with it.

use std::fmt::Write as _;
use std::net::IpAddr;

use http::Method;

use super::client::{Answer, Failed};
use super::place::Arrival;

/// The longest part of a target or a value that is shown, in characters.
const SHOWN: usize = 60;

/// Whom a request is sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum To {
    /// The front, as callers do.
    Front,
    /// The door that decides, as only a front may.
    Door,
    /// The app, as nobody but the front may.
    App,
}

/// A request in the making.
#[derive(Debug, Clone)]
pub(super) struct Probe {
    /// What is odd about it, in words; empty for a plain one.
    pub(super) what: String,
    pub(super) to: To,
    pub(super) method: String,
    pub(super) target: String,
    pub(super) host: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Vec<u8>>,
    /// Whether its fields hold what must not be shown.
    pub(super) secret: bool,
    pub(super) expected: Expected,
}

/// What a right set-up does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expected {
    /// It ends with one of these statuses, and never comes to the app.
    Refusal(Vec<u16>),
    /// It comes to the app with this target.
    Passage(String),
}

/// A request, and what came of it.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) probe: Probe,
    pub(super) answer: Result<Answer, Failed>,
    /// Our own end of the connection.
    pub(super) from: Option<IpAddr>,
    /// What came to the app's place of it.
    pub(super) arrived: Vec<Arrival>,
}

impl Probe {
    /// A request to the front that must be refused with one of these statuses.
    pub(super) fn new(method: &str, host: &str, target: &str) -> Self {
        Self {
            what: String::new(),
            to: To::Front,
            method: method.to_owned(),
            target: target.to_owned(),
            host: host.to_owned(),
            headers: Vec::new(),
            body: None,
            secret: false,
            expected: Expected::Refusal(Vec::new()),
        }
    }

    /// Says what is odd about it.
    #[must_use]
    pub(super) fn called(mut self, what: impl Into<String>) -> Self {
        self.what = what.into();
        self
    }

    /// Sends it elsewhere.
    #[must_use]
    pub(super) fn to(mut self, to: To) -> Self {
        self.to = to;
        self
    }

    /// Adds a field, as it is spelled.
    #[must_use]
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Says what a right set-up does with it.
    #[must_use]
    pub(super) fn expecting(mut self, expected: Expected) -> Self {
        self.expected = expected;
        self
    }

    /// Whether a right set-up lets it come to the app.
    pub(super) fn passes(&self) -> bool {
        matches!(self.expected, Expected::Passage(_))
    }

    /// What the answer is read by.
    pub(super) fn read_as(&self) -> Method {
        Method::from_bytes(self.method.as_bytes()).unwrap_or_default()
    }

    /// The bytes, with a field that tells it from all others.
    pub(super) fn bytes(&self, marker: (&str, &str)) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        let length = self.body.as_ref().map(|body| body.len().to_string());
        let length = length
            .iter()
            .map(|length| ("Content-Length", length.as_str()));
        let own = [
            ("Host", self.host.as_str()),
            (
                "User-Agent",
                concat!("sidegate-doctor/", env!("CARGO_PKG_VERSION")),
            ),
            marker,
        ];
        let given = self.headers.iter();
        let given = given.map(|(name, value)| (name.as_str(), value.as_str()));
        let end = [("Connection", "close")];
        for (name, value) in own.into_iter().chain(given).chain(length).chain(end) {
            // Writing to a string cannot fail.
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend(self.body.iter().flatten());
        bytes
    }

    /// One line that says what is sent.
    pub(super) fn shown(&self) -> String {
        let mut line = format!("{} {}", self.method, shortened(&self.target));
        match (self.secret, self.headers.as_slice()) {
            (true, _) => line.push_str(" (fields not shown)"),
            (false, []) => {}
            (false, headers) => {
                let all = headers.iter().take(3);
                let all: Vec<String> = all
                    .map(|(name, value)| format!("{name}: {}", shortened(value)))
                    .collect();
                let _ = write!(line, " [{}]", all.join(", "));
                if headers.len() > 3 {
                    let _ = write!(line, " and {} fields more", headers.len() - 3);
                }
            }
        }
        if let Some(body) = &self.body {
            let _ = write!(line, " with {} bytes", body.len());
        }
        if !self.what.is_empty() {
            let _ = write!(line, " ({})", self.what);
        }
        line
    }
}

/// The beginning of a text that is long.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => {
            let (begin, _) = text.split_at_checked(end).unwrap_or((text, ""));
            format!("{begin}...")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_is_sent_as_it_is_written() {
        let mut probe = Probe::new("POST", "a.test", "/a//b").header("x_user", "b");
        probe.body = Some(b"cd".to_vec());
        let text = String::from_utf8(probe.bytes(("X-Doctor-Probe", "n-1"))).unwrap();
        assert!(
            text.starts_with("POST /a//b HTTP/1.1\r\nHost: a.test\r\n"),
            "{text}"
        );
        assert!(text.contains("\r\nX-Doctor-Probe: n-1\r\nx_user: b\r\nContent-Length: 2\r\n"));
        assert!(text.ends_with("\r\n\r\ncd"));
    }

    #[test]
    fn credential_is_not_shown() {
        let mut probe = Probe::new("GET", "a.test", "/").header("Authorization", "Bearer s3cret");
        assert!(probe.shown().contains("s3cret"));
        probe.secret = true;
        assert!(!probe.shown().contains("s3cret"));
    }
}
