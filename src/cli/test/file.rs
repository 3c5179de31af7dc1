//! The shape of a file of cases.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::document::{Fields, Named, Node, Problems, Value, parse};

use super::caller::{self, Who};
use super::case::{self, Case};
use super::each;
use super::request::Defaults;

/// A file of cases, read, with a case for each combination of a table.
#[derive(Debug, Default)]
pub(super) struct CasesFile {
    /// Relative to the file.
    pub(super) policy: Option<PathBuf>,
    /// Variables for the policy where the environment has none of that name.
    pub(super) environment: BTreeMap<String, String>,
    pub(super) cases: Vec<Case>,
}

/// What the cases of a file share.
pub(super) struct Shared {
    pub(super) defaults: Defaults,
    pub(super) principals: BTreeMap<String, Who>,
}

impl CasesFile {
    /// Reads a file. `now` is when cases happen that do not say, whatever the file says; nothing leaves it to
    /// the file, and then to the fixed moment.
    pub(super) fn read(
        file: &Path,
        text: &str,
        now: Option<SystemTime>,
        problems: &Problems,
    ) -> Option<Self> {
        let environment = |name: &str| std::env::var(name).ok();
        let name = file.display().to_string();
        let top = parse(&name, text, &environment, problems)?;
        if top.at("cases").is_none() && top.at("routes").is_some() {
            let help = "cases are in a file of their own; its policy is `policy.yaml` beside it, or `--policy FILE`";
            problems.error_with(&top, "this is a policy, not a file of cases", help);
            return None;
        }
        let mut fields = Fields::of(&top, "cases file", problems)?;
        fields.refuse_blanks();
        let policy = fields.optional("policy");
        let environment = variables(fields.raw("environment"), problems);
        let folder = file.parent().unwrap_or(Path::new(""));
        let defaults = Defaults::read(fields.raw("defaults"), folder, now, problems);
        let keys = defaults.key.as_ref();
        let principals = caller::principals(fields.raw("principals"), keys, problems);
        let cases = fields.raw("cases");
        fields.finish();
        let shared = Shared {
            defaults,
            principals,
        };
        if let Some(name) = &shared.defaults.caller {
            caller::named(name, &shared, problems);
        }
        Some(Self {
            policy,
            environment,
            cases: read_cases(cases, &top, &shared, problems),
        })
    }
}

fn read_cases(node: Option<&Node>, top: &Node, shared: &Shared, problems: &Problems) -> Vec<Case> {
    let items = match node.map(|node| (node, &node.value)) {
        Some((_, Value::List(items))) => items.as_slice(),
        Some((node, other)) => {
            problems.error(
                node,
                format!("expected a list of cases, found {}", other.kind()),
            );
            &[]
        }
        None => {
            let help = "`- { request: GET /, expect: allow }` is the shortest";
            problems.error_with(top, "the file has no `cases`", help);
            &[]
        }
    };
    let mut cases = Vec::new();
    for item in items {
        for combination in each::combinations(item, problems) {
            cases.extend(Case::read(&combination, shared, problems));
        }
    }
    cases
}

fn variables(node: Option<&Node>, problems: &Problems) -> BTreeMap<String, String> {
    let entries = node.and_then(|node| Named::of(node, "variables to values", problems));
    let entries = entries.into_iter().flatten();
    let read = |(key, node): (&crate::document::Key, &Node)| {
        Some((key.name.clone(), case::plain(node, problems)?))
    };
    entries.filter_map(read).collect()
}
