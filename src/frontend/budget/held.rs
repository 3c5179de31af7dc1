//! A body that is held as a whole.

use std::sync::Arc;

use bytes::Bytes;

use super::{Budget, Collected, Part, Whose};

/// A body that is held as a whole, for the exchange it came in and, on another account, for a policy on trial.
#[derive(Debug)]
pub(in crate::frontend) struct Held {
    bytes: Bytes,
    /// The same bytes, where they are ours; nothing where they are a part of something longer.
    own: Option<Arc<Vec<u8>>>,
    budget: Arc<Budget>,
}

/// Bytes that several have, of which each has told what it holds.
struct Counted {
    bytes: Arc<Vec<u8>>,
    _part: Part,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Collected {
    /// All of it. Its part of the budget is given back when the exchange has let go of the bytes, also where a
    /// policy on trial still has them.
    pub(in crate::frontend) fn into_held(self) -> Held {
        let Self {
            mut bytes,
            mut part,
        } = self;
        bytes.shrink_to_fit();
        part.shrink_to(bytes.len());
        let budget = Arc::clone(&part.budget);
        let own = Arc::new(bytes);
        let bytes = match own.is_empty() {
            true => Bytes::new(),
            false => Bytes::from_owner(Counted {
                bytes: Arc::clone(&own),
                _part: part,
            }),
        };
        Held {
            bytes,
            own: Some(own),
            budget,
        }
    }
}

impl Held {
    /// A body that came in something longer, as its part. What holds it is told elsewhere.
    #[cfg(feature = "grpc")]
    pub(in crate::frontend) fn within(bytes: Bytes, budget: &Arc<Budget>) -> Self {
        Self {
            bytes,
            own: None,
            budget: Arc::clone(budget),
        }
    }

    /// The body, for the exchange.
    pub(in crate::frontend) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The body, for a policy on trial: on its account, and nothing where that is used up. It is copied only where
    /// it would keep something longer.
    pub(in crate::frontend) fn on_trial(&self) -> Option<Bytes> {
        let mut part = Part::of(&self.budget, Whose::Trial);
        part.grow(self.bytes.len()).ok()?;
        let bytes = match &self.own {
            Some(own) => Arc::clone(own),
            None => Arc::new(self.bytes.to_vec()),
        };
        Some(Bytes::from_owner(Counted { bytes, _part: part }))
    }
}
