//! The page about the benches names every stage, and no other.

use std::collections::BTreeSet;
use std::fs;

use crate::support::repository;

/// The stages as their definitions name them.
fn defined() -> Vec<String> {
    let files = fs::read_dir(repository("benches/stages")).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    let sources = files.filter(|path| path.extension().is_some_and(|end| end == "rs"));
    sources
        .flat_map(|path| {
            let text = fs::read_to_string(path).unwrap();
            let after = text.split("Stage::new(").skip(1);
            let quoted = after.filter_map(|rest| rest.trim_start().strip_prefix('"'));
            let names = quoted.map(|rest| rest.split('"').next().unwrap().to_owned());
            names.collect::<Vec<_>>()
        })
        .collect()
}

/// The stages as the page's table names them: rows whose first cell is a name with a slash in it.
fn described() -> Vec<String> {
    let page = fs::read_to_string(repository("benches/README.md")).unwrap();
    let cells = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let names = cells.filter_map(|cell| cell.split('`').next());
    let stages = names.filter(|name| name.contains('/'));
    stages.map(str::to_owned).collect()
}

#[test]
fn every_stage_has_one_name_and_a_line_in_the_page() {
    let (defined, described) = (defined(), described());
    let set = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
    assert!(!defined.is_empty());
    assert_eq!(set(&defined), set(&described));
    assert_eq!(set(&defined).len(), defined.len(), "a name stands twice");
    assert_eq!(
        set(&described).len(),
        described.len(),
        "a line stands twice"
    );
}
