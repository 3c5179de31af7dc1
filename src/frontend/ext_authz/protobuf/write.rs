//! How messages are written: once to count, once to write, so that the memory is taken once and fits.

use bytes::Bytes;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len};

use crate::frontend::ext_authz::rpc::framed;

/// What a message is written to.
#[derive(Debug)]
pub(in crate::frontend::ext_authz) enum Sink<'v> {
    /// Nothing is kept: how long it would be.
    Count(usize),
    /// The bytes.
    Bytes(&'v mut Vec<u8>),
}

impl Sink<'_> {
    /// A number that is not the default, which is left out.
    pub(in crate::frontend::ext_authz) fn number(&mut self, tag: u32, number: u16) {
        if number == 0 {
            return;
        }
        let number = u64::from(number);
        match self {
            Self::Count(count) => *count += key_len(tag) + encoded_len_varint(number),
            Self::Bytes(bytes) => {
                encode_key(tag, WireType::Varint, *bytes);
                encode_varint(number, *bytes);
            }
        }
    }

    /// Text, or bytes.
    pub(in crate::frontend::ext_authz) fn text(&mut self, tag: u32, text: &[u8]) {
        self.begin(tag, text.len());
        match self {
            Self::Count(count) => *count += text.len(),
            Self::Bytes(bytes) => bytes.extend_from_slice(text),
        }
    }

    /// A message within the message, also when it is empty.
    pub(in crate::frontend::ext_authz) fn message(
        &mut self,
        tag: u32,
        fill: impl Fn(&mut Sink<'_>),
    ) {
        let length = length(&fill);
        self.begin(tag, length);
        match self {
            Self::Count(count) => *count += length,
            Self::Bytes(bytes) => fill(&mut Sink::Bytes(bytes)),
        }
    }

    fn begin(&mut self, tag: u32, length: usize) {
        let length = length as u64;
        match self {
            Self::Count(count) => *count += key_len(tag) + encoded_len_varint(length),
            Self::Bytes(bytes) => {
                encode_key(tag, WireType::LengthDelimited, *bytes);
                encode_varint(length, *bytes);
            }
        }
    }
}

fn length(fill: &impl Fn(&mut Sink<'_>)) -> usize {
    let mut sink = Sink::Count(0);
    fill(&mut sink);
    match sink {
        Sink::Count(count) => count,
        Sink::Bytes(bytes) => bytes.len(),
    }
}

/// A message behind its prefix.
pub(in crate::frontend::ext_authz) fn written(fill: impl Fn(&mut Sink<'_>)) -> Bytes {
    framed(length(&fill), |bytes| fill(&mut Sink::Bytes(bytes)))
}
