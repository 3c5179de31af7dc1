//! Header names as an upstream might read them.

use std::fmt;

/// A header name folded so that all spellings an upstream may confuse are equal.
///
/// CGI-style servers turn every character of a name that is not a letter or digit into `_` and
/// ignore case (RFC 3875 section 4.1.18), so `X-User`, `x_user` and `X.User` arrive as one variable.
/// Comparing folded names is what keeps a caller's `x_user` from posing as our `X-User`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FoldedName(Box<str>);

impl FoldedName {
    /// Folds a name: lower case, everything but letters and digits becomes `-`.
    pub fn new(name: &str) -> Self {
        Self(name.bytes().map(|byte| char::from(fold(byte))).collect())
    }

    /// Whether `name`, folded, equals this name. Allocates nothing.
    pub fn matches(&self, name: impl AsRef<[u8]>) -> bool {
        let name = name.as_ref();
        self.0.len() == name.len() && self.starts(name)
    }

    /// Whether `name`, folded, begins with this name. Allocates nothing.
    pub fn is_prefix_of(&self, name: impl AsRef<[u8]>) -> bool {
        let name = name.as_ref();
        self.0.len() <= name.len() && self.starts(name)
    }

    fn starts(&self, name: &[u8]) -> bool {
        let mut pairs = self.0.bytes().zip(name.iter().copied());
        // Most bytes that are looked at are spelled as ours.
        pairs.all(|(ours, theirs)| ours == theirs || ours == fold(theirs))
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn fold(byte: u8) -> u8 {
    if byte.is_ascii_alphanumeric() {
        byte.to_ascii_lowercase()
    } else {
        b'-'
    }
}

impl fmt::Display for FoldedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_that_an_upstream_may_confuse_are_equal() {
        let name = FoldedName::new("X-User");
        for spelling in ["x-user", "X_User", "x.user", "X~USER"] {
            assert!(name.matches(spelling), "{spelling}");
        }
        assert!(!name.matches("x-users"));
        assert!(!name.matches("x-use"));
    }

    #[test]
    fn prefix_covers_all_that_begin_with_it() {
        let prefix = FoldedName::new("X-Auth-");
        assert!(prefix.is_prefix_of("x_auth_user"));
        assert!(!prefix.is_prefix_of("x-aut"));
    }
}
