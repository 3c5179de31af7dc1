//! Names, fields and keys: what they stand for, and what was probably meant.

use super::super::parse::{Expr, Extent, Kind};
use super::super::program::Node;
use super::super::{Error, ErrorKind, Type, Value};
use super::{Checker, Path, Typed, error};

/// The names of types that are values.
const TYPES: [&str; 14] = [
    "bool",
    "int",
    "uint",
    "double",
    "string",
    "bytes",
    "list",
    "map",
    "null_type",
    "type",
    "google.protobuf.Timestamp",
    "google.protobuf.Duration",
    "net.IP",
    "net.CIDR",
];

impl Checker<'_> {
    pub(super) fn name(
        &mut self,
        name: &str,
        absolute: bool,
        extent: Extent,
    ) -> Result<Typed, Error> {
        if !absolute && let Some((index, ty)) = self.local(name) {
            return Ok(Typed::new(Node::Local(index), extent, ty));
        }
        if let Some(field) = self.declarations.variables.get(name) {
            let path = Path {
                slot: field.slot,
                keys: Vec::new(),
            };
            let mut typed = Typed::new(Node::Load(field.slot), extent, field.ty.clone());
            typed.path = Some(path);
            return Ok(typed);
        }
        if let Some(record) = self.declarations.records.get(name) {
            let example = record.keys().next().map_or("field", |field| &**field);
            let message = format!("`{name}` is not a value by itself");
            return Err(error(ErrorKind::Types, extent, message).help(format!(
                "name one of its fields, such as `{name}.{example}`"
            )));
        }
        match type_value(name) {
            Some(value) => Ok(Typed::new(Node::Constant(value), extent, Type::Type)),
            None => Err(self.unknown_name(name, extent)),
        }
    }

    fn local(&self, name: &str) -> Option<(usize, Type)> {
        let index = self
            .locals
            .iter()
            .rposition(|(local, _)| **local == *name)?;
        self.locals.get(index).map(|(_, ty)| (index, ty.clone()))
    }

    fn unknown_name(&self, name: &str, extent: Extent) -> Error {
        let locals = self.locals.iter().map(|(local, _)| &**local);
        let variables = self.declarations.variables.keys().map(|name| &**name);
        let records = self.declarations.records.keys().map(|name| &**name);
        let known: Vec<&str> = locals.chain(variables).chain(records).collect();
        error(
            ErrorKind::Unknown,
            extent,
            format!("`{name}` is not known here"),
        )
        .help(suggestion(name, &known))
    }

    /// Whether a name stands for something else than the namespace of functions.
    pub(super) fn is_declared(&self, name: &str) -> bool {
        self.local(name).is_some()
            || self.declarations.variables.contains_key(name)
            || self.declarations.records.contains_key(name)
    }

    pub(super) fn select(
        &mut self,
        operand: &Expr,
        field: &str,
        extent: Extent,
    ) -> Result<Typed, Error> {
        if let Some(record) = self.record(operand) {
            return self.field(record, field, extent);
        }
        if let Some(typed) = self.dotted_type(operand, field, extent) {
            return Ok(typed);
        }
        let operand = self.place(operand)?;
        self.member(operand, field, extent)
    }

    /// The record that an expression names.
    pub(super) fn record<'e>(&self, expr: &'e Expr) -> Option<&'e str> {
        match &expr.kind {
            Kind::Name { name, absolute } => {
                let hidden = !absolute && self.local(name).is_some();
                let known = self.declarations.records.contains_key(name);
                (known && !hidden).then_some(name)
            }
            _ => None,
        }
    }

    pub(super) fn field(&self, record: &str, name: &str, extent: Extent) -> Result<Typed, Error> {
        let fields = self.declarations.records.get(record);
        let Some(field) = fields.and_then(|fields| fields.get(name)) else {
            let known: Vec<&str> = fields
                .into_iter()
                .flatten()
                .map(|(name, _)| &**name)
                .collect();
            let message = format!("`{record}` has no `{name}` here");
            return Err(error(ErrorKind::Unknown, extent, message).help(suggestion(name, &known)));
        };
        let mut typed = Typed::new(Node::Load(field.slot), extent, field.ty.clone());
        typed.path = Some(Path {
            slot: field.slot,
            keys: Vec::new(),
        });
        Ok(typed)
    }

    fn dotted_type(&self, operand: &Expr, field: &str, extent: Extent) -> Option<Typed> {
        let name = format!("{}.{field}", self.namespace(operand)?);
        let value = type_value(&name)?;
        Some(Typed::new(Node::Constant(value), extent, Type::Type))
    }

    /// The dotted name that an expression is, if its first part is not declared.
    pub(super) fn namespace(&self, expr: &Expr) -> Option<String> {
        match &expr.kind {
            Kind::Name { name, .. } if !self.is_declared(name) => Some(name.to_string()),
            Kind::Select { operand, field } => {
                Some(format!("{}.{field}", self.namespace(operand)?))
            }
            _ => None,
        }
    }

    /// A member of a map by a constant key.
    fn member(&mut self, operand: Typed, key: &str, extent: Extent) -> Result<Typed, Error> {
        let ty = match &operand.ty {
            Type::Map(_, value) => (**value).clone(),
            open if open.is_open() => Type::Dyn,
            other => {
                let message = format!("a {other} has no fields");
                return Err(error(ErrorKind::Types, extent, message));
            }
        };
        let path = operand.path.map(|mut path| {
            path.keys.push(key.into());
            path
        });
        let mut typed = Typed::new(Node::Member(Box::new(operand.op), key.into()), extent, ty);
        typed.path = path;
        Ok(typed)
    }

    pub(super) fn index(
        &mut self,
        operand: &Expr,
        key: &Expr,
        extent: Extent,
    ) -> Result<Typed, Error> {
        if let Some(record) = self.record(operand) {
            return match self.value(key)?.constant_text() {
                Some(name) => self.field(record, name, extent),
                None => Err(error(
                    ErrorKind::Types,
                    key.extent,
                    format!("a field of `{record}` is named by a constant"),
                )
                .help(format!("write `{record}[\"name\"]`"))),
            };
        }
        let mut operand = self.place(operand)?;
        let key = self.value(key)?;
        let textual = matches!(&operand.ty, Type::Map(key, _) if Type::String.fits(key))
            || operand.ty.is_open();
        if let (true, Some(name)) = (textual, key.constant_text()) {
            let name = name.to_owned();
            return self.member(operand, &name, extent);
        }
        if let Some(path) = operand.path.take() {
            self.read(path, operand.op.extent);
        }
        let ty = indexed(&operand.ty, &key.ty, extent)?;
        let node = Node::Index(Box::new((operand.op, key.op)));
        Ok(Typed::new(node, extent, ty))
    }
}

