//! From a text to a tree in which every node knows its place.

mod ast;
mod grammar;
mod literal;
mod postfix;
mod token;

pub(super) use ast::{Binary, Expr, Extent, Kind, Literal};

use super::{Error, ErrorKind, MAX_TEXT};
use grammar::Parser;
use token::tokens;

/// Reads one expression.
pub(super) fn parse(text: &str) -> Result<Expr, Error> {
    if text.len() > MAX_TEXT {
        return Err(Error::new(
            ErrorKind::Bound,
            0,
            format!("an expression may have at most {MAX_TEXT} bytes"),
        )
        .help("split it, or move what it decides into roles and permissions"));
    }
    Parser::new(tokens(text)?, text.len()).whole()
}
