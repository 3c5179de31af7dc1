//! Reading structured fields (RFC 9651 section 4.2).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{Bare, Dictionary, InnerList, Item, Member, Parameters};

/// The most members, items or parameters in one place.
const MOST: usize = 64;

/// Reads a whole field, its lines joined, as a dictionary.
pub(in crate::webhook::kind::rfc9421) fn dictionary(text: &str) -> Option<Dictionary> {
    let mut reader = Reader::of(text)?;
    let mut members = Dictionary::new();
    while !reader.is_done() {
        let key = reader.key()?;
        let member = match reader.take('=') {
            true => reader.member()?,
            false => Member::Item(Item {
                bare: Bare::Truth(true),
                parameters: reader.parameters()?,
            }),
        };
        add(&mut members, key, member)?;
        reader.skip(&[' ', '\t']);
        if reader.is_done() {
            break;
        }
        if !reader.take(',') {
            return None;
        }
        reader.skip(&[' ', '\t']);
        if reader.is_done() {
            return None;
        }
    }
    Some(members)
}

/// Reads a whole text as one item.
pub(in crate::webhook::kind::rfc9421) fn item(text: &str) -> Option<Item> {
    let mut reader = Reader::of(text)?;
    let item = reader.item()?;
    reader.is_done().then_some(item)
}

fn add<T>(entries: &mut Vec<(String, T)>, key: String, value: T) -> Option<()> {
    let fits = entries.len() < MOST && entries.iter().all(|(own, _)| *own != key);
    fits.then(|| entries.push((key, value)))
}

/// What is left of a text.
struct Reader<'t>(&'t str);

impl<'t> Reader<'t> {
    /// Begins behind spaces, and ends before them (RFC 9651 section 4.2).
    fn of(text: &'t str) -> Option<Self> {
        let plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t'));
        plain.then(|| Self(text.trim_matches(' ')))
    }

    fn is_done(&self) -> bool {
        self.0.is_empty()
    }

    fn peek(&self) -> Option<char> {
        self.0.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let mut rest = self.0.chars();
        let next = rest.next()?;
        self.0 = rest.as_str();
        Some(next)
    }

    fn take(&mut self, wanted: char) -> bool {
        match self.0.strip_prefix(wanted) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn skip(&mut self, blanks: &[char]) {
        self.0 = self.0.trim_start_matches(blanks);
    }

    fn while_in(&mut self, allowed: impl Fn(char) -> bool) -> &'t str {
        let end = self.0.find(|c| !allowed(c)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at_checked(end).unwrap_or_default();
        self.0 = rest;
        taken
    }

    fn key(&mut self) -> Option<String> {
        let first = self
            .peek()
            .is_some_and(|c| c.is_ascii_lowercase() || c == '*');
        let inside = |c: char| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.' | '*')
        };
        first.then(|| self.while_in(inside).to_owned())
    }

    fn member(&mut self) -> Option<Member> {
        match self.peek()? {
            '(' => self.list().map(Member::List),
            _ => self.item().map(Member::Item),
        }
    }

    fn list(&mut self) -> Option<InnerList> {
        let _open = self.next()?;
        let mut items = Vec::new();
        loop {
            self.skip(&[' ']);
            if self.take(')') {
                let parameters = self.parameters()?;
                return Some(InnerList { items, parameters });
            }
            items.push(self.item()?);
            let ends = matches!(self.peek()?, ' ' | ')');
            if !ends || items.len() > MOST {
                return None;
            }
        }
    }

    fn item(&mut self) -> Option<Item> {
        Some(Item {
            bare: self.bare()?,
            parameters: self.parameters()?,
        })
    }

    fn parameters(&mut self) -> Option<Parameters> {
        let mut parameters = Parameters::new();
        while self.take(';') {
            self.skip(&[' ']);
            let key = self.key()?;
            let value = match self.take('=') {
                true => self.bare()?,
                false => Bare::Truth(true),
            };
            add(&mut parameters, key, value)?;
        }
        Some(parameters)
    }

    fn bare(&mut self) -> Option<Bare> {
        match self.peek()? {
            '"' => self.text().map(Bare::Text),
            ':' => self.bytes().map(Bare::Bytes),
            '?' => self.truth().map(Bare::Truth),
            '@' => self.date().map(Bare::Date),
            c if c == '-' || c.is_ascii_digit() => self.number(),
            c if c.is_ascii_alphabetic() || c == '*' => Some(Bare::Token(self.token())),
            _ => None,
        }
    }

    fn text(&mut self) -> Option<String> {
        let _quote = self.next()?;
        let mut text = String::new();
        loop {
            match self.next()? {
                '"' => return Some(text),
                '\\' => text.push(self.next().filter(|c| matches!(c, '"' | '\\'))?),
                '\t' => return None,
                c => text.push(c),
            }
        }
    }

    fn bytes(&mut self) -> Option<Vec<u8>> {
        let _colon = self.next()?;
        let text = self.while_in(|c| c != ':');
        let closed = self.take(':');
        base64(text).filter(|_| closed)
    }

    fn truth(&mut self) -> Option<bool> {
        let _mark = self.next()?;
        match self.next()? {
            '0' => Some(false),
            '1' => Some(true),
            _ => None,
        }
    }

    fn date(&mut self) -> Option<i64> {
        let _at = self.next()?;
        match self.number()? {
            Bare::Integer(date) => Some(date),
            _ => None,
        }
    }

    fn token(&mut self) -> String {
        let inside = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:/".contains(c);
        self.while_in(inside).to_owned()
    }

    /// RFC 9651 section 4.2.4: 15 digits, or 12 and three behind the point.
    fn number(&mut self) -> Option<Bare> {
        let sign = if self.take('-') { -1 } else { 1 };
        let digits = self.while_in(|c| c.is_ascii_digit());
        if !self.take('.') {
            let fits = (1..=15).contains(&digits.len());
            let value: i64 = digits.parse().ok().filter(|_| fits)?;
            return Some(Bare::Integer(sign * value));
        }
        let fraction = self.while_in(|c| c.is_ascii_digit());
        let fits = (1..=12).contains(&digits.len()) && (1..=3).contains(&fraction.len());
        let value: i64 = format!("{digits}{fraction:0<3}")
            .parse()
            .ok()
            .filter(|_| fits)?;
        Some(Bare::Decimal(sign * value))
    }
}

/// Base64 whose padding may be left out, but which has one spelling otherwise (RFC 9651 section 4.2.7).
fn base64(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    LENIENT.decode(text).ok()
}
