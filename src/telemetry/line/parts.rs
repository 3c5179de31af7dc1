//! Parts of a record that are spelled out before it is written.

use std::net::IpAddr;

use http::Method;

use super::spell::{Line, MAX_TEXT, Name, fits, name};
use super::{Facts, Manner, number};
use crate::model::{Fields, Scheme};
use crate::telemetry::LogFormat;
use crate::telemetry::decision_log::{Hidden, Redactable};

/// A field that many records show, spelled out beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    json: Box<[u8]>,
    text: Box<[u8]>,
}

impl Ready {
    /// A route, by its name.
    pub fn route(name: &str) -> Self {
        Self::field(name!("route"), name)
    }

    /// An upstream, by its name.
    pub fn upstream(name: &str) -> Self {
        Self::field(name!("upstream"), name)
    }

    /// A policy, by its hash.
    pub fn policy(hash: &str) -> Self {
        Self::field(name!("policy"), hash)
    }

    fn field(name: Name, value: &str) -> Self {
        let (mut json, mut text) = (Vec::new(), Vec::new());
        Line::<true>(&mut json).text(name, value);
        Line::<false>(&mut text).text(name, value);
        Self {
            json: json.into(),
            text: text.into(),
        }
    }

    #[inline(always)]
    pub(super) fn spelled<const JSON: bool>(&self) -> &[u8] {
        if JSON { &self.json } else { &self.text }
    }
}

/// What was asked, from where.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The scheme the caller used, if the request was read.
    pub scheme: Option<Scheme>,
    /// The host asked for, with its port if it names one.
    pub host: (&'a str, Option<u16>),
    /// The path without its query, which may hold credentials.
    pub path: &'a str,
    /// The client's address, after trusted hops.
    pub client: IpAddr,
    /// The identifier that follows the request.
    pub id: Option<&'a str>,
}

/// What a record says of a request, spelled out while the request is there, because it is sent on.
#[derive(Debug)]
pub struct RequestFields {
    format: LogFormat,
    hidden: Hidden,
    spelled: Vec<u8>,
    /// Where the request's identifier begins, which stands further behind; zero while only the method
    /// is known.
    id: usize,
}

impl RequestFields {
    /// Begins with the method. Spells into `room`, which is taken for empty.
    pub(in crate::telemetry) fn begin(manner: Manner, room: Vec<u8>, method: &Method) -> Self {
        let mut fields = Self {
            format: manner.format,
            hidden: manner.hidden,
            spelled: room,
            id: 0,
        };
        fields.spelled.clear();
        match manner.format {
            LogFormat::Json => Line::<true>(&mut fields.spelled).method(method),
            LogFormat::Text => Line::<false>(&mut fields.spelled).method(method),
        }
        fields
    }

    /// The request was read.
    pub fn received(&mut self, asked: &Asked<'_>) {
        self.id = match self.format {
            LogFormat::Json => Line::<true>(&mut self.spelled).request(asked, self.hidden),
            LogFormat::Text => Line::<false>(&mut self.spelled).request(asked, self.hidden),
        }
    }

    /// What the policy's rules read of the request, for records in JSON. Comes after
    /// [`RequestFields::received`].
    #[inline]
    pub fn read_by_rules(&mut self, facts: &Facts, headers: &Fields, query: Option<&str>) {
        if facts.of_requests() && self.format == LogFormat::Json {
            facts.append_request(headers, query, &mut Line(&mut self.spelled));
        }
    }

    /// The request was not read, so nothing but its method and who sent it is known.
    pub fn unread(&mut self, client: IpAddr) {
        self.received(&Asked {
            scheme: None,
            host: ("", None),
            path: "",
            client,
            id: None,
        });
    }

    /// Whether there is more than a method.
    pub fn is_complete(&self) -> bool {
        self.id > 0
    }

    /// The room, for another request's fields.
    pub fn into_room(self) -> Vec<u8> {
        self.spelled
    }

    /// From the method to the client.
    #[inline(always)]
    pub(super) fn asked(&self) -> &[u8] {
        self.spelled.get(..self.id).unwrap_or_default()
    }

    /// The request's identifier, if it has one, and what rules read of it.
    #[inline(always)]
    pub(super) fn id(&self) -> &[u8] {
        self.spelled.get(self.id..).unwrap_or_default()
    }
}

impl<const JSON: bool> Line<'_, JSON> {
    /// A method is a token (RFC 9110 section 9.1): visible characters that may all stand as they are.
    fn method(&mut self, method: &Method) {
        let method = method.as_str();
        self.name(name!("method"));
        if method.len() <= MAX_TEXT {
            self.add(method.as_bytes());
            self.pieces("\"", "");
        } else {
            self.value(method);
        }
    }

    /// Gives where the identifier begins.
    fn request(&mut self, asked: &Asked<'_>, hidden: Hidden) -> usize {
        if let Some(scheme) = asked.scheme.filter(|_| JSON) {
            self.word(name!("scheme"), scheme.as_str());
        }
        if hidden.has(Redactable::Host) {
            self.redacted(name!("host"));
        } else {
            self.name(name!("host"));
            self.host(asked.host);
        }
        if hidden.has(Redactable::Path) {
            self.redacted(name!("path"));
        } else {
            self.text(name!("path"), asked.path);
        }
        if hidden.has(Redactable::Client) {
            self.redacted(name!("client"));
        } else {
            self.name(name!("client"));
            number::address(asked.client, self.0);
            self.pieces("\"", "");
        }
        let before = self.0.len();
        self.optional(name!("request_id"), asked.id);
        before
    }

    fn host(&mut self, (name, port): (&str, Option<u16>)) {
        match port {
            None => self.value(name),
            // Room for the port, without which a long name may just fit.
            Some(port) if fits::<JSON>(name) && name.len() < 1024 => {
                self.add(name.as_bytes());
                self.0.push(b':');
                number::decimal(port.into(), self.0);
                self.pieces("\"", "");
            }
            Some(port) => self.value(&format!("{name}:{port}")),
        }
    }
}
