//! Caddy: the long form of `forward_auth`, for what the short one leaves of the caller's fields.

use super::facts::{Facts, Names, titled};
use super::template::{fill, listed};
use super::{File, process};

const SITE: &str = include_str!("Caddyfile");

/// What may stand in the name of a field besides letters, digits and `-` (RFC 9110 section 5.6.2).
const ODD: &str = "!#$%&'*+.^_`|~";

/// Claims that Caddy makes itself.
const OWN: [&str; 4] = [
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-request-id",
];

pub(super) fn files(facts: &Facts) -> Vec<File> {
    let places = [
        ("host", facts.host.clone()),
        ("sidegate", facts.sidegate.to_string()),
        ("app", facts.app.to_string()),
        (
            "odd",
            listed(ODD.chars(), |odd| {
                format!("request_header {}", quoted(&format!("-*{odd}*")))
            }),
        ),
        ("clear", clear(&facts.names)),
        ("set", listed(given(&facts.names), set)),
    ];
    vec![
        File::new("Caddyfile", fill(SITE, &places)),
        process::asked(facts, "caddy", false),
    ]
}

/// A word that means nothing but itself.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}

/// What no caller may tell the app.
fn clear(names: &Names) -> String {
    let mut all = names.cleared();
    all.extend(names.claims(&OWN).into_iter().map(str::to_owned));
    let exact = all.iter().map(|name| titled(name));
    let prefixes = names
        .prefixes
        .iter()
        .map(|name| format!("{}*", titled(name)));
    listed(exact.chain(prefixes), |name| {
        format!("request_header -{name}")
    })
}

/// What the answer may set.
fn given(names: &Names) -> impl Iterator<Item = &str> {
    names.set().chain(["x-request-id"])
}

/// An empty value is no value.
fn set(name: &str) -> String {
    let (own, name) = (name.replace('-', "_"), titled(name));
    format!(
        "@has_{own} not vars {{http.reverse_proxy.header.{name}}} \"\"\n\
         request_header @has_{own} {name} {{http.reverse_proxy.header.{name}}}"
    )
}
