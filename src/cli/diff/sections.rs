//! What the comparison of rules does not look into: who vouches for callers, and how refusals are worded.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde_json::Value as Json;

use crate::cli::exit::Failure;
use crate::document::{Node, Problems, Value, parse};

/// One byte more than the parser takes.
const MOST_BYTES: u64 = (16 << 20) + 1;

/// The sections of a file that can only be compared as they are written.
#[derive(Debug)]
pub(super) struct Sections {
    issuers: Option<Json>,
    tokens: Option<Json>,
    /// Wherever they stand, in no order: routes may be moved.
    errors: Vec<String>,
}

impl Sections {
    /// Reads a policy file, which has been found free of errors.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let mut text = String::new();
        let read =
            File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text));
        read.map_err(Failure::environment)?;
        let name = path.display().to_string();
        let top = parse(&name, &text, &crate::cli::variable, &Problems::new());
        let top = top.ok_or_else(|| Failure::invalid(format_args!("`{name}` cannot be used")))?;
        let mut errors = Vec::new();
        errors_in(&top, &mut errors);
        errors.sort_unstable();
        Ok(Self {
            issuers: top.at("issuers").map(Node::to_json),
            tokens: top.at("tokens").map(Node::to_json),
            errors,
        })
    }

    /// The sections that are written otherwise, in words. What they say is not repeated.
    pub(super) fn unlike(&self, other: &Self) -> Vec<String> {
        let changed = [
            ("issuers", self.issuers != other.issuers),
            ("tokens", self.tokens != other.tokens),
            ("errors", self.errors != other.errors),
        ];
        let changed = changed.into_iter().filter(|(_, changed)| *changed);
        changed
            .map(|(name, _)| format!("`{name}` is written otherwise, which is not compared"))
            .collect()
    }
}

/// Every `errors` of the file, of its groups and of its routes.
fn errors_in(node: &Node, found: &mut Vec<String>) {
    match &node.value {
        Value::Map(entries) => {
            for (key, value) in entries {
                match key.name.as_str() {
                    "errors" => found.push(value.to_json().to_string()),
                    "routes" | "defaults" => errors_in(value, found),
                    _ => {}
                }
            }
        }
        Value::List(items) => items.iter().for_each(|item| errors_in(item, found)),
        _ => {}
    }
}
