//! The members of a body, each taken once; what is left over is a mistake.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use ipnet::IpNet;
use serde_json::{Map, Value};

use super::Ask;
use super::fault::{Fault, Refusal};
use super::json::{parse, quoted};
use crate::document::{closest, duration};

/// The members of a body that were not taken yet.
pub(super) struct Body {
    members: Map<String, Value>,
    /// What has been asked for, to suggest it.
    asked: Vec<&'static str>,
}

impl Body {
    /// Reads a body, which is a JSON object.
    pub(super) fn read(ask: &Ask<'_>) -> Result<Self, Refusal> {
        if !is_json(ask.content_type) {
            let detail = "say `Content-Type: application/json`";
            return Err(Refusal::new(Fault::MediaTypeUnsupported, detail));
        }
        if ask.body.trim_ascii().is_empty() {
            let detail = "the body is empty: send a JSON object, `{}` at least";
            return Err(Refusal::new(Fault::BodyInvalid, detail));
        }
        match parse(ask.body.trim_ascii())? {
            Value::Object(members) => Ok(Self {
                members,
                asked: Vec::new(),
            }),
            _ => Err(Refusal::new(
                Fault::BodyInvalid,
                "the body is not a JSON object",
            )),
        }
    }

    /// Refuses what nobody asked for.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        let Some(unknown) = self.members.keys().next() else {
            return Ok(());
        };
        let help = match closest(unknown, self.asked.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if self.asked.is_empty() => "there are none".to_owned(),
            None => format!("there are {}", self.asked.join(", ")),
        };
        let name = quoted(unknown);
        let detail = format!("the field {name} is not known here: {help}");
        Err(Refusal::of(
            Fault::BodyInvalid,
            name.trim_matches('`'),
            detail,
        ))
    }

    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<String>, Refusal> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(name, "is not a text")),
        }
    }

    /// Whether something is wanted: not, if nothing is said.
    pub(super) fn truth(&mut self, name: &'static str) -> Result<bool, Refusal> {
        match self.take(name) {
            None => Ok(false),
            Some(Value::Bool(truth)) => Ok(truth),
            Some(_) => Err(wrong(name, "is not true or false")),
        }
    }

    pub(super) fn texts(&mut self, name: &'static str) -> Result<Option<Vec<String>>, Refusal> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let one = |value| match value {
            Value::String(text) => Some(text),
            _ => None,
        };
        let list = match value {
            Value::Array(list) => list.into_iter().map(one).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        let list = list.ok_or_else(|| wrong(name, "is not a list of texts"))?;
        Ok(Some(list))
    }

    pub(super) fn object(
        &mut self,
        name: &'static str,
    ) -> Result<Option<Map<String, Value>>, Refusal> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(members)),
            Some(_) => Err(wrong(name, "is not an object")),
        }
    }

    pub(super) fn time(&mut self, name: &'static str) -> Result<Option<SystemTime>, Refusal> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let parsed: Result<jiff::Timestamp, _> = text.parse();
        let moment = parsed.map_err(|_| senseless(name, "is not a time like 2030-01-31T12:00:00Z"));
        Ok(Some(moment?.into()))
    }

    pub(super) fn duration(&mut self, name: &'static str) -> Result<Option<Duration>, Refusal> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let span = duration(&text);
        let span = span.ok_or_else(|| senseless(name, "is not a duration like 24h or 90d"));
        span.map(Some)
    }

    pub(super) fn networks(&mut self, name: &'static str) -> Result<Option<Vec<IpNet>>, Refusal> {
        let Some(texts) = self.texts(name)? else {
            return Ok(None);
        };
        let list = texts.iter().map(|text| network(text)).collect();
        let list: Option<Vec<IpNet>> = list;
        let wrong = || senseless(name, "is not a list of networks like 10.0.0.0/8");
        list.ok_or_else(wrong).map(Some)
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.asked.push(name);
        self.members.remove(name)
    }
}

/// A network, or a single address.
fn network(text: &str) -> Option<IpNet> {
    let whole = text.parse().map(|network: IpNet| network.trunc());
    let single = || text.parse::<IpAddr>().map(IpNet::from);
    whole.or_else(|_| single()).ok()
}

/// Of the wrong type.
fn wrong(name: &'static str, detail: &str) -> Refusal {
    Refusal::of(Fault::BodyInvalid, name, format!("`{name}` {detail}"))
}

/// Of the right type, but without a meaning.
fn senseless(name: &'static str, detail: &str) -> Refusal {
    Refusal::of(Fault::KeyInvalid, name, format!("`{name}` {detail}"))
}

/// Whether a body is said to be JSON (RFC 9110 section 8.3). Asking for it keeps forms of foreign pages
/// out, which cannot say so.
/// What `curl -d` says of its body, and so do forms of web pages.
const FORM: &[u8] = b"application/x-www-form-urlencoded";

/// What a body is said to be, for a caller that has shown by other means to be no form of a stranger's page,
/// which is why JSON is asked for: what is called a form, or nothing, counts as JSON.
pub fn unless_form(said: Option<&[u8]>) -> Option<&[u8]> {
    let is_form = |said: &[u8]| {
        let begin = said.get(..FORM.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(FORM))
    };
    match said.is_none_or(is_form) {
        true => Some(b"application/json"),
        false => said,
    }
}

fn is_json(content_type: Option<&[u8]>) -> bool {
    let named = content_type.and_then(|text| text.split(|byte| *byte == b';').next());
    named.is_some_and(|name| name.trim_ascii().eq_ignore_ascii_case(b"application/json"))
}
