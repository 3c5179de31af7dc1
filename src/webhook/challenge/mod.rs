//! How senders test an address before they use it.

use bytes::Bytes;
use http::Method;

use crate::document::{Node, Problems};

use super::Reply;
use super::candidates::Candidates;
use super::message::Message;
use super::refusal::Refusal;

/// The challenges that one webhook answers.
#[derive(Debug, Default)]
pub(super) struct Challenges {}

impl Challenges {
    /// Reads the key `challenges`: a list of definitions.
    pub(super) fn read(_node: &Node, _problems: &Problems) -> Option<Self> {
        Some(Self {})
    }

    /// The methods that challenges come with.
    pub(super) fn methods(&self) -> Vec<Method> {
        Vec::new()
    }

    /// The answer, if the message is a challenge. Without a body: of those that neither are signed nor stand in the
    /// body. With one: of all others; `signed` says whether its signature was verified.
    pub(super) fn meet(
        &self,
        _message: &Message<'_>,
        _body: Option<&Bytes>,
        _signed: bool,
        _candidates: &Candidates<'_>,
    ) -> Option<Result<Reply, Refusal>> {
        None
    }
}
