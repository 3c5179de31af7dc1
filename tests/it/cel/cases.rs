//! What a conformance case asks, and whether the room answers it so.

use std::collections::BTreeMap;

use sidegate::cel::{Declarations, Error, ErrorKind, Facts, List, Map, Program, Slot, Type, Value};

use super::textproto::{Field, Message};

/// How a case came out.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The value, the error or the type is that of the case.
    Agreed,
    /// The case wants an error when it runs; here it is one when it is loaded.
    AgreedAtLoad,
    /// It asks for something that is left out, by name.
    Left(String),
    Disagreed(String),
}

struct Bindings(Vec<Option<Value<'static>>>);

impl Facts for Bindings {
    fn load(&self, slot: Slot) -> Option<Value<'_>> {
        self.0[usize::from(slot)].clone()
    }
}

/// Names of messages, enums and packages that no expression here can use.
const NAMES_OF_MESSAGES: [&str; 8] = [
    "TestAllTypes",
    "NestedTestAllTypes",
    "GlobalEnum",
    "google",
    "cel",
    "proto2",
    "proto3",
    "proto",
];

pub(super) fn judge(case: &Message) -> Verdict {
    let expr = case.text("expr").unwrap();
    let (declarations, bindings) = match environment(case) {
        Ok(environment) => environment,
        Err(reason) => return Verdict::Left(reason),
    };
    let fails = case.one("eval_error").is_some() || case.one("any_eval_errors").is_some();
    let program = match Program::compile(&expr, &declarations) {
        Ok(program) => program,
        Err(error) => return refused(case, &error, fails),
    };
    if let Some(wanted) = case
        .one("typed_result")
        .and_then(|result| result.one("deduced_type"))
    {
        let wanted = match declared(wanted) {
            Ok(wanted) => wanted,
            Err(reason) => return Verdict::Left(reason),
        };
        if wanted.to_string() != program.result_type().to_string() {
            return Verdict::Disagreed(format!("type {}, not {wanted}", program.result_type()));
        }
        if case.word("check_only") == Some("true") {
            return Verdict::Agreed;
        }
    }
    match program.evaluate(&bindings) {
        Err(_) if fails => Verdict::Agreed,
        Err(error) => Verdict::Disagreed(format!("error at {}: {error}", error.offset)),
        Ok(value) if fails => Verdict::Disagreed(format!("{value:?}, not an error")),
        Ok(value) => compare(case, &value),
    }
}

fn compare(case: &Message, value: &Value<'_>) -> Verdict {
    let typed = case
        .one("typed_result")
        .and_then(|result| result.one("result"));
    let truth = Message(vec![(
        "bool_value".to_owned(),
        Field::Word("true".to_owned()),
    )]);
    let wanted = case.one("value").or(typed).unwrap_or(&truth);
    match same(wanted, value) {
        Ok(true) => Verdict::Agreed,
        Ok(false) => Verdict::Disagreed(format!("{value:?}, not {wanted:?}")),
        Err(reason) => Verdict::Left(reason),
    }
}

/// A refusal is counted by what it names; one that is not foreseen is a disagreement.
fn refused(case: &Message, error: &Error, fails: bool) -> Verdict {
    let unchecked = case.word("disable_check") == Some("true");
    let names_message = NAMES_OF_MESSAGES
        .iter()
        .any(|name| error.message == format!("`{name}` is not known here"));
    match error.kind {
        ErrorKind::Unsupported => Verdict::Left(error.message.clone()),
        ErrorKind::Unknown if names_message => {
            Verdict::Left("names of messages and enums".to_owned())
        }
        ErrorKind::Unknown | ErrorKind::Types | ErrorKind::Constant if fails => {
            Verdict::AgreedAtLoad
        }
        ErrorKind::Types | ErrorKind::Unknown if unchecked => {
            Verdict::Left("expressions that fail the check, with the check disabled".to_owned())
        }
        _ => Verdict::Disagreed(format!("refused: {error}")),
    }
}

fn environment(case: &Message) -> Result<(Declarations, Bindings), String> {
    let mut values = BTreeMap::new();
    for binding in case.all("bindings") {
        let value = binding.one("value").and_then(|value| value.one("value"));
        let value = value.ok_or("bindings that are unknown or errors")?;
        values.insert(binding.text("key").unwrap(), bound(value)?);
    }
    let mut declarations = Declarations::new();
    let mut bindings = Bindings(Vec::new());
    let mut types = BTreeMap::new();
    for declared_name in case.all("type_env") {
        let name = declared_name.text("name").unwrap();
        let ident = declared_name
            .one("ident")
            .ok_or("functions of the environment")?;
        types.insert(name, declared(ident.one("type").unwrap())?);
    }
    for name in values.keys() {
        types.entry(name.clone()).or_insert(Type::Dyn);
    }
    for (slot, (name, ty)) in types.into_iter().enumerate() {
        let slot = Slot::try_from(slot).unwrap();
        bindings.0.push(values.remove(&name));
        if name.contains('.') && case.field("container").is_some() {
            return Err("names within containers".to_owned());
        }
        declarations = match name.split_once('.') {
            None => declarations.variable(&name, ty, slot),
            Some((record, field)) if !field.contains('.') => {
                declarations.field(record, field, ty, slot)
            }
            Some(_) => return Err("variables with more than one dot in their name".to_owned()),
        };
    }
    Ok((declarations, bindings))
}

