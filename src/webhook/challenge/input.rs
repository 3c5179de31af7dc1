//! What is taken from a challenge, and what may be made of it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::document::{Fields, Node, Problems, Shape};

use super::super::scheme::Hash;
use super::place::{Place, Sources};

/// The longest text that is given back, in bytes.
const MOST_ECHO: usize = 1024;
/// The longest text that a MAC is made of, in bytes.
const MOST_MAC: usize = 128;

/// Of what a text may consist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alphabet {
    /// Printable ASCII.
    Text,
    /// `A-Z a-z 0-9 _ -`.
    Word,
    /// Hexadecimal digits.
    Hex,
    /// One of the origins that the file lists.
    Origin,
}

const ALPHABETS: &[(&str, Alphabet)] = &[
    ("text", Alphabet::Text),
    ("word", Alphabet::Word),
    ("hex", Alphabet::Hex),
    ("origin", Alphabet::Origin),
];

/// A text that is taken from the request.
#[derive(Debug)]
pub(super) struct Input {
    place: Place,
    alphabet: Alphabet,
    least: usize,
    most: usize,
    /// A MAC is made of it.
    for_mac: bool,
}

impl Input {
    /// Reads `input`. Where a MAC is made of it, it is short and of an alphabet in which no delivery is written.
    pub(super) fn read(node: &Node, for_mac: bool, problems: &Problems) -> Option<Self> {
        let mut fields = Fields::of(node, "challenge input", problems)?;
        fields.refuse_blanks();
        let place = Place::read(&mut fields, problems);
        let alphabet = fields.choice("allow", ALPHABETS);
        let least = fields.or("least", 1_usize);
        let bound = if for_mac { MOST_MAC } else { MOST_ECHO };
        let most = fields.or("most", bound);
        fields.finish();
        if for_mac && matches!(alphabet, Some(Alphabet::Text | Alphabet::Origin)) {
            let help = "write `allow: word` or `allow: hex`; a delivery must not be writable in it";
            problems.error_with(
                node,
                "a MAC is made of letters, digits, `_` and `-` only",
                help,
            );
            return None;
        }
        if least == 0 || least > most || most > bound {
            let help = format!("`least` is at least 1, `most` at most {bound} bytes");
            problems.error_with(node, "the lengths leave nothing, or too much", help);
            return None;
        }
        let usual = if for_mac {
            Alphabet::Word
        } else {
            Alphabet::Text
        };
        Some(Self {
            place: place?,
            alphabet: alphabet.unwrap_or(usual),
            least,
            most,
            for_mac,
        })
    }

    pub(super) fn shape() -> Shape {
        Shape::Section("challenge input")
    }

    /// Where it stands.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Whether the file must list origins.
    pub(super) fn needs_origins(&self) -> bool {
        self.alphabet == Alphabet::Origin
    }

    /// The text, if it is one that may be taken.
    pub(super) fn taken<'s>(
        &self,
        sources: &Sources<'s>,
        origins: &[Box<str>],
    ) -> Option<Cow<'s, str>> {
        let text = sources.text(&self.place)?;
        let fits = (self.least..=self.most).contains(&text.len());
        let signs = self.for_mac && is_json(&text);
        (fits && !signs && self.alphabet.has(&text, origins)).then_some(text)
    }
}

/// Whether a text could be the body of a delivery: `1` and `true` are written in plain letters and digits too.
fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

impl Alphabet {
    fn has(self, text: &str, origins: &[Box<str>]) -> bool {
        match self {
            Self::Text => text.bytes().all(|byte| matches!(byte, b' '..=b'~')),
            Self::Word => {
                let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
                text.bytes().all(word)
            }
            Self::Hex => text.bytes().all(|byte| byte.is_ascii_hexdigit()),
            Self::Origin => origins.iter().any(|origin| **origin == *text),
        }
    }
}

const SPELLINGS: &[(&str, Spelling)] = &[("hex", Spelling::Hex), ("base64", Spelling::Base64)];

#[derive(Debug, Clone, Copy)]
enum Spelling {
    Hex,
    Base64,
}

/// A MAC of the input, under the webhook's secret.
#[derive(Debug)]
pub(super) struct Mac {
    hash: Hash,
    spelling: Spelling,
}

impl Mac {
    pub(super) fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let mut fields = Fields::of(node, "challenge mac", problems)?;
        fields.refuse_blanks();
        let hash = fields.choice("alg", Hash::WORDS);
        let spelling = fields.choice("encoding", SPELLINGS);
        fields.finish();
        Some(Self {
            hash: hash.unwrap_or(Hash::Sha256),
            spelling: spelling.unwrap_or(Spelling::Hex),
        })
    }

    pub(super) fn shape() -> Shape {
        Shape::Section("challenge mac")
    }

    /// The MAC, as it is sent.
    pub(super) fn of(&self, key: &[u8], input: &str) -> String {
        let mac = self.hash.mac(key, &[input.as_bytes()]);
        match self.spelling {
            Spelling::Hex => mac.iter().map(|byte| format!("{byte:02x}")).collect(),
            Spelling::Base64 => STANDARD.encode(mac),
        }
    }
}
