//! Parts of a record that are spelled out before it is written.

use std::net::IpAddr;

use http::Method;

use super::super::LogFormat;
use super::number;
use super::spell::{Line, MAX_TEXT, Name, fits, name};
use crate::model::{Memo, MemoOwner, PrincipalKind};

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

/// Who called, as a record says it.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// What kind of caller.
    pub kind: PrincipalKind,
    /// The principal's subject.
    pub subject: &'a str,
    /// The principal's tenant.
    pub tenant: Option<&'a str>,
    /// The issuer's name in the policy.
    pub issuer: &'a str,
    /// Keeps what was spelled out. It must be of a principal with just these facts.
    pub memo: &'a Memo,
}

impl Caller<'_> {
    #[inline(always)]
    pub(super) fn append<const JSON: bool>(&self, owner: MemoOwner, line: &mut Line<'_, JSON>) {
        let spell = || {
            let mut fields = Vec::with_capacity(self.room());
            self.spell(&mut Line::<JSON>(&mut fields));
            fields.into()
        };
        match self.memo.spelled(owner, spell) {
            Some(fields) => line.add(fields),
            None => self.spell(line),
        }
    }

    fn spell<const JSON: bool>(&self, line: &mut Line<'_, JSON>) {
        line.word(name!("kind"), self.kind.as_str());
        line.text(name!("subject"), self.subject);
        line.optional(name!("tenant"), self.tenant);
        line.text(name!("issuer"), self.issuer);
    }

    /// About how many bytes it takes to spell it, so that none are moved.
    fn room(&self) -> usize {
        const NAMES: usize = 64;
        NAMES + self.subject.len() + self.tenant.map_or(0, str::len) + self.issuer.len()
    }
}

/// What a record says of a request, spelled out while the request is there, because it is sent on.
#[derive(Debug)]
pub struct RequestFields {
    format: LogFormat,
    spelled: Vec<u8>,
    /// Where the request's identifier begins, which stands further behind; zero while only the method
    /// is known.
    id: usize,
}

impl RequestFields {
    /// Begins with the method. Spells into `room`, which is taken for empty.
    pub(in crate::telemetry) fn begin(format: LogFormat, room: Vec<u8>, method: &Method) -> Self {
        let mut fields = Self {
            format,
            spelled: room,
            id: 0,
        };
        fields.spelled.clear();
        match format {
            LogFormat::Json => Line::<true>(&mut fields.spelled).method(method),
            LogFormat::Text => Line::<false>(&mut fields.spelled).method(method),
        }
        fields
    }

    /// The request was read: the host asked for, with its port if it names one; the path without its
    /// query, which may hold credentials; the client's address, after trusted hops; the identifier
    /// that follows the request.
    pub fn received(
        &mut self,
        host: (&str, Option<u16>),
        path: &str,
        client: IpAddr,
        id: Option<&str>,
    ) {
        self.id = match self.format {
            LogFormat::Json => Line::<true>(&mut self.spelled).request(host, path, client, id),
            LogFormat::Text => Line::<false>(&mut self.spelled).request(host, path, client, id),
        }
    }

    /// The request was not read, so nothing but its method and who sent it is known.
    pub fn unread(&mut self, client: IpAddr) {
        self.received(("", None), "", client, None);
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

    /// The request's identifier, if it has one.
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
    fn request(
        &mut self,
        host: (&str, Option<u16>),
        path: &str,
        client: IpAddr,
        id: Option<&str>,
    ) -> usize {
        self.name(name!("host"));
        self.host(host);
        self.text(name!("path"), path);
        self.name(name!("client"));
        number::address(client, self.0);
        self.pieces("\"", "");
        let before = self.0.len();
        self.optional(name!("request_id"), id);
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
