//! Which secrets may have signed a message: always the same, a tenant's, or those of the key that comes along.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use http::HeaderName;

use super::candidates::Held;
use super::message::Message;
use super::scheme::{KeyForm, only, pairs};

/// The secrets, or public keys, of one webhook.
#[derive(Debug)]
pub(super) enum Secrets {
    /// The same for every message; none where the sender publishes its keys.
    Same(Arc<[Held]>),
    /// Those of the tenant that a message names.
    ByTenant {
        /// What names it.
        by: Chooser,
        /// All there are; at least one.
        tenants: HashMap<Box<str>, Arc<[Held]>>,
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
    /// The secrets that count for a message.
    pub(super) fn choose(&self, message: &Message<'_>) -> Chosen {
        match self {
            Self::Same(held) => Chosen {
                held: Arc::clone(held),
                tenant: None,
                count: true,
            },
            Self::ByTenant { by, tenants } => {
                let named = by.tenant(message);
                let known = named
                    .as_deref()
                    .and_then(|name| tenants.get_key_value(name));
                match known {
                    Some((name, held)) => Chosen {
                        held: Arc::clone(held),
                        tenant: Some(name.clone()),
                        count: true,
                    },
                    None => Chosen {
                        held: tenants.values().next().cloned().unwrap_or_default(),
                        tenant: None,
                        count: false,
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
                }
            }
        }
    }
}
