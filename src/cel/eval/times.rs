//! Moments, lengths of time, and their parts.

use super::super::time::{Civil, offset};
use super::super::{Duration, EvalErrorKind, Timestamp, Value};
use super::{Function, Outcome, Part};

pub(super) fn call<'a>(function: Function, arguments: &[Value<'a>]) -> Outcome<'a> {
    match (function, arguments) {
        (Function::Timestamp, [value]) => timestamp(value).map(Value::Timestamp),
        (Function::Duration, [Value::Duration(length)]) => Ok(Value::Duration(*length)),
        (Function::Duration, [Value::String(text)]) => {
            let length = Duration::parse(text).map(Value::Duration);
            length.ok_or(EvalErrorKind::BadConversion)
        }
        (Function::Part(part), [Value::Timestamp(moment)]) => {
            Ok(Value::Int(part.of(moment.civil(0))))
        }
        (Function::Part(part), [Value::Timestamp(moment), Value::String(zone)]) => {
            let offset = offset(zone).map_err(|_| EvalErrorKind::InvalidArgument)?;
            Ok(Value::Int(part.of(moment.civil(offset))))
        }
        (Function::Part(part), [Value::Duration(length)]) => part.of_length(*length),
        _ => Err(EvalErrorKind::NoSuchOverload),
    }
}

fn timestamp(value: &Value<'_>) -> Result<Timestamp, EvalErrorKind> {
    match value {
        Value::Timestamp(moment) => Ok(*moment),
        Value::Int(seconds) => Timestamp::from_seconds(*seconds).ok_or(EvalErrorKind::Overflow),
        Value::String(text) => Timestamp::parse(text).ok_or(EvalErrorKind::BadConversion),
        _ => Err(EvalErrorKind::NoSuchOverload),
    }
}

impl Part {
    /// Months, and days but for `getDate`, count from zero; Sunday is the first day.
    fn of(self, at: Civil) -> i64 {
        match self {
            Self::FullYear => at.year,
            Self::Month => at.month - 1,
            Self::DayOfYear => at.day_of_year,
            Self::DayOfMonth => at.day - 1,
            Self::Date => at.day,
            Self::DayOfWeek => at.weekday,
            Self::Hours => at.hour,
            Self::Minutes => at.minute,
            Self::Seconds => at.second,
            Self::Milliseconds => i64::from(at.nanos / 1_000_000),
        }
    }

    /// The whole length in hours, minutes or seconds; milliseconds are those within a second.
    fn of_length<'a>(self, length: Duration) -> Outcome<'a> {
        let seconds = length.nanos() / 1_000_000_000;
        Ok(Value::Int(match self {
            Self::Hours => seconds / 3_600,
            Self::Minutes => seconds / 60,
            Self::Seconds => seconds,
            Self::Milliseconds => length.nanos() % 1_000_000_000 / 1_000_000,
            _ => return Err(EvalErrorKind::NoSuchOverload),
        }))
    }
}
