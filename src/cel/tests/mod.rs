//! What the room promises.

mod bounds;
mod evaluation;
mod explanation;
mod facts;
mod mistakes;
mod parsing;
mod patterns;
mod properties;
mod reads;
mod times;

use super::{Declarations, Error, EvalError, EvalErrorKind, Facts, Program, Value};
use facts::{Request, declarations};

/// Compiles against a request and a principal.
fn compile(text: &str) -> Result<Program, Error> {
    Program::compile(text, &declarations())
}

/// Why a text is not loaded.
fn refused(text: &str) -> Error {
    match Program::condition(text, &declarations()) {
        Ok(program) => panic!("`{text}` was loaded: {program:?}"),
        Err(error) => error,
    }
}

/// The value of an expression over the request of [`facts`], as it would be written.
fn value(text: &str) -> String {
    match outcome(text) {
        Ok(value) => value,
        Err(error) => panic!("`{text}` at {}: {error}", error.offset),
    }
}

fn outcome(text: &str) -> Result<String, EvalError> {
    let program = compile(text).unwrap_or_else(|error| panic!("`{text}`: {error}"));
    let request = Request::default();
    let value = program.evaluate(&request)?;
    Ok(format!("{value:?}"))
}

fn failure(text: &str) -> EvalErrorKind {
    match outcome(text) {
        Ok(value) => panic!("`{text}` is {value}"),
        Err(error) => error.kind,
    }
}

#[test]
fn a_program_is_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Program>();
    shared::<Declarations>();
}

#[test]
fn an_expression_without_facts_needs_none() {
    let program = Program::condition("1 + 1 == 2", &Declarations::new()).unwrap();
    assert_eq!(program.holds(&()), Ok(true));
    assert!(program.reads().is_empty());
}

/// Facts of one value.
struct One(Value<'static>);

impl Facts for One {
    fn load(&self, _: super::Slot) -> Option<Value<'_>> {
        Some(self.0.clone())
    }
}
