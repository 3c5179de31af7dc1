//! The request of a case.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json};

use crate::cli::trial::{Ask, NOW, moment};
use crate::document::{Fields, Key, Named, Node, Placed, Problems, Value, choice};
use crate::model::Scheme;

use super::case::{object, plain};

const SCHEMES: [(&str, Scheme); 2] = [("http", Scheme::Http), ("https", Scheme::Https)];

/// What holds for requests that do not say otherwise.
#[derive(Debug)]
pub(super) struct Defaults {
    /// Where files of bodies are looked for.
    folder: PathBuf,
    now: SystemTime,
    headers: Vec<(String, String)>,
    host: Option<String>,
    scheme: Option<Scheme>,
    client: Option<IpAddr>,
    /// The name of who calls.
    pub(super) caller: Option<Placed<String>>,
    /// What tokens say whose case does not say otherwise.
    pub(super) claims: Map<String, Json>,
    /// What API keys are like whose case does not say otherwise.
    pub(super) key: Option<Node>,
}

impl Defaults {
    /// Reads the section. `now` holds before what it says, so that a command line can set the clock.
    pub(super) fn read(
        node: Option<&Node>,
        folder: &Path,
        now: Option<SystemTime>,
        problems: &Problems,
    ) -> Self {
        let mut defaults = Self {
            folder: folder.to_owned(),
            now: now
                .or_else(|| moment(NOW))
                .unwrap_or(SystemTime::UNIX_EPOCH),
            headers: Vec::new(),
            host: None,
            scheme: None,
            client: None,
            caller: None,
            claims: Map::new(),
            key: None,
        };
        let Some(mut fields) = node.and_then(|node| Fields::of(node, "defaults", problems)) else {
            return defaults;
        };
        fields.refuse_blanks();
        if let (Some(own), None) = (time(fields.raw("now"), problems), now) {
            defaults.now = own;
        }
        defaults.headers = headers(fields.raw("headers"), problems);
        defaults.host = fields.optional("host");
        defaults.scheme = scheme(&mut fields, problems);
        defaults.client = address(fields.raw("client"), problems);
        defaults.caller = fields.optional("as");
        defaults.claims = object(fields.raw("claims"), "claims", problems);
        defaults.key = fields.raw("key").cloned();
        if let Some(key) = &defaults.key {
            // For its mistakes: it is read once more with each key that it is part of.
            super::key::read(key, None, problems);
        }
        fields.finish();
        defaults
    }

    fn ask(&self, method: &str, url: &str) -> Ask {
        let mut ask = Ask::new(method, "", self.now);
        ask.scheme = self.scheme.unwrap_or(ask.scheme);
        ask.client = self.client.unwrap_or(ask.client);
        if let Some(host) = &self.host {
            ask.host.clone_from(host);
        }
        ask.go_to(url);
        ask
    }
}

/// Reads `request` and `now`; says also whether the case has a time of its own.
pub(super) fn read(
    fields: &mut Fields<'_>,
    defaults: &Defaults,
    problems: &Problems,
) -> (Option<Ask>, bool) {
    let now = time(fields.raw("now"), problems);
    let ask = match fields.raw("request") {
        None => {
            let help = "`GET /path`, or a map with `method` and `url`";
            problems.error_with(fields.node(), "case needs the key `request`", help);
            None
        }
        Some(node) => match node.text() {
            Some(text) => short(text, node, defaults, problems),
            None => long(node, defaults, problems),
        },
    };
    let ask = ask.map(|mut ask| {
        ask.now = now.unwrap_or(ask.now);
        ask
    });
    (ask, now.is_some())
}

/// `METHOD url`.
fn short(text: &str, node: &Node, defaults: &Defaults, problems: &Problems) -> Option<Ask> {
    let Some((method, url)) = text.split_once(' ') else {
        let help = match text.starts_with('/') {
            true => format!("such as `GET {text}`"),
            false => "such as `GET /reports/1`".to_owned(),
        };
        problems.error_with(node, "a request is a method and a URL", help);
        return None;
    };
    check_target(url.trim_start(), node, problems);
    let mut ask = defaults.ask(method, url.trim_start());
    ask.headers = defaults.headers.clone();
    Some(ask)
}

