//! Deliveries that are worth less than they seem, and routes that take more than deliveries are.

use crate::document::Node;
use crate::model::{Coverage, WebhookProfile};

use super::super::methods::Methods;
use super::Subject;
use super::file::Entry;
use super::specific::alike;

impl Subject<'_> {
    /// `webhook-alternatives`, `webhook-any-method`, `webhook-challenge-method` and `webhook-partial-coverage`.
    pub(super) fn webhooks(&self) {
        if self.policy.webhooks.is_empty() {
            return;
        }
        for entry in &self.file.routes {
            let webhooks: Vec<_> = self.taken(entry).collect();
            if webhooks.is_empty() {
                continue;
            }
            self.alternatives(entry);
            self.any_method(entry, &webhooks);
            for webhook in webhooks {
                self.coverage(entry, webhook);
                self.challenges(entry, webhook);
            }
        }
    }

    /// The webhooks whose deliveries come to a route.
    fn taken<'s>(&'s self, entry: &'s Entry<'_>) -> impl Iterator<Item = &'s WebhookProfile> {
        let webhooks = self.policy.webhooks.iter();
        webhooks.filter(|webhook| entry.route.access().takes_deliveries_of(&webhook.name))
    }

    /// Several webhooks, any of which will do: whoever knows the secret of one of them gets in.
    fn alternatives(&self, entry: &Entry<'_>) {
        let webhooks = self.policy.webhooks.iter();
        let alone = webhooks.filter(|webhook| entry.route.access().accepts(&webhook.name));
        let names: Vec<&str> = alone.map(|webhook| &*webhook.name).collect();
        if names.len() < 2 {
            return;
        }
        let message = format!(
            "a delivery of any of {} passes here, so the weakest of them decides what a signature is worth",
            names.join(", ")
        );
        let help = "give each sender a route of its own; or say why it is right with `ignore`";
        self.warn("webhook-alternatives", said(entry), message, help);
    }

    /// Senders post. Whatever else comes with a signature is a mistake, or somebody who tries.
    fn any_method(&self, entry: &Entry<'_>, webhooks: &[&WebhookProfile]) {
        if *entry.route.methods != Methods::Any {
            return;
        }
        let mut asked = vec!["POST"];
        let challenges = webhooks.iter().flat_map(|webhook| &webhook.challenges);
        for method in challenges.map(|method| method.as_str()) {
            if !asked.contains(&method) {
                asked.push(method);
            }
        }
        let help = match asked.as_slice() {
            [one] => format!("write `method: {one}`"),
            several => format!(
                "write `methods: [{}]`, as challenges are answered",
                several.join(", ")
            ),
        };
        let message = "deliveries are taken here by any method".to_owned();
        self.warn("webhook-any-method", entry.path_node(), message, &help);
    }

    /// What is signed is not all that is sent on.
    fn coverage(&self, entry: &Entry<'_>, webhook: &WebhookProfile) {
        let name = &webhook.name;
        let message = match webhook.covers {
            Coverage::Body => return,
            Coverage::Part => format!(
                "the signature of a delivery of `{name}` covers a part of its body: the rest may be anybody's, \
                 under a signature that was seen once"
            ),
            Coverage::Origin => format!(
                "a delivery of `{name}` says who sends it and nothing of its body, which is not covered: whoever \
                 sees one can send any other"
            ),
        };
        let help = "let the app trust what is covered and fetch the rest from the sender, or use a scheme that \
                    covers the body; or say why it is right with `ignore`";
        self.warn("webhook-partial-coverage", said(entry), message, help);
    }

    /// A challenge that never arrives.
    fn challenges(&self, entry: &Entry<'_>, webhook: &WebhookProfile) {
        let missing: Vec<&str> = webhook
            .challenges
            .iter()
            .filter(|method| {
                let mut routes = self.file.routes.iter();
                !routes.any(|other| {
                    other.route.methods.contains(method)
                        && other.route.access().takes_deliveries_of(&webhook.name)
                        && alike(&other.pattern, &entry.pattern)
                })
            })
            .map(|method| method.as_str())
            .collect();
        if missing.is_empty() {
            return;
        }
        let missing = missing.join(" and ");
        let message = format!(
            "`{}` answers challenges by {missing}, which no route for this path takes",
            webhook.name
        );
        let help =
            format!("add {missing} to `methods`, or leave `answer_challenges` out of the webhook");
        let node = entry.node.at("methods").or(entry.node.at("method"));
        let node = node.unwrap_or(entry.path_node());
        self.warn("webhook-challenge-method", node, message, &help);
    }
}

/// Where the route says whose credentials count, or else where it is.
fn said<'e>(entry: &'e Entry<'_>) -> &'e Node {
    entry.node.at("authenticate").unwrap_or(entry.path_node())
}
