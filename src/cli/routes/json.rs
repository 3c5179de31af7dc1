//! A route as JSON.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::cli::trial::shown;
use crate::document::Place;
use crate::policy::{Access, Level, Origin, Route, Rule};

/// A route as JSON. `null` stands for no demand; `from` says where settings are written.
pub(in crate::cli) fn as_json(route: &Arc<Route>) -> Value {
    let list = |values: &[Box<str>]| match values {
        [] => Value::Null,
        values => json!(values),
    };
    let methods = route.methods().map(|methods| {
        let methods = methods.iter().map(Method::as_str);
        methods.collect::<Vec<_>>()
    });
    let issuers = match route.access() {
        Access::Authenticated {
            accepted: Some(issuers),
            ..
        } => Some(issuers.iter().map(AsRef::as_ref).collect::<Vec<&str>>()),
        Access::Authenticated { accepted: None, .. } | Access::Public => None,
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
        "signed": route.access().signed().map(AsRef::<str>::as_ref),
        "max_body_bytes": route.most_body(),
        "tenant": route.tenant(),
        "source": route.source(),
        "acr": list(route.step_up().map_or(&[], |step_up| step_up.acr())),
        "max_age_seconds": max_age.as_ref().map(Duration::as_secs),
        "roles": list(route.roles()),
        "satisfying_roles": route.satisfying_roles(),
        "scopes": list(route.scopes()),
        "permissions": permissions_as_json(route),
        "observed": route.observed_until().map(|until| json!({
            "until": shown(until),
            "rules": route.observed_rules().iter().copied().map(Rule::as_str).collect::<Vec<_>>(),
        })),
        "api_keys": route.serves().map(AsRef::<str>::as_ref),
        "upstream": route.serves().is_none().then(|| &**route.upstream()),
        "identity_headers": headers_as_json(route),
        "from": origins_as_json(route),
    })
}

fn permissions_as_json(route: &Route) -> Value {
    let needed = route.permissions().into_iter();
    needed
        .map(|needed| {
            json!({
                "method": needed.method().map(Method::as_str),
                "permission": needed.permission(),
                "roles": needed.roles(),
                "scopes": needed.scopes(),
            })
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
    let place = origin.place();
    let (level, group) = match origin.level() {
        Level::Route => ("route", None),
        Level::Group(group) => ("group", group.as_deref()),
        Level::File => ("file", None),
    };
    json!({
        "file": &*place.file, "line": place.line, "column": place.column,
        "level": level, "group": group,
    })
}

fn place_as_json(place: &Place) -> Value {
    json!({ "file": &*place.file, "line": place.line, "column": place.column })
}
