//! What one evaluation may still do.

use super::super::{EvalErrorKind, MAX_STEPS, Map, Text, Value};

/// Steps that are left.
#[derive(Debug)]
pub(in super::super) struct Budget {
    left: u32,
}

/// How many bytes are looked through in one step.
const BYTES: usize = 64;

/// How many bytes a pattern of weight one looks through in one step.
const SEARCHED: usize = 8;

impl Budget {
    pub(in super::super) fn new() -> Self {
        Self { left: MAX_STEPS }
    }

    /// Takes one step.
    pub(in super::super) fn step(&mut self) -> Result<(), EvalErrorKind> {
        self.take(1)
    }

    fn take(&mut self, steps: usize) -> Result<(), EvalErrorKind> {
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        match self.left.checked_sub(steps) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.left = 0;
                Err(EvalErrorKind::Budget)
            }
        }
    }

    /// An error once nothing is left, whoever hid the first one.
    pub(super) fn spent(&self) -> Result<(), EvalErrorKind> {
        if self.left == 0 {
            Err(EvalErrorKind::Budget)
        } else {
            Ok(())
        }
    }

    /// Takes the steps of going through so many bytes.
    pub(in super::super) fn look_through(&mut self, bytes: usize) -> Result<(), EvalErrorKind> {
        self.take(bytes / BYTES)
    }

    /// Takes the steps of looking for a pattern of this weight in so many bytes.
    pub(super) fn search(&mut self, bytes: usize, weight: usize) -> Result<(), EvalErrorKind> {
        self.take(bytes.saturating_mul(weight) / SEARCHED)
    }

    /// Takes the steps of making a text, if this one was made and not lent.
    pub(super) fn made(&mut self, value: &Value<'_>) -> Result<(), EvalErrorKind> {
        match value {
            Value::String(Text::Shared(text)) => self.look_through(text.len()),
            _ => Ok(()),
        }
    }

    /// Takes the steps of going through a text or octets.
    pub(super) fn weigh(&mut self, value: &Value<'_>) -> Result<(), EvalErrorKind> {
        match value {
            Value::String(text) => self.look_through(text.len()),
            Value::Bytes(bytes) => self.look_through(bytes.len()),
            _ => Ok(()),
        }
    }

    /// Takes the steps of looking a key up where entries are gone through one by one.
    pub(in super::super) fn look_up(&mut self, map: &Map<'_>) -> Result<(), EvalErrorKind> {
        match map {
            Map::Lazy(members) => self.look_through(members.weight()),
            Map::Json(_) => Ok(()),
            Map::Slice(entries) => self.take(entries.len() / 4),
            Map::Shared(entries) => self.take(entries.len() / 4),
        }
    }
}
