//! How large an expression, its work and its values may get.

/// The longest text of one expression, in bytes.
pub const MAX_TEXT: usize = 4 * 1024;

/// The most nodes one expression may have.
pub const MAX_NODES: usize = 1_024;

/// How deeply one expression may be nested; parentheses count.
pub const MAX_DEPTH: usize = 64;

/// How deeply `all`, `exists`, `map` and their like may stand within each other.
pub const MAX_LOOPS: usize = 2;

/// The most variables that macros may have in force at one place.
pub const MAX_LOCALS: usize = 4;

/// The steps one evaluation may take: one for each node and each element, and one for every 64 bytes
/// that a function or a look-up goes through. A pattern takes one for every 8 bytes, and the more the
/// larger it is.
pub const MAX_STEPS: u32 = 10_000;

/// The largest text, in bytes, that an evaluation may make.
pub const MAX_MADE: usize = 64 * 1024;

/// The most elements that a list made by an evaluation may have.
pub const MAX_ELEMENTS: usize = 4 * 1024;

/// The size of a compiled pattern of `matches`, in bytes.
pub const MAX_PATTERN: usize = 128 * 1024;
