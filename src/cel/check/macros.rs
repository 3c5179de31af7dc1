//! `has`, `all`, `exists`, `exists_one`, `map`, `filter` and `cel.bind`; with two variables too.

use super::super::eval::{Loop, LoopKind};
use super::super::parse::{Expr, Extent, Kind};
use super::super::program::Node;
use super::super::{Error, ErrorKind, MAX_LOCALS, MAX_LOOPS, Type};
use super::{Checker, Typed, error, is_key};

/// A loop as it is written: how many variables, and what it makes.
struct Shape {
    kind: LoopKind,
    variables: usize,
}

fn shape(name: &str, arguments: usize) -> Option<Shape> {
    let (kind, variables) = match (name, arguments) {
        ("all", 2) => (LoopKind::All, 1),
        ("all", 3) => (LoopKind::All, 2),
        ("exists", 2) => (LoopKind::Exists, 1),
        ("exists", 3) => (LoopKind::Exists, 2),
        ("exists_one" | "existsOne", 2) => (LoopKind::ExistsOne, 1),
        ("exists_one" | "existsOne", 3) => (LoopKind::ExistsOne, 2),
        ("filter", 2) => (LoopKind::Filter, 1),
        ("map", 2) => (LoopKind::Map, 1),
        ("map", 3) => (LoopKind::Map, 1),
        ("transformList", 3) => (LoopKind::Map, 2),
        ("transformList", 4) => (LoopKind::Map, 2),
        ("transformMap", 3) => (LoopKind::TransformMap, 2),
        ("transformMap", 4) => (LoopKind::TransformMap, 2),
        _ => return None,
    };
    Some(Shape { kind, variables })
}

