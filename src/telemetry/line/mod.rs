//! One decision as one line, appended to a buffer that is used again and again.

mod escape;
mod number;

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use super::LogFormat;
use crate::model::{PrincipalKind, Reason};

pub(super) use escape::escape_hidden;
pub(super) use number::Stamp;

/// The longest text that a record shows, in bytes; more is cut and ends in `...`.
const MAX_TEXT: usize = 2048;

/// A field's name, put together when this is compiled.
macro_rules! name {
    ($name:literal) => {
        Name {
            json: concat!(",\"", $name, "\":"),
            text: concat!(" ", $name, "="),
        }
    };
}

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

/// A text that many records show, spelled out beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    json: Box<[u8]>,
    text: Box<[u8]>,
}

impl Ready {
    /// Spells a text out.
    pub fn new(text: &str) -> Self {
        let (mut json, mut bare) = (Vec::new(), Vec::new());
        Line::<true>(&mut json).value(text);
        Line::<false>(&mut bare).value(text);
        Self {
            json: json.into(),
            text: bare.into(),
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
    pub route: Option<&'a Ready>,
    /// The method.
    pub method: &'a str,
    /// The host asked for.
    pub host: &'a str,
    /// The path without its query, which may hold credentials.
    pub path: &'a str,
    /// The client's address, after trusted hops.
    pub client: Option<IpAddr>,
    /// What kind of caller.
    pub kind: Option<PrincipalKind>,
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
    pub upstream: Option<&'a Ready>,
    /// How long the whole request took.
    pub duration: Duration,
    /// What exactly was wrong; empty when the reason says it all.
    pub detail: &'a str,
    /// The hash of the policy that decided.
    pub policy: &'a Ready,
}

impl Record<'_> {
    /// Appends the record as one line, with its line end.
    pub(super) fn append(&self, format: LogFormat, stamp: &mut Stamp, out: &mut Vec<u8>) {
        match format {
            LogFormat::Json => self.lay_out(&mut Line::<true>(out), stamp),
            LogFormat::Text => self.lay_out(&mut Line::<false>(out), stamp),
        }
    }

    fn lay_out<const JSON: bool>(&self, line: &mut Line<'_, JSON>, stamp: &mut Stamp) {
        line.pieces("{\"time\":\"", "time=");
        stamp.write(self.time, line.0);
        match self.outcome {
            Outcome::Allow => line.pieces(
                "\",\"event\":\"decision\",\"decision\":\"allow\"",
                " event=decision decision=allow",
            ),
            Outcome::Deny => line.pieces(
                "\",\"event\":\"decision\",\"decision\":\"deny\"",
                " event=decision decision=deny",
            ),
        }
        line.word(name!("reason"), self.reason.map(Reason::code));
        line.name(name!("status"));
        number::status(self.status, line.0);
        line.ready(name!("route"), self.route);
        line.text(name!("method"), self.method);
        line.text(name!("host"), self.host);
        line.text(name!("path"), self.path);
        if let Some(client) = self.client {
            line.name(name!("client"));
            line.pieces("\"", "");
            number::address(client, line.0);
            line.pieces("\"", "");
        }
        line.word(name!("kind"), self.kind.map(PrincipalKind::as_str));
        line.optional(name!("subject"), self.subject);
        line.optional(name!("tenant"), self.tenant);
        line.optional(name!("issuer"), self.issuer);
        line.optional(name!("fingerprint"), self.fingerprint);
        line.optional(name!("request_id"), self.request_id);
        line.ready(name!("upstream"), self.upstream);
        line.name(name!("duration_ms"));
        number::milliseconds(self.duration, line.0);
        line.optional(
            name!("detail"),
            Some(self.detail).filter(|text| !text.is_empty()),
        );
        line.ready(name!("policy"), Some(self.policy));
        line.pieces("}\n", "\n");
    }
}

/// A line under way: a JSON object, or `name=value` pairs with values in quotes where they need it.
struct Line<'a, const JSON: bool>(&'a mut Vec<u8>);

/// A field's name as it stands in a line, with what parts it from the field before.
struct Name {
    json: &'static str,
    text: &'static str,
}

impl<const JSON: bool> Line<'_, JSON> {
    /// Appends what is known beforehand, in whichever of the two manners.
    #[inline(always)]
    fn pieces(&mut self, json: &'static str, text: &'static str) {
        let piece = if JSON { json } else { text };
        self.0.extend_from_slice(piece.as_bytes());
    }

    #[inline(always)]
    fn name(&mut self, name: Name) {
        self.pieces(name.json, name.text);
    }

    #[inline(always)]
    fn ready(&mut self, name: Name, value: Option<&Ready>) {
        if let Some(Ready { json, text }) = value {
            self.name(name);
            self.0.extend_from_slice(if JSON { json } else { text });
        }
    }

    /// A word of our own: letters, and nothing that is ever escaped.
    #[inline(always)]
    fn word(&mut self, name: Name, value: Option<&'static str>) {
        if let Some(value) = value {
            self.name(name);
            self.pieces("\"", "");
            self.0.extend_from_slice(value.as_bytes());
            self.pieces("\"", "");
        }
    }

    #[inline(always)]
    fn optional(&mut self, name: Name, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    #[inline(always)]
    fn text(&mut self, name: Name, value: &str) {
        self.name(name);
        self.value(value);
    }

    fn value(&mut self, value: &str) {
        let short = value.len() <= MAX_TEXT;
        if JSON && short && escape::is_plain(value) {
            self.0.push(b'"');
            self.0.extend_from_slice(value.as_bytes());
            self.0.push(b'"');
        } else if !JSON && short && escape::is_bare(value) {
            self.0.extend_from_slice(value.as_bytes());
        } else {
            self.escaped(value);
        }
    }

    /// Seldom needed, so kept out of the way of what is always done.
    #[cold]
    #[inline(never)]
    fn escaped(&mut self, value: &str) {
        let shown = beginning(value);
        self.0.push(b'"');
        escape::escape(shown, self.0);
        if shown.len() < value.len() {
            self.0.extend_from_slice(b"...");
        }
        self.0.push(b'"');
    }
}

/// As much of a text as a record shows, ending between two characters.
fn beginning(text: &str) -> &str {
    if text.len() <= MAX_TEXT {
        return text;
    }
    let mut ends = (0..=MAX_TEXT).rev();
    ends.find_map(|end| text.get(..end)).unwrap_or("")
}

#[cfg(test)]
mod tests;
