//! Calls: which overload is meant, and what its constant arguments must be.

use super::super::eval::Function;
use super::super::parse::{Expr, Extent};
use super::super::pattern::Pattern;
use super::super::program::{Node, Op};
use super::super::time::{ZoneError, offset};
use super::super::{Error, ErrorKind, Type, Value};
use super::functions::{is_left_out, overloads};
use super::names::suggestion;
use super::overloads::Overload;
use super::{Checker, Typed, error};

impl Checker<'_> {
    pub(super) fn call(
        &mut self,
        target: Option<&Expr>,
        name: &str,
        arguments: &[Expr],
        extent: Extent,
    ) -> Result<Typed, Error> {
        if let Some(expanded) = self.expand(target, name, arguments, extent) {
            return expanded;
        }
        match target.map(|target| (target, self.namespace(target))) {
            None => self.function(name, None, arguments, extent),
            Some((_, Some(space))) if is_space(&space, name) => {
                self.function(&format!("{space}.{name}"), None, arguments, extent)
            }
            Some((target, _)) => self.function(name, Some(target), arguments, extent),
        }
    }

    fn function(
        &mut self,
        name: &str,
        target: Option<&Expr>,
        arguments: &[Expr],
        extent: Extent,
    ) -> Result<Typed, Error> {
        let named: Vec<&Overload> = overloads().iter().filter(|one| one.name == name).collect();
        if named.is_empty() {
            return Err(unknown(name, target.is_some(), extent));
        }
        let mut typed = Vec::with_capacity(arguments.len() + 1);
        for argument in target.into_iter().chain(arguments) {
            typed.push(self.value(argument)?);
        }
        let types: Vec<&Type> = typed.iter().map(|argument| &argument.ty).collect();
        let fitting = named
            .iter()
            .filter(|one| one.takes(target.is_some(), &types));
        let found: Vec<&&Overload> = fitting.collect();
        let Some(first) = found.first() else {
            return Err(mismatch(name, target.is_some(), &named, &types, extent));
        };
        let function = first.function;
        let result = found
            .iter()
            .map(|one| one.result.clone())
            .reduce(|a, b| a.join(&b));
        node(function, typed, result.unwrap_or(Type::Dyn), extent)
    }
}

fn is_space(space: &str, name: &str) -> bool {
    let full = format!("{space}.{name}");
    is_left_out(&full) || overloads().iter().any(|one| one.name == full)
}

fn node(
    function: Function,
    arguments: Vec<Typed>,
    ty: Type,
    extent: Extent,
) -> Result<Typed, Error> {
    match (function, arguments.as_slice()) {
        (Function::Matches, [_, pattern]) => {
            let pattern = compiled(pattern)?;
            let text = arguments.into_iter().next().map(|text| text.op);
            let text =
                text.ok_or_else(|| error(ErrorKind::Types, extent, "`matches` needs a text"))?;
            let node = Node::Matches(Box::new(text), Box::new(pattern));
            return Ok(Typed::new(node, extent, ty));
        }
        (Function::Part(_), [_, zone]) => zone_is_known(zone)?,
        _ => {}
    }
    let ops: Vec<Op> = arguments.into_iter().map(|argument| argument.op).collect();
    Ok(Typed::new(Node::Call(function, ops.into()), extent, ty))
}

fn compiled(pattern: &Typed) -> Result<Pattern, Error> {
    let extent = pattern.op.extent;
    let Some(text) = pattern.constant_text() else {
        return Err(error(
            ErrorKind::Unsupported,
            extent,
            "a pattern of `matches` that is not a constant: not supported",
        )
        .help("write the pattern out, so that it is compiled when the file is loaded"));
    };
    Pattern::compile(text).map_err(|mistake| {
        error(
            ErrorKind::Constant,
            extent,
            format!("this pattern cannot be used: {mistake}"),
        )
        .help("patterns are those of RE2")
    })
}

fn zone_is_known(zone: &Typed) -> Result<(), Error> {
    let extent = zone.op.extent;
    match zone.constant_text().map(offset) {
        Some(Err(ZoneError::Named)) => Err(error(
            ErrorKind::Unsupported,
            extent,
            "time zones by name: not supported",
        )
        .help("write `UTC` or an offset, as in `+02:00`")),
        Some(Err(ZoneError::Malformed)) => {
            Err(
                error(ErrorKind::Constant, extent, "this is not a time zone")
                    .help("write `UTC` or an offset, as in `+02:00`"),
            )
        }
        _ => Ok(()),
    }
}

fn unknown(name: &str, method: bool, extent: Extent) -> Error {
    if is_left_out(name) {
        return error(
            ErrorKind::Unsupported,
            extent,
            format!("function `{name}`: not supported"),
        );
    }
    let mut known: Vec<&str> = overloads()
        .iter()
        .filter(|one| one.method == method)
        .map(|one| one.name)
        .collect();
    known.dedup();
    error(
        ErrorKind::Unknown,
        extent,
        format!("there is no function `{name}`"),
    )
    .help(suggestion(name, &known))
}

fn mismatch(
    name: &str,
    method: bool,
    named: &[&Overload],
    types: &[&Type],
    extent: Extent,
) -> Error {
    let given: Vec<String> = types.iter().map(ToString::to_string).collect();
    let taken: Vec<String> = named.iter().map(ToString::to_string).collect();
    let shown = match given.split_first() {
        Some((on, rest)) if method => format!("{on}.{name}({})", rest.join(", ")),
        _ => format!("{name}({})", given.join(", ")),
    };
    error(
        ErrorKind::Types,
        extent,
        format!("`{shown}` does not exist"),
    )
    .help(format!("there is {}", taken.join(", ")))
}

/// The constant that an argument of a call must not be: one that can never be converted.
pub(super) fn never(function: Function, arguments: &[Op]) -> Option<&'static str> {
    let constant = |op: &Op| matches!(op.node, Node::Constant(Value::String(_)));
    if !arguments.iter().all(constant) {
        return None;
    }
    match function {
        Function::Timestamp => Some("this is not a timestamp of RFC 3339"),
        Function::Duration => Some("this is not a duration, such as `1h30m`"),
        Function::Ip => Some("this is not an IP address"),
        Function::Cidr => Some("this is not a network, such as `10.0.0.0/8`"),
        _ => None,
    }
}
