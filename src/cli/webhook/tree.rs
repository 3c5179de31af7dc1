//! A webhook as a tree, from a preset, from a policy file, or from words; and what is built of one.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use crate::cli::exit::Failure;
use crate::cli::files;
use crate::cli::presets;
use crate::document::{Fields, Key, Node, Problems, Severity, Value, parse};
use crate::webhook::{Fetcher, Settings, Webhook};

use super::held;

/// The variable that stands for the secret in a text that is made here.
pub(super) const SECRET: &str = "SECRET";

pub(super) fn of_preset(name: &str) -> Result<Node, Failure> {
    let preset = presets::find(name)?;
    read(&json!({ "preset": preset.name }).to_string())
}

/// Text that is made here, as a tree.
pub(super) fn read(text: &str) -> Result<Node, Failure> {
    let secret = |name: &str| (name == SECRET).then(|| "-".to_owned());
    let problems = Problems::new();
    let node = parse("the command line", text, &secret, &problems);
    node.ok_or_else(|| mistakes(problems))
}

/// The webhooks of a policy file, as they are written. What else the file says is of no matter, nor are
/// variables that are not set.
pub(super) fn webhooks_of(file: &Path) -> Result<Vec<(Key, Node)>, Failure> {
    files::readable(file)?;
    let text = std::fs::read_to_string(file)?;
    let environment = |name: &str| Some(crate::cli::variable(name).unwrap_or_default());
    let problems = Problems::new();
    let Some(mut top) = parse(&file.display().to_string(), &text, &environment, &problems) else {
        return Err(mistakes(problems));
    };
    let folder = file.parent().unwrap_or(Path::new(""));
    let Some(webhooks) = held::below(&mut top, "webhooks") else {
        return Ok(Vec::new());
    };
    let Value::Map(webhooks) = &mut webhooks.value else {
        return Ok(Vec::new());
    };
    for (_, webhook) in webhooks.iter_mut() {
        held::each(webhook, &mut |_, key| held::anchor(key, "file", folder));
        if let Some(secrets) = held::folder(webhook) {
            held::anchor(secrets, "folder", folder);
        }
    }
    Ok(std::mem::take(webhooks))
}

/// Puts the secrets of a folder where the folder is named.
pub(super) fn unfold(webhook: &mut Node) -> Result<(), Failure> {
    let problems = Problems::new();
    if let Some(secrets) = held::folder(webhook) {
        match Settings::unfolded(secrets, &problems).map(Cow::into_owned) {
            Some(unfolded) => *secrets = unfolded,
            None => return Err(mistakes(problems)),
        }
    }
    Ok(())
}

/// The webhook of a tree, alone.
pub(super) fn build(name: &str, webhook: Node) -> Result<Arc<Webhook>, Failure> {
    let problems = Problems::new();
    let built = several(BTreeMap::from([(name.to_owned(), webhook)]), &problems);
    match (problems.has_errors(), built.into_iter().next()) {
        (false, Some(webhook)) => Ok(webhook),
        _ => Err(mistakes(problems)),
    }
}

/// The webhooks of some trees, by their names.
pub(in crate::cli) fn several(
    webhooks: BTreeMap<String, Node>,
    problems: &Problems,
) -> Vec<Arc<Webhook>> {
    let Some((_, any)) = webhooks.first_key_value() else {
        return Vec::new();
    };
    let map = |entries: Vec<(Key, Node)>| Node {
        value: Value::Map(entries),
        path: Arc::from(""),
        ..any.clone()
    };
    let key = |name: &str| Key {
        name: name.to_owned(),
        place: any.place.clone(),
    };
    let named = webhooks
        .iter()
        .map(|(name, node)| (key(name), node.clone()))
        .collect();
    let top = map(vec![(key("webhooks"), map(named))]);
    let Some(mut fields) = Fields::of(&top, "policy file", problems) else {
        return Vec::new();
    };
    let settings = Settings::read(&mut fields, problems);
    settings.build(&Arc::new(Fetcher::default()))
}

fn mistakes(problems: Problems) -> Failure {
    let found = problems.into_sorted();
    let errors = found
        .iter()
        .filter(|problem| problem.severity == Severity::Error);
    let lines: Vec<String> = errors.map(ToString::to_string).collect();
    match lines.is_empty() {
        true => Failure::invalid("the webhook cannot be used"),
        false => Failure::invalid(lines.join("\n")),
    }
}
