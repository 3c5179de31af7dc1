//! `int`, `uint`, `double`, `bool`, `string` and `bytes`.

use super::super::{EvalErrorKind, Value};
use super::arithmetic::room;
use super::functions::first;
use super::{Budget, Function, Outcome};

pub(super) fn number<'a>(function: Function, arguments: &[Value<'a>]) -> Outcome<'a> {
    let value = first(arguments)?;
    match function {
        Function::Int => int(value).map(Value::Int),
        Function::Uint => uint(value).map(Value::Uint),
        Function::Double => double(value).map(Value::Double),
        _ => bool(value).map(Value::Bool),
    }
}

/// 2 to the power of 63 and of 64.
const INT_END: f64 = 9_223_372_036_854_775_808.0;
const UINT_END: f64 = 18_446_744_073_709_551_616.0;

fn int(value: &Value<'_>) -> Result<i64, EvalErrorKind> {
    match value {
        Value::Int(value) => Ok(*value),
        Value::Uint(value) => i64::try_from(*value).map_err(|_| EvalErrorKind::Overflow),
        // The least int is left out, as the conformance cases say.
        Value::Double(value) if *value > -INT_END && *value < INT_END => Ok(*value as i64),
        Value::Double(_) => Err(EvalErrorKind::Overflow),
        Value::Timestamp(moment) => Ok(moment.seconds()),
        Value::String(text) => text.parse().map_err(|_| EvalErrorKind::BadConversion),
        _ => Err(EvalErrorKind::NoSuchOverload),
    }
}

fn uint(value: &Value<'_>) -> Result<u64, EvalErrorKind> {
    match value {
        Value::Uint(value) => Ok(*value),
        Value::Int(value) => u64::try_from(*value).map_err(|_| EvalErrorKind::Overflow),
        Value::Double(value) if *value >= 0.0 && *value < UINT_END => Ok(*value as u64),
        Value::Double(_) => Err(EvalErrorKind::Overflow),
        Value::String(text) => text.parse().map_err(|_| EvalErrorKind::BadConversion),
        _ => Err(EvalErrorKind::NoSuchOverload),
    }
}

fn double(value: &Value<'_>) -> Result<f64, EvalErrorKind> {
    match value {
        Value::Double(value) => Ok(*value),
        Value::Int(value) => Ok(*value as f64),
        Value::Uint(value) => Ok(*value as f64),
        Value::String(text) => {
            let number: f64 = text.parse().map_err(|_| EvalErrorKind::BadConversion)?;
            let too_large = number.is_infinite() && text.bytes().any(|byte| byte.is_ascii_digit());
            if too_large {
                Err(EvalErrorKind::Overflow)
            } else {
                Ok(number)
            }
        }
        _ => Err(EvalErrorKind::NoSuchOverload),
    }
}

fn bool(value: &Value<'_>) -> Result<bool, EvalErrorKind> {
    match value {
        Value::Bool(value) => Ok(*value),
        Value::String(text) => match &**text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
            _ => Err(EvalErrorKind::BadConversion),
        },
        _ => Err(EvalErrorKind::NoSuchOverload),
    }
}

pub(super) fn text<'a>(
    function: Function,
    arguments: &[Value<'a>],
    budget: &mut Budget,
) -> Outcome<'a> {
    let value = first(arguments)?;
    match (function, value) {
        (Function::Bytes, Value::Bytes(_)) | (Function::String, Value::String(_)) => {
            Ok(value.clone())
        }
        (Function::Bytes, Value::String(text)) => {
            room(text.len(), budget)?;
            Ok(Value::from(text.as_bytes().to_vec()))
        }
        (Function::Bytes, _) => Err(EvalErrorKind::NoSuchOverload),
        (_, other) => string(other, budget),
    }
}

fn string<'a>(value: &Value<'a>, budget: &mut Budget) -> Outcome<'a> {
    let text = match value {
        Value::Bool(value) => return Ok(Value::from(if *value { "true" } else { "false" })),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Double(value) => shortest(*value),
        Value::Bytes(bytes) => {
            room(bytes.len(), budget)?;
            let text = std::str::from_utf8(bytes).map_err(|_| EvalErrorKind::BadConversion)?;
            text.to_owned()
        }
        Value::Timestamp(moment) => moment.to_string(),
        Value::Duration(length) => length.to_string(),
        Value::Ip(address) => address.to_string(),
        Value::Cidr(network) => network.to_string(),
        _ => return Err(EvalErrorKind::NoSuchOverload),
    };
    Ok(Value::from(text))
}

/// The shortest text that is this double again; an exponent below -4 and from 21 on is written out.
fn shortest(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let exponent = scientific.split_once('e');
    let exponent = exponent.and_then(|(digits, power)| Some((digits, power.parse::<i32>().ok()?)));
    match exponent {
        Some((digits, power)) if !(-4..21).contains(&power) => {
            let sign = if power < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", power.unsigned_abs())
        }
        _ => value.to_string(),
    }
}
