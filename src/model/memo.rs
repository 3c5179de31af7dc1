//! What is worked out from a principal once, kept beside it: header values, and its part of a log's lines.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderValue;

/// A header value, or the fact that there is none.
pub type Rendered = Option<HeaderValue>;

/// Values that one owner, a policy, has worked out from one principal, and what another owner, a log,
/// says of it.
///
/// The first owner that asks for either fills it; any other finds nothing here. A clone is empty: it
/// may be given other facts, and workers that each have their own principal share no counter.
#[derive(Default)]
pub struct Memo {
    values: Owned<[Rendered]>,
    spelled: Owned<[u8]>,
}

type Owned<T> = OnceLock<(MemoOwner, Box<T>)>;

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
        fill(&self.values, owner, work_out)
    }

    /// The owner's values, if they have been worked out.
    pub fn values(&self, owner: MemoOwner) -> Option<&[Rendered]> {
        let (known, values) = self.values.get()?;
        (*known == owner).then_some(values)
    }

    /// What the owner's lines say of the principal, spelled out now if nobody has asked before;
    /// nothing when that is another's.
    pub fn spelled(&self, owner: MemoOwner, spell: impl FnOnce() -> Box<[u8]>) -> Option<&[u8]> {
        fill(&self.spelled, owner, spell)
    }
}

fn fill<T: ?Sized>(
    place: &Owned<T>,
    owner: MemoOwner,
    work_out: impl FnOnce() -> Box<T>,
) -> Option<&T> {
    let (known, worked_out) = place.get_or_init(|| (owner, work_out()));
    (*known == owner).then_some(&**worked_out)
}

impl Clone for Memo {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filled = self.values.get().is_some();
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
    fn lines_and_values_have_owners_of_their_own() {
        let (memo, policy, log) = (Memo::default(), MemoOwner::unique(), MemoOwner::unique());
        memo.fill(policy, || one("a"));
        let spelled = |owner, text: &'static str| memo.spelled(owner, || text.as_bytes().into());
        assert_eq!(spelled(log, "a"), Some(&b"a"[..]));
        assert_eq!(spelled(log, "b"), Some(&b"a"[..]));
        assert_eq!(spelled(policy, "b"), None);
        assert_eq!(memo.values(policy), Some(&*one("a")));
    }

    #[test]
    fn clone_is_empty() {
        let (memo, owner) = (Memo::default(), MemoOwner::unique());
        memo.fill(owner, || one("a"));
        memo.spelled(owner, || (*b"a").into());
        let other = memo.clone();
        assert_eq!(other.values(owner), None);
        assert_eq!(other.spelled(owner, || (*b"b").into()), Some(&b"b"[..]));
    }
}
