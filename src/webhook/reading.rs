//! A body while it comes, as its worker reads it.

use bytes::Bytes;
use tokio::task::yield_now;

use super::secrets::Chosen;
use super::whole::{Sums, Whole};

/// How many bytes are computed with until others have the thread: a tenth of a millisecond, or four where the
/// processor knows nothing of SHA.
const TURN: usize = 128 << 10;

/// A body that is being read: see [`super::Webhook::read`].
#[derive(Debug)]
pub struct Reading {
    chosen: Chosen,
    sums: Sums,
    /// How much of the body was read, in bytes.
    length: usize,
    /// How much was computed with since others had the thread.
    worked: usize,
}

impl Reading {
    pub(super) fn new(chosen: Chosen, sums: Sums) -> Self {
        Self {
            chosen,
            sums,
            length: 0,
            worked: 0,
        }
    }

    /// Adds what came of the body. Lets others have the thread in between.
    pub async fn add(&mut self, data: &[u8]) {
        // Reading costs as well where nothing is computed.
        let passes = self.sums.passes() + 1;
        for piece in data.chunks(TURN.div_ceil(passes)) {
            self.sums.add(piece);
            self.length += piece.len();
            self.worked += piece.len() * passes;
            if self.worked >= TURN {
                self.worked = 0;
                yield_now().await;
            }
        }
    }

    /// The whole body, which is these bytes, and whose secrets count for it. What was computed of others counts for
    /// nothing.
    pub(super) fn end(self, body: &Bytes) -> (Chosen, Whole) {
        let whole = match self.length == body.len() {
            true => self.sums.end(body.clone()),
            false => Whole::from(body.clone()),
        };
        (self.chosen, whole)
    }
}
