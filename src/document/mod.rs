//! What a file says and where it says it.
//!
//! Policy and process files are YAML. This room turns one into a tree of [`Node`]s, each with its
//! line and column, and reads the tree strictly: an unknown key is a [`Problem`], so is a wrong type,
//! and every problem of a file is collected before anyone gives up. Rooms read their own sections
//! with [`Fields`]; what a section means is their business.
//!
//! Straight line: text -> [`parse()`] -> `Node` -> `Fields` -> a room's `Config`. On the way readers say
//! which [`Shape`]s they take, and [`Notes`] of that become the JSON Schema of a file.
//!
//! Always: `${NAME}` in a text is replaced from the environment, an unset name is a problem, and text
//! that came from the environment is never quoted in a message. Whatever a file says, reading it takes
//! bounded time and memory, and what is said about it is short and harmless to show.

mod bounds;
mod comments;
mod described;
mod fields;
mod node;
mod notes;
mod parse;
mod problem;
mod read;
mod scalar;
mod schema;
mod shape;
mod shown;
#[cfg(test)]
mod tests;
mod units;
mod variables;

pub use fields::{Fields, Named};
pub use node::{Key, Layout, Node, Place, Value};
pub use notes::Notes;
pub use parse::parse;
pub use problem::{Problem, Problems, Severity, closest};
pub use read::{OneOrMany, Placed, Read, choice};
pub use schema::Subject;
pub use shape::Shape;
pub use units::{ByteSize, duration};
pub use variables::Environment;
