//! The shape of one route.

use crate::document::{
    Fields, Layout, Named, Node, OneOrMany, Placed, Problems, Read, Shape, Value,
};

use super::{HeaderConfig, Texts, headers, key_text, texts};

/// A route as written.
#[derive(Debug)]
pub(in crate::policy) struct RouteConfig {
    /// The route's place and key path; its value is left out.
    pub(in crate::policy) node: Node,
    pub(in crate::policy) path: Option<Placed<String>>,
    pub(in crate::policy) hosts: Option<Texts>,
    pub(in crate::policy) methods: Option<Texts>,
    pub(in crate::policy) name: Option<Placed<String>>,
    pub(in crate::policy) public: bool,
    pub(in crate::policy) authenticate: Option<Texts>,
    pub(in crate::policy) roles: Option<Texts>,
    pub(in crate::policy) scopes: Option<Texts>,
    pub(in crate::policy) permission: Option<PermissionConfig>,
    pub(in crate::policy) tenant: Option<Placed<String>>,
    pub(in crate::policy) identity_headers: Vec<HeaderConfig>,
    pub(in crate::policy) upstream: Option<Placed<String>>,
}

/// The permission a route asks for.
#[derive(Debug)]
pub(in crate::policy) enum PermissionConfig {
    /// The same for every method.
    One(Placed<String>),
    /// By method; a method that is not listed is refused.
    PerMethod(Node, Vec<(Placed<String>, Placed<String>)>),
}

impl PermissionConfig {
    /// The place of the whole.
    pub(in crate::policy) fn node(&self) -> &Node {
        match self {
            Self::One(permission) => &permission.node,
            Self::PerMethod(node, _) => node,
        }
    }
}

impl RouteConfig {
    pub(super) fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let mut fields = Fields::of(node, "route", problems)?;
        fields.refuse_blanks();
        let route = Self {
            node: bare(node),
            path: fields.required("path"),
            hosts: texts(&mut fields, "host", problems),
            methods: methods(&mut fields, problems),
            name: fields.optional("name"),
            public: fields.or("public", false),
            authenticate: texts(&mut fields, "authenticate", problems),
            roles: texts(&mut fields, "roles", problems),
            scopes: texts(&mut fields, "scopes", problems),
            permission: permission(&mut fields, problems),
            tenant: fields.optional("tenant"),
            identity_headers: headers(&mut fields, problems),
            upstream: fields.optional("upstream"),
        };
        fields.finish();
        Some(route)
    }
}

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

/// `methods:` or, for one, `method:`.
fn methods(fields: &mut Fields<'_>, problems: &Problems) -> Option<Texts> {
    let many = texts(fields, "methods", problems);
    let one: Option<Placed<String>> = fields.optional("method");
    match (many, one) {
        (Some(_), Some(one)) => {
            problems.error(&one.node, "`method` and `methods` are the same; write one");
            None
        }
        (many, None) => many,
        (None, Some(one)) => Some(Placed {
            node: one.node.clone(),
            value: OneOrMany(vec![one]),
        }),
    }
}

fn permission(fields: &mut Fields<'_>, problems: &Problems) -> Option<PermissionConfig> {
    let node = fields.shaped("permission", || Shape::Text.or(Shape::named(Shape::Text)))?;
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