/// The type behind an index.
fn indexed(operand: &Type, key: &Type, extent: Extent) -> Result<Type, Error> {
    let (wanted, ty) = match operand {
        Type::List(element) => (Type::Int, (**element).clone()),
        Type::Map(key, value) => ((**key).clone(), (**value).clone()),
        open if open.is_open() => return Ok(Type::Dyn),
        other => {
            let message = format!("a {other} has no elements");
            return Err(error(ErrorKind::Types, extent, message));
        }
    };
    if key.fits(&wanted) {
        return Ok(ty);
    }
    let message = format!("an index of {operand} is {wanted}, not {key}");
    Err(error(ErrorKind::Types, extent, message))
}

fn type_value(name: &str) -> Option<Value<'static>> {
    let known = TYPES.iter().find(|known| **known == name);
    known.map(|known| Value::Type(known))
}

/// A hint at what was probably meant, or at what there is.
pub(super) fn suggestion(name: &str, known: &[&str]) -> String {
    let distance = |other: &&&str| strsim::damerau_levenshtein(name, other);
    let close = known.iter().min_by_key(distance);
    match close.filter(|other| strsim::damerau_levenshtein(name, other) <= 2) {
        Some(close) => format!("did you mean `{close}`?"),
        None if known.is_empty() => "nothing is known here".to_owned(),
        None => format!("known here: {}", known.join(", ")),
    }
}