fn long(node: &Node, defaults: &Defaults, problems: &Problems) -> Option<Ask> {
    let mut fields = Fields::of(node, "request", problems)?;
    fields.refuse_blanks();
    let method = fields.or("method", "GET".to_owned());
    let (url, path): (Option<String>, Option<String>) =
        (fields.optional("url"), fields.optional("path"));
    for target in url.iter().chain(&path) {
        check_target(target, node, problems);
    }
    let target = match (url, path) {
        (Some(target), None) | (None, Some(target)) => Some(target),
        _ => {
            let help = "`url` may be a path alone; `path` stands beside `host`";
            problems.error_with(node, "request needs one of `url` and `path`", help);
            None
        }
    };
    let mut ask = defaults.ask(&method, &target.unwrap_or_default());
    if let Some(host) = fields.optional("host") {
        ask.host = host;
    }
    ask.scheme = scheme(&mut fields, problems).unwrap_or(ask.scheme);
    ask.client = address(fields.raw("client"), problems).unwrap_or(ask.client);
    let own = headers(fields.raw("headers"), problems);
    ask.headers = joined(&defaults.headers, own);
    ask.body = body(&mut fields, &defaults.folder, problems);
    fields.finish();
    Some(ask)
}

/// No client sends a path without its slash, and a case that expects a refusal would pass with one.
fn check_target(target: &str, node: &Node, problems: &Problems) {
    if target != "*" && !target.starts_with('/') && !target.contains("://") {
        let help = format!("write `/{target}`, or a whole URL");
        problems.error_with(node, "a path begins with `/`", help);
    }
}

/// A header of the case stands in the place of those of its name.
fn joined(defaults: &[(String, String)], own: Vec<(String, String)>) -> Vec<(String, String)> {
    let said = |name: &str| {
        own.iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name))
    };
    let mut headers: Vec<_> = defaults
        .iter()
        .filter(|(name, _)| !said(name))
        .cloned()
        .collect();
    headers.extend(own);
    headers
}

fn scheme(fields: &mut Fields<'_>, problems: &Problems) -> Option<Scheme> {
    choice(fields.raw("scheme")?, problems, &SCHEMES)
}

fn time(node: Option<&Node>, problems: &Problems) -> Option<SystemTime> {
    let node = node?;
    let found = moment(&plain(node, problems)?);
    if found.is_none() {
        let help = "RFC 3339, such as `2026-01-01T00:00:00Z`, or seconds since 1970";
        problems.error_with(node, "not a moment", help);
    }
    found
}

fn address(node: Option<&Node>, problems: &Problems) -> Option<IpAddr> {
    let node = node?;
    let found = node.text().and_then(|text| text.parse().ok());
    if found.is_none() {
        problems.error(node, "expected an IP address, such as `192.0.2.7`");
    }
    found
}

/// A map from names to values, where a value may be a list, or a list of pairs.
fn headers(node: Option<&Node>, problems: &Problems) -> Vec<(String, String)> {
    let Some(node) = node else {
        return Vec::new();
    };
    let Value::List(pairs) = &node.value else {
        let entries = Named::of(node, "header names to values", problems);
        let entries = entries.into_iter().flatten();
        return entries
            .flat_map(|(key, value)| header(key, value, problems))
            .collect();
    };
    let pair = |pair: &Node| match &pair.value {
        Value::List(parts) => match parts.as_slice() {
            [name, value] => Some((plain(name, problems)?, plain(value, problems)?)),
            _ => refuse_pair(pair, problems),
        },
        _ => refuse_pair(pair, problems),
    };
    pairs.iter().filter_map(pair).collect()
}

fn refuse_pair<T>(node: &Node, problems: &Problems) -> Option<T> {
    problems.error(node, "a header in a list is a pair: `[X-Name, value]`");
    None
}

fn header(key: &Key, value: &Node, problems: &Problems) -> Vec<(String, String)> {
    let one = |value: &Node| Some((key.name.clone(), plain(value, problems)?));
    match &value.value {
        Value::List(values) => values.iter().filter_map(one).collect(),
        _ => one(value).into_iter().collect(),
    }
}

/// At most one of the three ways to write a body.
fn body(fields: &mut Fields<'_>, folder: &Path, problems: &Problems) -> Vec<u8> {
    let text: Option<Placed<String>> = fields.optional("body");
    let encoded: Option<Placed<String>> = fields.optional("body_base64");
    let file: Option<Placed<String>> = fields.optional("body_file");
    let ways: Vec<&Placed<String>> = [&text, &encoded, &file].into_iter().flatten().collect();
    if let [_, second, ..] = ways.as_slice() {
        let message = "`body`, `body_base64` and `body_file` are the same; write one";
        problems.error(&second.node, message);
        return Vec::new();
    }
    if let Some(text) = text {
        return text.value.into_bytes();
    }
    if let Some(encoded) = encoded {
        return STANDARD.decode(&encoded.value).unwrap_or_else(|_| {
            problems.error(&encoded.node, "not base64 (RFC 4648 section 4)");
            Vec::new()
        });
    }
    match file {
        Some(file) => std::fs::read(folder.join(&file.value)).unwrap_or_else(|error| {
            problems.error(&file.node, format!("the body cannot be read: {error}"));
            Vec::new()
        }),
        None => Vec::new(),
    }
}
