//! What webhooks ask of the routes that name them, and what such routes cannot ask of deliveries.

use std::sync::Arc;

use crate::document::{ByteSize, Node, Placed};
use crate::model::WebhookProfile;

use super::super::config::{Located, RouteConfig, Wanted};
use super::super::pattern::Pattern;
use super::super::route::Rules;
use super::Compiler;
use super::accepting::Accepting;
use super::layer::{Demands, Way, value};

/// The longest body that a route may have held: beyond it, holding is no way to verify one.
const MOST_BODY: u64 = 1 << 30;

/// The webhooks of one route.
struct Named<'k> {
    /// Those whose signature is enough.
    alone: Vec<&'k WebhookProfile>,
    /// That whose signature must be there beside a credential.
    signed: Option<&'k WebhookProfile>,
    /// Whether nothing but deliveries comes to the route.
    nothing_else: bool,
}

impl<'k> Named<'k> {
    fn all(&self) -> impl Iterator<Item = &&'k WebhookProfile> {
        self.alone.iter().chain(&self.signed)
    }
}

impl<'a> Compiler<'a> {
    /// The size that `max_body` says.
    pub(super) fn most_body(&self, size: &Placed<ByteSize>) -> usize {
        if !(1..=MOST_BODY).contains(&size.value.0) {
            let message = "`max_body` is from 1 byte to 1 GiB";
            let help =
                "most senders keep below 5 MiB; what is held counts against `limits.held_bodies`";
            self.problems.error_with(&size.node, message, help);
        }
        size.value.as_usize()
    }

    fn named(&self, accepted: Option<&Accepting>) -> Named<'a> {
        let known = self.known;
        let profile = |name: &Arc<str>| known.webhooks.iter().find(|one| one.name == *name);
        match accepted {
            None => Named {
                alone: known.webhooks.iter().collect(),
                signed: None,
                nothing_else: known.issuers.is_empty() && known.key_sets.is_empty(),
            },
            Some(accepted) => Named {
                alone: accepted.names.iter().filter_map(profile).collect(),
                signed: accepted.signed.as_ref().and_then(profile),
                nothing_else: !accepted.names.is_empty()
                    && accepted.names.iter().all(|name| profile(name).is_some()),
            },
        }
    }

    /// Holds a route against the webhooks that it names; gives the longest body that is held here, if the file
    /// says so for routes.
    pub(super) fn deliveries(
        &self,
        config: &RouteConfig,
        (way, demands): (&Way, &Demands<'a>),
        rules: &Rules,
        pattern: Option<&Pattern>,
    ) -> Option<usize> {
        // A route that leaves open whose credentials count is reported for just that.
        let unsaid = demands.accepted.is_none() && self.must_say();
        if config.public || unsaid {
            return None;
        }
        let named = self.named(value(&demands.accepted));
        if named.all().next().is_none() {
            self.refuse_idle_size(config);
            return None;
        }
        for webhook in named.all() {
            self.check_choice(config, webhook, pattern);
        }
        self.check_key(config, &named, value(&demands.accepted));
        self.refuse_service(config);
        if named.nothing_else {
            self.refuse_of_deliveries(config, &named, rules);
        }
        value(&way.most_body).copied()
    }

    fn refuse_idle_size(&self, config: &RouteConfig) {
        if let Some(size) = &config.own.max_body {
            let message =
                "no webhook is named here, so no body is held that `max_body` could bound";
            let help = "take it away, or name a webhook with `authenticate`";
            self.problems.error_with(&size.node, message, help);
        }
    }

    /// The capture that chooses the secrets must be there.
    fn check_choice(
        &self,
        config: &RouteConfig,
        webhook: &WebhookProfile,
        pattern: Option<&Pattern>,
    ) {
        let (Some(capture), Some(pattern)) = (&webhook.chosen_by, pattern) else {
            return;
        };
        if pattern.names().any(|known| *known == **capture) {
            return;
        }
        let name = &webhook.name;
        let message = format!(
            "the path has no capture `{capture}`, which chooses the secrets of the webhook `{name}`"
        );
        let help = format!(
            "write `{{{capture}}}` for a segment of the path, or choose the secrets otherwise: see \
             `secrets_by` of `{name}`"
        );
        self.problems.error_with(path_of(config), message, help);
    }

    /// A secret that is an API key, or is kept for one, needs a key that comes along.
    fn check_key(&self, config: &RouteConfig, named: &Named<'_>, accepted: Option<&Accepting>) {
        let key_sets = self.known.key_sets;
        let set = key_sets.first().map_or("partners", |name| &**name);
        let beside_key = accepted
            .is_some_and(|accepted| accepted.names.iter().any(|name| key_sets.contains(name)));
        let alone = named.alone.iter().filter(|webhook| webhook.needs_key);
        let beside = named
            .signed
            .iter()
            .filter(|webhook| webhook.needs_key && !beside_key);
        for webhook in alone.chain(beside) {
            let name = &webhook.name;
            let message = format!(
                "the secret of the webhook `{name}` comes with an API key, and no key is asked for beside it"
            );
            let help =
                format!("write `authenticate: {{ all: [{set}, {name}] }}`, with a set of API keys");
            let node = at(config, config.own.authenticate.as_ref());
            self.problems.error_with(node, message, help);
        }
    }

    /// Whoever makes keys sends what the gate reads; a delivery's body is its sender's.
    fn refuse_service(&self, config: &RouteConfig) {
        if let Some(set) = &config.api_keys {
            let message =
                "keys are served here, and deliveries of a webhook are no requests for keys";
            let help = "name issuers or sets of API keys alone with `authenticate`";
            self.problems.error_with(&set.node, message, help);
        }
    }

    /// What no delivery can meet, where nothing but deliveries comes.
    fn refuse_of_deliveries(&self, config: &RouteConfig, named: &Named<'_>, rules: &Rules) {
        let own = &config.own;
        let names: Vec<String> = named
            .alone
            .iter()
            .map(|one| format!("`{}`", one.name))
            .collect();
        let names = names.join(", ");
        if rules.tenant.is_some() && !named.alone.iter().any(|webhook| webhook.has_tenant) {
            let message = format!("nobody could pass: a delivery of {names} has no tenant");
            let help = "write the sender's under the webhook: `principal: { tenant: ... }`, or choose its secrets \
                        by tenant with `secrets_by`; or lift the rule in sight: `tenant: any`";
            self.problems
                .error_with(at(config, own.tenant.as_ref()), message, help);
        }
        if rules.step_up.is_some() {
            let node = match (&own.acr, &own.max_age) {
                (Some(acr), _) => acr.node(),
                (None, max_age) => at(config, max_age.as_ref()),
            };
            let message =
                format!("nobody could pass: a delivery of {names} has no sign-in behind it");
            let help = "`acr` and `max_age` are for people's tokens: take them away, or lift them here with `any`";
            self.problems.error_with(node, message, help);
        }
        if let Some(Wanted::These(source)) = &own.source {
            let message = "`source` asks nobody here: it is for API keys, and only deliveries come";
            let help = "take it away, or ask for a key as well: `authenticate: { all: [partners, signed] }`";
            self.problems.error_with(&source.node, message, help);
        }
    }
}

/// The node of what the route says itself, or else that of its path.
fn at<'c, T: Located>(config: &'c RouteConfig, own: Option<&'c T>) -> &'c Node {
    own.map_or_else(|| path_of(config), Located::node)
}

fn path_of(config: &RouteConfig) -> &Node {
    config.path.as_ref().map_or(&config.node, |path| &path.node)
}
