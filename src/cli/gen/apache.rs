//! Apache: sidegate behind it, as the proxy in front of the app.

use super::facts::{Facts, titled};
use super::template::{fill, listed};
use super::{File, process};

const SITE: &str = include_str!("apache.conf");

pub(super) fn files(facts: &Facts) -> Vec<File> {
    let names = &facts.names;
    // Credentials are sidegate's to read.
    let removed = names.cleared().into_iter();
    let revised: Vec<String> = names
        .revised
        .iter()
        .map(|name| super::facts::folded(name))
        .collect();
    let removed = removed.filter(|name| !revised.contains(name));
    let places = [
        ("host", facts.host.clone()),
        ("sidegate", facts.sidegate.to_string()),
        (
            "removed",
            listed(removed, |name| {
                format!("RequestHeader unset {}", titled(&name))
            }),
        ),
    ];
    vec![
        File::new("sidegate-site.conf", fill(SITE, &places)),
        process::proxy(facts),
    ]
}
