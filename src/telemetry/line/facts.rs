//! What a record says because some rule of the policy reads it, so that the decision can be made again.
//!
//! Always: the value of a field that credentials may stand in is never spelled, whatever the rules
//! read; what was looked for and was not there is said to be absent, which is more than not being said.

use std::sync::Arc;

use super::reading::{is_header_ambiguous, is_parameter_ambiguous};
use super::spell::{Line, REDACTED};
use super::value::{Why, of_parameter};
use crate::model::{Fields, FoldedName, MemoOwner, Principal};
use crate::telemetry::decision_log::{Hidden, Redactable, Redaction};

/// Header fields that hold credentials whatever a policy says (RFC 9110 section 11, RFC 6265), in lower
/// case.
const CREDENTIALS: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// The claim that names the event of a signed delivery.
const EVENT: &str = "event_id";

/// What the rules of one policy read of requests and callers, besides what every record says.
///
/// Made for one log when a policy is loaded.
#[derive(Debug)]
pub struct Facts {
    /// Whose are the spellings that callers' memos hold.
    owner: MemoOwner,
    redaction: Arc<Redaction>,
    headers: Vec<Sought>,
    query: Vec<Sought>,
    claims: Vec<Sought>,
    email: bool,
}

/// One fact, by its name.
#[derive(Debug)]
struct Sought {
    name: Box<str>,
    /// With the spellings that may be taken for it, when it is a header's.
    folded: FoldedName,
    /// The name as the key of a JSON object.
    key: Box<[u8]>,
    /// Why its value is not shown.
    withheld: Option<Why>,
}

impl Sought {
    fn new(name: &str, withheld: Option<Why>) -> Self {
        let mut key = vec![b'"'];
        Line::<true>(&mut key).value(name);
        key.push(b':');
        Self {
            name: name.into(),
            folded: FoldedName::new(name),
            key: key.into(),
            withheld,
        }
    }
}

impl Facts {
    /// No facts yet.
    pub(in crate::telemetry) fn new(redaction: Arc<Redaction>) -> Self {
        Self {
            owner: MemoOwner::unique(),
            redaction,
            headers: Vec::new(),
            query: Vec::new(),
            claims: Vec::new(),
            email: false,
        }
    }

    /// Rules read this header, whose name is in lower case. `credential` says whether credentials may
    /// stand in it; that they may in `authorization` and its like is known.
    pub fn header(&mut self, name: &str, credential: bool) {
        let folded = FoldedName::new(name);
        let known = |known: &&str| folded.matches(known.as_bytes());
        let credential = credential || CREDENTIALS.iter().any(known);
        let host = name == "host" && self.redaction.hidden.has(Redactable::Host);
        let why = withheld(credential, host || self.redaction.headers.contains(name));
        self.headers.push(Sought::new(name, why));
    }

    /// Rules read this parameter of the query, named as it reads once decoded.
    pub fn parameter(&mut self, name: &str, credential: bool) {
        let why = withheld(credential, self.redaction.query.contains(name));
        self.query.push(Sought::new(name, why));
    }

    /// Rules read this claim, by its name at the top level.
    pub fn claim(&mut self, name: &str) {
        // What is hidden under its own name does not come out under that of its claim.
        let hidden = match name {
            // The subject of an API key is its owner.
            "sub" | "owner" => self.redaction.hidden.has(Redactable::Subject),
            "key_id" => self.redaction.hidden.has(Redactable::Key),
            "email" => self.redaction.hidden.has(Redactable::Email),
            _ => false,
        };
        let why = withheld(false, hidden || self.redaction.claims.contains(name));
        self.claims.push(Sought::new(name, why));
    }

    /// Rules read the principal's e-mail address.
    pub fn email(&mut self) {
        self.email = true;
    }

    /// Whether rules read anything of requests.
    #[inline(always)]
    pub(super) fn of_requests(&self) -> bool {
        !self.headers.is_empty() || !self.query.is_empty()
    }

    #[inline(always)]
    pub(super) fn owner(&self) -> MemoOwner {
        self.owner
    }

    /// Appends what rules read of a request.
    #[inline(never)]
    pub(super) fn append_request(
        &self,
        headers: &Fields,
        query: Option<&str>,
        line: &mut Line<'_, true>,
    ) {
        line.facts(b",\"headers\":{", &self.headers, |sought, line| {
            if is_header_ambiguous(headers, &sought.name, &sought.folded) {
                return line.omitted(sought.withheld.unwrap_or(Why::Ambiguous));
            }
            let values = headers.get_all::<str>(&sought.name);
            line.values(values, sought.withheld);
        });
        line.facts(b",\"query\":{", &self.query, |sought, line| {
            let query = query.unwrap_or_default();
            if is_parameter_ambiguous(query, &sought.name) {
                return line.omitted(sought.withheld.unwrap_or(Why::Ambiguous));
            }
            let pairs = query.split('&');
            let values = pairs.filter_map(|pair| of_parameter(pair, &sought.name));
            line.values(values, sought.withheld);
        });
    }

    /// Appends what rules read of a principal, besides what every record says.
    pub(super) fn append_principal(
        &self,
        principal: &Principal,
        hidden: Hidden,
        line: &mut Line<'_, true>,
    ) {
        if self.email {
            line.add(b",\"email\":");
            let redacted = hidden.has(Redactable::Email).then_some(REDACTED);
            match principal.email.as_deref() {
                None => line.add(b"null"),
                Some(email) => {
                    line.add(b"\"");
                    line.value(redacted.unwrap_or(email));
                }
            }
        }
        line.facts(b",\"claims\":{", &self.claims, |sought, line| {
            // A record tells the event of a delivery by its digest.
            if principal.webhook.is_some() && &*sought.name == EVENT {
                return line.omitted(Why::Redacted);
            }
            line.claim(principal.claims.get(&sought.name), sought.withheld);
        });
    }
}

fn withheld(credential: bool, redacted: bool) -> Option<Why> {
    match (credential, redacted) {
        (true, _) => Some(Why::Credential),
        (false, true) => Some(Why::Redacted),
        (false, false) => None,
    }
}

impl Line<'_, true> {
    /// Appends a group of facts as an object; nothing when there are none.
    fn facts(
        &mut self,
        name: &'static [u8],
        all: &[Sought],
        mut append: impl FnMut(&Sought, &mut Self),
    ) {
        for (index, sought) in all.iter().enumerate() {
            self.add(if index == 0 { name } else { b"," });
            self.add(&sought.key);
            append(sought, self);
        }
        if !all.is_empty() {
            self.0.push(b'}');
        }
    }
}
