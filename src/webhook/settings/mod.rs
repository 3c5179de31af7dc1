//! The section `webhooks` of the policy file.

mod entry;
mod holding;
mod merge;
mod moment;
mod replay;
mod secrets;
mod sender;
mod signing;

use std::borrow::Cow;
use std::sync::Arc;

use crate::document::{Fields, Named, Node, Problems, Shape};
use crate::model::WebhookProfile;

use super::{Fetcher, Plan, Webhook};

/// The webhooks of one policy file, as written.
#[derive(Debug, Default)]
pub struct Settings(Vec<Entry>);

/// One of them.
#[derive(Debug)]
struct Entry {
    profile: WebhookProfile,
    /// Nothing if there are mistakes in it.
    plan: Option<Plan>,
}

impl Settings {
    /// Reads the key `webhooks` at the top of the policy file.
    pub fn read(fields: &mut Fields<'_>, problems: &Problems) -> Self {
        fields.refuse_blank("webhooks");
        let node = fields.shaped("webhooks", || Shape::named(Shape::Section("webhook")));
        let named = node.and_then(|node| Named::of(node, "names to webhooks", problems));
        let each = named.into_iter().flatten();
        Self(
            each.map(|(key, node)| Entry::read(key, node, problems))
                .collect(),
        )
    }

    /// The value of a webhook's key `secrets` with the files of a folder in the folder's place.
    pub fn unfolded<'n>(secrets: &'n Node, problems: &Problems) -> Option<Cow<'n, Node>> {
        secrets::unfolded(secrets, problems)
    }

    /// The webhooks, as far as routes must fit them, also of those with mistakes.
    pub fn profiles(&self) -> Vec<WebhookProfile> {
        self.0.iter().map(|entry| entry.profile.clone()).collect()
    }

    /// The webhooks, ready to verify.
    pub fn build(self, fetcher: &Arc<Fetcher>) -> Vec<Arc<Webhook>> {
        let plans = self.0.into_iter().filter_map(|entry| entry.plan);
        let ready = plans.map(|plan| {
            Arc::new(Webhook {
                plan: Arc::new(plan),
                fetcher: Arc::clone(fetcher),
            })
        });
        ready.collect()
    }
}
