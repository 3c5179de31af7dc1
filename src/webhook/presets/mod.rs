//! The schemes of senders, as files that an operator could have written.
//!
//! Each file says in comments what a sender's scheme is, where its secret is found, what is covered and what to
//! know; then the scheme, in the form that `webhooks` of a policy file has. Nothing here is code: a preset can do
//! no more than an operator's own text could.

#[cfg(test)]
mod tests;

use crate::document::closest;

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

    /// What to write instead of a name that no preset has.
    pub fn advice(name: &str) -> String {
        let given = name.to_ascii_lowercase();
        let names = || PRESETS.iter().map(|preset| preset.name);
        // `hubspot` is meant to be one of its versions, `github-app` to be what `github` is.
        let family = |name: &str| name.split('-').next() == given.split('-').next();
        let mut near: Vec<&str> = names().filter(|name| family(name)).collect();
        if near.is_empty() && !given.is_empty() {
            near.extend(closest(&given, names()));
        }
        match near.split_last() {
            None => "`sidegate presets list` names them all".to_owned(),
            Some((last, [])) => format!("did you mean `{last}`?"),
            Some((last, others)) => format!("did you mean `{}` or `{last}`?", others.join("`, `")),
        }
    }

    /// What it is, in its own words: the first line of its comments.
    pub fn summary(&self) -> &'static str {
        let line = self.text.lines().next().unwrap_or_default();
        line.trim_start_matches(['#', ' '])
    }

    /// Who vouches for it: what the last line of its comments begins with, after `# Proof: `.
    ///
    /// Where nothing is said nobody does, which is to say that it was read somewhere.
    pub fn proof(&self) -> Proof {
        let said = self
            .text
            .lines()
            .find_map(|line| line.strip_prefix("# Proof: "));
        [Proof::Package, Proof::Example]
            .into_iter()
            .find(|proof| said.is_some_and(|said| said.starts_with(proof.word())))
            .unwrap_or(Proof::Documentation)
    }
}

/// Who vouches that a preset's scheme is the one of its sender, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// A package of the sender, or one that many use, signs or verifies in our tests.
    Package,
    /// An example with its result, which somebody else published, is computed in our tests.
    Example,
    /// It was read, and nothing was found that could be run.
    Documentation,
}

impl Proof {
    /// The word of presets and lists.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Package => "package",
            Self::Example => "example",
            Self::Documentation => "documentation",
        }
    }
}

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$(Preset { name: $name, text: include_str!(concat!($name, ".yaml")) }),*]
    };
}

/// In the order of their names.
const PRESETS: &[Preset] = shipped![
    "ably",
    "adyen",
    "adyen-platform",
    "affirm",
    "aftership",
    "aikido",
    "airship",
    "airtable",
    "airwallex",
    "alertmanager",
    "asana",
    "attio",
    "auth0",
    "authorize-net",
    "autodesk",
    "aws-sns",
    "azure-event-grid",
    "bitbucket",
    "box",
    "braintree",
    "brevo",
    "brex",
    "buildkite",
    "buildkite-token",
    "cal-com",
    "calendly",
    "chargebee",
    "chargify",
    "checkout-com",
    "circleci",
    "clerk",
    "clickup",
    "cloudevents",
    "coinbase-commerce",
    "coinify",
    "contentful",
    "customer-io",
    "datadog",
    "discord",
    "discord-events",
    "docusign",
    "dodo",
    "doppler",
    "dropbox",
    "dwolla",
    "elevenlabs",
    "etsy",
    "firecrawl",
    "forgejo",
    "fourthwall",
    "front",
    "front-rule",
    "fusionauth",
    "gitea",
    "github",
    "gitlab",
    "gitlab-token",
    "gocardless",
    "gogs",
    "grafana",
    "grafana-timestamp",
    "hcp-terraform",
    "hcp-terraform-run-task",
    "heroku",
    "hookdeck",
    "hubspot-v1",
    "hubspot-v2",
    "hubspot-v3",
    "incident-io",
    "intercom",
    "jira",
    "kibana",
    "klaviyo",
    "kontent-ai",
    "langfuse",
    "launchdarkly",
    "lemon-squeezy",
    "line",
    "linear",
    "liveblocks",
    "livekit",
    "lob",
    "logto",
    "mailgun",
    "mailgun-routes",
    "mandrill",
    "mercado-pago",
    "messagebird",
    "messagebird-legacy",
    "meta",
    "metronome",
    "microsoft-graph",
    "modern-treasury",
    "mongodb-atlas",
    "mux",
    "netlify",
    "notion",
    "nylas",
    "okta",
    "onfleet",
    "openai",
    "paddle",
    "pagerduty",
    "paypal",
    "paystack",
    "persona",
    "plivo",
    "polar",
    "postmark",
    "pusher",
    "qstash",
    "quickbooks",
    "razorpay",
    "recurly",
    "render",
    "replicate",
    "resend",
    "rfc9421",
    "rootly",
    "sanity",
    "segment",
    "sendgrid",
    "sentry",
    "shippo",
    "shopify",
    "sinch",
    "slack",
    "splunk-on-call",
    "square",
    "squarespace",
    "standard-webhooks",
    "standard-webhooks-v1a",
    "stripe",
    "supabase",
    "svix",
    "tailscale",
    "teams",
    "telegram",
    "telnyx",
    "tiktok",
    "trello",
    "twilio",
    "twilio-shared-key",
    "twitch",
    "typeform",
    "vercel",
    "vipps",
    "vonage",
    "webflow",
    "wise",
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
