//! The body of a message: while it comes, and when it is here.
//!
//! What a signature needs of a body is computed as it comes, so that nobody waits for it in the end, and no worker
//! computes so long at a time that its other callers notice. What cannot be computed before all of it is here is
//! computed then.

use std::borrow::Cow;

use bytes::Bytes;

use super::scheme::{Hash, Sum, Text};

/// What is computed of a body while it comes.
#[derive(Debug)]
pub(super) struct Sums {
    digests: Vec<(Hash, Sum)>,
    crc: Option<crc32fast::Hasher>,
    text: Option<Text>,
    /// Whether it matters what tells the delivery from others.
    pub(super) remembered: bool,
}

/// A body that is here, with what was computed of it before.
#[derive(Debug)]
pub(super) struct Whole {
    /// All of it.
    pub(super) bytes: Bytes,
    digests: Vec<(Hash, Vec<u8>)>,
    crc: Option<u32>,
    /// The text that is signed, up to the end of the body in it.
    pub(super) text: Option<Text>,
    /// Whether it matters what tells the delivery from others.
    pub(super) remembered: bool,
}

impl Sums {
    /// Nothing is computed yet. `remembered` says whether it matters what tells the delivery from others.
    pub(super) fn new(remembered: bool) -> Self {
        Self {
            digests: Vec::new(),
            crc: None,
            text: None,
            remembered,
        }
    }

    /// Wants a digest of the body.
    pub(super) fn digest(&mut self, hash: Hash) {
        if !self.digests.iter().any(|(own, _)| *own == hash) {
            self.digests.push((hash, hash.plain()));
        }
    }

    /// Wants the CRC-32 of the body.
    pub(super) fn crc32(&mut self) {
        self.crc.get_or_insert_default();
    }

    /// Wants a text that goes on with the body.
    pub(super) fn text(&mut self, text: Option<Text>) {
        self.text = text;
    }

    /// Adds what came of the body.
    pub(super) fn add(&mut self, data: &[u8]) {
        for (_, sum) in &mut self.digests {
            sum.add(data);
        }
        if let Some(crc) = &mut self.crc {
            crc.update(data);
        }
        if let Some(text) = &mut self.text {
            text.add(data);
        }
    }

    /// How often each byte is computed with.
    pub(super) fn passes(&self) -> usize {
        let text = self.text.as_ref().map_or(0, Text::passes);
        self.digests.len() + usize::from(self.crc.is_some()) + text
    }

    /// All of the body has been added: these bytes.
    pub(super) fn end(self, bytes: Bytes) -> Whole {
        let digests = self.digests.into_iter();
        Whole {
            bytes,
            digests: digests.map(|(hash, sum)| (hash, sum.end())).collect(),
            crc: self.crc.map(crc32fast::Hasher::finalize),
            text: self.text,
            remembered: self.remembered,
        }
    }
}

impl Whole {
    /// The digest of the body.
    pub(super) fn digest(&self, hash: Hash) -> Cow<'_, [u8]> {
        match self.digests.iter().find(|(own, _)| *own == hash) {
            Some((_, digest)) => Cow::Borrowed(digest),
            None => Cow::Owned(hash.digest(&[&self.bytes])),
        }
    }

    /// The CRC-32 of the body.
    pub(super) fn crc32(&self) -> u32 {
        self.crc.unwrap_or_else(|| crc32fast::hash(&self.bytes))
    }
}

/// A body of which nothing was computed while it came.
impl From<Bytes> for Whole {
    fn from(bytes: Bytes) -> Self {
        Sums::new(true).end(bytes)
    }
}
