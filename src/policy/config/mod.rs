//! The shape of the policy file: what may be written, before it is asked what it means.

mod accepting;
mod observe;
mod route;
mod settings;

use crate::document::{
    Fields, Key, Layout, Named, Node, OneOrMany, Placed, Problems, Read, Shape, Value, choice,
};
use crate::model::{Oddity, OddityClass};

use super::complaint::shown;
use super::errors::{Level, Pages};
use super::lint::{IGNORE, ignore_shape};
use super::proof::{self, Invariants};

pub(super) use accepting::AcceptConfig;
pub(super) use observe::ObserveConfig;
pub(super) use route::{Entry, GroupConfig, RouteConfig};
pub(super) use settings::{Located, PermissionConfig, Settings, Wanted};

/// A list of texts, or one text, with the places of the whole and of each.
pub(super) type Texts = Placed<OneOrMany<Placed<String>>>;

/// The policy's part of a policy file: read, not yet compiled.
#[derive(Debug)]
pub struct Config {
    /// What routes inherit that say nothing else; also what the top of the file says for all of them.
    pub(super) defaults: Settings,
    pub(super) default_role: Option<Placed<String>>,
    pub(super) roles: Option<Vec<RoleConfig>>,
    pub(super) scopes: Option<Vec<ScopeConfig>>,
    /// Actions by method, instead of the usual ones or beside them.
    pub(super) actions: Vec<(Placed<String>, Placed<String>)>,
    pub(super) strip_headers: Vec<Placed<String>>,
    pub(super) allowed: Oddity,
    pub(super) errors: Pages,
    pub(super) routes: Vec<Entry>,
    /// Where the list of routes stands.
    pub(super) routes_node: Option<Node>,
    pub(super) invariants: Invariants,
    /// Something could not be read, so what was read may ask for less than the file does.
    pub(super) broken: bool,
}

/// A role: the permissions it grants and the roles it includes.
#[derive(Debug)]
pub(super) struct RoleConfig {
    pub(super) name: Placed<String>,
    pub(super) includes: Vec<Placed<String>>,
    pub(super) permissions: Vec<Placed<String>>,
}

/// A scope and the permissions it grants.
#[derive(Debug)]
pub(super) struct ScopeConfig {
    pub(super) name: Placed<String>,
    pub(super) permissions: Vec<Placed<String>>,
}

/// An identity header and the template of its value.
#[derive(Debug)]
pub(super) struct HeaderConfig {
    pub(super) name: Placed<String>,
    pub(super) template: Placed<String>,
}

/// The most entries of a list in a route: each is compared with each.
const MOST_LISTED: usize = 10_000;
/// The most identity headers of the file, and of a route beside them. No upstream takes more.
const MOST_HEADERS: usize = 100;
/// The most entries of `strip_headers`: every header of a request is held against them.
const MOST_STRIPPED: usize = 1_000;

const KEYS: [&str; 13] = [
    IGNORE,
    "defaults",
    "actions",
    "authenticate",
    "default_role",
    "roles",
    "scopes",
    "identity_headers",
    "strip_headers",
    "paths",
    "errors",
    "routes",
    "invariants",
];

impl Config {
    /// Reads the policy's keys of a file; the other keys belong to other rooms.
    pub fn read(fields: &mut Fields<'_>, problems: &Problems) -> Self {
        for key in KEYS {
            fields.refuse_blank(key);
        }
        fields.shaped(IGNORE, ignore_shape);
        let mut config = Self {
            defaults: defaults(fields, problems),
            default_role: fields.optional("default_role"),
            roles: roles(fields, problems),
            scopes: scopes(fields, problems),
            actions: actions(fields, problems),
            strip_headers: stripped(fields, problems),
            allowed: allowed(fields, problems),
            errors: Pages::read(fields, Level::File, problems),
            routes: routes(fields, problems),
            routes_node: fields.node().at("routes").map(bare),
            invariants: proof::read(fields),
            broken: false,
        };
        config.broken = problems.has_errors();
        config
    }
}

