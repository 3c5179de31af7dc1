//! What is expected of each combination of a table.
//!
//! A key has a word for each variable, in the order of `each`: a value's name, several with `|` between
//! them, or `*`. The first key that fits counts. A combination that no key fits, and a key that never
//! counts, are mistakes.

use crate::document::{Key, Node, Problems, Value, closest};

use super::each::Combination;
use super::expect::KEYS;

/// The expectation for a combination; without a table, the one there is.
pub(super) fn choose<'n>(
    node: &'n Node,
    combination: &Combination,
    problems: &Problems,
) -> Option<&'n Node> {
    let Some(rows) = rows(node, combination) else {
        return Some(node);
    };
    let mut sound = check_words(node, combination, problems);
    for (key, row) in rows {
        sound &= check_key(key, row, combination, problems);
    }
    if !sound {
        return None;
    }
    check_use(rows, combination, problems);
    let fitting = rows
        .iter()
        .find(|(key, _)| fits(&key.name, &combination.words));
    if fitting.is_none() {
        let message = format!("nothing is expected of `{}`", combination.label);
        let stars = vec!["*"; combination.variables.len()].join(" ");
        let help = format!("add a key for it, or one for the rest: `\"{stars}\"`");
        problems.error_with(node, message, help);
    }
    fitting.map(|(_, row)| row)
}

/// The rows of a table: a map beside `each` that does not speak of one expectation.
fn rows<'n>(node: &'n Node, combination: &Combination) -> Option<&'n [(Key, Node)]> {
    match &node.value {
        Value::Map(rows) if !combination.variables.is_empty() => {
            let plain = rows
                .iter()
                .all(|(key, _)| KEYS.contains(&key.name.as_str()));
            (!plain).then_some(rows.as_slice())
        }
        _ => None,
    }
}

fn fits(key: &str, words: &[String]) -> bool {
    let mut parts = key.split_ascii_whitespace();
    let all = words.iter().all(|word| match parts.next() {
        Some("*") => true,
        Some(part) => part.split('|').any(|name| name == word),
        None => false,
    });
    all && parts.next().is_none()
}

/// Whether every value can be named in a key.
fn check_words(node: &Node, combination: &Combination, problems: &Problems) -> bool {
    let words = combination.variables.iter().flat_map(|(_, words)| words);
    let strange = |word: &&String| word.is_empty() || word.contains([' ', '|', '*']);
    let mut sound = true;
    for word in words.filter(strange) {
        let help = "give it a name in `each`: `role: { plain-name: value }`";
        problems.error_with(
            node,
            format!("the value `{word}` cannot stand in a table's key"),
            help,
        );
        sound = false;
    }
    sound
}

/// Whether a key has the words that its table has.
fn check_key(key: &Key, row: &Node, combination: &Combination, problems: &Problems) -> bool {
    let parts: Vec<&str> = key.name.split_ascii_whitespace().collect();
    let variables = &combination.variables;
    if parts.len() != variables.len() {
        let names: Vec<&str> = variables.iter().map(|(name, _)| name.as_str()).collect();
        let message = format!(
            "the key `{}` does not have a word for each variable",
            key.name
        );
        let help = format!(
            "the variables are: {}; `*` stands for any value",
            names.join(", ")
        );
        problems.error_with(row, message, help);
        return false;
    }
    let mut sound = true;
    for (part, (name, words)) in parts.iter().zip(variables) {
        let unknown = part.split('|').filter(|word| *word != "*");
        for word in unknown.filter(|word| !words.iter().any(|known| known == word)) {
            let help = match closest(word, words.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("`{name}` is one of: {}", words.join(", ")),
            };
            problems.error_with(row, format!("`{word}` is no value of `{name}`"), help);
            sound = false;
        }
    }
    sound
}

/// Names the keys that keys before them leave nothing to. The first combination looks for all.
fn check_use(rows: &[(Key, Node)], combination: &Combination, problems: &Problems) {
    let first = combination.variables.iter().map(|(_, words)| words.first());
    if !first.eq(combination.words.iter().map(Some)) {
        return;
    }
    let mut used = vec![false; rows.len()];
    for words in all(&combination.variables) {
        let fitting = rows.iter().position(|(key, _)| fits(&key.name, &words));
        if let Some(used) = fitting.and_then(|at| used.get_mut(at)) {
            *used = true;
        }
    }
    let never = rows.iter().zip(used).filter(|(_, used)| !used);
    for ((key, row), _) in never {
        let message = format!("the keys before `{}` leave nothing to it", key.name);
        problems.error_with(
            row,
            message,
            "the first key that fits counts; put it before them",
        );
    }
}

fn all(variables: &[(String, Vec<String>)]) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    for (_, words) in variables {
        let longer = all.iter().flat_map(|chosen: &Vec<String>| {
            words.iter().map(move |word| {
                let mut longer = chosen.clone();
                longer.push(word.clone());
                longer
            })
        });
        all = longer.collect();
    }
    all
}
