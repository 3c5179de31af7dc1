//! Tables: one case for each combination of some values.

use crate::document::{Key, Named, Node, Placed, Problems, Value, closest};

/// The most cases that one entry may stand for.
const MOST: usize = 10_000;

/// The most that all cases of an entry may hold together: values, and bytes of their texts.
const MOST_WRITTEN: usize = 20_000_000;

/// A case with the values of its variables in place, and how the combination is called.
#[derive(Debug, Clone)]
pub(super) struct Combination {
    pub(super) node: Node,
    /// `viewer GET`; empty without a table.
    pub(super) label: String,
    /// The names of the values, in the order of the variables.
    pub(super) words: Vec<String>,
    /// Each variable with all names that its values have.
    pub(super) variables: Vec<(String, Vec<String>)>,
}

/// One variable of a table.
#[derive(Debug)]
struct Variable {
    name: String,
    /// What each value is called, and what it is.
    values: Vec<(String, Node)>,
}

/// The cases that an entry stands for: itself, or one for each combination of `each`.
pub(super) fn combinations(case: &Node, problems: &Problems) -> Vec<Combination> {
    let Some(each) = case.at("each") else {
        return vec![Combination {
            node: case.clone(),
            label: String::new(),
            words: Vec::new(),
            variables: Vec::new(),
        }];
    };
    let Some(variables) = read(each, problems) else {
        return Vec::new();
    };
    check_use(case, each, &variables, problems);
    let count = variables.iter().try_fold(1_usize, |count, variable| {
        count.checked_mul(variable.values.len())
    });
    if count.is_none_or(|count| count > MOST) {
        problems.error(each, format!("the table has more than {MOST} combinations"));
        return Vec::new();
    }
    let written = count.and_then(|count| count.checked_mul(weight(case)));
    if written.is_none_or(|written| written > MOST_WRITTEN) {
        let help = "each combination is a copy of the whole case; write several smaller ones";
        problems.error_with(each, "the table comes to too much text", help);
        return Vec::new();
    }
    let mut chosen: Vec<Vec<(&Variable, &(String, Node))>> = vec![Vec::new()];
    for variable in &variables {
        let longer = chosen.iter().flat_map(|chosen| {
            variable.values.iter().map(move |value| {
                let mut longer = chosen.clone();
                longer.push((variable, value));
                longer
            })
        });
        chosen = longer.collect();
    }
    let names: Vec<(String, Vec<String>)> = variables
        .iter()
        .map(|variable| {
            let words = variable.values.iter().map(|(word, _)| word.clone());
            (variable.name.clone(), words.collect())
        })
        .collect();
    let combination = |chosen: &Vec<(&Variable, &(String, Node))>| {
        let values: Vec<(&str, &Node)> = chosen
            .iter()
            .map(|(variable, (_, value))| (variable.name.as_str(), value))
            .collect();
        let words: Vec<String> = chosen.iter().map(|(_, (word, _))| word.clone()).collect();
        Combination {
            node: filled_case(case, &values, problems),
            label: words.join(" "),
            words,
            variables: names.clone(),
        }
    };
    chosen.iter().map(combination).collect()
}

/// How many values there are, and how many bytes their texts have.
fn weight(node: &Node) -> usize {
    match &node.value {
        Value::Text(text) => 1 + text.len(),
        Value::List(items) => 1 + items.iter().map(weight).sum::<usize>(),
        Value::Map(entries) => {
            let entries = entries.iter();
            1 + entries
                .map(|(key, node)| key.name.len() + weight(node))
                .sum::<usize>()
        }
        _ => 1,
    }
}

fn read(each: &Node, problems: &Problems) -> Option<Vec<Variable>> {
    let entries = Named::of(each, "variables to values", problems)?;
    let variables: Vec<Option<Variable>> = entries
        .into_iter()
        .map(|(key, node)| variable(key, node, problems))
        .collect();
    if variables.is_empty() {
        problems.error(each, "`each` names no variable");
    }
    let variables: Option<Vec<Variable>> = variables.into_iter().collect();
    variables.filter(|variables| !variables.is_empty())
}

/// A variable that stands nowhere would make the same case over and over.
fn check_use(case: &Node, each: &Node, variables: &[Variable], problems: &Problems) {
    let Value::Map(entries) = &case.value else {
        return;
    };
    let others = || entries.iter().filter(|(key, _)| key.name != "each");
    let used = |variable: &&Variable| others().any(|(_, node)| names(node, &variable.name));
    for variable in variables.iter().filter(|variable| !used(variable)) {
        let node = each.at(&variable.name).unwrap_or(each);
        let message = format!("the case does not use the variable `{}`", variable.name);
        let help = format!(
            "write `{{{{ {} }}}}` where its value belongs",
            variable.name
        );
        problems.error_with(node, message, help);
    }
}

