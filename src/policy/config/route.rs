//! The shape of one route, and of a group of them.

use std::borrow::Cow;

use crate::document::{Fields, Node, Placed, Problems, Shape, Value};

use super::super::lint::{IGNORE, ignore_shape};
use super::{ObserveConfig, Settings, bare};

/// A route or a group of routes.
#[derive(Debug)]
pub(in crate::policy) enum Entry {
    /// A route.
    Route(Box<RouteConfig>),
    /// Routes that share settings.
    Group(Box<GroupConfig>),
}

/// A route as written.
#[derive(Debug)]
pub(in crate::policy) struct RouteConfig {
    /// The route's place and key path; its value is left out.
    pub(in crate::policy) node: Node,
    pub(in crate::policy) path: Option<Placed<String>>,
    pub(in crate::policy) name: Option<Placed<String>>,
    pub(in crate::policy) public: bool,
    pub(in crate::policy) observe: Option<ObserveConfig>,
    /// The set of API keys that is served here.
    pub(in crate::policy) api_keys: Option<Placed<String>>,
    /// What it says itself, without what it inherits.
    pub(in crate::policy) own: Settings,
}

/// Routes that share a prefix and settings.
#[derive(Debug)]
pub(in crate::policy) struct GroupConfig {
    /// The group's place and key path; its value is left out.
    pub(in crate::policy) node: Node,
    pub(in crate::policy) name: Option<Placed<String>>,
    pub(in crate::policy) path: Option<Placed<String>>,
    pub(in crate::policy) defaults: Settings,
    pub(in crate::policy) entries: Vec<Entry>,
}

/// What makes an entry of a list of routes a group.
const GROUP_KEYS: [&str; 3] = ["routes", "defaults", "group"];

/// Keys of a route that could be taken for a group's.
const OF_A_ROUTE: [&str; 2] = ["observe", "api_keys"];

/// Keys that a route must write itself, and why.
const NOT_INHERITED: [(&str, &str); 5] = [
    (
        "public",
        "routes are opened one by one, in sight: write `public: true` on the route",
    ),
    (
        "path",
        "every route has a path of its own; a prefix is the `path` of a group",
    ),
    ("name", "every route has a name of its own"),
    (
        "observe",
        "rules are observed route by route, in sight: write `observe` on the route",
    ),
    (
        "api_keys",
        "keys are served at one place each: write `api_keys` on the route",
    ),
];

impl Entry {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let is_group = GROUP_KEYS.iter().any(|key| node.at(key).is_some());
        match is_group {
            true => GroupConfig::read(node, problems).map(|group| Self::Group(Box::new(group))),
            false => RouteConfig::read(node, problems).map(|route| Self::Route(Box::new(route))),
        }
    }
}

/// What a list of routes and groups looks like.
pub(super) fn entries_shape() -> Shape {
    Shape::filled_list(Shape::Section("route").or(Shape::Section("group")))
}

/// Reads a list of routes and groups. The help says what would be right where there is none.
pub(super) fn entries(
    section: &Node,
    list: Option<&Node>,
    help: &str,
    problems: &Problems,
) -> Vec<Entry> {
    let Some(node) = list else {
        let what = if section.path.is_empty() {
            "policy"
        } else {
            "group"
        };
        problems.error_with(section, format!("the {what} has no `routes`"), help);
        return Vec::new();
    };
    match &node.value {
        Value::List(items) if items.is_empty() => {
            problems.error_with(node, "the list of routes is empty", help);
            Vec::new()
        }
        Value::List(items) => items
            .iter()
            .filter_map(|item| Entry::read(item, problems))
            .collect(),
        other => {
            let message = format!("expected a list of routes, found {}", other.kind());
            problems.error(node, message);
            Vec::new()
        }
    }
}

impl RouteConfig {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let mut fields = Fields::of(node, "route", problems)?;
        fields.refuse_blanks();
        fields.shaped(IGNORE, ignore_shape);
        let route = Self {
            node: bare(node),
            path: fields.required("path"),
            name: fields.optional("name"),
            public: fields.or("public", false),
            observe: fields
                .shaped("observe", || Shape::Section("observe"))
                .and_then(|node| ObserveConfig::read(node, problems)),
            api_keys: fields.optional("api_keys"),
            own: Settings::read(&mut fields, problems),
        };
        fields.finish();
        Some(route)
    }
}

impl GroupConfig {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let node = &*without(node, problems, |key| {
            let misplaced = Settings::KEYS.contains(&key) || OF_A_ROUTE.contains(&key);
            misplaced.then(|| {
                let message = format!("`{key}` stands beside the routes of a group");
                let help = match key {
                    "public" => "write `public: true` on a route".to_owned(),
                    _ if OF_A_ROUTE.contains(&key) => format!("write `{key}` on a route"),
                    _ => format!("what its routes share stands under `defaults: {{ {key}: ... }}`"),
                };
                (message, help)
            })
        });
        let mut fields = Fields::of(node, "group", problems)?;
        fields.refuse_blanks();
        fields.shaped(IGNORE, ignore_shape);
        let defaults = fields.shaped("defaults", || Shape::Section("defaults"));
        let list = fields.needed("routes", entries_shape);
        let help = "a group is there for its `routes`; write at least one";
        let group = Self {
            node: bare(node),
            name: fields.optional("group"),
            path: fields.optional("path"),
            defaults: defaults_of(defaults, problems),
            entries: entries(node, list, help, problems),
        };
        fields.finish();
        Some(group)
    }
}

/// Reads `defaults`, of the file or of a group.
pub(super) fn defaults_of(node: Option<&Node>, problems: &Problems) -> Settings {
    let Some(node) = node else {
        return Settings::default();
    };
    let node = without(node, problems, |key| {
        let (_, help) = NOT_INHERITED.iter().find(|(known, _)| *known == key)?;
        let message = format!("`{key}` cannot be a default");
        Some((message, (*help).to_owned()))
    });
    let Some(mut fields) = Fields::of(&node, "defaults", problems) else {
        return Settings::default();
    };
    fields.refuse_blanks();
    let settings = Settings::read(&mut fields, problems);
    fields.finish();
    settings
}

/// The node without the keys that `misplaced` gives a message and a help for, each of which is
/// reported.
fn without<'n>(
    node: &'n Node,
    problems: &Problems,
    misplaced: impl Fn(&str) -> Option<(String, String)>,
) -> Cow<'n, Node> {
    let Value::Map(entries) = &node.value else {
        return Cow::Borrowed(node);
    };
    if !entries
        .iter()
        .any(|(key, _)| misplaced(&key.name).is_some())
    {
        return Cow::Borrowed(node);
    }
    let mut kept = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        match misplaced(&key.name) {
            None => kept.push((key.clone(), value.clone())),
            Some((message, help)) => {
                let at = Node {
                    place: key.place.clone(),
                    ..bare(value)
                };
                problems.error_with(&at, message, help);
            }
        }
    }
    Cow::Owned(Node {
        value: Value::Map(kept),
        ..bare(node)
    })
}
