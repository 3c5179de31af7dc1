//! The section `webhooks` of the policy file.

use std::sync::Arc;

use crate::document::{Fields, Problems};
use crate::model::WebhookProfile;

use super::{Fetcher, Webhook};

/// The webhooks of one policy file, as written.
#[derive(Debug, Default)]
pub struct Settings {}

impl Settings {
    /// Reads the key `webhooks` at the top of the policy file.
    pub fn read(_fields: &mut Fields<'_>, _problems: &Problems) -> Self {
        Self {}
    }

    /// The webhooks, as far as routes must fit them, also of those with mistakes.
    pub fn profiles(&self) -> Vec<WebhookProfile> {
        Vec::new()
    }

    /// The webhooks, ready to verify.
    pub fn build(self, _fetcher: &Arc<Fetcher>, _problems: &Problems) -> Vec<Arc<Webhook>> {
        Vec::new()
    }
}
