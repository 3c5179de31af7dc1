//! The request target in the one spelling that is judged and sent.
//!
//! Most bypasses of path rules come from two programs reading one path differently. So a path is
//! parsed once: what has two readings is refused or marked as an [`Oddity`], needless encodings are
//! undone (RFC 3986 section 6.2.2), and the result is both matched and forwarded.

mod segments;
mod spelling;

use std::fmt;

use http::uri::PathAndQuery;

pub use segments::Segments;

use spelling::{Glance, canonicalise, refuse_dots};

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
#[derive(Debug, Clone)]
pub struct CanonicalPath {
    target: PathAndQuery,
    oddities: Oddity,
    /// Whether the path has a percent escape.
    escaped: bool,
    /// What was received, where that was spelled otherwise.
    received: Option<Box<PathAndQuery>>,
}

/// How a path was spelled before is no part of it.
impl PartialEq for CanonicalPath {
    fn eq(&self, other: &Self) -> bool {
        self.target == other.target
            && self.oddities == other.oddities
            && self.escaped == other.escaped
    }
}

impl Eq for CanonicalPath {}

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
        let sent = Glance::at(path);
        if !sent.plain {
            return Self::respelled(target);
        }
        if sent.dots {
            path.split('/').try_for_each(refuse_dots)?;
        }
        let mut oddities = Oddity::default();
        if sent.empty_segment {
            oddities = oddities.with(OddityClass::EmptySegment);
        }
        Ok(Self {
            target,
            oddities,
            escaped: false,
            received: None,
        })
    }

    fn respelled(target: PathAndQuery) -> Result<Self, PathError> {
        let path = target.path();
        let (canonical, mut oddities) = canonicalise(path)?;
        let text = canonical.as_deref().unwrap_or(path);
        if text.contains("//") {
            oddities = oddities.with(OddityClass::EmptySegment);
        }
        text.split('/').try_for_each(refuse_dots)?;
        let escaped = text.contains('%');
        let (target, received) = match canonical {
            None => (target, None),
            Some(path) => (rebuilt(path, target.query())?, Some(Box::new(target))),
        };
        Ok(Self {
            target,
            oddities,
            escaped,
            received,
        })
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

    /// Path and query as the caller spelled them, for signatures that cover them. Nothing is judged by this
    /// spelling, and it is never sent on.
    pub fn as_received(&self) -> &str {
        self.received.as_deref().unwrap_or(&self.target).as_str()
    }

    /// The same path with another query. Used to take a credential out of it before forwarding: what was received
    /// is forgotten.
    pub fn with_query(&self, query: Option<&str>) -> Result<Self, PathError> {
        Ok(Self {
            target: rebuilt(self.as_str().to_owned(), query)?,
            oddities: self.oddities,
            escaped: self.escaped,
            received: None,
        })
    }

    /// The classes of unusual spelling that the path makes use of.
    pub fn oddities(&self) -> Oddity {
        self.oddities
    }

    /// The segments between slashes, percent-decoded. `/` has none; `/a/` has one: a slash at the
    /// end adds no segment, because too many servers read `/a/` as `/a`.
    pub fn segments(&self) -> Segments<'_> {
        Segments::of(self.as_str(), self.escaped)
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

#[cfg(test)]
mod tests;
