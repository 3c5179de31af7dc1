//! The schemes of senders, as files that an operator could have written.
//!
//! Each file says in comments what a sender's scheme is, where its secret is found, what is covered and what to
//! know; then the scheme, in the form that `webhooks` of a policy file has. Nothing here is code: a preset can do
//! no more than an operator's own text could.

#[cfg(test)]
mod tests;

/// A scheme that ships.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Its name, which `preset:` takes.
    pub name: &'static str,
    /// Its text: what may stand below a webhook's name in a policy file, with comments.
    pub text: &'static str,
}

/// All presets, by name.
pub fn presets() -> &'static [Preset] {
    PRESETS
}

impl Preset {
    /// The preset of this name.
    pub fn of(name: &str) -> Option<&'static Self> {
        let at = PRESETS.binary_search_by(|preset| preset.name.cmp(name));
        PRESETS.get(at.ok()?)
    }

    /// What it is, in its own words: the first line of its comments.
    pub fn summary(&self) -> &'static str {
        let line = self.text.lines().next().unwrap_or_default();
        line.trim_start_matches(['#', ' '])
    }
}

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$(Preset { name: $name, text: include_str!(concat!($name, ".yaml")) }),*]
    };
}

/// In the order of their names.
const PRESETS: &[Preset] = shipped![
    "adyen",
    "adyen-platform",
    "aikido",
    "airtable",
    "auth0",
    "aws-sns",
    "azure-event-grid",
    "bitbucket",
    "box",
    "buildkite",
    "buildkite-token",
    "calendly",
    "circleci",
    "cloudevents",
    "coinbase-commerce",
    "contentful",
    "customer-io",
    "discord",
    "discord-events",
    "docusign",
    "dropbox",
    "elevenlabs",
    "forgejo",
    "gitea",
    "github",
    "gitlab",
    "gitlab-token",
    "gocardless",
    "gogs",
    "grafana",
    "grafana-timestamp",
    "hcp-terraform",
    "hubspot-v1",
    "hubspot-v2",
    "hubspot-v3",
    "intercom",
    "jira",
    "klaviyo",
    "kontent-ai",
    "line",
    "linear",
    "liveblocks",
    "livekit",
    "mailgun",
    "mandrill",
    "meta",
    "mux",
    "okta",
    "openai",
    "paddle",
    "pagerduty",
    "paypal",
    "postmark",
    "pusher",
    "qstash",
    "quickbooks",
    "razorpay",
    "replicate",
    "rfc9421",
    "rootly",
    "sanity",
    "sendgrid",
    "sentry",
    "shopify",
    "slack",
    "splunk-on-call",
    "square",
    "standard-webhooks",
    "standard-webhooks-v1a",
    "stripe",
    "svix",
    "teams",
    "telegram",
    "telnyx",
    "trello",
    "twilio",
    "twilio-shared-key",
    "twitch",
    "typeform",
    "vercel",
    "webflow",
    "woocommerce",
    "workos",
    "worldpay",
    "x",
    "x-webhook-signature",
    "xero",
    "zendesk",
    "zoho-payments",
    "zoom",
];
