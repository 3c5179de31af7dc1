//! Equality and order: numbers compare across their types (specification, "Numeric values").

use std::cmp::Ordering;

use super::EvalErrorKind;
use super::eval::Budget;
use super::{List, Map, Value};

/// Whether two values that are no collections are equal; values of different types are not.
pub(super) fn scalars_equal(left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::String(a), Value::String(b)) => **a == **b,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Null, Value::Null) => true,
        (Value::Bytes(a), Value::Bytes(b)) => **a == **b,
        (Value::Timestamp(a), Value::Timestamp(b)) => a == b,
        (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::Type(a), Value::Type(b)) => a == b,
        (Value::Ip(a), Value::Ip(b)) => a.to_canonical() == b.to_canonical(),
        (Value::Cidr(a), Value::Cidr(b)) => a == b,
        _ => numbers(left, right) == Some(Ordering::Equal),
    }
}

/// Whether two values are equal. What is looked through is counted.
pub(super) fn equal(
    left: &Value<'_>,
    right: &Value<'_>,
    budget: &mut Budget,
) -> Result<bool, EvalErrorKind> {
    match (left, right) {
        (Value::List(a), Value::List(b)) => lists_equal(a, b, budget),
        (Value::Map(a), Value::Map(b)) => maps_equal(a, b, budget),
        (Value::String(a), Value::String(b)) => {
            budget.look_through(a.len().min(b.len()))?;
            Ok(**a == **b)
        }
        _ => Ok(scalars_equal(left, right)),
    }
}

fn lists_equal(a: &List<'_>, b: &List<'_>, budget: &mut Budget) -> Result<bool, EvalErrorKind> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (left, right) in a.iter().zip(b.iter()) {
        budget.step()?;
        if !equal(&left, &right, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn maps_equal(a: &Map<'_>, b: &Map<'_>, budget: &mut Budget) -> Result<bool, EvalErrorKind> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (key, value) in a.entries() {
        budget.step()?;
        budget.look_up(b)?;
        let Some(other) = b.get(&key)? else {
            return Ok(false);
        };
        if !equal(&value, &other, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The order of two values of one type, or of two numbers. `None` for what has no order, and for
/// `NaN`, which is neither less nor greater than anything.
pub(super) fn order(
    left: &Value<'_>,
    right: &Value<'_>,
) -> Result<Option<Ordering>, EvalErrorKind> {
    Ok(Some(match (left, right) {
        (Value::String(a), Value::String(b)) => (**a).cmp(&**b),
        (Value::Bytes(a), Value::Bytes(b)) => (**a).cmp(&**b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Timestamp(a), Value::Timestamp(b)) => a.cmp(b),
        (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
        _ if is_number(left) && is_number(right) => return Ok(numbers(left, right)),
        _ => return Err(EvalErrorKind::NoSuchOverload),
    }))
}

fn is_number(value: &Value<'_>) -> bool {
    matches!(value, Value::Int(_) | Value::Uint(_) | Value::Double(_))
}

/// Numbers as on one number line. A whole number is compared with a double as the nearest double,
/// as the conformance cases want it.
fn numbers(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Double(_), _) | (_, Value::Double(_)) => double(left)?.partial_cmp(&double(right)?),
        _ => Some(whole(left)?.cmp(&whole(right)?)),
    }
}

fn whole(value: &Value<'_>) -> Option<i128> {
    match value {
        Value::Int(value) => Some(i128::from(*value)),
        Value::Uint(value) => Some(i128::from(*value)),
        _ => None,
    }
}

fn double(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Double(value) => Some(*value),
        other => whole(other).map(|whole| whole as f64),
    }
}
