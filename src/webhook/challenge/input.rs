//! What is taken from a challenge, and what may be made of it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::document::{Fields, Node, Problems, Shape};

use super::super::scheme::{Hash, Pointers};
use super::place::{Place, Sources};

/// The longest text that is given back, in bytes.
const MOST_ECHO: usize = 1024;
/// The longest text that a MAC is made of, in bytes.
const MOST_MAC: usize = 128;
/// How long a secret is that a sender makes, in bytes: shorter ones can be guessed.
const LEAST_SECRET: usize = 16;
const MOST_SECRET: usize = 256;
/// A number of so many digits is none that an event would be: no integer of 64 bits has as many.
const NO_NUMBER: usize = 20;

/// What is made of a text that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It is given back.
    Echo,
    /// A MAC is made of it.
    Mac,
    /// It is kept: it is the secret that deliveries are signed with.
    Secret,
}

impl Purpose {
    /// The fewest and the most bytes that it may have, whatever a definition says.
    const fn bounds(self) -> (usize, usize) {
        match self {
            Self::Echo => (1, MOST_ECHO),
            Self::Mac => (1, MOST_MAC),
            Self::Secret => (LEAST_SECRET, MOST_SECRET),
        }
    }

    /// The alphabet, unless a definition says another.
    const fn usual(self) -> Alphabet {
        match self {
            Self::Echo => Alphabet::Text,
            Self::Mac => Alphabet::Word,
            Self::Secret => Alphabet::Visible,
        }
    }

    /// Whether a text may be written in an alphabet.
    const fn takes(self, alphabet: Alphabet) -> bool {
        match self {
            Self::Echo => !matches!(alphabet, Alphabet::Visible),
            Self::Mac => matches!(alphabet, Alphabet::Word | Alphabet::Hex),
            Self::Secret => !matches!(alphabet, Alphabet::Text | Alphabet::Origin),
        }
    }

    /// Why not, and what would do.
    const fn refusal(self) -> (&'static str, &'static str) {
        match self {
            Self::Echo => (
                "`visible` is for secrets that senders make",
                "write `allow: text`, which has blanks as well",
            ),
            Self::Mac => (
                "a MAC is made of letters, digits, `_` and `-` only",
                "write `allow: word` or `allow: hex`; a delivery must not be writable in it",
            ),
            Self::Secret => (
                "a secret that a sender makes has no blanks",
                "write `allow: visible`, `allow: word` or `allow: hex`",
            ),
        }
    }
}

/// Of what a text may consist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alphabet {
    /// Printable ASCII.
    Text,
    /// `A-Z a-z 0-9 _ -`.
    Word,
    /// Hexadecimal digits.
    Hex,
    /// Printable ASCII without blanks.
    Visible,
    /// One of the origins that the file lists.
    Origin,
}

const ALPHABETS: &[(&str, Alphabet)] = &[
    ("text", Alphabet::Text),
    ("word", Alphabet::Word),
    ("hex", Alphabet::Hex),
    ("visible", Alphabet::Visible),
    ("origin", Alphabet::Origin),
];

/// A text that is taken from the request.
#[derive(Debug)]
pub(super) struct Input {
    place: Place,
    alphabet: Alphabet,
    least: usize,
    most: usize,
    purpose: Purpose,
}

impl Input {
    /// Reads `input`. Where a MAC is made of it, it is short and of an alphabet in which no delivery is written.
    pub(super) fn read(node: &Node, purpose: Purpose, problems: &Problems) -> Option<Self> {
        let mut fields = Fields::of(node, "challenge input", problems)?;
        fields.refuse_blanks();
        let place = Place::read(&mut fields, problems);
        let alphabet = fields.choice("allow", ALPHABETS);
        let (fewest, bound) = purpose.bounds();
        let least = fields.or("least", fewest);
        let most = fields.or("most", bound);
        fields.finish();
        let alphabet = alphabet.unwrap_or(purpose.usual());
        if !purpose.takes(alphabet) {
            let (message, help) = purpose.refusal();
            problems.error_with(node, message, help);
            return None;
        }
        if least < fewest || least > most || most > bound {
            let help = format!("`least` is at least {fewest}, `most` at most {bound} bytes");
            problems.error_with(node, "the lengths leave nothing, or too much", help);
            return None;
        }
        Some(Self {
            place: place?,
            alphabet,
            least,
            most,
            purpose,
        })
    }

    pub(super) fn shape() -> Shape {
        Shape::Section("challenge input")
    }

    /// Where it stands.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Whether it stands in a body once: another reader would take the first of two, or the last.
    pub(super) fn is_exact_in(&self, body: &[u8]) -> bool {
        let Place::Json(pointer) = &self.place else {
            return true;
        };
        let mut ways = Pointers::default();
        ways.add(pointer).is_some() && ways.find(body).is_ok()
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
        let number = self.alphabet == Alphabet::Hex && self.least >= NO_NUMBER;
        let signs = self.purpose == Purpose::Mac && !number && is_json(&text);
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
            Self::Visible => text.bytes().all(|byte| byte.is_ascii_graphic()),
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
