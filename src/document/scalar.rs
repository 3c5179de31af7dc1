//! What an unquoted scalar means.

use super::Value;

/// What an unquoted scalar means (YAML 1.2.2 section 10.3.2; no octal, no hexadecimal).
pub(super) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" => return Value::Null,
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        _ => {}
    }
    let numeric = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    if numeric && let Ok(number) = text.parse::<i64>() {
        return Value::Integer(number);
    }
    match text.parse::<f64>() {
        Ok(number) if numeric && number.is_finite() => Value::Float(number),
        _ => Value::Text(text.to_owned()),
    }
}
