//! One case: a request, who sends it, and what must come of it.

use serde_json::{Map, Value as Json};

use crate::cli::trial::{Ask, Caller, World};
use crate::document::{Fields, Node, Place, Placed, Problems, Value, closest};

use super::caller::{self, Who};
use super::each::Combination;
use super::expect::Expect;
use super::file::Shared;
use super::request;
use super::table;
use super::webhook::Sent;

/// One case.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) ask: Ask,
    /// Whether the case itself says when it happens.
    pub(super) own_time: bool,
    pub(super) who: Who,
    /// Whether it is sent, accepted, and sent once more; then the second time is judged.
    pub(super) twice: bool,
    pub(super) expect: Expect,
    /// Where the caller is written, for when an issuer has to be named.
    node: Node,
}

impl Case {
    /// Reads a case of which every variable has its value. With a mistake nothing is given.
    pub(super) fn read(
        combination: &Combination,
        shared: &Shared,
        problems: &Problems,
    ) -> Option<Self> {
        let node = &combination.node;
        let mut fields = Fields::of(node, "case", problems)?;
        fields.refuse_blanks();
        let name: Option<String> = fields.optional("name");
        // Has been read already.
        let _ = fields.raw("each");
        let (ask, own_time) = request::read(&mut fields, &shared.defaults, problems);
        let who = caller::read(&mut fields, shared, problems);
        let times = [("once", false), ("twice", true)];
        let twice = fields.choice("deliver", &times).unwrap_or_default();
        let expect = match fields.raw("expect") {
            Some(node) => table::choose(node, combination, problems)
                .and_then(|node| Expect::read(node, problems)),
            None => {
                let help = "`allow`, `deny`, `deny CODE`, `401`, or a map";
                problems.error_with(node, "case needs the key `expect`", help);
                None
            }
        };
        fields.finish();
        let ask = ask?;
        let name = name.unwrap_or_else(|| format!("{} {}", ask.method, ask.target));
        Some(Self {
            name: match combination.label.as_str() {
                "" => name,
                label => format!("{name} [{label}]"),
            },
            place: node.place.clone(),
            own_time,
            ask,
            who: who?,
            twice,
            expect: expect?,
            node: bare(node),
        })
    }

    /// Holds what the case names against the policy.
    pub(super) fn check(&self, world: &World, problems: &Problems) {
        self.expect.check(world, problems);
        let issuers: Vec<&str> = world.issuers().collect();
        let sets: Vec<&str> = world.api_key_sets().collect();
        for issuer in &self.who.issuers {
            known("issuer", issuer, &issuers, problems);
        }
        for set in &self.who.sets {
            known("set of API keys", set, &sets, problems);
        }
        if let Some(sent) = &self.who.delivery {
            self.check_delivery(sent, world, problems);
        }
        let (unnamed, what, among) = match &self.who.caller {
            Caller::Given(draft) => (draft.issuer.is_none(), ISSUER, &issuers),
            Caller::Claims(draft) => (draft.issuer.is_none(), ISSUER, &issuers),
            Caller::Key(draft) => (draft.set.is_none(), SET, &sets),
            Caller::AsSent | Caller::Token { .. } => return,
        };
        match among.as_slice() {
            _ if !unnamed => {}
            [_] => {}
            [] => problems.error_with(&self.node, what.none, "leave the caller out"),
            several => {
                let help = format!("write `{}:` with one of: {}", what.key, several.join(", "));
                problems.error_with(&self.node, what.several, help);
            }
        }
    }
}

impl Case {
    /// Signs once for all that may be wrong with it.
    fn check_delivery(&self, sent: &Sent, world: &World, problems: &Problems) {
        let webhooks: Vec<&str> = world.webhooks().collect();
        if let Some(name) = &sent.webhook {
            known("webhook", name, &webhooks, problems);
            if !webhooks.contains(&name.value.as_str()) {
                return;
            }
        }
        let key = match &self.who.caller {
            Caller::Key(draft) => world.key(draft, self.ask.now),
            _ => None,
        };
        if let Err(why) = world.sign(&sent.draft, key, &mut self.ask.clone()) {
            problems.error(&sent.node, why);
        }
    }
}

/// What is said where somebody's credential cannot be told from others'.
struct Unnamed {
    key: &'static str,
    none: &'static str,
    several: &'static str,
}

const ISSUER: Unnamed = Unnamed {
    key: "issuer",
    none: "the policy has no issuer, so nobody can have a token",
    several: "the policy has several issuers, and it is not said whose caller this is",
};

const SET: Unnamed = Unnamed {
    key: "set",
    none: "the policy has no set of API keys, so nobody can have one",
    several: "the policy has several sets of API keys, and it is not said of which this is",
};

/// Holds a name against those that the policy has.
fn known(what: &str, name: &Placed<String>, known: &[&str], problems: &Problems) {
    if known.contains(&name.value.as_str()) {
        return;
    }
    let help = match closest(&name.value, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known: {}", known.join(", ")),
    };
    let message = format!("the policy has no {what} `{}`", name.value);
    problems.error_with(&name.node, message, help);
}

fn bare(node: &Node) -> Node {
    Node {
        value: Value::Null,
        ..node.clone()
    }
}

/// A map as JSON.
pub(super) fn object(node: Option<&Node>, what: &str, problems: &Problems) -> Map<String, Json> {
    match node.map(|node| (node, node.to_json())) {
        None => Map::new(),
        Some((_, Json::Object(members))) => members,
        Some((node, _)) => {
            let found = node.value.kind();
            problems.error(node, format!("expected a map of {what}, found {found}"));
            Map::new()
        }
    }
}

/// Text, or a number or truth value as it is written.
pub(super) fn plain(node: &Node, problems: &Problems) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        other => {
            problems.error(node, format!("expected text, found {}", other.kind()));
            None
        }
    }
}
