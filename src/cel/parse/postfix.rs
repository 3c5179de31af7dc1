//! Names, constants, lists and maps, and what may follow them.

use super::super::{Error, ErrorKind};
use super::grammar::Parser;
use super::literal::out_of_range;
use super::token::Token;
use super::{Expr, Extent, Kind, Literal};

/// Words that the specification keeps for languages around it: no names, but names of fields.
const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "namespace",
    "package",
    "return",
    "var",
    "void",
    "while",
];

impl Parser {
    /// A primary and its suffixes.
    pub(super) fn member(&mut self) -> Result<Expr, Error> {
        let primary = self.primary()?;
        self.suffixes(primary)
    }

    /// Fields, methods and indices behind an operand.
    pub(super) fn suffixes(&mut self, mut operand: Expr) -> Result<Expr, Error> {
        loop {
            if self.take(".") {
                operand = self.field_or_method(operand)?;
            } else if self.take("[") {
                operand = self.index(operand)?;
            } else if self.is("{") && is_path(&operand) {
                return Err(unsupported("message literals", operand.extent));
            } else {
                return Ok(operand);
            }
        }
    }

    fn field_or_method(&mut self, operand: Expr) -> Result<Expr, Error> {
        if self.is("?") {
            return Err(unsupported("optional field selection (`.?`)", self.here()));
        }
        let (name, escaped) = match self.next() {
            Token::Name(name) => (name, false),
            Token::Escaped(name) => (name, true),
            _ => {
                let offset = self.last().offset();
                return Err(Error::new(
                    ErrorKind::Syntax,
                    offset,
                    "a name is missing behind the dot",
                ));
            }
        };
        if !escaped && self.is("(") {
            return self.call(Some(operand), name);
        }
        let (extent, below) = (operand.extent.to(self.last()), operand.depth);
        let kind = Kind::Select {
            operand: Box::new(operand),
            field: name,
        };
        self.node(kind, extent, below)
    }

    fn index(&mut self, operand: Expr) -> Result<Expr, Error> {
        if self.is("?") {
            return Err(unsupported("optional indexing (`[?`)", self.here()));
        }
        let key = self.expression()?;
        self.expect("]", "`[` needs a `]` here")?;
        let (extent, below) = (operand.extent.to(self.last()), operand.depth.max(key.depth));
        self.node(Kind::Index(Box::new(operand), Box::new(key)), extent, below)
    }

    /// The arguments of a call, from its opening parenthesis.
    fn call(&mut self, target: Option<Expr>, name: Box<str>) -> Result<Expr, Error> {
        let name_at = self.last();
        let start = target.as_ref().map_or(name_at, |target| target.extent);
        self.take("(");
        let arguments = self.items(")")?;
        let below = target
            .iter()
            .chain(&arguments)
            .map(|expr| expr.depth)
            .max()
            .unwrap_or(0);
        let extent = start.to(self.last());
        let target = target.map(Box::new);
        self.node(
            Kind::Call {
                target,
                name,
                arguments,
            },
            extent,
            below,
        )
    }

    /// Expressions between commas. Only in a list may a comma stand before the end.
    fn items(&mut self, close: &str) -> Result<Vec<Expr>, Error> {
        let mut items = Vec::new();
        if self.take(close) {
            return Ok(items);
        }
        loop {
            if close == "]" && self.is("?") {
                return Err(unsupported("optional elements (`[?...]`)", self.here()));
            }
            items.push(self.expression()?);
            if self.take(close) {
                return Ok(items);
            }
            self.expect(",", &format!("a `,` or a `{close}` is missing here"))?;
            if close == "]" && self.take(close) {
                return Ok(items);
            }
        }
    }

    fn primary(&mut self) -> Result<Expr, Error> {
        let start = self.here();
        if self.take(".") {
            let token = self.next();
            return self.name(token, start, true);
        }
        match self.next() {
            Token::Whole(value, unsigned) => {
                let literal = match i64::try_from(value) {
                    _ if unsigned => Literal::Uint(value),
                    Ok(value) => Literal::Int(value),
                    Err(_) => return out_of_range(usize::from(start.start)),
                };
                self.node(Kind::Literal(literal), start, 0)
            }
            Token::Literal(literal) => self.node(Kind::Literal(literal), start, 0),
            Token::Sign("(") => self.parentheses(start),
            Token::Sign("[") => self.list(start),
            Token::Sign("{") => self.map(start),
            token => self.name(token, start, false),
        }
    }

    fn name(&mut self, token: Token, start: Extent, absolute: bool) -> Result<Expr, Error> {
        let Token::Name(name) = token else {
            let offset = match token {
                Token::End => self.here().offset(),
                _ => self.last().offset(),
            };
            return Err(Error::new(
                ErrorKind::Syntax,
                offset,
                "a value is missing here",
            ));
        };
        if RESERVED.contains(&&*name) {
            let message = format!("`{name}` is a reserved word");
            return Err(Error::new(ErrorKind::Syntax, start.offset(), message));
        }
        if self.is("(") {
            return self.call(None, name);
        }
        let extent = start.to(self.last());
        self.node(Kind::Name { name, absolute }, extent, 0)
    }

    /// The node takes the parentheses into its place, so that what is quoted can be read alone.
    fn parentheses(&mut self, start: Extent) -> Result<Expr, Error> {
        let inner = self.expression()?;
        self.expect(")", "`(` needs a `)` here")?;
        Ok(Expr {
            extent: start.to(self.last()),
            ..inner
        })
    }

    fn list(&mut self, start: Extent) -> Result<Expr, Error> {
        let items = self.items("]")?;
        let below = items.iter().map(|item| item.depth).max().unwrap_or(0);
        let extent = start.to(self.last());
        self.node(Kind::List(items), extent, below)
    }

    fn map(&mut self, start: Extent) -> Result<Expr, Error> {
        let mut entries = Vec::new();
        let mut below = 0;
        while !self.take("}") {
            if self.is("?") {
                return Err(unsupported("optional entries (`{?...}`)", self.here()));
            }
            let key = self.expression()?;
            self.expect(":", "a `:` is missing between key and value")?;
            let value = self.expression()?;
            below = below.max(key.depth).max(value.depth);
            entries.push((key, value));
            if !self.take(",") && !self.is("}") {
                return self.unexpected("a `,` or a `}` is missing here");
            }
        }
        let extent = start.to(self.last());
        self.node(Kind::Map(entries), extent, below)
    }
}

/// Whether this can be the name of a message type.
fn is_path(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Name { .. } => true,
        Kind::Select { operand, .. } => is_path(operand),
        _ => false,
    }
}

fn unsupported(what: &str, extent: Extent) -> Error {
    let message = format!("{what}: not supported");
    Error::new(ErrorKind::Unsupported, extent.offset(), message)
}
