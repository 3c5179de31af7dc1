//! Conditions: the Common Expression Language, typed when a file is loaded, bounded, pure.
//!
//! This room knows the language: its text, its types, its values and what it costs to work one out.
//! It refuses to know requests, principals and policies: a caller declares records with typed
//! fields, and lends their values by slot.
//!
//! Straight line: a text -> `parse` -> `check` against [`Declarations`] -> [`Program::evaluate`]
//! over [`Facts`]. What a program depends on is in [`Program::reads`]; why it said no is in
//! [`Program::explain`].
//!
//! Always: an unknown name, a type that does not agree and anything that is left out of the language
//! here is an error when the text is loaded, with its place. What is supported does what the
//! specification (<https://github.com/google/cel-spec>) says. An evaluation ends within a number of
//! steps and makes no large value; it reads no clock and no randomness. Constants are worked out at
//! load, and values are borrowed from the facts. An evaluation error never quotes a value.

mod bounds;
mod check;
mod collections;
mod compare;
mod declarations;
mod error;
mod eval;
mod explain;
mod parse;
mod pattern;
mod program;
mod render;
#[cfg(test)]
mod tests;
mod time;
mod types;
mod value;

pub use bounds::{
    MAX_DEPTH, MAX_ELEMENTS, MAX_LOCALS, MAX_LOOPS, MAX_MADE, MAX_NODES, MAX_PATTERN, MAX_STEPS,
    MAX_TEXT,
};
pub use collections::{List, Map, Members};
pub use declarations::{Declarations, Facts, Read};
pub use error::{Error, ErrorKind, EvalError, EvalErrorKind};
pub use explain::{Operand, Outcome, Step};
pub use program::Program;
pub use time::{Duration, Timestamp};
pub use types::Type;
pub use value::{Bytes, Text, Value};

/// Which value of the facts: numbers that the caller chooses.
pub type Slot = u16;