/// Whether a value names a variable.
fn names(node: &Node, variable: &str) -> bool {
    match &node.value {
        Value::Text(text) => text
            .split("{{")
            .skip(1)
            .filter_map(|rest| rest.split_once("}}"))
            .any(|(name, _)| name.trim() == variable),
        Value::List(items) => items.iter().any(|item| names(item, variable)),
        Value::Map(entries) => entries.iter().any(|(_, node)| names(node, variable)),
        _ => false,
    }
}

/// A list of values, or a map from names to values.
fn variable(key: &Key, node: &Node, problems: &Problems) -> Option<Variable> {
    let values: Vec<(String, Node)> = match &node.value {
        Value::List(items) => {
            let read = |item: &Node| Some((super::case::plain(item, problems)?, item.clone()));
            items.iter().filter_map(read).collect()
        }
        Value::Map(entries) => {
            let read = |(key, value): &(Key, Node)| (key.name.clone(), value.clone());
            entries.iter().map(read).collect()
        }
        other => {
            let found = other.kind();
            let help = "`role: [viewer, admin]`, or a map from names to values";
            problems.error_with(
                node,
                format!("expected a list of values, found {found}"),
                help,
            );
            return None;
        }
    };
    if values.is_empty() {
        problems.error(node, "there is no value, so there would be no case");
        return None;
    }
    Some(Variable {
        name: key.name.clone(),
        values,
    })
}

/// The case with every `{{ name }}` replaced, but for `each` itself.
fn filled_case(case: &Node, values: &[(&str, &Node)], problems: &Problems) -> Node {
    let Value::Map(entries) = &case.value else {
        return case.clone();
    };
    let entries = entries.iter().map(|(key, node)| match key.name.as_str() {
        "each" => (key.clone(), node.clone()),
        _ => (key.clone(), filled(node, values, problems)),
    });
    Node {
        value: Value::Map(entries.collect()),
        ..case.clone()
    }
}

fn filled(node: &Node, values: &[(&str, &Node)], problems: &Problems) -> Node {
    let value = match &node.value {
        Value::Text(text) if text.contains("{{") => {
            return filled_text(text, node, values, problems);
        }
        Value::List(items) => {
            let items = items.iter().map(|item| filled(item, values, problems));
            Value::List(items.collect())
        }
        Value::Map(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(key, node)| (key.clone(), filled(node, values, problems)));
            Value::Map(entries.collect())
        }
        other => other.clone(),
    };
    Node {
        value,
        ..node.clone()
    }
}

/// A text that is one variable takes its value, of whatever kind; in a longer text the value is text.
fn filled_text(text: &str, node: &Node, values: &[(&str, &Node)], problems: &Problems) -> Node {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else {
            problems.error(node, "`{{` without `}}`");
            return node.clone();
        };
        let name = Placed {
            value: name.trim().to_owned(),
            node: node.clone(),
        };
        let Some(value) = value_of(&name, values, problems) else {
            return node.clone();
        };
        if before.is_empty() && after.is_empty() && whole.is_empty() {
            return Node {
                place: node.place.clone(),
                path: node.path.clone(),
                ..value.clone()
            };
        }
        whole.push_str(before);
        match &value.value {
            Value::List(_) | Value::Map(_) | Value::Null => {
                let found = value.value.kind();
                let message = format!(
                    "`{}` is {found}, which cannot stand within a text",
                    name.value
                );
                problems.error(node, message);
            }
            _ => whole.push_str(&super::case::plain(value, problems).unwrap_or_default()),
        }
        rest = after;
    }
    whole.push_str(rest);
    Node {
        value: Value::Text(whole),
        ..node.clone()
    }
}

fn value_of<'v>(
    name: &Placed<String>,
    values: &[(&str, &'v Node)],
    problems: &Problems,
) -> Option<&'v Node> {
    let found = values.iter().find(|(known, _)| *known == name.value);
    if found.is_none() {
        let known: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
        let help = match closest(&name.value, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("variables: {}", known.join(", ")),
        };
        let message = format!("`each` has no variable `{}`", name.value);
        problems.error_with(&name.node, message, help);
    }
    found.map(|(_, value)| *value)
}