fn routes(fields: &mut Fields<'_>, problems: &Problems) -> Vec<Entry> {
    let help =
        "without routes every request is refused; `- path: /**` admits every authenticated caller";
    let list = fields.needed("routes", route::entries_shape);
    route::entries(fields.node(), list, help, problems)
}

/// The file's `defaults`, and the two keys at its top that mean the same as there.
fn defaults(fields: &mut Fields<'_>, problems: &Problems) -> Settings {
    let mut defaults = route::defaults_of(
        fields.shaped("defaults", || Shape::Section("defaults")),
        problems,
    );
    let twice = |key: &str, node: &Node| {
        let message = format!("`{key}` stands at the top of the file and under `defaults`");
        problems.error_with(node, message, "both mean the same; write one of them");
    };
    let authenticate = fields.shaped("authenticate", AcceptConfig::shape);
    if let Some(authenticate) = authenticate.and_then(|node| AcceptConfig::read(node, problems)) {
        if let Some(second) = &defaults.authenticate {
            twice("authenticate", second.node());
        }
        defaults.authenticate = Some(Wanted::These(authenticate));
    }
    let headers = headers(fields, problems);
    if !headers.is_empty() {
        if let Some(second) = defaults.identity_headers.first() {
            twice("identity_headers", &second.name.node);
        }
        defaults.identity_headers = headers;
    }
    defaults
}

fn actions(fields: &mut Fields<'_>, problems: &Problems) -> Vec<(Placed<String>, Placed<String>)> {
    let Some(node) = fields.shaped("actions", || Shape::named(Shape::Text)) else {
        return Vec::new();
    };
    let found = named(
        node,
        "methods to actions",
        problems,
        |method, node, problems| Some((method, Placed::read(node, problems)?)),
    );
    found.unwrap_or_default()
}

fn allowed(fields: &mut Fields<'_>, problems: &Problems) -> Oddity {
    let mut allowed = Oddity::default();
    let Some(mut paths) = fields
        .shaped("paths", || Shape::Section("paths"))
        .and_then(|node| Fields::of(node, "paths", problems))
    else {
        return allowed;
    };
    paths.refuse_blank("allow");
    let classes: OneOrMany<Class> = paths.or("allow", OneOrMany(Vec::new()));
    for class in classes.0 {
        allowed = allowed.with(class.0);
    }
    paths.finish();
    allowed
}

/// An [`OddityClass`] by its name in the file.
struct Class(OddityClass);

impl Read for Class {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        choice(node, problems, OddityClass::ALL).map(Self)
    }

    fn shape() -> Shape {
        Shape::words(OddityClass::ALL)
    }
}

fn roles(fields: &mut Fields<'_>, problems: &Problems) -> Option<Vec<RoleConfig>> {
    let node = fields.shaped("roles", || {
        Shape::named(granted().or(Shape::Section("role")))
    })?;
    named(node, "role names to permissions", problems, role)
}

fn scopes(fields: &mut Fields<'_>, problems: &Problems) -> Option<Vec<ScopeConfig>> {
    let node = fields.shaped("scopes", || Shape::named(granted()))?;
    named(node, "scopes to permissions", problems, scope)
}

fn granted() -> Shape {
    Shape::one_or_many(Shape::Text).or(Shape::Nothing)
}

fn role(name: Placed<String>, node: &Node, problems: &Problems) -> Option<RoleConfig> {
    if !matches!(node.value, Value::Map(_)) {
        let permissions = permissions(node, problems)?;
        return Some(RoleConfig {
            name,
            includes: Vec::new(),
            permissions,
        });
    }
    let mut fields = Fields::of(node, "role", problems)?;
    let includes: OneOrMany<_> = fields.or("includes", OneOrMany(Vec::new()));
    let granted: OneOrMany<_> = fields.or("permissions", OneOrMany(Vec::new()));
    fields.finish();
    Some(RoleConfig {
        name,
        includes: includes.0,
        permissions: granted.0,
    })
}

