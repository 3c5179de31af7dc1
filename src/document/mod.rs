//! What a file says and where it says it.
//!
//! Policy and process files are YAML. This room turns one into a tree of [`Node`]s, each with its
//! line and column, and reads the tree strictly: an unknown key is a [`Problem`], so is a wrong type,
//! and every problem of a file is collected before anyone gives up. Rooms read their own sections
//! with [`Fields`]; what a section means is their business.
//!
//! Straight line: text -> [`parse()`] -> `Node` -> `Fields` -> a room's `Config`.
//!
//! Always: `${NAME}` in a text is replaced from the environment, an unset name is a problem, and text
//! that came from the environment is never quoted in a message.

mod fields;
mod node;
mod parse;
mod problem;
mod read;
#[cfg(test)]
mod tests;
mod variables;

pub use fields::{Fields, Named};
pub use node::{Key, Layout, Node, Place, Value};
pub use parse::parse;
pub use problem::{Problem, Problems, Severity, closest};
pub use read::{ByteSize, OneOrMany, Placed, Read, choice};
pub use variables::Environment;
