//! Which secrets may have signed a message: always the same, a tenant's, or those of the key that comes along.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use http::HeaderName;

use super::candidates::Held;
use super::enrol::{Blank, Opening};
use super::message::Message;
use super::scheme::{KeyForm, only, pairs};

/// The secrets, or public keys, of one webhook.
#[derive(Debug)]
pub(super) enum Secrets {
    /// The same for every message; none where the sender publishes its keys.
    Same(Ring),
    /// Those of the tenant that a message names.
    ByTenant {
        /// What names it.
        by: Chooser,
        /// All there are; at least one.
        tenants: HashMap<Box<str>, Ring>,
    },
    /// Of the API key that comes along.
    Given {
        /// What of it.
        from: Given,
        /// What it is called.
        id: Arc<str>,
        /// How it is written.
        form: KeyForm,
    },
}

/// The keys of one sender.
#[derive(Debug, Default)]
pub(super) struct Ring {
    held: Arc<[Held]>,
    /// The one that the sender is still to bring.
    opening: Option<Arc<Opening>>,
}

/// What of an API key is the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    /// Its text.
    Key,
    /// The secret that is kept for it.
    SigningSecret,
}

/// What of a message names its tenant. It chooses among secrets, and proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chooser {
    /// A capture of the route's path.
    Path(Box<str>),
    /// A header field.
    Header(HeaderName),
    /// A label of the host's name, from zero.
    Host(usize),
    /// A parameter of the query.
    Query(Box<str>),
}

/// The secrets for one message.
#[derive(Debug)]
pub(super) struct Chosen {
    /// The keys; of an unknown tenant another's, so that it takes as long.
    pub(super) held: Arc<[Held]>,
    /// Whose they are, where they are chosen.
    pub(super) tenant: Option<Box<str>>,
    /// Whether they are the right ones: otherwise nothing that is found with them counts.
    pub(super) count: bool,
    /// The one that is still to come, if they are the right ones.
    opening: Option<Arc<Opening>>,
}

impl Chosen {
    /// The keys that count: none of an unknown tenant.
    pub(super) fn own(&self) -> &[Held] {
        match self.count {
            true => &self.held,
            false => &[],
        }
    }

    /// The secret that may come at this moment.
    pub(super) fn opening(&self, now: SystemTime) -> Option<&Arc<Opening>> {
        self.opening.as_ref().filter(|opening| opening.is_open(now))
    }
}

impl Ring {
    /// Keys that are here, and one that may be to come.
    pub(super) fn new(held: Vec<Held>, blank: Option<Blank>) -> Self {
        let held: Arc<[Held]> = held.into();
        let opening = blank.map(|blank| Opening::new(blank, Arc::clone(&held)));
        Self {
            held,
            opening: opening.map(Arc::new),
        }
    }

    /// The keys that are here by now.
    fn held(&self) -> &Arc<[Held]> {
        let all = self.opening.as_ref().and_then(|opening| opening.all());
        all.unwrap_or(&self.held)
    }

    fn chosen(&self, tenant: Option<Box<str>>) -> Chosen {
        Chosen {
            held: Arc::clone(self.held()),
            tenant,
            count: true,
            opening: self.opening.clone(),
        }
    }
}

impl Given {
    /// What such a secret is called.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::SigningSecret => "signing_secret",
        }
    }

    fn text<'m>(self, message: &Message<'m>) -> Option<&'m [u8]> {
        let key = message.key?;
        match self {
            Self::Key => Some(key.text),
            Self::SigningSecret => key.signing_secret.map(|secret| secret.expose()),
        }
    }
}

impl Chooser {
    /// The tenant that a message names, once.
    fn tenant<'m>(&self, message: &'m Message<'_>) -> Option<Cow<'m, str>> {
        let request = message.request;
        match self {
            Self::Path(capture) => (message.capture)(capture),
            Self::Host(label) => request
                .host
                .name()
                .split('.')
                .nth(*label)
                .map(Cow::Borrowed),
            Self::Header(name) => {
                let mut values = request.headers.get_all(name);
                let (first, second) = (values.next()?, values.next());
                let text = std::str::from_utf8(first).ok()?;
                second.is_none().then_some(Cow::Borrowed(text))
            }
            Self::Query(name) => {
                let query = request.path.query()?;
                let value = only(&pairs(query.as_bytes()).ok()?, name).ok()??;
                String::from_utf8(value.into_owned()).ok().map(Cow::Owned)
            }
        }
    }
}

impl Secrets {
    /// Those that are still to come.
    pub(super) fn openings(&self) -> impl Iterator<Item = &Arc<Opening>> {
        let (same, tenants) = match self {
            Self::Same(ring) => (Some(ring), None),
            Self::ByTenant { tenants, .. } => (None, Some(tenants.values())),
            Self::Given { .. } => (None, None),
        };
        let rings = same.into_iter().chain(tenants.into_iter().flatten());
        rings.filter_map(|ring| ring.opening.as_ref())
    }

    /// The secrets that count for a message.
    pub(super) fn choose(&self, message: &Message<'_>) -> Chosen {
        match self {
            Self::Same(ring) => ring.chosen(None),
            Self::ByTenant { by, tenants } => {
                let named = by.tenant(message);
                let known = named
                    .as_deref()
                    .and_then(|name| tenants.get_key_value(name));
                match known {
                    Some((name, ring)) => ring.chosen(Some(name.clone())),
                    None => Chosen {
                        held: match tenants.values().next() {
                            Some(ring) => Arc::clone(ring.held()),
                            None => Arc::default(),
                        },
                        tenant: None,
                        count: false,
                        opening: None,
                    },
                }
            }
            Self::Given { from, id, form } => {
                let key = from.text(message).and_then(|text| form.key(text).ok());
                let held = key.map(|key| Held {
                    id: Arc::clone(id),
                    key,
                    not_before: None,
                    not_after: None,
                });
                Chosen {
                    count: held.is_some(),
                    held: held.into_iter().collect(),
                    tenant: None,
                    opening: None,
                }
            }
        }
    }
}
