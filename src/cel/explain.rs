//! Why a condition is what it is: the smallest parts that decided it, and their operands.

use std::ops::Range;

use super::eval::Machine;
use super::program::{Node, Op};
use super::render::render;
use super::{EvalError, Facts, Program, Slot, Value};

/// How many characters of a value are shown.
const SHOWN: usize = 64;

/// A part of an expression that decided it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where it stands in [`Program::text`], in bytes.
    pub span: Range<usize>,
    /// What it came to.
    pub outcome: Outcome,
    /// Its operands that are no constants, in their order.
    pub operands: Vec<Operand>,
    /// The fields of the facts it is made of: whoever shows it decides by them what to leave out.
    pub slots: Vec<Slot>,
}

/// What a part of an expression came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A value, as it would be written in an expression, cut to 64 characters.
    Value(String),
    /// No value.
    Error(EvalError),
}

/// An operand of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operand {
    /// Where it stands in [`Program::text`], in bytes.
    pub span: Range<usize>,
    /// What it is.
    pub outcome: Outcome,
    /// The fields of the facts it is made of.
    pub slots: Vec<Slot>,
}

impl Program {
    /// The parts that decided the value of a condition: of a false `a && b` those that are false or
    /// failed, of a false `a || b` both, and so on inwards. An expression that is no condition is
    /// one part.
    pub fn explain(&self, facts: &dyn Facts) -> Vec<Step> {
        let mut steps = Vec::new();
        Explanation { facts }.part(&self.root, &mut steps);
        steps
    }
}

impl Step {
    /// The part of the text with values in the place of its operands: `"acme" == "globex"`. An
    /// operand of which `shown` says no, by the fields it is made of, stays as it is written.
    pub fn with_values(&self, text: &str, shown: impl Fn(&[Slot]) -> bool) -> String {
        let mut line = String::new();
        let mut at = self.span.start;
        for operand in &self.operands {
            let Outcome::Value(value) = &operand.outcome else {
                continue;
            };
            if shown(&operand.slots) {
                line.push_str(text.get(at..operand.span.start).unwrap_or_default());
                line.push_str(value);
                at = operand.span.end;
            }
        }
        line.push_str(text.get(at..self.span.end).unwrap_or_default());
        line
    }
}

struct Explanation<'a> {
    facts: &'a dyn Facts,
}

impl<'a> Explanation<'a> {
    fn run(&self, op: &'a Op) -> Result<Value<'a>, EvalError> {
        Machine::new(self.facts).run(op)
    }

    fn truth(&self, op: &'a Op) -> Option<bool> {
        self.run(op).ok().and_then(|value| value.as_bool())
    }

    fn part(&self, op: &'a Op, steps: &mut Vec<Step>) {
        match &op.node {
            Node::And(operands) => self.chain(op, operands, false, steps),
            Node::Or(operands) => self.chain(op, operands, true, steps),
            Node::Not(operand) => self.part(operand, steps),
            Node::Choose(parts) => {
                self.part(&parts.0, steps);
                match self.truth(&parts.0) {
                    Some(true) => self.part(&parts.1, steps),
                    Some(false) => self.part(&parts.2, steps),
                    None => {}
                }
            }
            _ => steps.push(self.step(op)),
        }
    }

    /// Where one operand was enough, those that were; otherwise all, or those that failed.
    fn chain(&self, op: &'a Op, operands: &'a [Op], decisive: bool, steps: &mut Vec<Step>) {
        let whole = self.truth(op);
        for operand in operands {
            let own = self.truth(operand);
            let counts = match whole {
                Some(value) if value == decisive => own == Some(decisive),
                Some(_) => true,
                None => own.is_none(),
            };
            if counts {
                self.part(operand, steps);
            }
        }
    }

    fn step(&self, op: &'a Op) -> Step {
        let shown = operands(op)
            .into_iter()
            .filter(|op| !matches!(op.node, Node::Constant(_)));
        Step {
            span: op.extent.range(),
            outcome: self.outcome(op),
            operands: shown.map(|operand| self.operand(operand)).collect(),
            slots: slots_of(op),
        }
    }

    fn operand(&self, op: &'a Op) -> Operand {
        Operand {
            span: op.extent.range(),
            outcome: self.outcome(op),
            slots: slots_of(op),
        }
    }

    fn outcome(&self, op: &'a Op) -> Outcome {
        match self.run(op) {
            Ok(value) => Outcome::Value(render(&value, SHOWN)),
            Err(error) => Outcome::Error(error),
        }
    }
}

/// The operands that can be worked out by themselves: not the body of a macro.
fn operands(op: &Op) -> Vec<&Op> {
    match &op.node {
        Node::Equal(pair)
        | Node::NotEqual(pair)
        | Node::Compare(_, pair)
        | Node::In(pair)
        | Node::Arithmetic(_, pair) => vec![&pair.0, &pair.1],
        Node::Call(_, arguments) => arguments.iter().collect(),
        Node::Matches(text, _) => vec![text],
        Node::Loop(inner) => vec![&inner.range],
        Node::Bind(_, pair) => vec![&pair.0],
        _ => Vec::new(),
    }
}

fn slots_of(op: &Op) -> Vec<Slot> {
    let mut slots = Vec::new();
    collect(op, &mut slots);
    slots
}

fn collect(op: &Op, slots: &mut Vec<Slot>) {
    match &op.node {
        Node::Load(slot) | Node::HasField(slot) if !slots.contains(slot) => slots.push(*slot),
        node => node.each_child(&mut |child| collect(child, slots)),
    }
}
