//! The words of an expression.

use super::super::{Error, ErrorKind};
use super::literal::{number, quoted};
use super::{Extent, Literal};

/// A word.
#[derive(Debug, Clone)]
pub(super) enum Token {
    /// A name, also a reserved one.
    Name(Box<str>),
    /// A name in backticks.
    Escaped(Box<str>),
    /// A whole number without its sign, and whether it has a `u`.
    Whole(u64, bool),
    /// Any other constant.
    Literal(Literal),
    /// A sign.
    Sign(&'static str),
    End,
}

/// The signs, longer ones first.
const SIGNS: [&str; 26] = [
    "==", "!=", "<=", ">=", "&&", "||", "(", ")", "[", "]", "{", "}", ".", ",", ":", "?", "+", "-",
    "*", "/", "%", "!", "<", ">", "=", "&",
];

/// A word and where it stands.
pub(super) type Placed = (Token, Extent);

pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, Error> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blank();
        let start = lexer.at;
        let Some(token) = lexer.next()? else {
            return Ok(tokens);
        };
        tokens.push((token, extent(start, lexer.at)));
    }
}

/// A text has at most as many bytes as fit.
pub(super) fn extent(start: usize, end: usize) -> Extent {
    let short = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
    Extent {
        start: short(start),
        end: short(end),
    }
}

/// A text and how far it was read.
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes a prefix, if it is one.
    pub(super) fn take(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        if found {
            self.at += prefix.len();
        }
        found
    }

    pub(super) fn take_char(&mut self) -> Option<char> {
        let character = self.rest().chars().next()?;
        self.at += character.len_utf8();
        Some(character)
    }

    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    pub(super) fn error<T>(&self, message: impl Into<String>) -> Result<T, Error> {
        self.error_at(self.at, message)
    }

    pub(super) fn error_at<T>(&self, at: usize, message: impl Into<String>) -> Result<T, Error> {
        let offset = extent(at, at).offset();
        Err(Error::new(ErrorKind::Syntax, offset, message))
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn skip_blank(&mut self) {
        loop {
            self.take_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}'));
            if !self.take("//") {
                return;
            }
            self.take_while(|c| c != '\n');
        }
    }

    fn next(&mut self) -> Result<Option<Token>, Error> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(None);
        };
        let second_is_digit = rest
            .get(1..)
            .is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()));
        if first.is_ascii_digit() || (first == '.' && second_is_digit) {
            return number(self).map(Some);
        }
        if let Some(literal) = quoted(self)? {
            return Ok(Some(Token::Literal(literal)));
        }
        if first.is_ascii_alphabetic() || first == '_' {
            let name = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
            return Ok(Some(named(name)));
        }
        if first == '`' {
            return self.escaped().map(Some);
        }
        match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            Some(sign) => {
                self.at += sign.len();
                Ok(Some(Token::Sign(sign)))
            }
            None => self.error("this character has no meaning here"),
        }
    }

    /// The grammar allows few characters in a name in backticks.
    fn escaped(&mut self) -> Result<Token, Error> {
        self.take("`");
        let name = self
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/' | ' '));
        if name.is_empty() || !self.take("`") {
            return self.error(
                "a name in backticks has letters, digits and `_.-/ `, and ends in a backtick",
            );
        }
        Ok(Token::Escaped(name.into()))
    }
}

fn named(name: &str) -> Token {
    match name {
        "true" => Token::Literal(Literal::Bool(true)),
        "false" => Token::Literal(Literal::Bool(false)),
        "null" => Token::Literal(Literal::Null),
        "in" => Token::Sign("in"),
        other => Token::Name(other.into()),
    }
}