impl Checker<'_> {
    /// A macro, if this is one.
    pub(super) fn expand(
        &mut self,
        target: Option<&Expr>,
        name: &str,
        arguments: &[Expr],
        extent: Extent,
    ) -> Option<Result<Typed, Error>> {
        let Some(target) = target else {
            return match (name, arguments) {
                ("has", [argument]) => Some(self.has(argument, extent)),
                _ => None,
            };
        };
        if let ("bind", [variable, value, body]) = (name, arguments)
            && self.namespace(target).as_deref() == Some("cel")
        {
            return Some(self.bind(variable, value, body, extent));
        }
        let shape = shape(name, arguments.len())?;
        Some(self.comprehension(target, &shape, arguments, extent))
    }

    fn has(&mut self, argument: &Expr, extent: Extent) -> Result<Typed, Error> {
        let Kind::Select { operand, field } = &argument.kind else {
            return Err(error(
                ErrorKind::Types,
                argument.extent,
                "`has` takes a field, as in `has(a.b)`",
            )
            .help("for a key of another form write `\"key\" in map`"));
        };
        let mut typed = self.select(operand, field, argument.extent)?;
        if let Some(path) = typed.path.take() {
            self.read(path, argument.extent);
        }
        let node = match typed.op.node {
            Node::Load(slot) => Node::HasField(slot),
            Node::Member(map, key) => Node::HasMember(map, key),
            _ => {
                return Err(error(
                    ErrorKind::Types,
                    argument.extent,
                    "`has` takes a field of a map or a record",
                ));
            }
        };
        Ok(Typed::new(node, extent, Type::Bool))
    }

    fn bind(
        &mut self,
        variable: &Expr,
        value: &Expr,
        body: &Expr,
        extent: Extent,
    ) -> Result<Typed, Error> {
        let value = self.value(value)?;
        let local = self.declare(variable, value.ty.clone())?;
        let body = self.value(body);
        self.locals.pop();
        let body = body?;
        let ty = body.ty;
        Ok(Typed::new(
            Node::Bind(local, Box::new((value.op, body.op))),
            extent,
            ty,
        ))
    }

    /// Puts a variable in force; the caller takes it away again.
    fn declare(&mut self, variable: &Expr, ty: Type) -> Result<usize, Error> {
        let Kind::Name {
            name,
            absolute: false,
        } = &variable.kind
        else {
            return Err(error(
                ErrorKind::Syntax,
                variable.extent,
                "the name of a variable is wanted here",
            ));
        };
        if self.locals.len() >= MAX_LOCALS {
            let message = format!("at most {MAX_LOCALS} variables of macros may be in force");
            return Err(error(ErrorKind::Bound, variable.extent, message));
        }
        self.locals.push((name.clone(), ty));
        Ok(self.locals.len() - 1)
    }

    fn comprehension(
        &mut self,
        target: &Expr,
        shape: &Shape,
        arguments: &[Expr],
        extent: Extent,
    ) -> Result<Typed, Error> {
        if self.loops >= MAX_LOOPS {
            let message = format!(
                "macros that go through a list may stand at most {MAX_LOOPS} deep in each other"
            );
            return Err(error(ErrorKind::Bound, extent, message));
        }
        let range = self.value(target)?;
        let types = variables(&range.ty, shape, range.op.extent)?;
        let before = self.locals.len();
        let (names, rest) = arguments
            .split_at_checked(shape.variables)
            .unwrap_or((arguments, &[]));
        if let [
            Expr {
                kind: Kind::Name { name: a, .. },
                ..
            },
            Expr {
                kind: Kind::Name { name: b, .. },
                extent,
                ..
            },
        ] = names
            && a == b
        {
            return Err(error(
                ErrorKind::Types,
                *extent,
                "the two variables need different names",
            ));
        }
        self.loops += 1;
        let inner = self.inner(names, types, shape, rest);
        self.loops -= 1;
        self.locals.truncate(before);
        let (filter, body) = inner?;
        let ty = made(shape.kind, &range.ty, &body.ty);
        let node = Loop {
            kind: shape.kind,
            range: range.op,
            first: before,
            second: (shape.variables == 2).then_some(before + 1),
            filter: filter.map(|filter| filter.op),
            body: body.op,
        };
        Ok(Typed::new(Node::Loop(Box::new(node)), extent, ty))
    }

    fn inner(
        &mut self,
        names: &[Expr],
        types: Vec<Type>,
        shape: &Shape,
        rest: &[Expr],
    ) -> Result<(Option<Typed>, Typed), Error> {
        for (name, ty) in names.iter().zip(types) {
            self.declare(name, ty)?;
        }
        let (body, filters) = match rest.split_last() {
            Some(parts) => parts,
            None => return Err(Error::new(ErrorKind::Syntax, 0, "a macro without a body")),
        };
        let filter = filters
            .first()
            .map(|filter| self.predicate(filter))
            .transpose()?;
        let body = match shape.kind {
            LoopKind::Map | LoopKind::TransformMap => self.value(body)?,
            _ => self.predicate(body)?,
        };
        Ok((filter, body))
    }

    fn predicate(&mut self, expr: &Expr) -> Result<Typed, Error> {
        let typed = self.value(expr)?;
        if typed.ty.fits(&Type::Bool) {
            return Ok(typed);
        }
        let message = format!(
            "this must be true or false for each element, not {}",
            typed.ty
        );
        Err(error(ErrorKind::Types, typed.op.extent, message))
    }
}

/// The types of the variables of a loop over a range.
fn variables(range: &Type, shape: &Shape, extent: Extent) -> Result<Vec<Type>, Error> {
    let (key, value, one) = match range {
        Type::List(element) => (Type::Int, (**element).clone(), (**element).clone()),
        Type::Map(key, value) => ((**key).clone(), (**value).clone(), (**key).clone()),
        open if open.is_open() => (Type::Dyn, Type::Dyn, Type::Dyn),
        other => {
            let message = format!("a {other} has no elements to go through");
            return Err(error(ErrorKind::Types, extent, message));
        }
    };
    Ok(if shape.variables == 1 {
        vec![one]
    } else {
        vec![key, value]
    })
}

/// The type of what a loop makes.
fn made(kind: LoopKind, range: &Type, body: &Type) -> Type {
    match kind {
        LoopKind::All | LoopKind::Exists | LoopKind::ExistsOne => Type::Bool,
        LoopKind::Map => Type::list(body.clone()),
        LoopKind::Filter => match range {
            Type::Map(key, _) => Type::List(key.clone()),
            Type::List(_) => range.clone(),
            _ => Type::list(Type::Dyn),
        },
        LoopKind::TransformMap => {
            let key = match range {
                Type::Map(key, _) if is_key(key) => (**key).clone(),
                Type::List(_) => Type::Int,
                _ => Type::Dyn,
            };
            Type::Map(Box::new(key), Box::new(body.clone()))
        }
    }
}
