//! Room that one message leaves to the next.

use std::cell::RefCell;

use super::{Fields, Line};

/// How many rooms a thread keeps.
const MAX_SPARES: usize = 64;
/// The largest that is kept, in lines.
const MAX_LINES: usize = 128;
/// The largest that is kept, in bytes of added lines.
const MAX_ADDED: usize = 8 << 10;
/// The smallest that is made, in lines: most messages have no more.
const FEW: usize = 16;

/// What is kept, without anything in it.
type Room = (Vec<Line>, Vec<u8>);

thread_local! {
    static SPARES: RefCell<Vec<Room>> = const { RefCell::new(Vec::new()) };
}

impl Fields {
    /// Sees to it that there is room for lines.
    pub(super) fn room(&mut self) {
        if self.lines.capacity() > 0 {
            return;
        }
        let spare = SPARES.with_borrow_mut(Vec::pop);
        (self.lines, self.added) = spare.unwrap_or_else(|| (Vec::with_capacity(FEW), Vec::new()));
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        let fits = (1..=MAX_LINES).contains(&self.lines.capacity());
        if !fits || self.added.capacity() > MAX_ADDED {
            return;
        }
        self.lines.clear();
        self.added.clear();
        let room = (
            std::mem::take(&mut self.lines),
            std::mem::take(&mut self.added),
        );
        // A thread that is ending keeps nothing.
        let _ended = SPARES.try_with(|spares| {
            let mut spares = spares.borrow_mut();
            if spares.len() < MAX_SPARES {
                spares.push(room);
            }
        });
    }
}
