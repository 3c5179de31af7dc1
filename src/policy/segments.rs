//! The segments of a request's path, on the stack.

use std::borrow::Cow;

use crate::model::CanonicalPath;

use super::pattern::MAX_SEGMENTS;

/// How many segments need no allocation.
const FEW: usize = 16;

/// The leading segments of a path, decoded. Segments behind the longest possible pattern are not
/// looked at: only `**` could match them, whatever they say.
#[derive(Debug)]
pub(super) struct Segments<'r> {
    few: [Cow<'r, str>; FEW],
    count: usize,
    many: Vec<Cow<'r, str>>,
}

impl<'r> Segments<'r> {
    pub(super) fn of(path: &'r CanonicalPath) -> Self {
        let mut count = 0;
        let mut segments = path.segments().take(MAX_SEGMENTS + 1);
        let few = std::array::from_fn(|_| match segments.next() {
            Some(segment) => {
                count += 1;
                segment
            }
            None => Cow::Borrowed(""),
        });
        let mut many = Vec::new();
        if let Some(next) = segments.next() {
            many.extend(few.iter().cloned());
            many.push(next);
            many.extend(segments);
        }
        Self { few, count, many }
    }

    pub(super) fn as_slice(&self) -> &[Cow<'r, str>] {
        if self.many.is_empty() {
            self.few.get(..self.count).unwrap_or_default()
        } else {
            &self.many
        }
    }
}
