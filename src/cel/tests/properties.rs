//! Whatever the text: no panic, and an end within bounds.

use proptest::prelude::*;

use super::super::Program;
use super::facts::{Request, declarations};

/// Words that meet each other in every order.
const WORDS: [&str; 56] = [
    "1",
    "2u",
    "0x1",
    "1.5",
    "'a'",
    "r'\\'",
    "b'a'",
    "true",
    "null",
    "x",
    "y",
    "request",
    "request.method",
    "request.headers",
    "principal.claims",
    "principal.roles",
    "path",
    "request.time",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    ".",
    ",",
    ":",
    "?",
    "+",
    "-",
    "*",
    "/",
    "%",
    "!",
    "<",
    "==",
    "!=",
    ">=",
    "&&",
    "||",
    "in",
    ".all(x, ",
    ".exists(x, ",
    ".map(y, ",
    "size(",
    "has(",
    ".matches('a')",
    ".split('')",
    "timestamp(",
    "duration('1h')",
    "cidr('10.0.0.0/8')",
    "int(",
    "string(",
    "[x]",
    ".level",
    "é",
];

/// Expressions that are mostly well formed.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "1",
        "-1",
        "2u",
        "1.5",
        "'a'",
        "''",
        "b'a'",
        "true",
        "false",
        "null",
        "x",
        "[]",
        "{}",
        "[1, 2]",
        "request.method",
        "request.headers",
        "principal.claims",
        "principal.claims.level",
        "principal.email",
        "principal.roles",
        "request.time",
        "duration('1h')",
        "principal.claims.groups",
        "dyn(1)",
        "path.org",
    ]);
    leaf.prop_map(str::to_owned)
        .prop_recursive(6, 60, 3, |inner| {
            let operator = prop::sample::select(vec![
                "+", "-", "*", "/", "%", "<", "==", "!=", ">=", "&&", "||", "in",
            ]);
            let function = prop::sample::select(vec![
                "size",
                "int",
                "string",
                "double",
                "uint",
                "bool",
                "dyn",
                "type",
                "timestamp",
                "bytes",
            ]);
            let method = prop::sample::select(vec![
                "contains",
                "split",
                "join",
                "indexOf",
                "replace",
                "substring",
                "charAt",
                "trim",
                "getHours",
            ]);
            let each = prop::sample::select(vec!["all", "exists", "exists_one", "map", "filter"]);
            prop_oneof![
                (inner.clone(), operator, inner.clone())
                    .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
                (function, inner.clone()).prop_map(|(f, a)| format!("{f}({a})")),
                (
                    inner.clone(),
                    method,
                    prop::collection::vec(inner.clone(), 0..3)
                )
                    .prop_map(|(a, m, rest)| format!("{a}.{m}({})", rest.join(", "))),
                (inner.clone(), each, inner.clone())
                    .prop_map(|(a, m, b)| format!("{a}.{m}(x, {b})")),
                (inner.clone(), inner.clone(), inner.clone())
                    .prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}[{b}]")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[{a}, {b}]")),
                (inner.clone(), inner).prop_map(|(a, b)| format!("{{{a}: {b}}}")),
            ]
        })
}

/// Loads it and, if that works, runs and explains it.
fn try_out(text: &str) -> bool {
    let request = Request::default();
    match Program::compile(text, &declarations()) {
        Ok(program) => {
            let first = program.evaluate(&request).map(|value| format!("{value:?}"));
            let again = program.evaluate(&request).map(|value| format!("{value:?}"));
            assert_eq!(first, again, "{text}");
            let steps = program.explain(&request);
            assert!(
                steps
                    .iter()
                    .all(|step| text.get(step.span.clone()).is_some())
            );
            true
        }
        Err(error) => {
            assert!(
                error.offset <= text.len() && error.line > 0 && error.column > 0,
                "{text}: {error:?}"
            );
            assert!(text.is_char_boundary(error.offset), "{text}: {error:?}");
            false
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_text_is_loaded_or_refused(text in "\\PC{0,60}") {
        try_out(&text);
    }

    #[test]
    fn any_words_are_loaded_or_refused(words in prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..24)) {
        try_out(&words.concat());
        try_out(&words.join(" "));
    }

    #[test]
    fn any_expression_is_loaded_or_refused(text in expression()) {
        try_out(&text);
    }

    /// A fact of a declared type gives a value of the type that was worked out, or an error.
    #[test]
    fn the_value_has_the_type_that_was_worked_out(text in expression()) {
        use super::super::{Type, Value};
        if let Ok(program) = Program::compile(&text, &declarations())
            && let Ok(value) = program.evaluate(&Request::default())
        {
            let agrees = match program.result_type() {
                Type::Bool => matches!(value, Value::Bool(_)),
                Type::Int => matches!(value, Value::Int(_)),
                Type::Uint => matches!(value, Value::Uint(_)),
                Type::Double => matches!(value, Value::Double(_)),
                Type::String => matches!(value, Value::String(_)),
                Type::Bytes => matches!(value, Value::Bytes(_)),
                Type::List(_) => matches!(value, Value::List(_)),
                Type::Map(..) => matches!(value, Value::Map(_)),
                Type::Timestamp => matches!(value, Value::Timestamp(_)),
                Type::Duration => matches!(value, Value::Duration(_)),
                _ => true,
            };
            prop_assert!(agrees, "{text}: {value:?} is no {}", program.result_type());
        }
    }

    /// Constants that are worked out at load and the same values that come as facts agree.
    #[test]
    fn a_constant_is_worth_what_a_fact_is_worth(a: i64, b: i64, op in prop::sample::select(vec!["+", "-", "*", "/", "%", "<", "=="])) {
        use super::super::{Declarations, Type, Value};
        let declared = Declarations::new().variable("a", Type::Int, 0);
        let folded = Program::compile(&format!("{a} {op} {b}"), &declared).unwrap();
        let lent = Program::compile(&format!("a {op} {b}"), &declared).unwrap();
        let facts = super::One(Value::Int(a));
        let shown = |program: &Program| program.evaluate(&facts).map(|value| format!("{value:?}")).map_err(|error| error.kind);
        prop_assert_eq!(shown(&folded), shown(&lent));
    }
}
