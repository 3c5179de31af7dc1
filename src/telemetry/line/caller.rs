//! The caller's part of a line, spelled out once for each principal and policy.

use super::facts::Facts;
use super::spell::{Line, REDACTED, TOO_LONG, name};
use sha2::{Digest as _, Sha256};

use crate::model::{KeyFacts, Principal, WebhookFacts};
use crate::telemetry::decision_log::{Hidden, Redactable, Share};

/// How long the names of one list may be together, in bytes. Only a token of unusual size has more.
const MAX_LIST: usize = 16 << 10;
/// How many bytes of an event's digest are shown.
const SHOWN: usize = 8;

impl Facts {
    /// Appends who called.
    #[inline(always)]
    pub(super) fn append_caller<const JSON: bool>(
        &self,
        caller: &Principal,
        hidden: Hidden,
        line: &mut Line<'_, JSON>,
    ) {
        let spell = || {
            let mut fields = Vec::with_capacity(room(caller));
            self.spell_caller(caller, hidden, &mut Line::<JSON>(&mut fields));
            fields.into()
        };
        match caller.memo.spelled(self.owner(), spell) {
            Some(fields) => line.add(fields),
            None => self.spell_caller(caller, hidden, line),
        }
    }

    #[cold]
    fn spell_caller<const JSON: bool>(
        &self,
        caller: &Principal,
        hidden: Hidden,
        line: &mut Line<'_, JSON>,
    ) {
        line.word(name!("kind"), caller.kind.as_str());
        match hidden.has(Redactable::Subject) {
            true => line.redacted(name!("subject")),
            false => line.text(name!("subject"), &caller.subject),
        }
        match hidden.has(Redactable::Tenant) {
            true if caller.tenant.is_some() => line.redacted(name!("tenant")),
            _ => line.optional(name!("tenant"), caller.tenant.as_deref()),
        }
        line.text(name!("issuer"), &caller.issuer);
        let key = caller.key.as_deref();
        if let Some(key) = key {
            match hidden.has(Redactable::Key) {
                true => line.redacted(name!("key")),
                false => line.text(name!("key"), &key.id),
            }
        }
        if let Some(facts) = caller.webhook.as_deref() {
            line.delivery(facts, hidden);
        }
        if JSON {
            let line = &mut Line::<true>(line.0);
            line.add(b",\"roles\":");
            line.names(&caller.roles, hidden.has(Redactable::Roles));
            line.add(b",\"scopes\":");
            line.names(&caller.scopes, hidden.has(Redactable::Scopes));
            if let Some(key) = key {
                line.bounds(key, hidden);
            }
            self.append_principal(caller, hidden, line);
        }
    }
}

impl<const JSON: bool> Line<'_, JSON> {
    /// What a signature says. An event is told from others by a digest: its name may mean something to others.
    fn delivery(&mut self, facts: &WebhookFacts, hidden: Hidden) {
        self.text(name!("webhook"), &facts.name);
        match hidden.has(Redactable::Key) {
            true => self.redacted(name!("secret")),
            false => self.text(name!("secret"), &facts.secret),
        }
        if let Some(event) = &facts.event_id {
            self.text(name!("event"), &digest(event));
        }
    }
}

/// The first bytes of a digest of an event's name, in hexadecimal digits.
fn digest(event: &str) -> String {
    let digest = Sha256::digest(event);
    let shown = digest.iter().take(SHOWN);
    shown.map(|byte| format!("{byte:02x}")).collect()
}

impl Line<'_, true> {
    /// What bounds the use of a key further; nothing where nothing does.
    fn bounds(&mut self, key: &KeyFacts, hidden: Hidden) {
        if let Some(sources) = &key.sources {
            self.add(b",\"sources\":");
            self.names(sources, hidden.has(Redactable::Sources));
        }
        if let Some(networks) = &key.networks {
            let networks: Vec<Box<str>> = networks
                .iter()
                .map(|network| network.to_string().into())
                .collect();
            self.add(b",\"networks\":");
            self.names(&networks, hidden.has(Redactable::Networks));
        }
    }

    fn names(&mut self, names: &[Box<str>], hidden: bool) {
        let length: usize = names.iter().map(|name| name.len()).sum();
        match length {
            _ if hidden => self.texts([REDACTED]),
            ..=MAX_LIST => self.texts(names.iter().map(AsRef::as_ref)),
            _ => self.texts([TOO_LONG]),
        }
    }
}

impl<const JSON: bool> Line<'_, JSON> {
    /// How many of the allowed requests are recorded.
    #[cold]
    pub(super) fn sample(&mut self, share: Share) {
        self.pieces(",\"sample\":", " sample=");
        self.add(share.to_string().as_bytes());
    }
}

/// About how many bytes it takes to spell a caller, so that none are moved.
fn room(caller: &Principal) -> usize {
    const NAMES: usize = 88;
    let lists = caller.roles.iter().chain(&caller.scopes);
    let lists: usize = lists.map(|name| name.len() + 3).sum();
    let tenant = caller.tenant.as_deref().map_or(0, str::len);
    NAMES + caller.subject.len() + tenant + caller.issuer.len() + lists
}
