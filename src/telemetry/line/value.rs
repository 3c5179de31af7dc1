//! The value of one fact: as it is, absent, or left out for a reason.

use std::borrow::Cow;

use serde_json::Value;

use super::escape::escape_hidden;
use super::spell::Line;

/// The longest value that is recorded, in bytes; those of a name that occurs several times are counted
/// together.
const MAX_VALUE: usize = 1024;

/// Why a value is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::telemetry) enum Why {
    /// Credentials may stand there.
    Credential,
    /// The operator does not want to see it.
    Redacted,
    /// It is longer than a record may say.
    TooLong,
    /// It has more than one reading, and so no value that rules take.
    Ambiguous,
    /// It is not text.
    NotUtf8,
    /// A claim that is `null`, which must not be taken for one that is absent.
    Null,
}

impl Why {
    /// The word that records use.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Credential => "credential",
            Self::Redacted => "redacted",
            Self::TooLong => "too long",
            Self::Ambiguous => "ambiguous",
            Self::NotUtf8 => "not UTF-8",
            Self::Null => "null",
        }
    }
}

impl Line<'_, true> {
    /// Appends that there is a value, and why it is not shown.
    pub(super) fn omitted(&mut self, why: Why) {
        self.add(b"{\"omitted\":\"");
        self.add(why.as_str().as_bytes());
        self.add(b"\"}");
    }

    /// Appends all values of one name: `null` when there is none, a list when there are several.
    pub(super) fn values<V: AsRef<[u8]>>(
        &mut self,
        values: impl Iterator<Item = V>,
        withheld: Option<Why>,
    ) {
        let before = self.0.len();
        let (mut count, mut length) = (0_usize, 0);
        let mut problem = None;
        for value in values {
            let value = value.as_ref();
            count += 1;
            length += value.len();
            let text = std::str::from_utf8(value);
            problem = withheld
                .or((length > MAX_VALUE).then_some(Why::TooLong))
                .or(text.is_err().then_some(Why::NotUtf8));
            if problem.is_some() {
                break;
            }
            self.add(if count == 1 { b"\"" } else { b",\"" });
            self.value(text.unwrap_or_default());
        }
        match (problem, count) {
            (Some(why), _) => {
                self.0.truncate(before);
                self.omitted(why);
            }
            (None, 0) => self.add(b"null"),
            (None, 1) => {}
            (None, _) => {
                self.0.insert(before, b'[');
                self.0.push(b']');
            }
        }
    }

    /// Appends a claim.
    pub(super) fn claim(&mut self, claim: Option<&Value>, withheld: Option<Why>) {
        match (claim, withheld) {
            (None, _) => self.add(b"null"),
            (Some(_), Some(why)) => self.omitted(why),
            (Some(Value::Null), None) => self.omitted(Why::Null),
            (Some(value), None) => {
                let spelled = value.to_string();
                match spelled.len() {
                    // What is hidden stands in texts only, where JSON takes the escape for the same.
                    ..=MAX_VALUE => self.add(&escape_hidden(&spelled, |_| false)),
                    _ => self.omitted(Why::TooLong),
                }
            }
        }
    }
}

/// The value of a query's pair when its name, decoded, is this one.
pub(super) fn of_parameter<'q>(pair: &'q str, name: &str) -> Option<Cow<'q, [u8]>> {
    if pair.is_empty() {
        return None;
    }
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    (*decoded(key) == *name.as_bytes()).then(|| decoded(value))
}

/// Undoes escapes and `+`, as servers do that read query parameters (URL standard, section 5.1).
pub(super) fn decoded(text: &str) -> Cow<'_, [u8]> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text.as_bytes());
    }
    let (mut decoded, mut bytes) = (Vec::with_capacity(text.len()), text.bytes());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => escaped(&mut bytes).unwrap_or(b'%'),
            b'+' => b' ',
            other => other,
        });
    }
    Cow::Owned(decoded)
}

/// The byte that the next two hex digits stand for; takes nothing when they are not there.
fn escaped(bytes: &mut std::str::Bytes<'_>) -> Option<u8> {
    let mut ahead = bytes.clone();
    let mut digit = || char::from(ahead.next()?).to_digit(16);
    let value = u8::try_from(digit()? * 16 + digit()?).ok();
    *bytes = ahead;
    value
}
