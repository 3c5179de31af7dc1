//! The shape of the policy file: what may be written, before it is asked what it means.

mod observe;
mod route;
mod settings;

use crate::document::{
    Fields, Key, Layout, Named, Node, OneOrMany, Placed, Problems, Read, Value, choice,
};
use crate::model::{Oddity, OddityClass};

use super::complaint::shown;
use super::errors::{Level, Pages};

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

const KEYS: [&str; 11] = [
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
];

impl Config {
    /// Reads the policy's keys of a file; the other keys belong to other rooms.
    pub fn read(fields: &mut Fields<'_>, problems: &Problems) -> Self {
        let top = fields.node();
        for key in KEYS {
            refuse_blank(top, key, problems);
        }
        let mut config = Self {
            defaults: defaults(fields, problems),
            default_role: fields.optional("default_role"),
            roles: named(fields, "roles", "role names to permissions", problems, role),
            scopes: named(fields, "scopes", "scopes to permissions", problems, scope),
            actions: actions(fields, problems),
            strip_headers: fields.or("strip_headers", Vec::new()),
            allowed: allowed(fields, problems),
            errors: Pages::read(fields, Level::File, problems),
            routes: routes(fields, problems),
            broken: false,
        };
        config.broken = problems.has_errors();
        config
    }
}

fn routes(fields: &mut Fields<'_>, problems: &Problems) -> Vec<Entry> {
    let help =
        "without routes every request is refused; `- path: /**` admits every authenticated caller";
    let list = fields.raw("routes");
    route::entries(fields.node(), list, help, problems)
}

/// The file's `defaults`, and the two keys at its top that mean the same as there.
fn defaults(fields: &mut Fields<'_>, problems: &Problems) -> Settings {
    let mut defaults = route::defaults_of(fields.raw("defaults"), problems);
    let twice = |key: &str, node: &Node| {
        let message = format!("`{key}` stands at the top of the file and under `defaults`");
        problems.error_with(node, message, "both mean the same; write one of them");
    };
    if let Some(authenticate) = texts(fields, "authenticate", problems) {
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
    let found = named(
        fields,
        "actions",
        "methods to actions",
        problems,
        |method, node, problems| Some((method, Placed::read(node, problems)?)),
    );
    found.unwrap_or_default()
}

fn allowed(fields: &mut Fields<'_>, problems: &Problems) -> Oddity {
    let mut allowed = Oddity::default();
    let Some(mut paths) = fields
        .raw("paths")
        .and_then(|node| Fields::of(node, "paths", problems))
    else {
        return allowed;
    };
    refuse_blank(paths.node(), "allow", problems);
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

/// Reads `identity_headers`, of the file or of a route.
fn headers(fields: &mut Fields<'_>, problems: &Problems) -> Vec<HeaderConfig> {
    let what = "header names to values";
    let found = named(
        fields,
        "identity_headers",
        what,
        problems,
        |name, node, problems| {
            let template = Placed::read(node, problems)?;
            Some(HeaderConfig { name, template })
        },
    );
    found.unwrap_or_default()
}

/// Reads a map whose keys are names, giving each name the place of its key.
fn named<T>(
    fields: &mut Fields<'_>,
    key: &'static str,
    what: &str,
    problems: &Problems,
    read: impl Fn(Placed<String>, &Node, &Problems) -> Option<T>,
) -> Option<Vec<T>> {
    let entries = Named::of(fields.raw(key)?, what, problems)?;
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
    texts_of(fields.raw(key)?, key, problems)
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

/// Refuses a key without a value. Taken for absent, it would ask for nothing where its author meant
/// to ask for something.
fn refuse_blank(section: &Node, key: &str, problems: &Problems) {
    if let Some(node) = section.at(key)
        && matches!(node.value, Value::Null)
    {
        problems.error_with(
            node,
            format!("`{key}` is written without a value"),
            format!("give it a value, or leave `{key}` out"),
        );
    }
}
