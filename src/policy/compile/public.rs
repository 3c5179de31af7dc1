//! What a public route cannot ask.

use crate::document::{Node, Problems};

use super::super::binding::{Binding, Named};
use super::super::config::{Located, RouteConfig};
use super::super::pattern::Pattern;

pub(super) fn refuse_rules_on_public(config: &RouteConfig, problems: &Problems) {
    fn at<T: Located>(rule: &Option<T>) -> Option<&Node> {
        rule.as_ref().map(Located::node)
    }
    let own = &config.own;
    let rules = [
        ("roles", at(&own.roles)),
        ("scopes", at(&own.scopes)),
        ("permission", at(&own.permission)),
        ("tenant", at(&own.tenant)),
        ("source", at(&own.source)),
        ("authenticate", at(&own.authenticate)),
        ("acr", at(&own.acr)),
        ("max_age", at(&own.max_age)),
        ("max_body", at(&own.max_body)),
    ];
    for (key, node) in rules {
        if let Some(node) = node {
            let message = format!("a public route asks nobody, so `{key}` cannot hold");
            let help = format!("take away `public: true`, or `{key}`");
            problems.error_with(node, message, help);
        }
    }
}

pub(super) fn warn_of_public_tenant(
    config: &RouteConfig,
    pattern: Option<&Pattern>,
    problems: &Problems,
) {
    let bound = Binding::unasked(Named::Tenant, pattern).is_some() && config.own.tenant.is_none();
    if let (true, Some(path)) = (bound, &config.path) {
        let message = "a public route has no principal whose tenant `{tenant}` could equal";
        let help = "give the capture another name, or write `*`";
        problems.warn("public-tenant", &path.node, message, help);
    }
}
