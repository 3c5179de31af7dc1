//! Structured fields (RFC 9651), as far as signatures are written in them: dictionaries of items and inner lists.
//!
//! What the RFC leaves to the reader is refused here where two readers could differ: a key twice, in a dictionary or
//! among parameters. What is written again is written in the one canonical form.

mod read;
mod write;

pub(super) use read::{dictionary, item};

/// A value that stands for itself (RFC 9651 section 3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bare {
    Integer(i64),
    /// In thousandths.
    Decimal(i64),
    Text(String),
    Token(String),
    Bytes(Vec<u8>),
    Truth(bool),
    Date(i64),
}

/// What stands behind an item, in its order (RFC 9651 section 3.1.2).
pub(super) type Parameters = Vec<(String, Bare)>;

/// A value with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) bare: Bare,
    pub(super) parameters: Parameters,
}

/// Items in parentheses, with parameters of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InnerList {
    pub(super) items: Vec<Item>,
    pub(super) parameters: Parameters,
}

/// The value of a dictionary's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Member {
    Item(Item),
    List(InnerList),
}

/// A dictionary, in its order (RFC 9651 section 3.2).
pub(super) type Dictionary = Vec<(String, Member)>;

/// The value of a parameter.
pub(super) fn parameter<'p>(parameters: &'p Parameters, name: &str) -> Option<&'p Bare> {
    let mut own = parameters.iter();
    own.find(|(own, _)| own == name).map(|(_, value)| value)
}
