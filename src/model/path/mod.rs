//! The request target in the one spelling that is judged and sent.
//!
//! Most bypasses of path rules come from two programs reading one path differently. So a path is
//! parsed once: what has two readings is refused or marked as an [`Oddity`], needless encodings are
//! undone (RFC 3986 section 6.2.2), and the result is both matched and forwarded.

use std::borrow::Cow;
use std::fmt;
use std::fmt::Write as _;

use http::uri::PathAndQuery;

/// A spelling that some servers read in another way. A policy may allow a class of them by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OddityClass {
    /// `%2F`: a slash inside a segment.
    EncodedSlash,
    /// `%5C`: a backslash, which some servers take for a slash.
    EncodedBackslash,
    /// `;`: the start of path parameters for some servers.
    Semicolon,
    /// `//`: an empty segment, which some servers drop.
    EmptySegment,
    /// `%25` followed by two hex digits: an escape for who decodes twice.
    DoubleEncoding,
}

impl OddityClass {
    /// Every class with the name a policy file uses.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("encoded_slash", Self::EncodedSlash),
        ("encoded_backslash", Self::EncodedBackslash),
        ("semicolon", Self::Semicolon),
        ("empty_segment", Self::EmptySegment),
        ("double_encoding", Self::DoubleEncoding),
    ];
}

/// A set of [`OddityClass`]es.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Oddity(u8);

impl Oddity {
    /// The set with `class` added.
    #[must_use]
    pub const fn with(self, class: OddityClass) -> Self {
        Self(self.0 | 1 << class as u8)
    }

    /// Whether every class in this set is also in `allowed`.
    pub const fn within(self, allowed: Self) -> bool {
        self.0 & !allowed.0 == 0
    }
}

/// A target that has no single reading, whatever the policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It does not begin with a slash.
    #[error("the path does not begin with a slash")]
    NotAbsolute,
    /// A `.` or `..` segment, also when encoded or behind an encoded slash.
    #[error("the path has a dot segment")]
    DotSegment,
    /// A raw backslash.
    #[error("the path has a backslash")]
    Backslash,
    /// A control character, raw or encoded.
    #[error("the path has a control character")]
    Control,
    /// A percent sign without two hex digits behind it.
    #[error("the path has a broken percent escape")]
    Escape,
    /// The decoded path is not UTF-8, for instance an overlong form.
    #[error("the decoded path is not UTF-8")]
    NotUtf8,
    /// The canonical form is longer than a request target can be.
    #[error("the path is too long")]
    TooLong,
}

/// Path and query of a request; the path has one spelling.
///
/// Unreserved characters are never encoded, escapes are in upper case, everything outside printable
/// ASCII is encoded. The query is carried along untouched and plays no part in matching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanonicalPath {
    target: PathAndQuery,
    oddities: Oddity,
}

impl CanonicalPath {
    /// Parses `path[?query]`.
    pub fn parse(target: &str) -> Result<Self, PathError> {
        let target = PathAndQuery::try_from(target).map_err(|_| PathError::Control)?;
        Self::from_target(target)
    }

    /// Parses a target that an HTTP parser has already split off. Copies nothing when the target is
    /// in canonical form, as nearly all are.
    pub fn from_target(target: PathAndQuery) -> Result<Self, PathError> {
        let path = target.path();
        if !path.starts_with('/') {
            return Err(PathError::NotAbsolute);
        }
        let (canonical, mut oddities) = canonicalise(path)?;
        let text = canonical.as_deref().unwrap_or(path);
        if text.contains("//") {
            oddities = oddities.with(OddityClass::EmptySegment);
        }
        text.split('/').try_for_each(refuse_dots)?;
        let target = match canonical {
            None => target,
            Some(path) => rebuilt(path, target.query())?,
        };
        Ok(Self { target, oddities })
    }

    /// The canonical path, without the query.
    pub fn as_str(&self) -> &str {
        self.target.path()
    }

    /// The query without its question mark, exactly as sent.
    pub fn query(&self) -> Option<&str> {
        self.target.query()
    }

    /// Path and query, ready to be sent. Cloning it copies no text.
    pub fn target(&self) -> &PathAndQuery {
        &self.target
    }

    /// The same path with another query. Used to take a credential out of it before forwarding.
    pub fn with_query(&self, query: Option<&str>) -> Result<Self, PathError> {
        let target = rebuilt(self.as_str().to_owned(), query)?;
        Ok(Self {
            target,
            oddities: self.oddities,
        })
    }

    /// The classes of unusual spelling that the path makes use of.
    pub fn oddities(&self) -> Oddity {
        self.oddities
    }

