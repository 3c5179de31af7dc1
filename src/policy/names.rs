//! Header names: which may carry an identity, and which are removed from every request.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

use http::HeaderName;

use crate::document::{Placed, Problems};
use crate::model::FoldedName;

use super::complaint::complain;

/// Always removed, so that later versions can set such headers without asking.
const RESERVED_PREFIX: &str = "x-sidegate-";

/// Names that frame the message or concern one connection (RFC 9110 section 7.6.1, RFC 9112
/// section 6); folded. Removing or setting one would change what a request is.
const FRAMING: [&str; 13] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Further names that mean something else than an identity; folded. `X-Forwarded-User` and its like
/// are not among them: many apps know a caller by them.
const TAKEN: [&str; 17] = [
    "authorization",
    "cookie",
    "forwarded",
    "set-cookie",
    "x-forwarded-by",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-method",
    "x-forwarded-path",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-proto",
    "x-forwarded-scheme",
    "x-forwarded-server",
    "x-forwarded-uri",
    "x-real-ip",
    "x-request-id",
];

/// Further families of such names; folded.
const TAKEN_PREFIXES: [&str; 3] = ["content-", "proxy-", "sec-"];

/// The header names to remove from every request, in every spelling that an upstream may confuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderNames {
    /// Names by their length.
    exact: Vec<Vec<FoldedName>>,
    /// The lengths that some name has, a bit for each below 63 and the last one for all others: most
    /// names that are looked up have a length that none of ours has.
    lengths: u64,
    prefixes: Vec<FoldedName>,
    /// The exact names as the file spells them, in lower case.
    spelled: Vec<HeaderName>,
    /// The exact names once more, so that adding one takes no longer the more there are.
    known: HashSet<FoldedName>,
}

impl Default for HeaderNames {
    /// The reserved names alone.
    fn default() -> Self {
        Self {
            exact: Vec::new(),
            spelled: Vec::new(),
            lengths: 0,
            prefixes: vec![FoldedName::new(RESERVED_PREFIX)],
            known: HashSet::new(),
        }
    }
}

impl HeaderNames {
    /// Whether a header or trailer of this name is to be removed. Allocates nothing.
    pub fn contains(&self, name: impl AsRef<[u8]>) -> bool {
        let name = name.as_ref();
        let listed = self.lengths & bit(name.len()) != 0 && self.lists(name);
        listed || self.prefixes.iter().any(|ours| ours.is_prefix_of(name))
    }

    /// The names that are listed, without those that are meant by their beginning.
    pub fn names(&self) -> &[HeaderName] {
        &self.spelled
    }

    /// The beginnings of further names, folded; [`FoldedName`] says how.
    pub fn prefixes(&self) -> &[FoldedName] {
        &self.prefixes
    }

    /// Whether this very name is listed, in upper or lower case, and not only one that is read alike.
    pub fn names_exactly(&self, name: &[u8]) -> bool {
        let mut spelled = self.spelled.iter();
        spelled.any(|ours| name.eq_ignore_ascii_case(ours.as_str().as_bytes()))
    }

    fn lists(&self, name: &[u8]) -> bool {
        let alike = self.exact.get(name.len()).map_or(&[][..], Vec::as_slice);
        alike.iter().any(|ours| ours.matches(name))
    }

    /// Adds one name.
    pub(super) fn add(&mut self, name: &str) {
        if let Ok(spelled) = HeaderName::from_bytes(name.as_bytes())
            && !self.spelled.contains(&spelled)
        {
            self.spelled.push(spelled);
        }
        let folded = FoldedName::new(name);
        if !self.known.insert(folded.clone()) {
            return;
        }
        self.lengths |= bit(name.len());
        if self.exact.len() <= name.len() {
            self.exact.resize(name.len() + 1, Vec::new());
        }
        if let Some(alike) = self.exact.get_mut(name.len()) {
            alike.push(folded);
        }
    }

    /// Adds an entry of `strip_headers`: a name, or a prefix with a star behind it.
    pub(super) fn add_pattern(&mut self, text: &Placed<String>, problems: &Problems) {
        let (name, prefix) = match text.value.strip_suffix('*') {
            Some(name) => (name, true),
            None => (text.value.as_str(), false),
        };
        if HeaderName::from_bytes(name.as_bytes()).is_err() || name.contains('*') {
            let help = "write a name such as `X-User`, or the beginning of names: `X-Internal-*`";
            return complain(text, "is not a header name", help, problems);
        }
        let folded = FoldedName::new(name);
        let covers = |framing: &&&str| match prefix {
            true => framing.starts_with(folded.as_str()),
            false => **framing == folded.as_str(),
        };
        if let Some(framing) = FRAMING.iter().find(covers) {
            let help = format!("no request can do without `{framing}`; name others");
            return complain(text, "cannot be removed from requests", &help, problems);
        }
        match prefix {
            true => self.prefixes.push(folded),
            false => self.add(name),
        }
    }
}

fn bit(length: usize) -> u64 {
    1 << length.min(63)
}

/// Reads the name of an identity header.
pub(super) fn identity(text: &Placed<String>, problems: &Problems) -> Option<HeaderName> {
    let Ok(name) = HeaderName::from_bytes(text.value.as_bytes()) else {
        let help = "a name has letters, digits and `-` (RFC 9110 section 5.1)";
        complain(text, "is not a header name", help, problems);
        return None;
    };
    let folded = FoldedName::new(name.as_str());
    let folded = folded.as_str();
    let taken = FRAMING.contains(&folded)
        || TAKEN.contains(&folded)
        || TAKEN_PREFIXES
            .iter()
            .any(|prefix| folded.starts_with(prefix));
    if taken {
        let help = "take a name of your own, such as `X-User`";
        complain(
            text,
            "has another meaning in HTTP, or is set by the proxy",
            help,
            problems,
        );
        return None;
    }
    Some(lasting(&name))
}

/// The same name, kept as long as the process, so that workers that set it count no references
/// together. There are as many as policy files have ever named; each is kept once.
fn lasting(name: &HeaderName) -> HeaderName {
    static KEPT: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let text = match kept.get(name.as_str()) {
        Some(text) => *text,
        None => Box::leak(name.as_str().into()),
    };
    kept.insert(text);
    HeaderName::from_static(text)
}
