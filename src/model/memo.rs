//! Header values worked out from a principal once, kept beside it.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderValue;

/// A header value, or the fact that there is none.
pub type Rendered = Option<HeaderValue>;

/// Values that one owner, a policy, has worked out from one principal.
///
/// The first owner that asks fills it; any other finds nothing here. A clone is empty: it may be
/// given other facts, and workers that each have their own principal share no counter.
#[derive(Default)]
pub struct Memo(OnceLock<(MemoOwner, Box<[Rendered]>)>);

/// Tells the values of one owner from those of others: no two owners of a process are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoOwner(u64);

impl MemoOwner {
    /// An owner that was never there before.
    pub fn unique() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl Memo {
    /// The owner's values, worked out now if nobody has asked before; nothing when the memo is
    /// another's.
    pub fn fill(
        &self,
        owner: MemoOwner,
        work_out: impl FnOnce() -> Box<[Rendered]>,
    ) -> Option<&[Rendered]> {
        let (known, values) = self.0.get_or_init(|| (owner, work_out()));
        (*known == owner).then_some(values)
    }

    /// The owner's values, if they have been worked out.
    pub fn values(&self, owner: MemoOwner) -> Option<&[Rendered]> {
        let (known, values) = self.0.get()?;
        (*known == owner).then_some(values)
    }
}

impl Clone for Memo {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filled = self.0.get().is_some();
        f.debug_struct("Memo").field("filled", &filled).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(value: &'static str) -> Box<[Rendered]> {
        Box::new([Some(HeaderValue::from_static(value))])
    }

    #[test]
    fn value_is_worked_out_once() {
        let (memo, owner) = (Memo::default(), MemoOwner::unique());
        assert_eq!(memo.values(owner), None);
        assert_eq!(memo.fill(owner, || one("a")), Some(&*one("a")));
        assert_eq!(memo.fill(owner, || one("b")), Some(&*one("a")));
        assert_eq!(memo.values(owner), Some(&*one("a")));
    }

    #[test]
    fn another_owner_finds_nothing() {
        let (memo, owner) = (Memo::default(), MemoOwner::unique());
        memo.fill(owner, || one("a"));
        let other = MemoOwner::unique();
        assert_eq!(memo.fill(other, || one("b")), None);
        assert_eq!(memo.values(other), None);
    }

    #[test]
    fn clone_is_empty() {
        let (memo, owner) = (Memo::default(), MemoOwner::unique());
        memo.fill(owner, || one("a"));
        assert_eq!(memo.clone().values(owner), None);
    }
}