    /// The segments between slashes, percent-decoded. `/` has none; `/a/` has one: a slash at the
    /// end adds no segment, because too many servers read `/a/` as `/a`.
    pub fn segments(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let path = self.as_str();
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        let skip = usize::from(path.is_empty());
        path.split('/').skip(skip).map(decode_segment)
    }
}

impl fmt::Display for CanonicalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn rebuilt(mut path: String, query: Option<&str>) -> Result<PathAndQuery, PathError> {
    if let Some(query) = query {
        path.push('?');
        path.push_str(query);
    }
    PathAndQuery::try_from(path).map_err(|_| PathError::TooLong)
}

/// Returns the canonical text, or `None` when `path` has it already.
fn canonicalise(path: &str) -> Result<(Option<String>, Oddity), PathError> {
    if path.bytes().all(is_plain) {
        return Ok((None, Oddity::default()));
    }
    let mut out = String::with_capacity(path.len() + 16);
    let mut decoded = Vec::with_capacity(path.len());
    let mut oddities = Oddity::default();
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        let escaped = byte == b'%';
        let value = if escaped { unescape(&mut bytes)? } else { byte };
        if let Some(class) = oddity(value, escaped, bytes.clone()) {
            oddities = oddities.with(class);
        }
        decoded.push(value);
        write_canonical(&mut out, value, escaped)?;
    }
    if std::str::from_utf8(&decoded).is_err() {
        return Err(PathError::NotUtf8);
    }
    Ok((Some(out).filter(|canonical| canonical != path), oddities))
}

/// Characters that stand for themselves in every reading.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'~' | b':' | b'@')
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

/// Characters that RFC 3986 section 3.3 lets stand unencoded in a segment.
fn may_stand_raw(byte: u8) -> bool {
    is_plain(byte)
        || matches!(
            byte,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
        )
}

fn unescape(bytes: &mut std::str::Bytes<'_>) -> Result<u8, PathError> {
    let mut digit = || {
        bytes
            .next()
            .and_then(|b| char::from(b).to_digit(16))
            .ok_or(PathError::Escape)
    };
    let (high, low) = (digit()?, digit()?);
    u8::try_from(high * 16 + low).map_err(|_| PathError::Escape)
}

fn oddity(value: u8, escaped: bool, rest: std::str::Bytes<'_>) -> Option<OddityClass> {
    match value {
        b'/' if escaped => Some(OddityClass::EncodedSlash),
        b'\\' if escaped => Some(OddityClass::EncodedBackslash),
        b';' => Some(OddityClass::Semicolon),
        b'%' if escaped && rest.take(2).filter(u8::is_ascii_hexdigit).count() == 2 => {
            Some(OddityClass::DoubleEncoding)
        }
        _ => None,
    }
}

fn write_canonical(out: &mut String, value: u8, escaped: bool) -> Result<(), PathError> {
    match value {
        b'\\' if !escaped => return Err(PathError::Backslash),
        0..=0x1f | 0x7f => return Err(PathError::Control),
        _ => {}
    }
    let raw = if escaped {
        is_unreserved(value)
    } else {
        may_stand_raw(value)
    };
    if raw {
        out.push(char::from(value));
    } else {
        // Writing to a string cannot fail.
        let _ = write!(out, "%{value:02X}");
    }
    Ok(())
}

/// Refuses `.` and `..`, also between slashes and backslashes that hide behind escapes.
fn refuse_dots(segment: &str) -> Result<(), PathError> {
    if !segment.contains('.') {
        return Ok(());
    }
    let decoded = decode_segment(segment);
    let hidden = decoded.split(['/', '\\']).any(|piece| {
        let name = piece.split(';').next().unwrap_or(piece);
        name == "." || name == ".."
    });
    if hidden {
        Err(PathError::DotSegment)
    } else {
        Ok(())
    }
}

/// Decodes one segment of a canonical path.
fn decode_segment(segment: &str) -> Cow<'_, str> {
    if !segment.contains('%') {
        return Cow::Borrowed(segment);
    }
    let mut decoded = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        let value = if byte == b'%' {
            unescape(&mut bytes).unwrap_or(b'%')
        } else {
            byte
        };
        decoded.push(value);
    }
    match String::from_utf8(decoded) {
        Ok(text) => Cow::Owned(text),
        // Cannot happen: the canonical form is checked to decode to UTF-8 as a whole, and neither a
        // slash nor an escape can split a character.
        Err(_) => Cow::Borrowed(segment),
    }
}

#[cfg(test)]
mod tests;
