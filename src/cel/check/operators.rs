//! Operators: which types they take, and what they give.

use super::super::parse::{Binary, Expr, Extent};
use super::super::program::{Arithmetic, Comparison, Node, Op};
use super::super::{Error, ErrorKind, Type};
use super::{Checker, Typed, error};

/// The types that an arithmetic operator takes and gives, but for lists.
type Rule = (Type, Type, Type);

impl Checker<'_> {
    pub(super) fn not(&mut self, operand: &Expr, extent: Extent) -> Result<Typed, Error> {
        let operand = self.value(operand)?;
        boolean(&operand, "`!`")?;
        Ok(Typed::new(
            Node::Not(Box::new(operand.op)),
            extent,
            Type::Bool,
        ))
    }

    pub(super) fn negate(&mut self, operand: &Expr, extent: Extent) -> Result<Typed, Error> {
        let operand = self.value(operand)?;
        if !(operand.ty.is_open() || matches!(operand.ty, Type::Int | Type::Double)) {
            let message = format!("`-` takes an int or a double, not {}", operand.ty);
            return Err(error(ErrorKind::Types, extent, message));
        }
        let ty = operand.ty.clone();
        Ok(Typed::new(Node::Negate(Box::new(operand.op)), extent, ty))
    }

    pub(super) fn logical(
        &mut self,
        operands: &[Expr],
        node: fn(Box<[Op]>) -> Node,
        extent: Extent,
    ) -> Result<Typed, Error> {
        let mut ops = Vec::with_capacity(operands.len());
        for operand in operands {
            let operand = self.value(operand)?;
            boolean(&operand, "`&&` and `||`")?;
            ops.push(operand.op);
        }
        Ok(Typed::new(node(ops.into()), extent, Type::Bool))
    }

    pub(super) fn choose(
        &mut self,
        parts: &(Expr, Expr, Expr),
        extent: Extent,
    ) -> Result<Typed, Error> {
        let condition = self.value(&parts.0)?;
        boolean(&condition, "`?`")?;
        let (yes, no) = (self.value(&parts.1)?, self.value(&parts.2)?);
        if !yes.ty.fits(&no.ty) {
            let message = format!(
                "both results of `? :` need one type, not {} and {}",
                yes.ty, no.ty
            );
            return Err(error(ErrorKind::Types, no.op.extent, message)
                .help("wrap one of them in `dyn(...)`"));
        }
        let ty = yes.ty.join(&no.ty);
        let node = Node::Choose(Box::new((condition.op, yes.op, no.op)));
        Ok(Typed::new(node, extent, ty))
    }

    pub(super) fn binary(
        &mut self,
        operator: Binary,
        left: &Expr,
        right: &Expr,
        extent: Extent,
    ) -> Result<Typed, Error> {
        if operator == Binary::In {
            return self.membership(left, right, extent);
        }
        let (left, right) = (self.value(left)?, self.value(right)?);
        let Some(ty) = result(operator, &left.ty, &right.ty) else {
            return Err(disagreement(operator, &left.ty, &right.ty, extent));
        };
        let node = node(operator, Box::new((left.op, right.op)));
        Ok(Typed::new(node, extent, ty))
    }

    /// `in`: a constant key of a map is read by itself.
    fn membership(&mut self, left: &Expr, right: &Expr, extent: Extent) -> Result<Typed, Error> {
        let left = self.value(left)?;
        if let Some(record) = self.record(right) {
            let message = format!("`{record}` is not a value by itself");
            return Err(error(ErrorKind::Types, right.extent, message)
                .help(format!("ask for a field with `has({record}.name)`")));
        }
        let mut right = self.place(right)?;
        let wanted = match &right.ty {
            Type::List(element) => (**element).clone(),
            Type::Map(key, _) => (**key).clone(),
            open if open.is_open() => Type::Dyn,
            other => {
                let message = format!("`in` looks into a list or a map, not {other}");
                return Err(error(ErrorKind::Types, right.op.extent, message));
            }
        };
        if !left.ty.fits(&wanted) {
            return Err(disagreement(Binary::In, &left.ty, &right.ty, extent));
        }
        let key = left
            .constant_text()
            .filter(|_| matches!(right.ty, Type::Map(..)));
        if let Some(mut path) = right.path.take() {
            path.keys.extend(key.map(Box::from));
            self.read(path, right.op.extent);
        }
        Ok(match key {
            Some(key) => Typed::new(
                Node::HasMember(Box::new(right.op), key.into()),
                extent,
                Type::Bool,
            ),
            None => Typed::new(Node::In(Box::new((left.op, right.op))), extent, Type::Bool),
        })
    }
}