fn scope(name: Placed<String>, node: &Node, problems: &Problems) -> Option<ScopeConfig> {
    let permissions = permissions(node, problems)?;
    Some(ScopeConfig { name, permissions })
}

/// Nothing written grants nothing: the name is declared, and that may be all that is wanted.
fn permissions(node: &Node, problems: &Problems) -> Option<Vec<Placed<String>>> {
    match node.value {
        Value::Null => Some(Vec::new()),
        _ => OneOrMany::read(node, problems).map(|many| many.0),
    }
}

fn stripped(fields: &mut Fields<'_>, problems: &Problems) -> Vec<Placed<String>> {
    let stripped: Option<Placed<Vec<_>>> = fields.optional("strip_headers");
    let Some(Placed { value, node }) = stripped else {
        return Vec::new();
    };
    if value.len() > MOST_STRIPPED {
        let count = value.len();
        let message =
            format!("{count} entries are more than the {MOST_STRIPPED} that may stand here");
        problems.error_with(&node, message, "a `*` at the end stands for many names");
    }
    value.into_iter().take(MOST_STRIPPED).collect()
}

/// Reads `identity_headers`, of the file or of a route.
fn headers(fields: &mut Fields<'_>, problems: &Problems) -> Vec<HeaderConfig> {
    let Some(node) = fields.shaped("identity_headers", || Shape::named(Shape::Text)) else {
        return Vec::new();
    };
    let what = "header names to values";
    let found = named(node, what, problems, |name, node, problems| {
        let template = Placed::read(node, problems)?;
        Some(HeaderConfig { name, template })
    });
    let found = found.unwrap_or_default();
    let count = found.len();
    if count > MOST_HEADERS {
        let message =
            format!("{count} headers are more than the {MOST_HEADERS} that may stand here");
        problems.error(node, message);
        return Vec::new();
    }
    found
}

/// Reads a map whose keys are names, giving each name the place of its key.
fn named<T>(
    node: &Node,
    what: &str,
    problems: &Problems,
    read: impl Fn(Placed<String>, &Node, &Problems) -> Option<T>,
) -> Option<Vec<T>> {
    let entries = Named::of(node, what, problems)?;
    let read = |(key, node): (&Key, &Node)| read(key_text(key, node), node, problems);
    Some(entries.into_iter().filter_map(read).collect())
}

fn key_text(key: &Key, node: &Node) -> Placed<String> {
    Placed {
        value: key.name.clone(),
        node: Node {
            value: Value::Text(key.name.clone()),
            place: key.place.clone(),
            path: node.path.clone(),
            from_environment: false,
            is_variable: false,
            layout: Layout::Opaque,
        },
    }
}

/// Reads one text or a list. An empty list is a mistake, and so is a text that occurs twice.
fn texts(fields: &mut Fields<'_>, key: &'static str, problems: &Problems) -> Option<Texts> {
    texts_of(fields.shaped(key, Texts::shape)?, key, problems)
}

fn texts_of(node: &Node, key: &'static str, problems: &Problems) -> Option<Texts> {
    let texts: Texts = Placed::read(node, problems)?;
    if let Value::List(items) = &texts.node.value
        && items.is_empty()
    {
        problems.error_with(
            &texts.node,
            format!("`{key}` is an empty list, so nobody could pass"),
            format!("name at least one, or leave `{key}` out"),
        );
    }
    let count = texts.value.0.len();
    if count > MOST_LISTED {
        let message =
            format!("{count} entries are more than the {MOST_LISTED} that may stand here");
        problems.error(&texts.node, message);
        return None;
    }
    let mut seen = std::collections::HashSet::new();
    for text in &texts.value.0 {
        if !seen.insert(text.value.as_str()) {
            problems.error(&text.node, format!("{} is listed twice", shown(text)));
        }
    }
    Some(texts)
}

/// The node's place and key path, without its value.
fn bare(node: &Node) -> Node {
    Node {
        value: Value::Null,
        place: node.place.clone(),
        path: node.path.clone(),
        from_environment: false,
        is_variable: false,
        layout: Layout::Opaque,
    }
}
