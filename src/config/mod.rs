//! The process file: what is read once, at start.
//!
//! `sidegate.yaml`, the environment and the command line say the same things with rising weight.
//! This room turns each into a tree of nodes (`layer`), lets figment decide which value wins
//! (`merge`), and has every room read its own section of the result (`process`). What a setting
//! means is the business of the room that reads it, and so is its default: a default is what stands
//! where no layer says anything.
//!
//! Straight line: file, environment, flags -> layers -> shorthands -> merge -> read.
//!
//! Always: a value keeps its place, be it a line, a variable or a flag, so a message names what the
//! operator has to change; text from the environment is never quoted; all mistakes come at once.

mod layer;
mod merge;
mod paths;
mod process;
mod shorthand;
mod tree;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use process::ProcessConfig;

use crate::document::{Problems, Read as _};
use crate::store;

/// What the names of our environment variables begin with.
const PREFIX: &str = "SIDEGATE_";

/// Loads the process file and what overrides it.
///
/// `file` is what `--config` names; without it `SIDEGATE_CONFIG` does, and without both there is no
/// file. A variable `SIDEGATE_A__B` sets the key `a.b`; an empty one counts as not set. `flags` are
/// dotted keys with their text. Gives nothing when there are errors, which are then in `problems`.
pub fn load(
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
    flags: Vec<(String, String)>,
    problems: &Problems,
) -> Option<ProcessConfig> {
    let environment: BTreeMap<String, String> = environment.collect();
    let named = environment.get("SIDEGATE_CONFIG").map(PathBuf::from);
    let mut layers = Vec::new();
    if let Some(file) = file.or(named.as_deref()) {
        let mut layer = layer::file(file, &environment, problems)?;
        shorthand::expand(&mut layer.top, problems);
        paths::anchor(&mut layer.top, file.parent().unwrap_or(Path::new("")));
        layers.push(layer);
    }
    for mut layer in [
        layer::environment(&environment, problems),
        layer::flags(&flags, problems),
    ] {
        shorthand::expand(&mut layer.top, problems);
        layers.push(layer);
    }
    let top = merge::merge(&layers, problems)?;
    let config = ProcessConfig::read(&top, problems);
    config.filter(|_| !problems.has_errors())
}

/// The store alone, as [`load`] would read it from variables and flags: for tools that need nothing else of a
/// process. Gives nothing when nobody names one, or when there are errors, which are then in `problems`.
pub fn store(
    environment: impl Iterator<Item = (String, String)>,
    flags: Vec<(String, String)>,
    problems: &Problems,
) -> Option<store::Settings> {
    let ours = |(name, _): &(String, String)| name.starts_with("SIDEGATE_STORE");
    let environment = environment.filter(ours).collect();
    let layers = [
        layer::environment(&environment, problems),
        layer::flags(&flags, problems),
    ];
    let top = merge::merge(&layers, problems)?;
    let store = store::Settings::read(top.at("store")?, problems);
    store.filter(|_| !problems.has_errors())
}

#[cfg(test)]
mod tests;
