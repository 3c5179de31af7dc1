//! One decision as one line.

use std::fmt::{self, Write};
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use super::LogFormat;
use crate::model::Reason;

/// The longest text that a record shows, in bytes; more is cut and ends in `...`.
const MAX_TEXT: usize = 2048;

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The request may pass.
    Allow,
    /// It may not.
    Deny,
}

impl Outcome {
    /// The word used in logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

/// What the decision log says about one request.
///
/// There is no field for headers, query, token, key or body: what is not here cannot be written.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// When the request arrived.
    pub time: SystemTime,
    /// What was decided.
    pub outcome: Outcome,
    /// Why it failed; on an allowed request, why the upstream's answer did not come.
    pub reason: Option<Reason>,
    /// The status the caller got; zero when the caller left before there was one.
    pub status: u16,
    /// The route's name.
    pub route: Option<&'a str>,
    /// The method.
    pub method: &'a str,
    /// The host asked for.
    pub host: &'a str,
    /// The path without its query, which may hold credentials.
    pub path: &'a str,
    /// The client's address, after trusted hops.
    pub client: Option<IpAddr>,
    /// What kind of caller: `user`, `machine`.
    pub kind: Option<&'a str>,
    /// The principal's subject.
    pub subject: Option<&'a str>,
    /// The principal's tenant.
    pub tenant: Option<&'a str>,
    /// The issuer's name in the policy.
    pub issuer: Option<&'a str>,
    /// A fingerprint of the credential, from which it cannot be had back.
    pub fingerprint: Option<&'a str>,
    /// The identifier that follows the request.
    pub request_id: Option<&'a str>,
    /// The upstream's name.
    pub upstream: Option<&'a str>,
    /// How long the whole request took.
    pub duration: Duration,
    /// What exactly was wrong; empty when the reason says it all.
    pub detail: &'a str,
    /// The hash of the policy that decided.
    pub policy: &'a str,
}

impl Record<'_> {
    /// The record as one line, with its line end.
    pub(super) fn line(&self, format: LogFormat) -> String {
        let mut line = Line {
            text: String::with_capacity(512),
            json: format == LogFormat::Json,
        };
        line.open();
        line.raw("time", format_args!("{:.3}", timestamp(self.time)));
        line.text("event", "decision");
        line.text("decision", self.outcome.as_str());
        line.optional("reason", self.reason.map(Reason::code));
        line.number("status", format_args!("{}", self.status));
        line.optional("route", self.route);
        line.text("method", self.method);
        line.text("host", self.host);
        line.text("path", self.path);
        if let Some(client) = self.client {
            line.raw("client", format_args!("{client}"));
        }
        line.optional("kind", self.kind);
        line.optional("subject", self.subject);
        line.optional("tenant", self.tenant);
        line.optional("issuer", self.issuer);
        line.optional("fingerprint", self.fingerprint);
        line.optional("request_id", self.request_id);
        line.optional("upstream", self.upstream);
        let micros = self.duration.as_micros();
        let milliseconds = (micros / 1000, micros % 1000);
        line.number(
            "duration_ms",
            format_args!("{}.{:03}", milliseconds.0, milliseconds.1),
        );
        line.optional("detail", Some(self.detail).filter(|text| !text.is_empty()));
        line.text("policy", self.policy);
        line.close();
        line.text
    }
}

/// The time as RFC 3339 writes it, in UTC. One beyond the calendar becomes 1970.
fn timestamp(time: SystemTime) -> jiff::Timestamp {
    jiff::Timestamp::try_from(time).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

/// A line under way: a JSON object, or `name=value` pairs with values in quotes where they need it.
struct Line {
    text: String,
    json: bool,
}

impl Line {
    fn open(&mut self) {
        if self.json {
            self.text.push('{');
        }
    }

    fn close(&mut self) {
        self.text.push_str(if self.json { "}\n" } else { "\n" });
    }

    fn name(&mut self, name: &str) {
        let first = self.text.len() <= usize::from(self.json);
        match (self.json, first) {
            (true, true) => self.text.push('"'),
            (true, false) => self.text.push_str(",\""),
            (false, true) => {}
            (false, false) => self.text.push(' '),
        }
        self.text.push_str(name);
        self.text.push_str(if self.json { "\":" } else { "=" });
    }

    fn number(&mut self, name: &str, value: fmt::Arguments<'_>) {
        self.name(name);
        // Writing to a string does not fail.
        let _ = self.text.write_fmt(value);
    }

    /// A value that needs no escape: a time, an address.
    fn raw(&mut self, name: &str, value: fmt::Arguments<'_>) {
        self.name(name);
        let quote = if self.json { "\"" } else { "" };
        self.text.push_str(quote);
        let _ = self.text.write_fmt(value);
        self.text.push_str(quote);
    }

    fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        let bare = !self.json && !value.is_empty() && value.bytes().all(is_bare);
        if bare && value.len() <= MAX_TEXT {
            self.text.push_str(value);
            return;
        }
        let shown = beginning(value);
        self.text.push('"');
        escape(shown, &mut self.text);
        if shown.len() < value.len() {
            self.text.push_str("...");
        }
        self.text.push('"');
    }
}

/// As much of a text as a record shows, ending between two characters.
fn beginning(text: &str) -> &str {
    (0..=MAX_TEXT)
        .rev()
        .find_map(|end| text.get(..end))
        .filter(|_| text.len() > MAX_TEXT)
        .unwrap_or(text)
}

/// Whether a byte may stand in a text value without quotes.
fn is_bare(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'=')
}

/// Escapes as JSON does (RFC 8259 section 7), and what [`is_hidden`] besides.
fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            other => escape_one(other, out),
        }
    }
}

/// Escapes what is hidden, but not what `keep` names.
pub(super) fn escape_hidden(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    for character in text.chars() {
        match keep(character) {
            true => out.push(character),
            false => escape_one(character, &mut out),
        }
    }
    out
}

fn escape_one(character: char, out: &mut String) {
    match character {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        other if is_hidden(other) => {
            // Writing to a string does not fail.
            let _ = write!(out, "\\u{:04x}", u32::from(other));
        }
        other => out.push(other),
    }
}

/// What breaks a line or misleads its reader: control characters, the line ends U+2028 and U+2029,
/// and marks that have no width or reorder what is seen.
fn is_hidden(character: char) -> bool {
    let hidden = matches!(character,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    hidden || character.is_control()
}
