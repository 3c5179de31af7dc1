//! What a route amounts to, for people and as JSON: its effective rules and where each is written.

mod json;

use std::fmt::Write as _;
use std::sync::Arc;

use super::output::Tone;
use super::trial;
use crate::policy::{Access, Route, Rule, Vocabulary};

pub(in crate::cli) use json::as_json;

/// The widest that the column of values grows before a long one pushes its origin aside.
const WIDEST: usize = 44;

/// The width of the column of keys: that of the longest, `permission`.
const KEYS: usize = 10;

/// One line of the listing.
struct Line {
    /// Empty where the line goes on with what is above it.
    key: &'static str,
    value: String,
    origin: Option<String>,
}

/// A route as a block of lines, its name first and an empty line last; `tint` colours.
pub(in crate::cli) fn shown(
    route: &Route,
    words: &Vocabulary,
    tint: impl Fn(Tone, &str) -> String,
) -> String {
    let lines = lines(route, words);
    let widths = lines.iter().map(|line| line.value.chars().count());
    let values = widths.filter(|width| *width <= WIDEST).max().unwrap_or(0);
    let mut text = tint(Tone::Strong, &plain(route.name()));
    for line in &lines {
        let (key, value) = (line.key, &line.value);
        // Writing to a string cannot fail.
        let _ = match &line.origin {
            None => write!(text, "\n  {key:KEYS$}  {value}"),
            Some(origin) => {
                let origin = tint(Tone::Faint, origin);
                write!(text, "\n  {key:KEYS$}  {value:values$}  {origin}")
            }
        };
    }
    text.push('\n');
    text
}

fn lines(route: &Route, words: &Vocabulary) -> Vec<Line> {
    let line = |key: &'static str, setting: &str, value: String| Line {
        key,
        value: plain(&value),
        origin: route
            .origin(setting)
            .map(|origin| plain(&origin.to_string())),
    };
    let mut lines = vec![
        line("path", "path", route.path().to_owned()),
        line("name", "name", route.name().to_string()),
        line("hosts", "host", or_any(route.hosts().collect())),
        line("methods", "methods", methods(route)),
        line("access", "authenticate", access(route, words)),
    ];
    if *route.access() != Access::Public {
        lines.push(line("tenant", "tenant", tenant(route)));
        lines.extend(source(route).map(|source| line("source", "source", source)));
        lines.extend([
            line("acr", "acr", acr(route)),
            line("max_age", "max_age", max_age(route)),
            line("roles", "roles", roles(route)),
            line("scopes", "scopes", scopes(route)),
        ]);
        let permissions = permissions(route).into_iter().enumerate();
        lines.extend(permissions.map(|(at, permission)| match at {
            0 => line("permission", "permission", permission),
            _ => line("", "", permission),
        }));
    }
    if let Some(most) = route.most_body() {
        lines.push(line("max_body", "max_body", format!("{most} B")));
    }
    lines.extend(observed(route).map(|observed| line("observe", "observe", observed)));
    lines.push(match route.serves() {
        None => line("upstream", "upstream", route.upstream().to_string()),
        Some(set) => line(
            "api_keys",
            "api_keys",
            format!("{set}, served by sidegate itself"),
        ),
    });
    let headers = route.identity_headers().enumerate();
    lines.extend(headers.map(|(at, (name, template, origin))| Line {
        key: if at == 0 { "headers" } else { "" },
        value: plain(&format!("{name}: {template}")),
        origin: Some(plain(&origin.to_string())),
    }));
    lines
}

fn or_any(values: Vec<String>) -> String {
    match values.is_empty() {
        true => "any".to_owned(),
        false => values.join(", "),
    }
}

fn methods(route: &Route) -> String {
    let methods = route.methods().unwrap_or_default();
    or_any(methods.iter().map(ToString::to_string).collect())
}

/// Who vouches for callers, each with what it is that they come with.
fn named(names: &[Arc<str>], words: &Vocabulary) -> Vec<String> {
    let kinds = [
        ("tokens of", &words.issuers),
        ("keys of", &words.key_sets),
        ("deliveries of", &words.webhooks),
    ];
    let of_kind = kinds.into_iter().filter_map(|(what, known)| {
        let names = names.iter().filter(|name| known.contains(name));
        let names: Vec<&str> = names.map(AsRef::as_ref).collect();
        (!names.is_empty()).then(|| format!("{what} {}", names.join(" or ")))
    });
    of_kind.collect()
}

fn access(route: &Route, words: &Vocabulary) -> String {
    match route.access() {
        Access::Public => "public: everybody passes".to_owned(),
        Access::Authenticated { accepted, signed } => {
            let whose = match accepted {
                None if words.key_sets.is_empty() && words.webhooks.is_empty() => {
                    "tokens of any issuer".to_owned()
                }
                None => "any credential of the file".to_owned(),
                Some(names) => named(names, words).join(" or "),
            };
            match signed {
                None => whose,
                Some(webhook) => format!("{whose}, and signed as {webhook}"),
            }
        }
    }
}

fn tenant(route: &Route) -> String {
    match route.tenant() {
        None => "any".to_owned(),
        Some(binding) => format!("{binding} is the caller's"),
    }
}

/// Nothing where the file says nothing of it: most have no keys that are for some sources only.
fn source(route: &Route) -> Option<String> {
    match route.source() {
        Some(binding) => Some(format!("{binding} is one of the key's, if it has some")),
        None => route.origin("source").map(|_| "any".to_owned()),
    }
}

fn acr(route: &Route) -> String {
    let wanted = route.step_up().map(|step_up| step_up.acr().join(" or "));
    wanted
        .filter(|wanted| !wanted.is_empty())
        .unwrap_or_else(|| "any".to_owned())
}

fn max_age(route: &Route) -> String {
    let most = route.step_up().and_then(|step_up| step_up.max_age());
    most.map_or_else(|| "any".to_owned(), |most| format!("{} s", most.as_secs()))
}

fn roles(route: &Route) -> String {
    let asked = route.roles();
    if asked.is_empty() {
        return "any".to_owned();
    }
    let mut text = asked.join(" or ");
    let more = route.satisfying_roles();
    let more: Vec<&str> = more
        .into_iter()
        .filter(|role| !asked.iter().any(|asked| **asked == **role))
        .collect();
    if !more.is_empty() {
        let _ = write!(text, " (also in {})", more.join(", "));
    }
    text
}

fn observed(route: &Route) -> Option<String> {
    let until = trial::shown(route.observed_until()?);
    let rules = route.observed_rules().iter().copied().map(Rule::as_str);
    let rules: Vec<&str> = rules.collect();
    Some(format!("{} until {until}", rules.join(", ")))
}

fn scopes(route: &Route) -> String {
    match route.scopes() {
        [] => "any".to_owned(),
        scopes => scopes.join(" and "),
    }
}

fn permissions(route: &Route) -> Vec<String> {
    let permissions = route.permissions();
    if permissions.is_empty() {
        return vec!["any".to_owned()];
    }
    let shown = permissions.iter();
    shown
        .map(|needed| match needed.roles().as_slice() {
            [] => needed.to_string(),
            roles => format!("{needed} (in {})", roles.join(", ")),
        })
        .collect()
}

/// Text of the file without what could drive a terminal.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    out
}
