//! What is wrong with an expression, when it is loaded and when it runs.

use std::fmt;

/// What kind of mistake an expression holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// It is not an expression.
    Syntax,
    /// It is one of the language, but uses what is left out here.
    Unsupported,
    /// It is too large.
    Bound,
    /// It names something that is not there.
    Unknown,
    /// Its types do not agree.
    Types,
    /// A constant in it can never be what it is used as.
    Constant,
}

/// Why an expression cannot be loaded, where, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What kind of mistake it is.
    pub kind: ErrorKind,
    /// Where it is: bytes from the beginning of the text.
    pub offset: usize,
    /// The line within the text, from 1.
    pub line: usize,
    /// The column within the line, in characters from 1.
    pub column: usize,
    /// What is wrong. It quotes nothing but the text itself.
    pub message: String,
    /// What would be right; may be empty.
    pub help: String,
}

impl Error {
    pub(super) fn new(kind: ErrorKind, offset: u32, message: impl Into<String>) -> Self {
        Self {
            kind,
            offset: usize::try_from(offset).unwrap_or(usize::MAX),
            line: 0,
            column: 0,
            message: message.into(),
            help: String::new(),
        }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// Works out line and column.
    pub(super) fn placed(mut self, text: &str) -> Self {
        let before = text.get(..self.offset).unwrap_or(text);
        self.line = 1 + before.matches('\n').count();
        let line = before.rsplit('\n').next().unwrap_or(before);
        self.column = 1 + line.chars().count();
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)?;
        if !self.help.is_empty() {
            write!(f, " ({})", self.help)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// Why an evaluation has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EvalErrorKind {
    /// A field of a record has no value in this request.
    #[error("the field has no value")]
    MissingField,
    /// A map has no such key.
    #[error("no such key")]
    NoSuchKey,
    /// An index is not in the list.
    #[error("index out of range")]
    IndexOutOfRange,
    /// A value of another type than the operation takes.
    #[error("no such overload for values of these types")]
    NoSuchOverload,
    /// A number, moment or length of time beyond its range.
    #[error("overflow")]
    Overflow,
    /// A division by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// A remainder of a division by zero.
    #[error("modulus by zero")]
    ModulusByZero,
    /// A text that is not what it is converted to.
    #[error("the value cannot be converted")]
    BadConversion,
    /// An argument that the function does not take.
    #[error("invalid argument")]
    InvalidArgument,
    /// A map literal with one key twice.
    #[error("repeated key")]
    RepeatedKey,
    /// A map literal with a key that is no bool, number or text.
    #[error("unsupported key type")]
    UnsupportedKey,
    /// The facts have something there that can be read in more than one way.
    #[error("the value has more than one reading")]
    Ambiguous,
    /// It took more steps than an evaluation may.
    #[error("too many steps")]
    Budget,
    /// It would have made a value that is too large.
    #[error("the value would be too large")]
    TooLarge,
}

/// Why an evaluation has no value, and where. It never holds a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct EvalError {
    /// What went wrong.
    pub kind: EvalErrorKind,
    /// The subexpression it went wrong in: bytes from the beginning of the text.
    pub offset: u32,
}