fn boolean(operand: &Typed, who: &str) -> Result<(), Error> {
    if Type::Bool.fits(&operand.ty) {
        return Ok(());
    }
    let message = format!("{who} needs true or false, not {}", operand.ty);
    Err(error(ErrorKind::Types, operand.op.extent, message))
}

fn disagreement(operator: Binary, left: &Type, right: &Type, extent: Extent) -> Error {
    let symbol = operator.symbol();
    let message = format!("`{symbol}` does not take {left} and {right}");
    let help = match (left, right) {
        (Type::Null, _) | (_, Type::Null) => {
            "this is never null; ask with `has(...)` whether it is there"
        }
        (a, b) if a.is_number() && b.is_number() => "convert one of them, as in `int(...)`",
        _ => "",
    };
    error(ErrorKind::Types, extent, message).help(help)
}

/// The type of what an operator gives, if it takes these types.
fn result(operator: Binary, left: &Type, right: &Type) -> Option<Type> {
    let arithmetic = match operator {
        Binary::Equal | Binary::NotEqual => return left.fits(right).then_some(Type::Bool),
        Binary::Less | Binary::LessOrEqual | Binary::Greater | Binary::GreaterOrEqual => {
            return ordered(left, right).then_some(Type::Bool);
        }
        Binary::In => return None,
        Binary::Add => Arithmetic::Add,
        Binary::Subtract => Arithmetic::Subtract,
        Binary::Multiply => Arithmetic::Multiply,
        Binary::Divide => Arithmetic::Divide,
        Binary::Remainder => Arithmetic::Remainder,
    };
    if let (Arithmetic::Add, Type::List(_), other) | (Arithmetic::Add, other, Type::List(_)) =
        (arithmetic, left, right)
    {
        let both = matches!((left, right), (Type::List(_), Type::List(_)));
        return match both {
            true => left.fits(right).then(|| left.join(right)),
            false => other.is_open().then(|| Type::list(Type::Dyn)),
        };
    }
    let rules = rules(arithmetic);
    let fitting = rules
        .into_iter()
        .filter(|(a, b, _)| left.fits(a) && right.fits(b));
    fitting
        .map(|(_, _, result)| result)
        .reduce(|a, b| a.join(&b))
}

fn ordered(left: &Type, right: &Type) -> bool {
    let has_order = |ty: &Type| {
        ty.is_open()
            || ty.is_number()
            || matches!(
                ty,
                Type::Bool | Type::String | Type::Bytes | Type::Timestamp | Type::Duration
            )
    };
    let numbers = left.is_number() && right.is_number();
    has_order(left) && has_order(right) && (numbers || left.fits(right))
}

fn rules(operator: Arithmetic) -> Vec<Rule> {
    use Type::{Bytes, Double, Duration, Int, String, Timestamp, Uint};
    let mut rules = vec![(Int, Int, Int), (Uint, Uint, Uint)];
    if operator != Arithmetic::Remainder {
        rules.push((Double, Double, Double));
    }
    match operator {
        Arithmetic::Add => rules.extend([
            (String, String, String),
            (Bytes, Bytes, Bytes),
            (Duration, Duration, Duration),
            (Timestamp, Duration, Timestamp),
            (Duration, Timestamp, Timestamp),
        ]),
        Arithmetic::Subtract => rules.extend([
            (Duration, Duration, Duration),
            (Timestamp, Duration, Timestamp),
            (Timestamp, Timestamp, Duration),
        ]),
        _ => {}
    }
    rules
}

fn node(operator: Binary, pair: Box<(Op, Op)>) -> Node {
    match operator {
        Binary::Equal => Node::Equal(pair),
        Binary::NotEqual => Node::NotEqual(pair),
        Binary::Less => Node::Compare(Comparison::Less, pair),
        Binary::LessOrEqual => Node::Compare(Comparison::LessOrEqual, pair),
        Binary::Greater => Node::Compare(Comparison::Greater, pair),
        Binary::GreaterOrEqual => Node::Compare(Comparison::GreaterOrEqual, pair),
        Binary::In => Node::In(pair),
        Binary::Add => Node::Arithmetic(Arithmetic::Add, pair),
        Binary::Subtract => Node::Arithmetic(Arithmetic::Subtract, pair),
        Binary::Multiply => Node::Arithmetic(Arithmetic::Multiply, pair),
        Binary::Divide => Node::Arithmetic(Arithmetic::Divide, pair),
        Binary::Remainder => Node::Arithmetic(Arithmetic::Remainder, pair),
    }
}
