//! Macros that go through a list or a map.

use std::ops::ControlFlow;

use super::super::compare::scalars_equal;
use super::super::program::Op;
use super::super::{EvalError, EvalErrorKind, List, MAX_ELEMENTS, Map, Value};
use super::{Budget, Machine, Outcome};

/// A macro over the elements of a range.
#[derive(Debug)]
pub(in super::super) struct Loop {
    pub(in super::super) kind: LoopKind,
    pub(in super::super) range: Op,
    /// The local of the element or of the key.
    pub(in super::super) first: usize,
    /// The local of the value, if there are two: index and element, or key and value.
    pub(in super::super) second: Option<usize>,
    pub(in super::super) filter: Option<Op>,
    pub(in super::super) body: Op,
}

/// What is made of the elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum LoopKind {
    All,
    Exists,
    ExistsOne,
    Filter,
    Map,
    TransformMap,
}

/// What was made so far.
#[derive(Default)]
struct Made<'a> {
    failed: Option<EvalError>,
    count: usize,
    items: Vec<Value<'a>>,
    entries: Vec<(Value<'a>, Value<'a>)>,
}

impl<'a> Machine<'a> {
    pub(super) fn go_through(&mut self, inner: &'a Loop, op: &Op) -> Result<Value<'a>, EvalError> {
        let located = |kind| EvalError {
            kind,
            offset: op.extent.offset(),
        };
        let mut made = Made::default();
        let range = self.run(&inner.range)?;
        for (key, value) in elements(&range, inner.second.is_some()).map_err(located)? {
            self.budget.step().map_err(located)?;
            self.assign(inner.first, key.clone());
            if let (Some(second), Some(value)) = (inner.second, value) {
                self.assign(second, value);
            }
            if let ControlFlow::Break(result) = self.element(inner, key, &mut made, op)? {
                return Ok(result);
            }
        }
        self.budget.spent().map_err(located)?;
        if let Some(error) = made.failed {
            return Err(error);
        }
        match inner.kind {
            LoopKind::All => Ok(Value::Bool(true)),
            LoopKind::Exists => Ok(Value::Bool(false)),
            LoopKind::ExistsOne => Ok(Value::Bool(made.count == 1)),
            LoopKind::Filter | LoopKind::Map => list(made.items).map_err(located),
            LoopKind::TransformMap => Ok(Value::Map(Map::Shared(made.entries.into()))),
        }
    }

    fn element(
        &mut self,
        inner: &'a Loop,
        key: Value<'a>,
        made: &mut Made<'a>,
        op: &Op,
    ) -> Result<ControlFlow<Value<'a>>, EvalError> {
        if let Some(filter) = &inner.filter
            && !self.truth(filter)?
        {
            return Ok(ControlFlow::Continue(()));
        }
        match inner.kind {
            LoopKind::All | LoopKind::Exists => return Ok(self.decide(inner, made)),
            LoopKind::ExistsOne => made.count += usize::from(self.truth(&inner.body)?),
            LoopKind::Filter => {
                if self.truth(&inner.body)? {
                    made.items.push(key);
                }
            }
            LoopKind::Map => {
                let value = self.run(&inner.body)?;
                made.items.push(value);
            }
            LoopKind::TransformMap => {
                let value = self.run(&inner.body)?;
                insert(&mut made.entries, key, value, &mut self.budget).map_err(|kind| {
                    EvalError {
                        kind,
                        offset: op.extent.offset(),
                    }
                })?;
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// `all` and `exists`: an element that decides absorbs the errors of the others.
    fn decide(&mut self, inner: &'a Loop, made: &mut Made<'a>) -> ControlFlow<Value<'a>> {
        let decisive = inner.kind == LoopKind::Exists;
        match self.truth(&inner.body) {
            Ok(value) if value == decisive => return ControlFlow::Break(Value::Bool(decisive)),
            Ok(_) => {}
            Err(error) => made.failed = made.failed.or(Some(error)),
        }
        ControlFlow::Continue(())
    }
}

type Elements<'a> = Box<dyn Iterator<Item = (Value<'a>, Option<Value<'a>>)> + 'a>;

/// The elements of a list or the keys of a map; in pairs, indices or keys and what is under them.
fn elements<'a>(range: &Value<'a>, pairs: bool) -> Result<Elements<'a>, EvalErrorKind> {
    match range {
        Value::List(list) => {
            let list = list.clone();
            let items = (0..list.len()).filter_map(move |index| {
                let item = list.at(index)?;
                let place = || Value::Int(i64::try_from(index).unwrap_or(i64::MAX));
                Some(if pairs {
                    (place(), Some(item))
                } else {
                    (item, None)
                })
            });
            Ok(Box::new(items))
        }
        Value::Map(map) => Ok(Box::new(
            map.entries()
                .map(move |(key, value)| (key, pairs.then_some(value))),
        )),
        _ => Err(EvalErrorKind::NoSuchOverload),
    }
}

/// A list of bounded length.
pub(super) fn list(items: Vec<Value<'_>>) -> Outcome<'_> {
    if items.len() > MAX_ELEMENTS {
        return Err(EvalErrorKind::TooLarge);
    }
    Ok(Value::List(List::Shared(items.into())))
}

/// Adds an entry under a key that is new.
pub(super) fn insert<'a>(
    entries: &mut Vec<(Value<'a>, Value<'a>)>,
    key: Value<'a>,
    value: Value<'a>,
    budget: &mut Budget,
) -> Result<(), EvalErrorKind> {
    if !matches!(
        key,
        Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::String(_)
    ) {
        return Err(EvalErrorKind::UnsupportedKey);
    }
    budget.look_through(entries.len() * 16)?;
    if entries.iter().any(|(known, _)| scalars_equal(known, &key)) {
        return Err(EvalErrorKind::RepeatedKey);
    }
    entries.push((key, value));
    Ok(())
}
