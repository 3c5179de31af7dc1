//! The grammar of the specification: a Pratt parser that counts nodes and depth as it goes.

use super::super::{Error, ErrorKind, MAX_DEPTH, MAX_NODES};
use super::literal::out_of_range;
use super::token::{Placed, Token, extent};
use super::{Binary, Expr, Extent, Kind, Literal};

/// Words, and what was read of them.
pub(super) struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Placed>>,
    last: Extent,
    end: Extent,
    nodes: usize,
    nested: usize,
}

/// The operators between `&&` and the unary ones.
const BINARY: [(&str, Binary); 12] = [
    ("==", Binary::Equal),
    ("!=", Binary::NotEqual),
    ("<", Binary::Less),
    ("<=", Binary::LessOrEqual),
    (">", Binary::Greater),
    (">=", Binary::GreaterOrEqual),
    ("in", Binary::In),
    ("+", Binary::Add),
    ("-", Binary::Subtract),
    ("*", Binary::Multiply),
    ("/", Binary::Divide),
    ("%", Binary::Remainder),
];

impl Parser {
    pub(super) fn new(tokens: Vec<Placed>, length: usize) -> Self {
        Self {
            tokens: tokens.into_iter().peekable(),
            last: extent(0, 0),
            end: extent(length, length),
            nodes: 0,
            nested: 0,
        }
    }

    pub(super) fn whole(mut self) -> Result<Expr, Error> {
        let expr = self.expression()?;
        match self.peek() {
            Token::End => Ok(expr),
            _ => self.unexpected("the expression ends before this"),
        }
    }

    pub(super) fn peek(&mut self) -> Token {
        self.tokens
            .peek()
            .map_or(Token::End, |(token, _)| token.clone())
    }

    pub(super) fn here(&mut self) -> Extent {
        self.tokens.peek().map_or(self.end, |(_, extent)| *extent)
    }

    pub(super) fn next(&mut self) -> Token {
        match self.tokens.next() {
            Some((token, extent)) => {
                self.last = extent;
                token
            }
            None => Token::End,
        }
    }

    /// Where the word that was taken last stands.
    pub(super) fn last(&self) -> Extent {
        self.last
    }

    pub(super) fn is(&mut self, wanted: &str) -> bool {
        matches!(self.tokens.peek(), Some((Token::Sign(sign), _)) if *sign == wanted)
    }

    pub(super) fn take(&mut self, sign: &str) -> bool {
        let found = self.is(sign);
        if found {
            self.next();
        }
        found
    }

    pub(super) fn expect(&mut self, sign: &str, message: &str) -> Result<(), Error> {
        if self.take(sign) {
            Ok(())
        } else {
            self.unexpected(message)
        }
    }

    pub(super) fn unexpected<T>(&mut self, message: &str) -> Result<T, Error> {
        let offset = self.here().offset();
        Err(Error::new(ErrorKind::Syntax, offset, message))
    }

