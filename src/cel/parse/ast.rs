//! The tree of an expression as it is written.

use super::super::Value;

/// Where a node stands in the text, in bytes. A text is short enough for 16 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Extent {
    pub(in super::super) start: u16,
    pub(in super::super) end: u16,
}

impl Extent {
    /// From the beginning of this one to the end of another.
    pub(in super::super) fn to(self, end: Self) -> Self {
        Self {
            start: self.start,
            end: end.end,
        }
    }

    pub(in super::super) fn offset(self) -> u32 {
        u32::from(self.start)
    }

    pub(in super::super) fn range(self) -> std::ops::Range<usize> {
        usize::from(self.start)..usize::from(self.end)
    }
}

/// A node.
#[derive(Debug)]
pub(in super::super) struct Expr {
    pub(in super::super) kind: Kind,
    pub(in super::super) extent: Extent,
    /// How many nodes lie on the longest way down.
    pub(super) depth: usize,
}

/// A constant that is written out.
pub(in super::super) type Literal = Value<'static>;

/// What a node is.
#[derive(Debug)]
pub(in super::super) enum Kind {
    Literal(Literal),
    /// A name; absolute with a dot in front.
    Name {
        name: Box<str>,
        absolute: bool,
    },
    Select {
        operand: Box<Expr>,
        field: Box<str>,
    },
    Index(Box<Expr>, Box<Expr>),
    /// A function, or a macro: what it is called on, its name, its arguments.
    Call {
        target: Option<Box<Expr>>,
        name: Box<str>,
        arguments: Vec<Expr>,
    },
    Not(Box<Expr>),
    Negate(Box<Expr>),
    /// Chains are one node.
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Binary(Binary, Box<Expr>, Box<Expr>),
    Choose(Box<(Expr, Expr, Expr)>),
    List(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
}

/// An operator between two operands, but for `&&` and `||`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Binary {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Binary {
    /// As it is written.
    pub(in super::super) fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }

    /// How strongly it binds: more binds first.
    pub(super) fn strength(self) -> u8 {
        match self {
            Self::Add | Self::Subtract => 2,
            Self::Multiply | Self::Divide | Self::Remainder => 3,
            _ => 1,
        }
    }
}
