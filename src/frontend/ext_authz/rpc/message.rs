//! One message behind its prefix: whether it is compressed, and how long it is.

use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes};

use super::Status;
use crate::frontend::budget::{Budget, Collected, Exhausted};

/// A byte that says whether the message is compressed, and four that count its bytes.
const PREFIX: usize = 5;

/// A message under way. What comes in one piece is not copied; of what comes in several, the memory is counted.
#[derive(Debug)]
pub(in crate::frontend::ext_authz) struct Message<'b> {
    limit: usize,
    budget: &'b Arc<Budget>,
    got: Got,
}

#[derive(Debug)]
enum Got {
    One(Bytes),
    Many(Collected),
}

/// Why a message is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::frontend::ext_authz) enum Incomplete {
    /// It is longer than the limit.
    TooLong,
    /// There is no memory to hold it.
    Overloaded,
    /// It is not one message.
    Unfit(Status),
}

impl<'b> Message<'b> {
    /// None yet. No message may have more than `limit` bytes.
    pub(in crate::frontend::ext_authz) fn new(limit: usize, budget: &'b Arc<Budget>) -> Self {
        let got = Got::One(Bytes::new());
        Self { limit, budget, got }
    }

    /// Takes what has come. Whether it is too long is told by its first five bytes.
    pub(in crate::frontend::ext_authz) fn add(&mut self, data: Bytes) -> Result<(), Incomplete> {
        let more = |exhausted: Result<(), Exhausted>| exhausted.map_err(|_| Incomplete::Overloaded);
        let most = self.limit + PREFIX;
        match &mut self.got {
            Got::One(first) if first.is_empty() => *first = data,
            Got::One(first) => {
                let whole = announced(first).map_or(most, |length| length.min(self.limit) + PREFIX);
                let mut many = Collected::of_proxy(self.budget);
                more(many.add(first, whole))?;
                more(many.add(&data, whole))?;
                self.got = Got::Many(many);
            }
            Got::Many(many) => more(many.add(&data, most))?,
        }
        let so_far = self.so_far();
        match announced(so_far) {
            Some(length) if length > self.limit => Err(Incomplete::TooLong),
            Some(length) if so_far.len() > length + PREFIX => {
                Err(Incomplete::Unfit(Status::NOT_ONE))
            }
            _ => Ok(()),
        }
    }

    fn so_far(&self) -> &[u8] {
        match &self.got {
            Got::One(bytes) => bytes,
            Got::Many(many) => many.as_ref(),
        }
    }

    /// The message, now that no more comes.
    pub(in crate::frontend::ext_authz) fn whole(self) -> Result<Bytes, Status> {
        let so_far = self.so_far();
        if so_far.first() == Some(&1) {
            return Err(Status::COMPRESSED);
        }
        let is_plain = so_far.first() == Some(&0);
        let is_whole = announced(so_far).is_some_and(|length| so_far.len() == length + PREFIX);
        if !is_plain || !is_whole {
            return Err(Status::NOT_ONE);
        }
        let mut bytes = match self.got {
            Got::One(bytes) => bytes,
            Got::Many(many) => many.into_bytes(),
        };
        bytes.advance(PREFIX);
        Ok(bytes)
    }
}

/// How long a message says that it is.
fn announced(so_far: &[u8]) -> Option<usize> {
    let length = so_far.get(1..PREFIX)?;
    let length = u32::from_be_bytes(length.try_into().ok()?);
    usize::try_from(length).ok()
}

/// A message of `length` bytes behind its prefix, as `write` writes it.
pub(in crate::frontend::ext_authz) fn framed(
    length: usize,
    write: impl FnOnce(&mut Vec<u8>),
) -> Bytes {
    let mut bytes = Vec::with_capacity(PREFIX + length);
    bytes.put_u8(0);
    // What we say is bounded far below what four bytes can count.
    bytes.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    write(&mut bytes);
    bytes.into()
}
