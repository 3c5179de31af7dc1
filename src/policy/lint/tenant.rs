//! Captures that look like tenants, and tenants that several issuers name.

use super::super::binding::Binding;
use super::Subject;
use super::file::{Entry, keys};

/// What tenants are called, without what joins words.
const NAMES: [&str; 9] = [
    "tenant",
    "org",
    "organization",
    "organisation",
    "account",
    "workspace",
    "customer",
    "company",
    "client",
];

/// What may stand behind such a name.
const ENDINGS: [&str; 7] = ["", "id", "uid", "uuid", "name", "slug", "key"];

impl Subject<'_> {
    /// `unbound-tenant` and `issuers-share-tenants`.
    pub(super) fn tenants(&self) {
        let matters = self.tenants_matter();
        for entry in &self.file.routes {
            if entry.is_public() {
                continue;
            }
            match &entry.route.rules.tenant {
                Some(binding) => self.shared(entry, binding),
                None if matters && entry.route.origin("tenant").is_none() => self.unbound(entry),
                None => {}
            }
        }
    }

    /// Whether the file binds a tenant anywhere, or maps a claim to it, or tells the app of it.
    fn tenants_matter(&self) -> bool {
        let binds = |entry: &Entry<'_>| entry.route.rules.tenant.is_some();
        let mut issuers = keys(self.file.top.at("issuers"));
        let mut headers = keys(self.file.top.at("identity_headers"));
        self.file.routes.iter().any(binds)
            || issuers.any(|(_, issuer)| {
                let claims = issuer.at("claims");
                claims.is_some_and(|claims| claims.at("tenant").is_some())
            })
            || headers.any(|(_, value)| {
                value
                    .text()
                    .is_some_and(|text| text.contains("principal.tenant"))
            })
    }

    fn unbound(&self, entry: &Entry<'_>) {
        let Some(name) = entry.pattern.names().find(|name| is_tenant(name)) else {
            return;
        };
        let (shown, rule) = match entry.quotable {
            true => (
                format!("`{{{name}}}`"),
                format!("`tenant: \"{{{{ path.{name} }}}}\"`"),
            ),
            false => ("a capture".to_owned(), "`tenant`".to_owned()),
        };
        let message =
            format!("{shown} looks like a tenant, but every caller may write any value there");
        let help = format!("bind it: {rule}; or lift the rule in sight: `tenant: any`");
        self.warn("unbound-tenant", entry.path_node(), message, &help);
    }

    fn shared(&self, entry: &Entry<'_>, binding: &Binding) {
        let issuers = self.file.issuers.len();
        if issuers < 2 || entry.route.origin("authenticate").is_some() {
            return;
        }
        let named = match entry.quotable {
            true => format!(" that {binding} must equal"),
            false => String::new(),
        };
        let message = format!("each of {issuers} issuers may name the tenant{named}");
        let help = "one issuer's tenant may have the name of another's; say with `authenticate` whose \
                    tokens count here, or for the whole file";
        self.warn("issuers-share-tenants", entry.node, message, help);
    }
}

/// Whether a capture is called like a tenant: `tenant_id`, `orgId`, `workspace-slug`.
fn is_tenant(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .map(|c| c.to_ascii_lowercase())
        .collect();
    NAMES.iter().any(|known| {
        let ending = plain.strip_prefix(known);
        ending.is_some_and(|ending| ENDINGS.contains(&ending))
    })
}
