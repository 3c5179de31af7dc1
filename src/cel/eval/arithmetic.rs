//! `+ - * / %`: whole numbers overflow with an error, doubles as IEEE 754 says.

use super::super::program::Arithmetic;
use super::super::{EvalErrorKind, List, MAX_ELEMENTS, MAX_MADE, Value};
use super::{Budget, Outcome};

pub(super) fn negate<'a>(value: &Value<'a>) -> Outcome<'a> {
    match value {
        Value::Int(value) => value
            .checked_neg()
            .map(Value::Int)
            .ok_or(EvalErrorKind::Overflow),
        Value::Double(value) => Ok(Value::Double(-value)),
        _ => Err(EvalErrorKind::NoSuchOverload),
    }
}

pub(super) fn apply<'a>(
    operator: Arithmetic,
    left: Value<'a>,
    right: Value<'a>,
    budget: &mut Budget,
) -> Outcome<'a> {
    match (&left, &right) {
        (Value::Int(a), Value::Int(b)) => ints(operator, *a, *b).map(Value::Int),
        (Value::Uint(a), Value::Uint(b)) => uints(operator, *a, *b).map(Value::Uint),
        (Value::Double(a), Value::Double(b)) => doubles(operator, *a, *b).map(Value::Double),
        _ => match operator {
            Arithmetic::Add => add(&left, &right, budget),
            Arithmetic::Subtract => subtract(&left, &right),
            _ => Err(EvalErrorKind::NoSuchOverload),
        },
    }
}

fn ints(operator: Arithmetic, a: i64, b: i64) -> Result<i64, EvalErrorKind> {
    let result = match operator {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide if b == 0 => return Err(EvalErrorKind::DivisionByZero),
        Arithmetic::Remainder if b == 0 => return Err(EvalErrorKind::ModulusByZero),
        Arithmetic::Divide => a.checked_div(b),
        Arithmetic::Remainder => a.checked_rem(b),
    };
    result.ok_or(EvalErrorKind::Overflow)
}

fn uints(operator: Arithmetic, a: u64, b: u64) -> Result<u64, EvalErrorKind> {
    let result = match operator {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide if b == 0 => return Err(EvalErrorKind::DivisionByZero),
        Arithmetic::Remainder if b == 0 => return Err(EvalErrorKind::ModulusByZero),
        Arithmetic::Divide => a.checked_div(b),
        Arithmetic::Remainder => a.checked_rem(b),
    };
    result.ok_or(EvalErrorKind::Overflow)
}

fn doubles(operator: Arithmetic, a: f64, b: f64) -> Result<f64, EvalErrorKind> {
    match operator {
        Arithmetic::Add => Ok(a + b),
        Arithmetic::Subtract => Ok(a - b),
        Arithmetic::Multiply => Ok(a * b),
        Arithmetic::Divide => Ok(a / b),
        Arithmetic::Remainder => Err(EvalErrorKind::NoSuchOverload),
    }
}

fn add<'a>(left: &Value<'a>, right: &Value<'a>, budget: &mut Budget) -> Outcome<'a> {
    let moment = |sum: Option<_>| sum.map(Value::Timestamp).ok_or(EvalErrorKind::Overflow);
    match (left, right) {
        (Value::String(a), Value::String(b)) => {
            let bytes = room(a.len() + b.len(), budget)?;
            let mut joined = String::with_capacity(bytes);
            joined.push_str(a);
            joined.push_str(b);
            Ok(Value::from(joined))
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            room(a.len() + b.len(), budget)?;
            Ok(Value::from([&**a, &**b].concat()))
        }
        (Value::List(a), Value::List(b)) => lists(a, b, budget),
        (Value::Timestamp(a), Value::Duration(b)) => moment(a.plus(*b)),
        (Value::Duration(a), Value::Timestamp(b)) => moment(b.plus(*a)),
        (Value::Duration(a), Value::Duration(b)) => a
            .plus(*b)
            .map(Value::Duration)
            .ok_or(EvalErrorKind::Overflow),
        _ => Err(EvalErrorKind::NoSuchOverload),
    }
}

fn lists<'a>(a: &List<'a>, b: &List<'a>, budget: &mut Budget) -> Outcome<'a> {
    let length = a.len() + b.len();
    if length > MAX_ELEMENTS {
        return Err(EvalErrorKind::TooLarge);
    }
    budget.look_through(length * 16)?;
    Ok(Value::List(List::Shared(
        a.iter().chain(b.iter()).collect(),
    )))
}

fn subtract<'a>(left: &Value<'a>, right: &Value<'a>) -> Outcome<'a> {
    let result = match (left, right) {
        (Value::Timestamp(a), Value::Timestamp(b)) => a.since(*b).map(Value::Duration),
        (Value::Timestamp(a), Value::Duration(b)) => a.minus(*b).map(Value::Timestamp),
        (Value::Duration(a), Value::Duration(b)) => a.minus(*b).map(Value::Duration),
        _ => return Err(EvalErrorKind::NoSuchOverload),
    };
    result.ok_or(EvalErrorKind::Overflow)
}

/// Takes the steps of making so many bytes, if they are not too many.
pub(super) fn room(bytes: usize, budget: &mut Budget) -> Result<usize, EvalErrorKind> {
    if bytes > MAX_MADE {
        return Err(EvalErrorKind::TooLarge);
    }
    budget.look_through(bytes)?;
    Ok(bytes)
}
