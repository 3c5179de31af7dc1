//! From a tree to a typed program: every name, type and constant is settled here.

mod calls;
mod fold;
mod functions;
mod macros;
mod names;
mod operators;
mod overloads;

use super::parse::{Expr, Extent, Kind};
use super::program::{Node, Op};
use super::{Declarations, Error, ErrorKind, Read, Slot, Type, Value};

/// A program and what is known of it.
pub(super) struct Checked {
    pub(super) root: Op,
    pub(super) ty: Type,
    pub(super) reads: Vec<Read>,
}

/// Checks a tree against what is declared.
pub(super) fn check(expr: &Expr, declarations: &Declarations) -> Result<Checked, Error> {
    let mut checker = Checker {
        declarations,
        locals: Vec::new(),
        loops: 0,
        reads: Vec::new(),
    };
    let typed = checker.value(expr)?;
    Ok(Checked {
        root: typed.op,
        ty: typed.ty,
        reads: checker.reads,
    })
}

struct Checker<'d> {
    declarations: &'d Declarations,
    /// Variables of macros in force, innermost last.
    locals: Vec<(Box<str>, Type)>,
    loops: usize,
    reads: Vec<Read>,
}

/// A node, its type, and the place of the facts it is, as long as nobody took it as a value.
struct Typed {
    op: Op,
    ty: Type,
    path: Option<Path>,
}

/// A place of the facts: a field and constant keys below it.
struct Path {
    slot: Slot,
    keys: Vec<Box<str>>,
}

impl Typed {
    fn new(node: Node, extent: Extent, ty: Type) -> Self {
        let op = Op { node, extent };
        Self { op, ty, path: None }
    }

    fn constant(&self) -> Option<&Value<'static>> {
        match &self.op.node {
            Node::Constant(value) => Some(value),
            _ => None,
        }
    }

    fn constant_text(&self) -> Option<&str> {
        self.constant().and_then(Value::as_str)
    }
}

fn error(kind: ErrorKind, extent: Extent, message: impl Into<String>) -> Error {
    Error::new(kind, extent.offset(), message)
}

impl Checker<'_> {
    /// A node whose value is used: what it reads of the facts is written down.
    fn value(&mut self, expr: &Expr) -> Result<Typed, Error> {
        let mut typed = self.place(expr)?;
        if let Some(path) = typed.path.take() {
            self.read(path, expr.extent);
        }
        Ok(typed)
    }

    fn read(&mut self, path: Path, extent: Extent) {
        let keys: Box<[Box<str>]> = path.keys.into();
        let known = |read: &Read| read.slot == path.slot && read.keys == keys;
        if !self.reads.iter().any(known) {
            self.reads.push(Read {
                slot: path.slot,
                keys,
                offset: usize::from(extent.start),
            });
        }
    }

    /// A node that may still be a place of the facts. Constants are worked out.
    fn place(&mut self, expr: &Expr) -> Result<Typed, Error> {
        let typed = self.typed(expr)?;
        fold::fold(typed)
    }

    fn typed(&mut self, expr: &Expr) -> Result<Typed, Error> {
        let extent = expr.extent;
        match &expr.kind {
            Kind::Literal(value) => {
                let ty = literal_type(value);
                Ok(Typed::new(Node::Constant(value.clone()), extent, ty))
            }
            Kind::Name { name, absolute } => self.name(name, *absolute, extent),
            Kind::Select { operand, field } => self.select(operand, field, extent),
            Kind::Index(operand, key) => self.index(operand, key, extent),
            Kind::Call {
                target,
                name,
                arguments,
            } => self.call(target.as_deref(), name, arguments, extent),
            Kind::Not(operand) => self.not(operand, extent),
            Kind::Negate(operand) => self.negate(operand, extent),
            Kind::And(operands) => self.logical(operands, Node::And, extent),
            Kind::Or(operands) => self.logical(operands, Node::Or, extent),
            Kind::Binary(operator, left, right) => self.binary(*operator, left, right, extent),
            Kind::Choose(parts) => self.choose(parts, extent),
            Kind::List(items) => self.list(items, extent),
            Kind::Map(entries) => self.map(entries, extent),
        }
    }

    fn list(&mut self, items: &[Expr], extent: Extent) -> Result<Typed, Error> {
        let mut element = Type::Free;
        let mut ops = Vec::with_capacity(items.len());
        for item in items {
            let typed = self.value(item)?;
            element = element.join(&typed.ty);
            ops.push(typed.op);
        }
        let node = Node::List(ops.into());
        Ok(Typed::new(node, extent, Type::list(element)))
    }

    fn map(&mut self, entries: &[(Expr, Expr)], extent: Extent) -> Result<Typed, Error> {
        let (mut keys, mut values) = (Type::Free, Type::Free);
        let mut ops = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let (key, value) = (self.value(key)?, self.value(value)?);
            if !is_key(&key.ty) {
                let message = format!("a key of a map is no {}", key.ty);
                return Err(error(ErrorKind::Types, key.op.extent, message)
                    .help("keys are bools, ints, uints and strings"));
            }
            keys = keys.join(&key.ty);
            values = values.join(&value.ty);
            ops.push((key.op, value.op));
        }
        let ty = Type::Map(Box::new(keys), Box::new(values));
        Ok(Typed::new(Node::Map(ops.into()), extent, ty))
    }
}

fn is_key(ty: &Type) -> bool {
    ty.is_open() || matches!(ty, Type::Bool | Type::Int | Type::Uint | Type::String)
}

fn literal_type(value: &Value<'_>) -> Type {
    match value {
        Value::Null => Type::Null,
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Uint(_) => Type::Uint,
        Value::Double(_) => Type::Double,
        Value::String(_) => Type::String,
        Value::Bytes(_) => Type::Bytes,
        _ => Type::Dyn,
    }
}