    /// Makes a node over others; bounds are held here.
    pub(super) fn node(&mut self, kind: Kind, extent: Extent, below: usize) -> Result<Expr, Error> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(too_many(extent));
        }
        if below >= MAX_DEPTH {
            return Err(too_deep(extent));
        }
        Ok(Expr {
            kind,
            extent,
            depth: below + 1,
        })
    }

    /// Goes one level down for as long as something is read.
    pub(super) fn nest(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Expr, Error>,
    ) -> Result<Expr, Error> {
        if self.nested >= MAX_DEPTH {
            return Err(too_deep(self.here()));
        }
        self.nested += 1;
        let expr = read(self);
        self.nested -= 1;
        expr
    }

    pub(super) fn expression(&mut self) -> Result<Expr, Error> {
        self.nest(Self::choice)
    }

    fn choice(&mut self) -> Result<Expr, Error> {
        let condition = self.chain(
            "||",
            |parser| parser.chain("&&", |parser| parser.binary(1), Kind::And),
            Kind::Or,
        )?;
        if !self.take("?") {
            return Ok(condition);
        }
        if self.is("]") {
            return self.unexpected("a value is missing here");
        }
        let yes = self.nest(|parser| {
            parser.chain(
                "||",
                |parser| parser.chain("&&", |parser| parser.binary(1), Kind::And),
                Kind::Or,
            )
        })?;
        self.expect(":", "`? ... : ...` needs a `:` here")?;
        let no = self.expression()?;
        let extent = condition.extent.to(no.extent);
        let below = condition.depth.max(yes.depth).max(no.depth);
        self.node(Kind::Choose(Box::new((condition, yes, no))), extent, below)
    }

    /// Operands of one logical operator as one node, however many they are.
    fn chain(
        &mut self,
        sign: &str,
        operand: impl Fn(&mut Self) -> Result<Expr, Error>,
        kind: fn(Vec<Expr>) -> Kind,
    ) -> Result<Expr, Error> {
        let first = operand(self)?;
        if !self.is(sign) {
            return Ok(first);
        }
        let (start, mut below) = (first.extent, first.depth);
        let mut operands = vec![first];
        while self.take(sign) {
            let next = operand(self)?;
            below = below.max(next.depth);
            operands.push(next);
        }
        let extent = start.to(self.last);
        self.node(kind(operands), extent, below)
    }

    /// Operators from a strength upwards, each grouping to the left.
    fn binary(&mut self, weakest: u8) -> Result<Expr, Error> {
        let mut left = self.unary()?;
        while let Some(operator) = self.operator().filter(|op| op.strength() >= weakest) {
            self.next();
            let right = self.binary(operator.strength() + 1)?;
            let extent = left.extent.to(right.extent);
            let below = left.depth.max(right.depth);
            let kind = Kind::Binary(operator, Box::new(left), Box::new(right));
            left = self.node(kind, extent, below)?;
        }
        Ok(left)
    }

    fn operator(&mut self) -> Option<Binary> {
        let Some((Token::Sign(sign), _)) = self.tokens.peek() else {
            return None;
        };
        BINARY
            .iter()
            .find(|(name, _)| name == sign)
            .map(|(_, operator)| *operator)
    }

    fn unary(&mut self) -> Result<Expr, Error> {
        let start = self.here();
        if self.take("!") {
            let operand = self.nest(Self::unary)?;
            let (extent, below) = (start.to(operand.extent), operand.depth);
            return self.node(Kind::Not(Box::new(operand)), extent, below);
        }
        if !self.take("-") {
            return self.member();
        }
        if let Some(negative) = self.negative(start)? {
            return self.suffixes(negative);
        }
        let operand = self.nest(Self::unary)?;
        let (extent, below) = (start.to(operand.extent), operand.depth);
        self.node(Kind::Negate(Box::new(operand)), extent, below)
    }

    /// A minus belongs to the number behind it: the least int has no positive twin.
    fn negative(&mut self, start: Extent) -> Result<Option<Expr>, Error> {
        let literal = match self.peek() {
            Token::Whole(value, false) => match 0i64.checked_sub_unsigned(value) {
                Some(value) => Literal::Int(value),
                None => return out_of_range(usize::from(start.start)),
            },
            Token::Literal(Literal::Double(value)) => Literal::Double(-value),
            _ => return Ok(None),
        };
        self.next();
        let extent = start.to(self.last);
        self.node(Kind::Literal(literal), extent, 0).map(Some)
    }
}

fn too_deep(extent: Extent) -> Error {
    let message = format!("an expression may be nested at most {MAX_DEPTH} deep");
    Error::new(ErrorKind::Bound, extent.offset(), message)
        .help("leave out parentheses, or split the expression")
}

fn too_many(extent: Extent) -> Error {
    let message = format!("an expression may have at most {MAX_NODES} parts");
    Error::new(ErrorKind::Bound, extent.offset(), message).help("split the expression")
}
