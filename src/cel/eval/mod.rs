//! A walk over a program: it borrows what it can and counts what it does.

mod arithmetic;
mod budget;
mod conversions;
mod functions;
mod loops;
mod network;
mod strings;
mod texts;
mod times;

use super::compare::{equal, order};
use super::program::{Comparison, Node, Op, Pair};
use super::{EvalError, EvalErrorKind, Facts, MAX_LOCALS, Map, Slot, Value};

pub(super) use budget::Budget;
pub(super) use functions::{Function, Part};
pub(super) use loops::{Loop, LoopKind};

/// What a function gives, or why it does not.
type Outcome<'a> = Result<Value<'a>, EvalErrorKind>;

/// The state of one evaluation.
pub(super) struct Machine<'a> {
    facts: &'a dyn Facts,
    budget: Budget,
    locals: [Value<'a>; MAX_LOCALS],
}

impl<'a> Machine<'a> {
    pub(super) fn new(facts: &'a dyn Facts) -> Self {
        Self {
            facts,
            budget: Budget::new(),
            locals: [const { Value::Null }; MAX_LOCALS],
        }
    }

    /// The value of a node.
    pub(super) fn run(&mut self, op: &'a Op) -> Result<Value<'a>, EvalError> {
        let located = |kind| EvalError {
            kind,
            offset: op.extent.offset(),
        };
        self.budget.step().map_err(located)?;
        match &op.node {
            Node::Constant(value) => Ok(value.lend()),
            Node::Load(slot) => self
                .field(*slot)
                .and_then(|value| value.ok_or(EvalErrorKind::MissingField))
                .map_err(located),
            Node::HasField(slot) => {
                let value = self.field(*slot).map_err(located)?;
                Ok(Value::Bool(value.is_some()))
            }
            Node::Local(index) => Ok(self.locals.get(*index).cloned().unwrap_or(Value::Null)),
            Node::Member(map, key) => {
                let member = self.member(map, key, op)?;
                member.ok_or(located(EvalErrorKind::NoSuchKey))
            }
            Node::HasMember(map, key) => {
                let member = self.member(map, key, op)?;
                Ok(Value::Bool(member.is_some()))
            }
            Node::And(operands) => self.logical(operands, false, op),
            Node::Or(operands) => self.logical(operands, true, op),
            Node::Choose(parts) => {
                let chosen = if self.truth(&parts.0)? {
                    &parts.1
                } else {
                    &parts.2
                };
                self.run(chosen)
            }
            Node::Loop(inner) => self.go_through(inner, op),
            Node::Bind(local, pair) => {
                let value = self.run(&pair.0)?;
                self.assign(*local, value);
                self.run(&pair.1)
            }
            Node::List(items) => self.make_list(items, op),
            Node::Map(entries) => self.make_map(entries, op),
            other => self.operate(other).map_err(|stop| stop.at(op)),
        }
    }

    /// Nodes that work on the values of their operands.
    fn operate(&mut self, node: &'a Node) -> Result<Value<'a>, Stop> {
        Ok(match node {
            Node::Not(operand) => Value::Bool(!self.truth(operand)?),
            Node::Negate(operand) => arithmetic::negate(&self.run(operand)?)?,
            Node::Index(pair) => {
                let (operand, key) = self.both(pair)?;
                index(&operand, &key, &mut self.budget)?
            }
            Node::Equal(pair) => Value::Bool(self.equals(pair)?),
            Node::NotEqual(pair) => Value::Bool(!self.equals(pair)?),
            Node::Compare(comparison, pair) => {
                let (left, right) = self.both(pair)?;
                self.budget.weigh(&left)?;
                let order = order(&left, &right)?;
                Value::Bool(order.is_some_and(|order| comparison.holds(order)))
            }
            Node::In(pair) => {
                let (wanted, range) = self.both(pair)?;
                Value::Bool(contains(&range, &wanted, &mut self.budget)?)
            }
            Node::Arithmetic(operator, pair) => {
                let (left, right) = self.both(pair)?;
                arithmetic::apply(*operator, left, right, &mut self.budget)?
            }
            Node::Matches(text, pattern) => {
                let value = self.run(text)?;
                let text = value.as_str().ok_or(EvalErrorKind::NoSuchOverload)?;
                self.budget.search(text.len(), pattern.weight())?;
                Value::Bool(pattern.found_in(text))
            }
            Node::Call(function, arguments) => self.call(*function, arguments)?,
            _ => Value::Null,
        })
    }

    fn call(&mut self, function: Function, arguments: &'a [Op]) -> Result<Value<'a>, Stop> {
        let mut values = [const { Value::Null }; 4];
        for (place, argument) in values.iter_mut().zip(arguments) {
            *place = self.run(argument)?;
        }
        let given = values.get(..arguments.len()).unwrap_or(&values);
        Ok(functions::call(function, given, &mut self.budget)?)
    }

    fn both(&mut self, pair: &'a Pair) -> Result<(Value<'a>, Value<'a>), EvalError> {
        Ok((self.run(&pair.0)?, self.run(&pair.1)?))
    }

    fn equals(&mut self, pair: &'a Pair) -> Result<bool, Stop> {
        let (left, right) = self.both(pair)?;
        Ok(equal(&left, &right, &mut self.budget)?)
    }

    /// A condition; anything but a bool is an error.
    fn truth(&mut self, op: &'a Op) -> Result<bool, EvalError> {
        self.run(op)?.as_bool().ok_or(EvalError {
            kind: EvalErrorKind::NoSuchOverload,
            offset: op.extent.offset(),
        })
    }

    /// `&&` and `||`: an operand that decides absorbs the errors of the others.
    fn logical(
        &mut self,
        operands: &'a [Op],
        decisive: bool,
        op: &Op,
    ) -> Result<Value<'a>, EvalError> {
        let mut failed = None;
        for operand in operands {
            match self.truth(operand) {
                Ok(value) if value == decisive => return Ok(Value::Bool(decisive)),
                Ok(_) => {}
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        self.budget.spent().map_err(|kind| EvalError {
            kind,
            offset: op.extent.offset(),
        })?;
        failed.map_or(Ok(Value::Bool(!decisive)), Err)
    }

    /// A fact. One that has to be made first is made anew each time, so its making counts.
    fn field(&mut self, slot: Slot) -> Result<Option<Value<'a>>, EvalErrorKind> {
        let value = self.facts.load(slot);
        value.iter().try_for_each(|value| self.budget.made(value))?;
        Ok(value)
    }

    fn member(
        &mut self,
        operand: &'a Op,
        key: &str,
        op: &Op,
    ) -> Result<Option<Value<'a>>, EvalError> {
        let located = |kind| EvalError {
            kind,
            offset: op.extent.offset(),
        };
        let Value::Map(map) = self.run(operand)? else {
            return Err(located(EvalErrorKind::NoSuchOverload));
        };
        self.budget.look_up(&map).map_err(located)?;
        let value = map.member(key).map_err(located)?;
        let made = value.iter().try_for_each(|value| self.budget.made(value));
        made.map_err(located)?;
        Ok(value)
    }

    fn make_list(&mut self, items: &'a [Op], op: &Op) -> Result<Value<'a>, EvalError> {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            values.push(self.run(item)?);
        }
        loops::list(values).map_err(|kind| EvalError {
            kind,
            offset: op.extent.offset(),
        })
    }

    fn make_map(&mut self, entries: &'a [(Op, Op)], op: &Op) -> Result<Value<'a>, EvalError> {
        let located = |kind| EvalError {
            kind,
            offset: op.extent.offset(),
        };
        let mut made: Vec<(Value<'a>, Value<'a>)> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let (key, value) = (self.run(key)?, self.run(value)?);
            loops::insert(&mut made, key, value, &mut self.budget).map_err(located)?;
        }
        Ok(Value::Map(Map::Shared(made.into())))
    }

    fn assign(&mut self, local: usize, value: Value<'a>) {
        if let Some(place) = self.locals.get_mut(local) {
            *place = value;
        }
    }
}

/// An error of an operand, which knows its place, or of the node itself, which does not.
enum Stop {
    Placed(EvalError),
    Here(EvalErrorKind),
}

impl Stop {
    fn at(self, op: &Op) -> EvalError {
        match self {
            Self::Placed(error) => error,
            Self::Here(kind) => EvalError {
                kind,
                offset: op.extent.offset(),
            },
        }
    }
}

impl From<EvalError> for Stop {
    fn from(error: EvalError) -> Self {
        Self::Placed(error)
    }
}

impl From<EvalErrorKind> for Stop {
    fn from(kind: EvalErrorKind) -> Self {
        Self::Here(kind)
    }
}

impl Comparison {
    fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// `operand[key]`: an index may be any number that is whole.
fn index<'a>(operand: &Value<'a>, key: &Value<'_>, budget: &mut Budget) -> Outcome<'a> {
    match operand {
        Value::List(list) => {
            let index = match key {
                Value::Int(index) => Some(*index),
                Value::Uint(index) => i64::try_from(*index).ok(),
                Value::Double(index) if index.fract() == 0.0 => Some(*index as i64),
                _ => return Err(EvalErrorKind::NoSuchOverload),
            };
            let index = index.and_then(|index| usize::try_from(index).ok());
            index
                .and_then(|index| list.at(index))
                .ok_or(EvalErrorKind::IndexOutOfRange)
        }
        Value::Map(map) => {
            budget.look_up(map)?;
            map.get(key)?.ok_or(EvalErrorKind::NoSuchKey)
        }
        _ => Err(EvalErrorKind::NoSuchOverload),
    }
}

/// `wanted in range`.
fn contains(
    range: &Value<'_>,
    wanted: &Value<'_>,
    budget: &mut Budget,
) -> Result<bool, EvalErrorKind> {
    match range {
        Value::Map(map) => {
            budget.look_up(map)?;
            Ok(map.get(wanted)?.is_some())
        }
        Value::List(list) => {
            for item in list.iter() {
                budget.step()?;
                if equal(&item, wanted, budget)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Err(EvalErrorKind::NoSuchOverload),
    }
}
