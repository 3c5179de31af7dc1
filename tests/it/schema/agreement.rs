//! Reader and schema take and refuse the same values: every place of the files that use every key, with
//! values of every kind.

use serde_json::Value as Json;
use sidegate::config::ProcessConfig;
use sidegate::credential;
use sidegate::document::{Fields, Key, Node, Problem, Problems, Severity, Value, parse};
use sidegate::policy::lint::Ignores;
use sidegate::policy::{self, Known};

use super::{Checker, policy, process};

/// Values of every kind, and some that mean something somewhere.
const SAMPLES: &[&str] = &[
    "null",
    "true",
    "0",
    "1",
    "-1",
    "70000",
    "1.5",
    "''",
    "word",
    "any",
    "bearer",
    "off",
    "GET",
    "30s",
    "1 MiB",
    "http1",
    "json",
    "RS256",
    "semicolon",
    "a:b",
    "/a",
    "'127.0.0.1:80'",
    "10.0.0.0/8",
    "https://a.example.com",
    "'{{ principal.subject }}'",
    "[]",
    "[word]",
    "[1]",
    "[null]",
    "[[word]]",
    "[http1]",
    "[{ path: /a }]",
    "{}",
    "{ a: b }",
    "{ a: [b] }",
    "{ a: 1 }",
    "{ a: }",
    "{ a: { b: c } }",
    "{ file: a }",
    "{ url: 'http://a' }",
];

/// What `${NAME}` may stand for.
const VARIABLES: &[&str] = &[
    "true",
    "5",
    "30s",
    "word",
    "off",
    "http1",
    "json",
    "127.0.0.1:80",
];

/// What stands in a place: as the reader sees it, and as an editor does.
struct Sample {
    node: Value,
    from_environment: bool,
    shown: Json,
}

fn samples() -> Vec<Sample> {
    let read = |text: &str, variable: &str| {
        let environment = |_: &str| Some(variable.to_owned());
        let top = parse(
            "sample",
            &format!("key: {text}"),
            &environment,
            &Problems::new(),
        );
        top.unwrap().at("key").unwrap().clone()
    };
    let written = SAMPLES.iter().map(|text| {
        let node = read(text, "");
        Sample {
            shown: node.to_json(),
            node: node.value,
            from_environment: false,
        }
    });
    let variables = VARIABLES.iter().map(|variable| Sample {
        node: read("${NAME}", variable).value,
        from_environment: true,
        shown: "${NAME}".into(),
    });
    written.chain(variables).collect()
}

/// One file and how it is read.
struct Subject {
    top: Node,
    schema: Checker,
    read: fn(&Node, &Problems),
    /// Reads further, where reading alone does not find every mistake.
    compile: fn(&Node, &Problems),
}

fn subjects() -> [Subject; 2] {
    // As long as the shortest secret that is taken.
    let verbatim = |name: &str| Some(format!("${{{name:_<32}}}"));
    let parsed = |text: &str| parse("reference", text, &verbatim, &Problems::new()).unwrap();
    [
        Subject {
            top: parsed(include_str!("../../../config/reference.policy.yaml")),
            schema: policy(),
            read: read_policy,
            compile: compile_policy,
        },
        Subject {
            top: parsed(include_str!("../../../config/reference.sidegate.yaml")),
            schema: process(),
            read: read_process,
            compile: |_, _| {},
        },
    ]
}

fn read_policy(top: &Node, problems: &Problems) {
    let mut fields = Fields::of(top, "policy file", problems).unwrap();
    Ignores::read(top, problems);
    credential::Config::read(&mut fields, problems);
    policy::Config::read(&mut fields, problems);
    fields.finish();
}

fn compile_policy(top: &Node, problems: &Problems) {
    let mut fields = Fields::of(top, "policy file", problems).unwrap();
    let credentials = credential::Config::read(&mut fields, problems);
    let rules = policy::Config::read(&mut fields, problems);
    let known = Known {
        webhooks: &credentials.webhook_profiles(),
        issuers: &credentials.issuer_names(),
        key_sets: &credentials.key_set_names(),
        stored_key_sets: &credentials.stored_key_set_names(),
        upstreams: None,
    };
    rules.compile(&known, problems);
}

fn read_process(top: &Node, problems: &Problems) {
    ProcessConfig::read(top, problems);
}

/// A step from a value to one within it.
#[derive(Debug, Clone)]
enum Step {
    Key(String),
    Item(usize),
}

fn places(node: &Node, here: &[Step], found: &mut Vec<Vec<Step>>) {
    let inner: Vec<(Step, &Node)> = match &node.value {
        Value::Map(entries) => {
            let keys = entries.iter();
            keys.map(|(key, node)| (Step::Key(key.name.clone()), node))
                .collect()
        }
        Value::List(items) => {
            let items = items.iter().enumerate();
            items
                .map(|(index, node)| (Step::Item(index), node))
                .collect()
        }
        _ => Vec::new(),
    };
    for (step, node) in inner {
        let there = [here, &[step]].concat();
        found.push(there.clone());
        places(node, &there, found);
    }
}

fn at<'n>(node: &'n mut Node, steps: &[Step]) -> &'n mut Node {
    steps
        .iter()
        .fold(node, |node, step| match (&mut node.value, step) {
            (Value::Map(entries), Step::Key(name)) => {
                &mut entries
                    .iter_mut()
                    .find(|(key, _)| key.name == *name)
                    .unwrap()
                    .1
            }
            (Value::List(items), Step::Item(index)) => &mut items[*index],
            _ => unreachable!(),
        })
}

