//! Expressions over a request and its caller: those of `when`, and those between `{{ }}`.
//!
//! The language is the room `cel`'s. Here stands what an expression may name, where the values come
//! from, and what it may not depend on: a header that is taken out of requests, a credential, or a
//! fact without a name, which nobody could record or remember.

mod query;
mod reads;
mod values;
mod vocabulary;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::cel::{EvalError, Outcome, Program, Step, Value};
use crate::document::{Placed, Problems};

use super::check::Fact;
use super::complaint::shown;
use super::granting::Granting;
use super::names::HeaderNames;
use super::reading::CoreFact;
use super::render::Facts;
use super::rights::Rights;
use super::template::TemplateError;

pub(super) use values::Values;
pub(super) use vocabulary::{Sources, Vocabulary};

/// An expression, ready to be worked out.
#[derive(Debug, Clone)]
pub(super) struct Expression {
    program: Arc<Program>,
    text: Arc<str>,
    /// The captures that the vocabulary has, in the order of their slots.
    captures: Arc<[Box<str>]>,
    /// The permissions it asks about, by name.
    permissions: Arc<[Grants]>,
    reads: Arc<Reads>,
}

const EXAMPLE: &str = "an expression is written as in `{{ principal.subject + '@' + path.org }}`";

/// A permission by its name, and who holds it.
type Grants = (Box<str>, Arc<Granting>);

/// What an expression is to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Yes or no.
    Truth,
    /// Any value.
    Anything,
}

/// What an expression depends on.
#[derive(Debug, Default)]
struct Reads {
    facts: BTreeSet<Fact>,
    core: BTreeSet<CoreFact>,
    /// Captures that are looked up by their names.
    captures: BTreeSet<Box<str>>,
    request: bool,
    principal: bool,
}

/// What the rest of the policy says that an expression has to agree with.
pub(super) struct Surroundings<'a> {
    /// What roles and scopes grant.
    pub(super) rights: &'a mut Rights,
    /// Headers that are taken out of every request.
    pub(super) stripped: &'a HeaderNames,
    /// Where mistakes go.
    pub(super) problems: &'a Problems,
}

/// Expressions are alike when they are written alike for routes with the same captures.
impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.captures == other.captures
    }
}

impl Eq for Expression {}

impl Expression {
    /// Compiles an expression that stands in `source` behind `offset` bytes of it. Gives nothing
    /// after a mistake, which is reported where it stands.
    pub(super) fn compile(
        (source, offset, text): (&Placed<String>, usize, &str),
        vocabulary: &Vocabulary,
        around: &mut Surroundings<'_>,
        wanted: Wanted,
    ) -> Option<Self> {
        let compiled = match wanted {
            Wanted::Truth => Program::condition(text, vocabulary.declarations()),
            Wanted::Anything => Program::compile(text, vocabulary.declarations()),
        };
        let program = match compiled {
            Ok(program) => program,
            Err(error) => {
                let at = offset + error.offset;
                complain_at(source, at, error.message, error.help, around.problems);
                return None;
            }
        };
        let reader = reads::Reader { source, offset };
        let (reads, permissions) = reader.read(&program, around)?;
        Some(Self {
            program: Arc::new(program),
            text: text.trim().into(),
            captures: vocabulary.captures(),
            permissions: permissions.into(),
            reads: Arc::new(reads),
        })
    }

    /// Compiles an expression that is worked out wherever a request is refused, so that nothing is known
    /// of its captures yet. It asks for no permission, and for nothing that the caller wrote elsewhere.
    pub(super) fn anywhere(text: &str) -> Result<Self, TemplateError> {
        let vocabulary = Vocabulary::anywhere();
        let mistake = |(message, help): (String, String)| TemplateError {
            message,
            help: match help.is_empty() {
                true => EXAMPLE.to_owned(),
                false => help,
            },
        };
        let program = Program::compile(text, vocabulary.declarations())
            .map_err(|error| mistake((error.message, error.help)))?;
        let reads = reads::anywhere(&program).map_err(mistake)?;
        Ok(Self {
            program: Arc::new(program),
            text: text.trim().into(),
            captures: vocabulary.captures(),
            permissions: Arc::default(),
            reads: Arc::new(reads),
        })
    }

    /// Works it out.
    pub(super) fn evaluate<'v>(&'v self, values: &'v Values<'v>) -> Result<Value<'v>, EvalError> {
        self.program.evaluate(values)
    }

    /// What it is worked out over.
    pub(super) fn over<'v>(&'v self, facts: Facts<'v>) -> Values<'v> {
        Values::new(facts, &self.captures, &self.permissions)
    }

    /// As it is written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The facts it depends on that not every decision record has.
    pub(super) fn facts(&self) -> &BTreeSet<Fact> {
        &self.reads.facts
    }

    /// The facts it depends on that every decision record has.
    pub(super) fn core_facts(&self) -> &BTreeSet<CoreFact> {
        &self.reads.core
    }

    /// The captures that it looks up by their names.
    pub(super) fn captures(&self) -> impl Iterator<Item = &str> {
        self.reads.captures.iter().map(AsRef::as_ref)
    }

    /// Whether it cannot be worked out without a request.
    pub(super) fn needs_request(&self) -> bool {
        self.reads.request
    }

    /// Whether it cannot be worked out without a principal.
    pub(super) fn needs_principal(&self) -> bool {
        self.reads.principal
    }

    /// Who holds the permissions that it asks for.
    pub(super) fn granting(&self) -> impl Iterator<Item = &Granting> {
        self.permissions.iter().map(|(_, granting)| &**granting)
    }

    /// Whether two expressions say the same, also where roles and scopes grant otherwise.
    pub(super) fn means(&self, other: &Self) -> bool {
        let same = |(a, b): (&Grants, &Grants)| {
            a.0 == b.0 && a.1.roles() == b.1.roles() && a.1.scopes() == b.1.scopes()
        };
        *self == *other
            && self.permissions.len() == other.permissions.len()
            && self
                .permissions
                .iter()
                .zip(other.permissions.iter())
                .all(same)
    }

    /// Why it came to what it came to: one line for each of the smallest parts that decided it.
    pub(super) fn explain(&self, facts: Facts<'_>) -> Vec<String> {
        let part = |span: &Range<usize>| self.program.text().get(span.clone()).unwrap_or_default();
        let steps = self.program.explain(&self.over(facts));
        let line = |step: Step| {
            let mut line = format!("`{}` {}", part(&step.span), came_to(&step.outcome));
            for (position, operand) in step.operands.iter().enumerate() {
                let link = if position == 0 { ", where" } else { " and" };
                let (text, value) = (part(&operand.span), came_to(&operand.outcome));
                line.push_str(&format!("{link} `{text}` {value}"));
            }
            line
        };
        steps.into_iter().map(line).collect()
    }
}

fn came_to(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Value(value) => format!("is {value}"),
        Outcome::Error(error) => format!("fails ({error})"),
    }
}

/// Reports a mistake at a byte of a text. Nothing of the environment is quoted.
fn complain_at(
    source: &Placed<String>,
    at: usize,
    message: String,
    help: String,
    problems: &Problems,
) {
    if source.node.from_environment {
        let message = format!("{} is not an expression that can be used", shown(source));
        return problems.error(&source.node, message);
    }
    let node = crate::document::Node {
        place: source.node.place_of(at),
        ..source.node.clone()
    };
    match help.is_empty() {
        true => problems.error(&node, message),
        false => problems.error_with(&node, message, help),
    }
}
