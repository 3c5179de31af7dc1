//! What a new key is to be, and the key that comes of it.

use std::time::SystemTime;

use ipnet::IpNet;
use serde_json::{Map, Value};

use crate::model::{ApiKey, Generation};
use crate::secret::Secret;

use super::super::{KeySet, Minted};
use super::{Error, audit, check, life};

/// What a new key is to be. Texts are checked: none empty, none longer than 256 bytes, no control characters.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewKey {
    /// A name for people.
    pub name: String,
    /// The tenant.
    pub tenant: Option<String>,
    /// Whose it is.
    pub owner: Option<String>,
    /// The owner's roles.
    pub roles: Option<Vec<String>>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The only sources it may speak for.
    pub sources: Option<Vec<String>>,
    /// The only networks it may be presented from.
    pub networks: Option<Vec<IpNet>>,
    /// Not good before.
    pub not_before: Option<SystemTime>,
    /// Not good from here on; without one, the set's lifetime counts.
    pub expires_at: Option<SystemTime>,
    /// Further facts.
    pub metadata: Map<String, Value>,
    /// Whether it comes with a secret to sign deliveries with.
    pub signing: bool,
}

/// A key with its text, which is shown once.
#[derive(Debug)]
pub struct Made {
    /// The key.
    pub key: ApiKey,
    /// Its text.
    pub text: Secret,
    /// What its holder signs deliveries with, if there is to be such a secret.
    pub signing: Option<Secret>,
}

impl NewKey {
    /// The key with a text, kept nowhere: whoever asks writes its hash into a file.
    pub fn made(self, set: &KeySet, by: &str, now: SystemTime) -> Result<Made, Error> {
        let now = life::whole(now);
        let message = "has no `prefix`, so that no key can be made for it";
        let format = set.format.as_ref();
        let format = format.ok_or_else(|| Error::invalid("set", message))?;
        if self.signing {
            let message = "is written beside a listed key: `signing_secret: ${NAME}`";
            return Err(Error::invalid("signing_secret", message));
        }
        let new = self.settled(set, now)?;
        let minted = format.mint(None)?;
        let key = new.with_text(set, &minted, &audit::named(by), now);
        let text = minted.text;
        let signing = None;
        Ok(Made { key, text, signing })
    }

    /// As a key of this set would be: every field checked, and with the end it would have.
    pub(in crate::keys) fn settled(mut self, set: &KeySet, now: SystemTime) -> Result<Self, Error> {
        check::text("name", &self.name)?;
        if let Some(tenant) = &self.tenant {
            check::text("tenant", tenant)?;
        }
        if let Some(owner) = &self.owner {
            check::text("owner", owner)?;
        }
        check::texts("roles", self.roles.as_deref().unwrap_or_default())?;
        check::scopes(&self.scopes)?;
        check::sources(self.sources.as_deref())?;
        check::networks(self.networks.as_deref())?;
        check::metadata(&self.metadata)?;
        self.not_before = life::moment("not_before", self.not_before)?;
        let wished = life::moment("expires_at", self.expires_at)?;
        self.expires_at = life::end(set, self.not_before, wished, now)?;
        Ok(self)
    }

    /// The key with its first text.
    pub(super) fn with_text(
        self,
        set: &KeySet,
        minted: &Minted,
        by: &str,
        now: SystemTime,
    ) -> ApiKey {
        ApiKey {
            id: minted.id.clone(),
            set: (*set.name).into(),
            name: self.name.into(),
            tenant: self.tenant.map(Into::into),
            owner: self.owner.map(Into::into),
            roles: self.roles.map(boxed),
            scopes: boxed(self.scopes),
            sources: self.sources.map(boxed),
            networks: self.networks,
            not_before: self.not_before,
            expires_at: self.expires_at,
            created_at: now,
            created_by: by.into(),
            revoked_at: None,
            metadata: self.metadata,
            generations: vec![Generation {
                number: 1,
                hash: minted.hash.clone(),
                start: minted.start.clone(),
                created_at: now,
                ends_at: None,
                signing: None,
            }],
            version: 1,
        }
    }
}

impl From<&ApiKey> for NewKey {
    /// What somebody would have to wish for to have such a key.
    fn from(key: &ApiKey) -> Self {
        Self {
            name: (*key.name).into(),
            tenant: key.tenant.as_deref().map(Into::into),
            owner: key.owner.as_deref().map(Into::into),
            roles: key.roles.as_deref().map(owned),
            scopes: owned(&key.scopes),
            sources: key.sources.as_deref().map(owned),
            networks: key.networks.clone(),
            not_before: key.not_before,
            expires_at: key.expires_at,
            metadata: key.metadata.clone(),
            signing: false,
        }
    }
}

fn boxed(texts: Vec<String>) -> Vec<Box<str>> {
    texts.into_iter().map(Into::into).collect()
}

fn owned(texts: &[Box<str>]) -> Vec<String> {
    texts.iter().map(|text| (**text).to_owned()).collect()
}
