//! Reading what a webhook says of challenges.

use crate::document::{Fields, Node, OneOrMany, Placed, Problems, Shape, Value};
use crate::secret::Secret;

use super::super::scheme::Parameters;
use super::answer::Answer;
use super::input::{Input, Mac, Purpose};
use super::place::Place;
use super::text::Terms;
use super::when::When;
use super::{Challenge, Challenges};

impl Challenges {
    /// Reads `answer_challenges`, `challenges`, `challenge_token` and `challenge_origins` of a webhook, its preset's
    /// definitions already among them. What is not answered is checked all the same.
    pub(in crate::webhook) fn read(
        fields: &mut Fields<'_>,
        parameters: &Parameters,
        problems: &Problems,
    ) -> Self {
        let section = fields.node();
        let answers: Option<Placed<bool>> = fields.optional("answer_challenges");
        let token: Option<Placed<Secret>> = fields.optional("challenge_token");
        let origins: Option<Placed<OneOrMany<String>>> = fields.optional("challenge_origins");
        let shape = || Shape::list(Shape::Section("challenge"));
        let defined = match fields.shaped("challenges", shape) {
            Some(node) => definitions(node, parameters, problems),
            None => Vec::new(),
        };
        let needs_token = defined.iter().any(|one| one.token.is_some());
        let needs_origins = defined.iter().any(Challenge::needs_origins);
        refuse_unused(token.as_ref(), needs_token, "a fixed token", problems);
        refuse_unused(origins.as_ref(), needs_origins, "origins", problems);
        let Some(answers) = answers.filter(|answers| answers.value) else {
            return Self::default();
        };
        if defined.is_empty() && !fields.has("challenges") {
            let help = "leave `answer_challenges` out, or define `challenges`";
            problems.error_with(&answers.node, "there is no challenge to answer", help);
        }
        if needs_token && token.is_none() && !fields.has("challenge_token") {
            let help =
                "add `challenge_token: ${NAME}`: the text that was given to the sender for this";
            problems.error_with(
                section,
                "a challenge must hold a fixed token, and none is set",
                help,
            );
        }
        if needs_origins && origins.is_none() && !fields.has("challenge_origins") {
            let help = "add `challenge_origins: [events.example.com]`: who may deliver here";
            problems.error_with(
                section,
                "a challenge asks for leave, and no origin has it",
                help,
            );
        }
        let origins = origins.map(|origins| origins.value.0).unwrap_or_default();
        Self {
            answered: defined,
            token: token.map(|token| token.value),
            origins: origins.into_iter().map(String::into_boxed_str).collect(),
        }
    }
}

/// Reports a key that no definition makes use of: its author expects a check that is not made.
fn refuse_unused<T>(written: Option<&Placed<T>>, used: bool, what: &str, problems: &Problems) {
    if let Some(written) = written
        && !used
    {
        let message = format!("no challenge of this webhook asks for {what}");
        problems.error_with(&written.node, message, "leave it out");
    }
}

fn definitions(node: &Node, parameters: &Parameters, problems: &Problems) -> Vec<Challenge> {
    let Value::List(items) = &node.value else {
        problems.error(
            node,
            format!("expected a list of challenges, found {}", node.value.kind()),
        );
        return Vec::new();
    };
    let read = |item| Challenge::read(item, parameters, problems);
    items.iter().filter_map(read).collect()
}

impl Challenge {
    fn read(node: &Node, parameters: &Parameters, problems: &Problems) -> Option<Self> {
        let mut fields = Fields::of(node, "challenge", problems)?;
        fields.refuse_blanks();
        let when = fields.needed("when", When::shape);
        let signed = fields.or("signed", true);
        let token = fields.shaped("token", || Shape::Section("challenge token"));
        let input = fields.shaped("input", Input::shape);
        let mac = fields.shaped("mac", Mac::shape);
        let answer = fields.needed("answer", Answer::shape);
        fields.finish();
        for (key, found) in [("when", when), ("answer", answer)] {
            if found.is_none() {
                problems.error(node, format!("a challenge needs the key `{key}`"));
            }
        }
        if let (Some(mac), None) = (mac, input) {
            let help = "say with `input` what it is made of";
            problems.error_with(mac, "a MAC of nothing", help);
        }
        let terms = Terms {
            input: input.is_some(),
            mac: mac.is_some(),
            parameters,
        };
        let when = when.and_then(|node| When::read(node, problems));
        let token = token.map(|node| read_token(node, problems));
        let purpose = if mac.is_some() {
            Purpose::Mac
        } else {
            Purpose::Echo
        };
        let input = input.map(|node| Input::read(node, purpose, problems));
        let mac = mac.map(|node| Mac::read(node, problems));
        let answer = answer.and_then(|node| Answer::read(node, &terms, problems));
        // What is left out is well; what could not be read is not.
        Some(Self {
            when: when?,
            signed,
            token: all_or_nothing(token)?,
            input: all_or_nothing(input)?,
            mac: all_or_nothing(mac)?,
            answer: answer?,
        })
    }

    fn needs_origins(&self) -> bool {
        self.input.as_ref().is_some_and(Input::needs_origins)
    }
}

/// A key that is not written, or was read; nothing for one that could not be.
fn all_or_nothing<T>(key: Option<Option<T>>) -> Option<Option<T>> {
    match key {
        Some(None) => None,
        Some(read) => Some(read),
        None => Some(None),
    }
}

fn read_token(node: &Node, problems: &Problems) -> Option<Place> {
    let mut fields = Fields::of(node, "challenge token", problems)?;
    fields.refuse_blanks();
    let place = Place::read(&mut fields, problems);
    fields.finish();
    place
}
