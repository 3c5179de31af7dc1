//! A typed expression, ready to run.

use super::eval::{Loop, Machine};
use super::parse::{Extent, parse};
use super::pattern::Pattern;
use super::{
    Declarations, Error, ErrorKind, EvalError, EvalErrorKind, Facts, Read, Slot, Type, Value,
};
use super::{check, eval::Function};

/// An expression that was checked: immutable, shared by every thread.
#[derive(Debug)]
pub struct Program {
    pub(super) text: Box<str>,
    pub(super) root: Op,
    ty: Type,
    reads: Box<[Read]>,
}

/// One node of a program, and the text it comes from.
#[derive(Debug)]
pub(super) struct Op {
    pub(super) node: Node,
    pub(super) extent: Extent,
}

/// Two operands.
pub(super) type Pair = Box<(Op, Op)>;

/// What a node does.
#[derive(Debug)]
pub(super) enum Node {
    Constant(Value<'static>),
    /// A field of a record.
    Load(Slot),
    /// Whether a field of a record has a value.
    HasField(Slot),
    /// A variable of a macro.
    Local(usize),
    /// A member by a constant key.
    Member(Box<Op>, Box<str>),
    /// Whether a map has a constant key.
    HasMember(Box<Op>, Box<str>),
    Index(Pair),
    And(Box<[Op]>),
    Or(Box<[Op]>),
    Not(Box<Op>),
    Negate(Box<Op>),
    Choose(Box<(Op, Op, Op)>),
    Equal(Pair),
    NotEqual(Pair),
    Compare(Comparison, Pair),
    In(Pair),
    Arithmetic(Arithmetic, Pair),
    List(Box<[Op]>),
    Map(Box<[(Op, Op)]>),
    Matches(Box<Op>, Box<Pattern>),
    Call(Function, Box<[Op]>),
    Loop(Box<Loop>),
    /// `cel.bind`: a local, its value, and where it is in force.
    Bind(usize, Pair),
}

/// An order that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// An operator of numbers, some of them of texts, lists, moments and lengths too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Node {
    /// Visits the nodes right below this one.
    pub(super) fn each_child<'o>(&'o self, visit: &mut dyn FnMut(&'o Op)) {
        match self {
            Self::Constant(_) | Self::Load(_) | Self::HasField(_) | Self::Local(_) => {}
            Self::Member(op, _)
            | Self::HasMember(op, _)
            | Self::Not(op)
            | Self::Negate(op)
            | Self::Matches(op, _) => visit(op),
            Self::Index(pair)
            | Self::Equal(pair)
            | Self::NotEqual(pair)
            | Self::Compare(_, pair)
            | Self::In(pair)
            | Self::Arithmetic(_, pair)
            | Self::Bind(_, pair) => [&pair.0, &pair.1].into_iter().for_each(visit),
            Self::And(ops) | Self::Or(ops) | Self::List(ops) | Self::Call(_, ops) => {
                ops.iter().for_each(visit);
            }
            Self::Choose(parts) => [&parts.0, &parts.1, &parts.2].into_iter().for_each(visit),
            Self::Map(entries) => entries.iter().flat_map(|(k, v)| [k, v]).for_each(visit),
            Self::Loop(inner) => {
                let parts = [Some(&inner.range), inner.filter.as_ref(), Some(&inner.body)];
                parts.into_iter().flatten().for_each(visit);
            }
        }
    }
}

impl Program {
    /// Compiles an expression of any type.
    ///
    /// # Errors
    ///
    /// The first mistake: syntax, an unknown name, types that do not agree, something that is not
    /// supported, or a bound.
    pub fn compile(text: &str, declarations: &Declarations) -> Result<Self, Error> {
        Self::build(text, declarations).map_err(|error| error.placed(text))
    }

    /// Compiles an expression that says yes or no.
    ///
    /// # Errors
    ///
    /// As [`Program::compile`]; and if its type is not `bool`.
    pub fn condition(text: &str, declarations: &Declarations) -> Result<Self, Error> {
        let program = Self::compile(text, declarations)?;
        match &program.ty {
            Type::Bool => Ok(program),
            Type::Dyn | Type::Free => Err(not_bool("a value whose type is not known")
                .help("compare it, as in `... == true`")
                .placed(text)),
            other => Err(not_bool(&format!("a value of type {other}"))
                .help("compare it with something, so that it is true or false")
                .placed(text)),
        }
    }

    fn build(text: &str, declarations: &Declarations) -> Result<Self, Error> {
        let checked = check::check(&parse(text)?, declarations)?;
        Ok(Self {
            text: text.into(),
            root: checked.root,
            ty: checked.ty,
            reads: checked.reads.into(),
        })
    }

    /// The text it was compiled from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The type of its value.
    pub fn result_type(&self) -> &Type {
        &self.ty
    }

    /// What it reads, in the order of the text, each once.
    pub fn reads(&self) -> &[Read] {
        &self.reads
    }

    /// Works out its value. It is pure, and ends within [`super::MAX_STEPS`] steps.
    ///
    /// # Errors
    ///
    /// Whatever the specification makes an error: a missing field or key, an overflow, a value of
    /// another type than needed; and a bound.
    pub fn evaluate<'a>(&'a self, facts: &'a dyn Facts) -> Result<Value<'a>, EvalError> {
        Machine::new(facts).run(&self.root)
    }

    /// Whether a condition holds.
    ///
    /// # Errors
    ///
    /// As [`Program::evaluate`]; and if its value is not a bool.
    pub fn holds(&self, facts: &dyn Facts) -> Result<bool, EvalError> {
        self.evaluate(facts)?.as_bool().ok_or(EvalError {
            kind: EvalErrorKind::NoSuchOverload,
            offset: 0,
        })
    }
}

fn not_bool(what: &str) -> Error {
    Error::new(
        ErrorKind::Types,
        0,
        format!("a condition is true or false, but this is {what}"),
    )
}
