//! Functions by name: the checker chose them, the values they get choose the overload.

use super::super::{EvalErrorKind, Value};
use super::{Budget, Outcome, conversions, network, strings, texts, times};

/// A function of the language or of an extension that is supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Function {
    Size,
    Contains,
    StartsWith,
    EndsWith,
    /// Only while it is checked: its pattern is compiled.
    Matches,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Bool,
    Timestamp,
    Duration,
    Dyn,
    Type,
    Part(Part),
    CharAt,
    IndexOf,
    LastIndexOf,
    LowerAscii,
    UpperAscii,
    Replace,
    Split,
    Join,
    Substring,
    Trim,
    Reverse,
    Quote,
    Ip,
    Cidr,
    IsIp,
    IsCidr,
    IsCanonical,
    Family,
    IsUnspecified,
    IsLoopback,
    IsGlobalUnicast,
    IsLinkLocalMulticast,
    IsLinkLocalUnicast,
    ContainsIp,
    ContainsCidr,
    AddressOf,
    Masked,
    PrefixLength,
}

/// A part of a moment or of a length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Part {
    FullYear,
    Month,
    DayOfYear,
    DayOfMonth,
    Date,
    DayOfWeek,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

/// Calls a function with its arguments, the one it is called on first.
pub(super) fn call<'a>(
    function: Function,
    arguments: &[Value<'a>],
    budget: &mut Budget,
) -> Outcome<'a> {
    for argument in arguments {
        budget.weigh(argument)?;
    }
    match function {
        Function::Size => size(arguments),
        Function::Int | Function::Uint | Function::Double | Function::Bool => {
            conversions::number(function, arguments)
        }
        Function::String | Function::Bytes => conversions::text(function, arguments, budget),
        Function::Timestamp | Function::Duration | Function::Part(_) => {
            times::call(function, arguments)
        }
        Function::Dyn => first(arguments).cloned(),
        Function::Type => Ok(Value::Type(first(arguments)?.type_name())),
        Function::Replace
        | Function::Split
        | Function::Join
        | Function::Reverse
        | Function::Quote => texts::call(function, arguments, budget),
        Function::Contains
        | Function::StartsWith
        | Function::EndsWith
        | Function::CharAt
        | Function::IndexOf
        | Function::LastIndexOf
        | Function::LowerAscii
        | Function::UpperAscii
        | Function::Substring
        | Function::Trim => strings::call(function, arguments),
        Function::Matches => Err(EvalErrorKind::NoSuchOverload),
        _ => network::call(function, arguments),
    }
}

pub(super) fn first<'v, 'a>(arguments: &'v [Value<'a>]) -> Result<&'v Value<'a>, EvalErrorKind> {
    arguments.first().ok_or(EvalErrorKind::NoSuchOverload)
}

fn size<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let size = match first(arguments)? {
        Value::String(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        _ => return Err(EvalErrorKind::NoSuchOverload),
    };
    whole(size)
}

pub(super) fn whole<'a>(size: usize) -> Outcome<'a> {
    i64::try_from(size)
        .map(Value::Int)
        .map_err(|_| EvalErrorKind::Overflow)
}
