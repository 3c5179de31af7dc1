//! What both directions of an exchange share.

use std::cell::Cell;
use std::rc::Rc;

use crate::engine::Permit;

/// One permitted exchange, shared by its request body and its response body.
#[derive(Debug)]
pub struct Passage {
    permit: Permit,
    /// Frames that went by, both ways.
    frames: Cell<u32>,
    /// Whether the request's body is still coming.
    sending: Cell<bool>,
}

impl Passage {
    /// Begins an exchange.
    pub fn new(permit: Permit) -> Rc<Self> {
        Rc::new(Self {
            permit,
            frames: Cell::new(0),
            sending: Cell::new(false),
        })
    }

    /// Why the request may pass.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }

    /// A frame went by.
    pub(super) fn moved(&self) {
        self.frames.set(self.frames.get().wrapping_add(1));
    }

    pub(super) fn frames(&self) -> u32 {
        self.frames.get()
    }

    /// From now on the request's body is still coming, or not any more.
    pub(super) fn send(&self, sending: bool) {
        self.sending.set(sending);
    }

    pub(super) fn is_sending(&self) -> bool {
        self.sending.get()
    }
}
