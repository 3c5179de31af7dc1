//! The message that SNS wraps everything in.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::unknown_type;
use crate::webhook::kind::published::malformed;
use crate::webhook::refusal::Refusal;

/// The most fields that are read; SNS writes a dozen.
const MOST_FIELDS: usize = 64;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    /// Something was published.
    Notification,
    /// Somebody wants this address to be subscribed.
    Subscription,
    /// This address was unsubscribed.
    Unsubscription,
}

/// How it is signed: which hash stands below RSASSA-PKCS1-v1_5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    /// SHA-1.
    One,
    /// SHA-256.
    Two,
}

/// A message, with all that is signed of it or says how.
#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) kind: Type,
    pub(super) id: String,
    pub(super) topic: String,
    pub(super) timestamp: String,
    pub(super) version: Version,
    pub(super) signature: String,
    pub(super) certificate: String,
    message: String,
    subject: Option<String>,
    /// `SubscribeURL` and `Token` of a confirmation.
    confirmation: Option<(String, String)>,
}

impl Type {
    /// The type of this name.
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "Notification" => Some(Self::Notification),
            "SubscriptionConfirmation" => Some(Self::Subscription),
            "UnsubscribeConfirmation" => Some(Self::Unsubscription),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Notification => "Notification",
            Self::Subscription => "SubscriptionConfirmation",
            Self::Unsubscription => "UnsubscribeConfirmation",
        }
    }
}

impl Version {
    /// The version of this number.
    pub(super) fn of(number: usize) -> Option<Self> {
        match number {
            1 => Some(Self::One),
            2 => Some(Self::Two),
            _ => None,
        }
    }
}

impl Envelope {
    /// Reads a body. Fields that mean nothing to a signature may hold anything, but none may be there twice.
    pub(super) fn read(body: &[u8]) -> Result<Self, Refusal> {
        let Ok(mut known) = serde_json::from_slice::<Known>(body) else {
            return Err(malformed(
                "the body is not JSON of the form that SNS writes",
            ));
        };
        let kind = Type::of(&known.one_line(TYPE)?).ok_or_else(unknown_type)?;
        let version = match known.one_line(VERSION)?.as_str() {
            "1" => Version::One,
            "2" => Version::Two,
            _ => return Err(malformed("it has a signature version that is not known")),
        };
        let (subject, confirmation) = match kind {
            Type::Notification => (known.optional(SUBJECT)?, None),
            _ => (None, Some((known.one_line(URL)?, known.one_line(TOKEN)?))),
        };
        Ok(Self {
            kind,
            version,
            subject,
            confirmation,
            id: known.one_line(ID)?,
            topic: known.one_line(TOPIC)?,
            timestamp: known.one_line(TIMESTAMP)?,
            signature: known.one_line(SIGNATURE)?,
            certificate: known.one_line(CERTIFICATE)?,
            message: known.take(MESSAGE).ok_or_else(|| missing(MESSAGE))?,
        })
    }

    /// The text that is signed: names and values of the type's fields, each on a line, in the order of names.
    pub(super) fn signed(&self) -> Vec<u8> {
        let confirmation = self.confirmation.as_ref();
        let lines = [
            (MESSAGE, Some(&self.message)),
            (ID, Some(&self.id)),
            (SUBJECT, self.subject.as_ref()),
            (URL, confirmation.map(|(url, _)| url)),
            (TIMESTAMP, Some(&self.timestamp)),
            (TOKEN, confirmation.map(|(_, token)| token)),
            (TOPIC, Some(&self.topic)),
        ];
        let mut text = String::with_capacity(self.message.len() + 512);
        let kind = self.kind.name().to_owned();
        let present = lines
            .iter()
            .filter_map(|(name, value)| Some((*name, (*value)?)));
        for (name, value) in present.chain([(TYPE, &kind)]) {
            for part in [name, "\n", value, "\n"] {
                text.push_str(part);
            }
        }
        text.into_bytes()
    }
}

const TYPE: &str = "Type";
const ID: &str = "MessageId";
const TOPIC: &str = "TopicArn";
const SUBJECT: &str = "Subject";
const MESSAGE: &str = "Message";
const TIMESTAMP: &str = "Timestamp";
const VERSION: &str = "SignatureVersion";
const SIGNATURE: &str = "Signature";
const CERTIFICATE: &str = "SigningCertURL";
const URL: &str = "SubscribeURL";
const TOKEN: &str = "Token";

/// The fields that matter, each of which is text.
const NAMES: [&str; 11] = [
    TYPE,
    ID,
    TOPIC,
    SUBJECT,
    MESSAGE,
    TIMESTAMP,
    VERSION,
    SIGNATURE,
    CERTIFICATE,
    URL,
    TOKEN,
];

/// Fields as they were found.
struct Known(Vec<(&'static str, String)>);

impl Known {
    fn take(&mut self, name: &'static str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| *known == name)?;
        Some(self.0.swap_remove(at).1)
    }

    fn optional(&mut self, name: &'static str) -> Result<Option<String>, Refusal> {
        match self.take(name) {
            Some(value) if value.contains(char::is_control) => {
                Err(malformed(format!("`{name}` holds a control character")))
            }
            value => Ok(value),
        }
    }

    fn one_line(&mut self, name: &'static str) -> Result<String, Refusal> {
        self.optional(name)?.ok_or_else(|| missing(name))
    }
}

fn missing(name: &'static str) -> Refusal {
    malformed(format!("`{name}` is missing"))
}

impl<'de> Deserialize<'de> for Known {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OneOfEach)
    }
}

/// Refuses names that are there twice, whatever their capitals: some readers take those for the same, and which
/// of two values an app would see is anybody's guess.
struct OneOfEach;

impl<'de> Visitor<'de> for OneOfEach {
    type Value = Known;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Known, A::Error> {
        let (mut seen, mut known) = (HashSet::new(), Vec::new());
        while let Some(name) = map.next_key::<String>()? {
            let fresh = seen.insert(name.to_uppercase().to_lowercase());
            if !fresh || seen.len() > MOST_FIELDS {
                return Err(serde::de::Error::custom("fields"));
            }
            match NAMES.iter().find(|known| **known == name) {
                Some(name) => known.push((*name, map.next_value()?)),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Known(known))
    }
}