fn declared(ty: &Message) -> Result<Type, String> {
    let (name, field) = &ty.0[0];
    let inner = |message: &Message, name: &str| declared(message.one(name).unwrap());
    Ok(match (name.as_str(), field) {
        ("primitive", Field::Word(word)) => match word.as_str() {
            "BOOL" => Type::Bool,
            "INT64" => Type::Int,
            "UINT64" => Type::Uint,
            "DOUBLE" => Type::Double,
            "STRING" => Type::String,
            "BYTES" => Type::Bytes,
            other => panic!("primitive {other}"),
        },
        ("well_known", Field::Word(word)) if word == "TIMESTAMP" => Type::Timestamp,
        ("well_known", Field::Word(word)) if word == "DURATION" => Type::Duration,
        ("dyn", _) => Type::Dyn,
        ("null", _) => Type::Null,
        ("list_type", Field::Message(list)) => Type::list(inner(list, "elem_type")?),
        ("map_type", Field::Message(map)) => Type::Map(
            Box::new(inner(map, "key_type")?),
            Box::new(inner(map, "value_type")?),
        ),
        ("message_type", Field::Bytes(name)) if name == b"google.protobuf.Timestamp" => {
            Type::Timestamp
        }
        ("message_type", Field::Bytes(name)) if name == b"google.protobuf.Duration" => {
            Type::Duration
        }
        ("type", _) => Type::Type,
        (other, _) => return Err(format!("types of the kind {other}")),
    })
}

fn bound(value: &Message) -> Result<Value<'static>, String> {
    let (name, field) = &value.0[0];
    let pairs = |message: &Message| -> Result<Vec<_>, String> {
        let entries = message.all("entries").map(|entry| {
            Ok((
                bound(entry.one("key").unwrap())?,
                bound(entry.one("value").unwrap())?,
            ))
        });
        entries.collect()
    };
    Ok(match (name.as_str(), field) {
        ("null_value", _) => Value::Null,
        ("bool_value", Field::Word(word)) => Value::Bool(word == "true"),
        ("int64_value", Field::Word(word)) => Value::Int(word.parse().unwrap()),
        ("uint64_value", Field::Word(word)) => Value::Uint(word.parse().unwrap()),
        ("double_value", Field::Word(word)) => Value::Double(word.parse().unwrap()),
        ("string_value", Field::Bytes(bytes)) => {
            Value::from(String::from_utf8(bytes.clone()).unwrap())
        }
        ("bytes_value", Field::Bytes(bytes)) => Value::from(bytes.clone()),
        ("list_value", Field::Message(list)) => {
            let items: Result<Vec<_>, _> = list.all("values").map(bound).collect();
            Value::List(List::Shared(items?.into()))
        }
        ("map_value", Field::Message(map)) => Value::Map(Map::Shared(pairs(map)?.into())),
        ("object_value", Field::Message(object)) => object_value(object)?,
        (other, _) => return Err(format!("values of the kind {other}")),
    })
}

/// The only messages that have a value here: moments and lengths of time.
fn object_value(object: &Message) -> Result<Value<'static>, String> {
    let (name, field) = &object.0[0];
    let Field::Message(fields) = field else {
        panic!("{object:?}")
    };
    let number = |name: &str| fields.word(name).map_or(0i64, |word| word.parse().unwrap());
    let nanos = number("seconds")
        .checked_mul(1_000_000_000)
        .map(|whole| whole + number("nanos"));
    match name.as_str() {
        "[type.googleapis.com/google.protobuf.Duration]" => Ok(Value::Duration(
            sidegate::cel::Duration::from_nanos(nanos.unwrap()),
        )),
        "[type.googleapis.com/google.protobuf.Timestamp]" => {
            let moment = sidegate::cel::Timestamp::from_seconds(number("seconds")).unwrap();
            assert_eq!(number("nanos"), 0);
            Ok(Value::Timestamp(moment))
        }
        other => Err(format!("messages: {other}")),
    }
}

/// Whether two values are the same, also in their types; doubles by their bits but for `NaN`.
fn same(wanted: &Message, value: &Value<'_>) -> Result<bool, String> {
    if let Some(name) = wanted.text("type_value") {
        return Ok(matches!(value, Value::Type(own) if *own == name));
    }
    Ok(alike(&bound(wanted)?, value))
}

fn alike(wanted: &Value<'_>, value: &Value<'_>) -> bool {
    match (wanted, value) {
        (Value::Double(a), Value::Double(b)) => {
            a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
        }
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| alike(&a, &b))
        }
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.entries().all(|(key, value)| {
                    b.entries()
                        .any(|(own, found)| alike(&key, &own) && alike(&value, &found))
                })
        }
        (a, b) => a.type_name() == b.type_name() && format!("{a:?}") == format!("{b:?}"),
    }
}
