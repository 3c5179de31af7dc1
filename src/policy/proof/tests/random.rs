//! Random policies and places over a small alphabet.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

use super::compile;

pub(super) const ROLES: &str = "\
authenticate: [main, other, partners, gh]
roles:
  r1: { includes: [r2] }
  r2: [p:x]
  r3:
scopes:
  s1:
  s2: [p:x]
";

/// The roles that count as one of `named`.
pub(super) fn holders(named: &[&str]) -> Vec<&'static str> {
    let mut holders: Vec<&str> = ["r1", "r2", "r3"]
        .into_iter()
        .filter(|role| named.contains(role))
        .collect();
    if named.contains(&"r2") {
        holders.push("r1");
    }
    holders
}

/// A path pattern as text: literals, captures, maybe `**`.
pub(super) fn patterns() -> impl Strategy<Value = String> {
    let segment = select(vec!["a", "a", "b", "*", "{tenant}", "{c}", "{source}"]);
    (vec(segment, 0..4), any::<bool>()).prop_map(|(segments, open)| {
        let mut seen = Vec::new();
        let mut text = String::new();
        for segment in segments {
            let again = segment.starts_with('{') && seen.contains(&segment);
            seen.push(segment);
            text.push('/');
            text.push_str(if again { "*" } else { segment });
        }
        match (open, text.is_empty()) {
            (true, _) => text + "/**",
            (false, true) => "/".into(),
            (false, false) => text,
        }
    })
}

pub(super) fn hosts() -> impl Strategy<Value = Option<&'static str>> {
    weighted(0.3, select(vec!["h.test", "*.test", "*.h.test"]))
}

pub(super) fn methods() -> impl Strategy<Value = Option<&'static str>> {
    weighted(0.4, select(vec!["GET", "POST", "GET, POST", "HEAD"]))
}

fn rules() -> impl Strategy<Value = String> {
    let roles = weighted(0.4, select(vec!["r1", "r2", "r3", "r2, r3"]));
    let scopes = weighted(0.15, select(vec!["s1", "s2", "s1, s2"]));
    let permission = weighted(0.3, select(vec!["p:x", "{ GET: p:x }"]));
    let tenant = weighted(
        0.3,
        select(vec![
            "any",
            "'{{ path.c }}'",
            "'{{ header.x-t }}'",
            "'{{ host.0 }}'",
            "'{{ host.1 }}'",
        ]),
    );
    let source = weighted(
        0.3,
        select(vec![
            "any",
            "'{{ path.c }}'",
            "'{{ header.x-s }}'",
            "'{{ host.0 }}'",
        ]),
    );
    let issuer = select(vec![
        "main",
        "other",
        "partners",
        "[main, partners]",
        "gh",
        "[partners, gh]",
        "{ all: [partners, gh] }",
        "{ all: [gh, main] }",
    ]);
    let issuer = weighted(0.4, issuer);
    let all = (
        any::<u8>(),
        roles,
        scopes,
        permission,
        (tenant, source),
        issuer,
    );
    all.prop_map(
        |(public, roles, scopes, permission, (tenant, source), issuer)| {
            if public < 40 {
                return ", public: true".to_owned();
            }
            let mut text = String::new();
            let mut add = |key: &str, value: Option<&str>, list: bool| {
                if let Some(value) = value {
                    text += &match list {
                        true => format!(", {key}: [{value}]"),
                        false => format!(", {key}: {value}"),
                    };
                }
            };
            add("roles", roles, true);
            add("scopes", scopes, true);
            add("permission", permission, false);
            add("tenant", tenant, false);
            add("source", source, false);
            add("authenticate", issuer, false);
            text
        },
    )
}

fn routes() -> impl Strategy<Value = Vec<String>> {
    let route =
        (patterns(), hosts(), methods(), rules()).prop_map(|(path, host, methods, rules)| {
            let host = host
                .map(|host| format!(", host: '{host}'"))
                .unwrap_or_default();
            let methods = methods
                .map(|list| format!(", methods: [{list}]"))
                .unwrap_or_default();
            format!("  - {{ path: '{path}'{host}{methods}{rules} }}\n")
        });
    vec(route, 1..7)
}

/// The text of a policy that compiles.
pub(super) fn policies() -> impl Strategy<Value = String> {
    let default = weighted(0.3, select(vec!["r2", "r3"]));
    (default, routes()).prop_filter_map("no route was left", |(default, routes)| {
        let default = default.map(|role| format!("default_role: {role}\n"));
        let mut text = format!("{}{ROLES}routes:\n", default.unwrap_or_default());
        let mut any = false;
        for route in routes {
            let longer = format!("{text}{route}");
            if compile(&longer).0.is_some() {
                text = longer;
                any = true;
            }
        }
        any.then_some(text)
    })
}

/// A place as an invariant writes it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) host: Option<&'static str>,
    pub(super) methods: Option<&'static str>,
    pub(super) path: String,
}

impl Place {
    pub(super) fn text(&self) -> String {
        let methods = self
            .methods
            .map(|list| format!("{list} "))
            .unwrap_or_default();
        format!("{methods}{}{}", self.host.unwrap_or_default(), self.path)
    }
}

pub(super) fn places() -> impl Strategy<Value = Place> {
    let place = (hosts(), methods(), patterns());
    place.prop_map(|(host, methods, path)| Place {
        host,
        methods,
        path,
    })
}
