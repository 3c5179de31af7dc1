//! What an expression may name, declared by the caller.

use std::collections::BTreeMap;

use super::{Slot, Type, Value};

/// The variables of an expression, their types, and where their values are.
#[derive(Debug, Clone, Default)]
pub struct Declarations {
    pub(super) records: BTreeMap<Box<str>, Record>,
    pub(super) variables: BTreeMap<Box<str>, Field>,
}

/// The fields of a record by name.
pub(super) type Record = BTreeMap<Box<str>, Field>;

/// A type, and where the value is.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) ty: Type,
    pub(super) slot: Slot,
}

impl Declarations {
    /// No variables.
    pub fn new() -> Self {
        Self::default()
    }

    /// Declares a record that may have no field: `path` of a route without captures.
    #[must_use]
    pub fn record(mut self, name: &str) -> Self {
        self.records.entry(name.into()).or_default();
        self
    }

    /// Declares a field of a record: `request.method`. The record itself is not a value.
    #[must_use]
    pub fn field(mut self, record: &str, name: &str, ty: Type, slot: Slot) -> Self {
        let record = self.records.entry(record.into()).or_default();
        record.insert(name.into(), Field { ty, slot });
        self
    }

    /// Declares a variable that is a value.
    #[must_use]
    pub fn variable(mut self, name: &str, ty: Type, slot: Slot) -> Self {
        self.variables.insert(name.into(), Field { ty, slot });
        self
    }
}

/// The values that a program reads.
pub trait Facts {
    /// The value in a slot; nothing if it is missing, which is an error unless asked for with `has`.
    /// It must have the type that was declared for the slot.
    fn load(&self, slot: Slot) -> Option<Value<'_>>;
}

/// No facts at all: for what reads none.
impl Facts for () {
    fn load(&self, _: Slot) -> Option<Value<'_>> {
        None
    }
}

/// What an expression reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The field.
    pub slot: Slot,
    /// The constant keys below it, from the top; none if all of it may be read.
    pub keys: Box<[Box<str>]>,
    /// Where the expression reads it: bytes from the beginning of the text.
    pub offset: usize,
}
