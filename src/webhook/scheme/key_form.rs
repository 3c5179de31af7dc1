//! How secrets and public keys are written, and what is made of them.

use sha1::{Digest as _, Sha1};

use crate::document::{Fields, OneOrMany, Problems, Shape};
use crate::secret::Secret;
use crate::webhook::candidates::Key;
use crate::webhook::public::{self, PublicKey};

use super::codec;

/// What may stand before a key: of these the first that does.
pub(in crate::webhook) type Prefixes = Box<[Box<str>]>;

/// How the keys of a scheme are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::webhook) enum KeyForm {
    /// Secrets.
    Secret {
        /// How they are decoded.
        encoding: SecretEncoding,
        /// What may stand before them and is no part of the key.
        strip_prefix: Option<Prefixes>,
    },
    /// Public keys.
    Public {
        /// What they are for.
        algorithm: public::Algorithm,
        /// How they are written.
        encoding: public::Encoding,
        /// What may stand before them and is no part of the key.
        strip_prefix: Option<Prefixes>,
    },
    /// None: the sender publishes its keys.
    None,
}

/// How the text of a secret becomes the key of a MAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::webhook) enum SecretEncoding {
    /// It is the key, byte for byte.
    #[default]
    Utf8,
    /// It is base64 of the key.
    Base64,
    /// It is hexadecimal of the key.
    Hex,
    /// The key is its SHA-1.
    Sha1,
}

const SECRETS: &[(&str, SecretEncoding)] = &[
    ("utf8", SecretEncoding::Utf8),
    ("base64", SecretEncoding::Base64),
    ("hex", SecretEncoding::Hex),
    ("sha1", SecretEncoding::Sha1),
];

const PUBLIC: &[(&str, public::Encoding)] = &[
    ("hex", public::Encoding::Hex),
    ("base64", public::Encoding::Base64),
    ("spki-base64", public::Encoding::SpkiBase64),
    ("pem", public::Encoding::Pem),
];

impl KeyForm {
    /// Reads the key `key` of a scheme whose keys are secrets.
    pub(in crate::webhook) fn secrets(fields: &mut Fields<'_>, problems: &Problems) -> Self {
        let (encoding, strip_prefix) = read(fields, SECRETS, problems);
        Self::Secret {
            encoding: encoding.unwrap_or_default(),
            strip_prefix,
        }
    }

    /// Reads the key `key` of a scheme whose keys are public.
    pub(in crate::webhook) fn public(
        fields: &mut Fields<'_>,
        algorithm: public::Algorithm,
        problems: &Problems,
    ) -> Self {
        let (encoding, strip_prefix) = read(fields, PUBLIC, problems);
        Self::Public {
            algorithm,
            encoding: encoding.unwrap_or(public::Encoding::Pem),
            strip_prefix,
        }
    }

    /// The key of a text. Says what is wrong with it without quoting it.
    pub(in crate::webhook) fn key(&self, text: &[u8]) -> Result<Key, String> {
        match self {
            Self::Secret {
                encoding,
                strip_prefix,
            } => {
                let text = stripped(text, strip_prefix.as_deref());
                encoding.decode(text).map(Secret::new).map(Key::Secret)
            }
            Self::Public {
                algorithm,
                encoding,
                strip_prefix,
            } => {
                let text = stripped(text, strip_prefix.as_deref());
                let text = std::str::from_utf8(text).map_err(|_| "it is not text".to_owned())?;
                let key = PublicKey::parse(*algorithm, *encoding, text);
                key.map(Key::Public).map_err(|error| error.to_string())
            }
            Self::None => Err("the sender publishes its keys".into()),
        }
    }
}

impl SecretEncoding {
    fn decode(self, text: &[u8]) -> Result<Vec<u8>, String> {
        let (bytes, wanted) = match self {
            Self::Utf8 => (Some(text.to_vec()), "text"),
            Self::Base64 => (
                codec::Encoding::Base64.decode(text),
                "base64 with its padding",
            ),
            Self::Hex => (
                codec::Encoding::Hex.decode(text),
                "pairs of hexadecimal digits",
            ),
            Self::Sha1 => (Some(Sha1::digest(text).to_vec()), "text"),
        };
        match bytes {
            _ if text.is_empty() => Err("it is empty".into()),
            Some(bytes) if !bytes.is_empty() => Ok(bytes),
            _ => Err(format!(
                "it is not {wanted}, as the scheme's `key.encoding` demands"
            )),
        }
    }
}

fn stripped<'t>(text: &'t [u8], prefixes: Option<&[Box<str>]>) -> &'t [u8] {
    let mut rests = prefixes
        .into_iter()
        .flatten()
        .map(|prefix| text.strip_prefix(prefix.as_bytes()));
    rests.find_map(|rest| rest).unwrap_or(text)
}

fn read<T: Copy>(
    fields: &mut Fields<'_>,
    words: &[(&'static str, T)],
    problems: &Problems,
) -> (Option<T>, Option<Prefixes>) {
    let Some(node) = fields.shaped("key", || Shape::Section("scheme key")) else {
        return (None, None);
    };
    let Some(mut section) = Fields::of(node, "scheme key", problems) else {
        return (None, None);
    };
    section.refuse_blanks();
    let encoding = section.choice("encoding", words);
    let prefixes: Option<OneOrMany<String>> = section.optional("strip_prefix");
    section.finish();
    let boxed = |OneOrMany(prefixes): OneOrMany<String>| {
        prefixes.into_iter().map(String::into_boxed_str).collect()
    };
    (encoding, prefixes.map(boxed))
}
