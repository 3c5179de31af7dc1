//! What a route, a group of routes and the whole file may say alike.

use std::time::Duration;

use crate::document::{
    ByteSize, Fields, Named, Node, OneOrMany, Placed, Problems, Read, Shape, Value,
};

use super::super::errors::{Level, Pages};
use super::{AcceptConfig, HeaderConfig, Texts, bare, headers, key_text, texts_of};

/// The word that lifts an inherited rule.
const ANY: &str = "any";

/// A rule, or the word that lifts the one that would be inherited.
#[derive(Debug)]
pub(in crate::policy) enum Wanted<T> {
    /// `any`, and where it stands.
    Any(Node),
    /// The rule.
    These(T),
}

/// The keys that a route inherits from its groups and from the file's `defaults`.
#[derive(Debug, Default)]
pub(in crate::policy) struct Settings {
    pub(in crate::policy) hosts: Option<Wanted<Texts>>,
    pub(in crate::policy) methods: Option<Wanted<Texts>>,
    pub(in crate::policy) authenticate: Option<Wanted<AcceptConfig>>,
    pub(in crate::policy) acr: Option<Wanted<Texts>>,
    pub(in crate::policy) max_age: Option<Wanted<Placed<Duration>>>,
    pub(in crate::policy) roles: Option<Wanted<Texts>>,
    pub(in crate::policy) scopes: Option<Wanted<Texts>>,
    pub(in crate::policy) permission: Option<Wanted<PermissionConfig>>,
    pub(in crate::policy) tenant: Option<Wanted<Placed<String>>>,
    pub(in crate::policy) source: Option<Wanted<Placed<String>>>,
    pub(in crate::policy) when: Option<Wanted<Placed<String>>>,
    pub(in crate::policy) identity_headers: Vec<HeaderConfig>,
    pub(in crate::policy) upstream: Option<Placed<String>>,
    pub(in crate::policy) max_body: Option<Placed<ByteSize>>,
    pub(in crate::policy) errors: Pages,
}

/// The permission a route asks for.
#[derive(Debug)]
pub(in crate::policy) enum PermissionConfig {
    /// The same for every method, or one that depends on the method by its `{action}`.
    One(Placed<String>),
    /// By method; a method that is not listed is refused.
    PerMethod(Node, Vec<(Placed<String>, Placed<String>)>),
}

/// What stands somewhere in the file.
pub(in crate::policy) trait Located {
    /// The place of the whole.
    fn node(&self) -> &Node;
}

impl<T> Located for Placed<T> {
    fn node(&self) -> &Node {
        &self.node
    }
}

impl Located for PermissionConfig {
    fn node(&self) -> &Node {
        match self {
            Self::One(permission) => &permission.node,
            Self::PerMethod(node, _) => node,
        }
    }
}

impl PermissionConfig {
    fn shape() -> Shape {
        Shape::Text.or(Shape::named(Shape::Text))
    }
}

impl<T: Located> Located for Wanted<T> {
    fn node(&self) -> &Node {
        match self {
            Self::Any(node) => node,
            Self::These(rule) => rule.node(),
        }
    }
}

impl Settings {
    /// The keys as they stand in the file.
    pub(super) const KEYS: [&str; 17] = [
        "host",
        "methods",
        "method",
        "authenticate",
        "acr",
        "max_age",
        "roles",
        "scopes",
        "permission",
        "tenant",
        "source",
        "when",
        "identity_headers",
        "upstream",
        "max_body",
        "errors",
        "public",
    ];

    /// Reads the keys from a section that may have others, too.
    pub(super) fn read(fields: &mut Fields<'_>, problems: &Problems) -> Self {
        let list = |fields: &mut Fields<'_>, key: &'static str| {
            wanted(fields, key, Texts::shape, |node| {
                texts_of(node, key, problems)
            })
        };
        Self {
            hosts: list(fields, "host"),
            methods: methods(fields, problems),
            authenticate: wanted(fields, "authenticate", AcceptConfig::shape, |node| {
                AcceptConfig::read(node, problems)
            }),
            acr: list(fields, "acr"),
            max_age: wanted(fields, "max_age", Duration::shape, |node| {
                Placed::read(node, problems)
            }),
            roles: list(fields, "roles"),
            scopes: list(fields, "scopes"),
            permission: wanted(fields, "permission", PermissionConfig::shape, |node| {
                permission(node, problems)
            }),
            tenant: text(fields, "tenant", problems),
            source: text(fields, "source", problems),
            when: text(fields, "when", problems),
            identity_headers: headers(fields, problems),
            upstream: fields.optional("upstream"),
            max_body: fields.optional("max_body"),
            errors: Pages::read(fields, Level::Route, problems),
        }
    }
}

/// Reads a rule, or `any`. Taken from the environment, that word would lift a rule out of sight: there
/// it is a name like any other.
fn wanted<T>(
    fields: &mut Fields<'_>,
    key: &'static str,
    shape: fn() -> Shape,
    read: impl FnOnce(&Node) -> Option<T>,
) -> Option<Wanted<T>> {
    let node = fields.shaped(key, || Shape::Exactly(ANY).or(shape()))?;
    if node.text() == Some(ANY) && !node.from_environment {
        return Some(Wanted::Any(bare(node)));
    }
    read(node).map(Wanted::These)
}

fn text(
    fields: &mut Fields<'_>,
    key: &'static str,
    problems: &Problems,
) -> Option<Wanted<Placed<String>>> {
    wanted(fields, key, String::shape, |node| {
        Placed::read(node, problems)
    })
}

/// `methods:` or, for one, `method:`.
fn methods(fields: &mut Fields<'_>, problems: &Problems) -> Option<Wanted<Texts>> {
    let many = wanted(fields, "methods", Texts::shape, |node| {
        texts_of(node, "methods", problems)
    });
    let one = text(fields, "method", problems);
    match (many, one) {
        (Some(_), Some(one)) => {
            problems.error(one.node(), "`method` and `methods` are the same; write one");
            None
        }
        (many, None) => many,
        (None, Some(Wanted::Any(node))) => Some(Wanted::Any(node)),
        (None, Some(Wanted::These(one))) => Some(Wanted::These(Placed {
            node: one.node.clone(),
            value: OneOrMany(vec![one]),
        })),
    }
}

fn permission(node: &Node, problems: &Problems) -> Option<PermissionConfig> {
    if !matches!(node.value, Value::Map(_)) {
        return Placed::read(node, problems).map(PermissionConfig::One);
    }
    let mut entries = Vec::new();
    for (key, value) in Named::of(node, "methods to permissions", problems)? {
        if let Some(permission) = Placed::read(value, problems) {
            entries.push((key_text(key, value), permission));
        }
    }
    if entries.is_empty() {
        problems.error_with(
            node,
            "`permission` is an empty map, so nobody could pass",
            "name a permission for at least one method, or leave `permission` out",
        );
    }
    Some(PermissionConfig::PerMethod(bare(node), entries))
}
