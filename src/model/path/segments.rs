//! A path, segment by segment.

use std::borrow::Cow;

use super::spelling::decode_segment;

/// What is left of a path's segments, each percent-decoded when it is taken. A copy costs nothing,
/// so whoever looks for something may go back to where it was.
#[derive(Debug, Clone)]
pub struct Segments<'p> {
    /// Nothing behind the last segment.
    rest: Option<&'p str>,
    escaped: bool,
}

impl<'p> Segments<'p> {
    /// The segments of a canonical path, which is `escaped` when it has a percent sign.
    pub(super) fn of(path: &'p str, escaped: bool) -> Self {
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        Self {
            rest: Some(path).filter(|path| !path.is_empty()),
            escaped,
        }
    }
}

impl<'p> Iterator for Segments<'p> {
    type Item = Cow<'p, str>;

    fn next(&mut self) -> Option<Cow<'p, str>> {
        let rest = self.rest.take()?;
        let slash = rest.bytes().position(|byte| byte == b'/');
        let (segment, after) = match slash.and_then(|slash| rest.split_at_checked(slash)) {
            None => (rest, None),
            Some((segment, after)) => (segment, after.strip_prefix('/')),
        };
        self.rest = after;
        Some(if self.escaped {
            decode_segment(segment)
        } else {
            Cow::Borrowed(segment)
        })
    }
}