/// The file with nothing at its top but the way to a place, and a route, which must be there. Of things with
/// names only the one in question is left: reading all the others thousands of times finds nothing.
fn alone(top: &Node, place: &[Step]) -> Node {
    let is = |step: Option<&Step>, name: &str| matches!(step, Some(Step::Key(own)) if own == name);
    let mut top = top.clone();
    let Value::Map(entries) = &mut top.value else {
        return top;
    };
    entries.retain(|(key, _)| key.name == "routes" || is(place.first(), &key.name));
    for (key, node) in entries {
        match &mut node.value {
            Value::List(routes) if !is(place.first(), &key.name) => routes.truncate(1),
            Value::Map(named) if key.name == "webhooks" && place.len() > 1 => {
                named.retain(|(key, _)| is(place.get(1), &key.name));
            }
            _ => {}
        }
    }
    top
}

fn json_at<'j>(json: &'j mut Json, steps: &[Step]) -> &'j mut Json {
    steps.iter().fold(json, |json, step| match step {
        Step::Key(name) => &mut json[name],
        Step::Item(index) => &mut json[index],
    })
}

fn errors(read: fn(&Node, &Problems), top: &Node) -> Vec<Problem> {
    let problems = Problems::new();
    read(top, &problems);
    let mut found = problems.into_sorted();
    found.retain(|problem| problem.severity == Severity::Error);
    found
}

/// Whether a mistake is one of kind, which a schema has to see: not of meaning, which it cannot.
fn is_of_kind(problem: &Problem) -> bool {
    let message = &problem.message;
    message.starts_with("unknown key")
        || message.starts_with("expected") && message.contains(", found ")
        || message.ends_with("is not known here")
        || message.ends_with("is written without a value")
}

/// Messages of the file as it stands, whose variables are not filled in.
fn usual(subject: &Subject) -> Vec<String> {
    let found = errors(subject.read, &subject.top);
    found.into_iter().map(|problem| problem.message).collect()
}

impl Subject {
    /// What reader and schema do not agree about, when the file is `top` and an editor shows `json`.
    fn disagreement(
        &self,
        top: &Node,
        json: &Json,
        usual: &[String],
        sample_is_variable: bool,
    ) -> Option<String> {
        let refused = self.schema.refused(json);
        let mut found = errors(self.read, top);
        found.retain(|problem| !usual.contains(&problem.message));
        if refused.is_empty() {
            // Nobody knows what a variable will hold.
            found.retain(|_| !sample_is_variable);
            let unseen = found.iter().find(|problem| is_of_kind(problem))?;
            return Some(format!("the schema takes it, but: {unseen}"));
        }
        let compiled = errors(self.compile, top);
        let compiled = compiled
            .iter()
            .any(|problem| !usual.contains(&problem.message));
        let works = found.is_empty() && !compiled;
        works.then(|| format!("it works, but the schema says: {}", refused.join("; ")))
    }
}

#[test]
fn every_place_takes_and_refuses_the_same_values() {
    let mut disagreements = Vec::new();
    for subject in subjects() {
        let usual = usual(&subject);
        let mut all = Vec::new();
        places(&subject.top, &[], &mut all);
        assert!(all.len() > 60);
        let samples = samples();
        for place in all {
            for sample in &samples {
                let mut top = alone(&subject.top, &place);
                let mut json = top.to_json();
                let node = at(&mut top, &place);
                node.value = sample.node.clone();
                node.from_environment = sample.from_environment;
                node.is_variable = sample.from_environment;
                *json_at(&mut json, &place) = sample.shown.clone();
                if let Some(how) =
                    subject.disagreement(&top, &json, &usual, sample.from_environment)
                {
                    disagreements.push(format!("{place:?} = {}: {how}", sample.shown));
                }
            }
        }
    }
    assert!(disagreements.is_empty(), "{}", disagreements.join("\n"));
}

#[test]
fn every_map_knows_the_same_keys_and_needs_the_same() {
    let mut disagreements = Vec::new();
    for subject in subjects() {
        let usual = usual(&subject);
        let mut all = vec![Vec::new()];
        places(&subject.top, &[], &mut all);
        for place in all {
            let (mut top, mut json) = (subject.top.clone(), subject.top.to_json());
            let node = at(&mut top, &place);
            let (key, inner) = (key_at(node), node.clone());
            if let Value::Map(entries) = &mut node.value {
                entries.push((key, inner));
                let whole = json_at(&mut json, &place);
                whole["unheard-of"] = whole.clone();
                let how = subject.disagreement(&top, &json, &usual, false);
                disagreements.extend(how.map(|how| format!("{place:?} with one key more: {how}")));
            }
            let Some((Step::Key(name), parent)) = place.split_last() else {
                continue;
            };
            // Without it, its parameters are keys that nobody knows; a schema knows all of them always.
            if name == "preset" || name == "numbered" {
                continue;
            }
            let (mut top, mut json) = (subject.top.clone(), subject.top.to_json());
            if let Value::Map(entries) = &mut at(&mut top, parent).value {
                entries.retain(|(key, _)| key.name != *name);
            }
            json_at(&mut json, parent)
                .as_object_mut()
                .unwrap()
                .remove(name);
            let how = subject.disagreement(&top, &json, &usual, false);
            disagreements.extend(how.map(|how| format!("without {place:?}: {how}")));
        }
    }
    assert!(disagreements.is_empty(), "{}", disagreements.join("\n"));
}

fn key_at(node: &Node) -> Key {
    Key {
        name: "unheard-of".to_owned(),
        place: node.place.clone(),
    }
}
