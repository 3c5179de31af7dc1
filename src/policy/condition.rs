//! `when`: an expression that must be true.

use crate::document::{Place, Placed};
use crate::model::{Denied, Reason};

use super::expression::{Expression, Surroundings, Vocabulary, Wanted};
use super::render::Facts;

/// A condition of a route.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    expression: Expression,
    /// Where it is written.
    place: Place,
}

/// Conditions are alike when they say the same, wherever they are written.
impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.expression == other.expression
    }
}

impl Eq for Condition {}

impl Condition {
    /// Compiles `when`.
    pub(super) fn compile(
        text: &Placed<String>,
        vocabulary: &Vocabulary,
        around: &mut Surroundings<'_>,
    ) -> Option<Self> {
        let whole = (text, 0, text.value.as_str());
        let expression = Expression::compile(whole, vocabulary, around, Wanted::Truth)?;
        let condition = Self {
            expression,
            place: text.node.place.clone(),
        };
        condition.refuse_constant(text, around);
        Some(condition)
    }

    /// A condition that depends on nothing asks for nothing, or lets nobody pass.
    fn refuse_constant(&self, text: &Placed<String>, around: &Surroundings<'_>) {
        if self.expression.needs_request() || self.expression.needs_principal() {
            return;
        }
        let (message, help) = match self.check(Facts::NONE) {
            Ok(()) => (
                "the condition is always true, so it asks for nothing",
                "leave it out",
            ),
            Err(_) => (
                "the condition is never true, so nobody could pass",
                "name what it depends on, such as `principal.claims.plan`, or take the route away",
            ),
        };
        around.problems.error_with(&text.node, message, help);
    }

    /// Whether it holds. One that cannot be worked out is a refusal like one that is false.
    pub(super) fn check(&self, facts: Facts<'_>) -> Result<(), Denied> {
        let (values, place) = (self.expression.over(facts), &self.place);
        match self.expression.evaluate(&values) {
            Ok(value) if value.as_bool() == Some(true) => Ok(()),
            Ok(_) => {
                let detail = format!("`when` at {place} is false");
                Err(Denied::new(Reason::ConditionFalse, detail))
            }
            Err(error) => {
                let at = error.offset;
                let detail = format!("`when` at {place} failed at its character {at}: {error}");
                Err(Denied::new(Reason::ConditionFailed, detail))
            }
        }
    }

    /// The expression.
    pub(super) fn expression(&self) -> &Expression {
        &self.expression
    }
}
