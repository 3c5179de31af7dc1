//! What a route amounts to, for people and as JSON: its effective rules and where each is written.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::output::Tone;
use crate::document::Place;
use crate::policy::{Access, Level, Origin, Route};

/// The widest that the column of values grows before a long one pushes its origin aside.
const WIDEST: usize = 44;

/// One line of the listing.
struct Line {
    /// Empty where the line goes on with what is above it.
    key: &'static str,
    value: String,
    origin: Option<String>,
}

/// A route as a block of lines, its name first and an empty line last; `tint` colours.
pub(in crate::cli) fn shown(route: &Route, tint: impl Fn(Tone, &str) -> String) -> String {
    let lines = lines(route);
    let width = |part: fn(&Line) -> &str, most: usize| {
        let widths = lines.iter().map(|line| part(line).chars().count());
        widths.filter(|width| *width <= most).max().unwrap_or(0)
    };
    let keys = width(|line| line.key, usize::MAX);
    let values = width(|line| &line.value, WIDEST);
    let mut text = tint(Tone::Strong, &plain(route.name()));
    for line in &lines {
        let (key, value) = (line.key, &line.value);
        // Writing to a string cannot fail.
        let _ = match &line.origin {
            None => write!(text, "\n  {key:keys$}  {value}"),
            Some(origin) => {
                let origin = tint(Tone::Faint, origin);
                write!(text, "\n  {key:keys$}  {value:values$}  {origin}")
            }
        };
    }
    text.push('\n');
    text
}

fn lines(route: &Route) -> Vec<Line> {
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
        line("access", "authenticate", access(route)),
    ];
    if *route.access() != Access::Public {
        lines.extend([
            line("tenant", "tenant", tenant(route)),
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
    lines.push(line("upstream", "upstream", route.upstream().to_string()));
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

fn access(route: &Route) -> String {
    match route.access() {
        Access::Public => "public: everybody passes".to_owned(),
        Access::Authenticated { accepted: None } => "tokens of any issuer".to_owned(),
        Access::Authenticated {
            accepted: Some(issuers),
        } => format!("tokens of {}", issuers.join(" or ")),
    }
}

fn tenant(route: &Route) -> String {
    match route.tenant() {
        None => "any".to_owned(),
        Some(binding) => format!("{binding} is the caller's"),
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
        let _ = write!(text, " (included in {})", more.join(", "));
    }
    text
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
    let shown = permissions.into_iter();
    shown
        .map(|(method, permission)| match method {
            None => permission,
            Some(method) => format!("{method} {permission}"),
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

/// A route as JSON. `null` stands for no demand; `from` says where settings are written.
pub(in crate::cli) fn as_json(route: &std::sync::Arc<Route>) -> Value {
    let list = |values: &[Box<str>]| match values {
        [] => Value::Null,
        values => json!(values),
    };
    let methods = route.methods().map(|methods| {
        let methods = methods.iter().map(http::Method::as_str);
        methods.collect::<Vec<_>>()
    });
    let issuers = match route.access() {
        Access::Authenticated {
            accepted: Some(issuers),
        } => Some(issuers.iter().map(AsRef::as_ref).collect::<Vec<&str>>()),
        Access::Authenticated { accepted: None } | Access::Public => None,
    };
    let hosts: Vec<String> = route.hosts().collect();
    let max_age = route.step_up().and_then(|step_up| step_up.max_age());
    json!({
        "name": &**route.name(),
        "path": route.path(),
        "place": place_as_json(route.place()),
        "hosts": (!hosts.is_empty()).then_some(hosts),
        "methods": methods,
        "public": *route.access() == Access::Public,
        "issuers": issuers,
        "tenant": route.tenant(),
        "acr": list(route.step_up().map_or(&[], |step_up| step_up.acr())),
        "max_age_seconds": max_age.as_ref().map(Duration::as_secs),
        "roles": list(route.roles()),
        "satisfying_roles": route.satisfying_roles(),
        "scopes": list(route.scopes()),
        "permissions": permissions_as_json(route),
        "upstream": &**route.upstream(),
        "identity_headers": headers_as_json(route),
        "from": origins_as_json(route),
    })
}

fn permissions_as_json(route: &Route) -> Value {
    let permissions = route.permissions().into_iter();
    permissions
        .map(|(method, permission)| {
            json!({ "method": method.map(http::Method::as_str), "permission": permission })
        })
        .collect()
}

fn headers_as_json(route: &Route) -> Value {
    let headers = route.identity_headers();
    headers
        .map(|(name, template, origin)| {
            json!({ "name": name.as_str(), "value": template, "from": origin_as_json(origin) })
        })
        .collect()
}

fn origins_as_json(route: &Route) -> Value {
    let origins = route.origins();
    let entries = origins.map(|(key, origin)| (key.to_owned(), origin_as_json(origin)));
    Value::Object(entries.collect())
}

fn origin_as_json(origin: &Origin) -> Value {
    let mut value = place_as_json(origin.place());
    let (level, group) = match origin.level() {
        Level::Route => ("route", None),
        Level::Group(group) => ("group", group.as_deref()),
        Level::File => ("file", None),
    };
    value["level"] = level.into();
    value["group"] = group.into();
    value
}

fn place_as_json(place: &Place) -> Value {
    json!({ "file": &*place.file, "line": place.line, "column": place.column })
}
