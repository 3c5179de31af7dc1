//! Senders that sign the body alone.

use super::{Row, TEXT, hex, row};

pub(super) fn node() -> Vec<Row> {
    vec![
        row("github", TEXT, 0),
        row("shopify", TEXT, 0),
        Row {
            body: |now| format!(r#"{{"action":"create","webhookTimestamp":{now}000,"number":12}}"#),
            ..row("linear", TEXT, 60)
        },
        hex("adyen-platform"),
        row("line", TEXT, 0),
        Row {
            body: |now| {
                format!(r#"{{"time_ms":{now}000,"events":[{{"name":"channel_occupied","n":12}}]}}"#)
            },
            ..row("pusher", TEXT, 300)
        },
        row("kontent-ai", TEXT, 0),
        row("razorpay", TEXT, 0),
        row("gocardless", TEXT, 0),
        row("coinbase-commerce", TEXT, 0),
        row("meta", TEXT, 0),
        row("dropbox", TEXT, 0),
        row("bitbucket", TEXT, 0),
        row("cal-com", TEXT, 0),
        row("docusign", TEXT, 0),
        row("heroku", TEXT, 0),
        row("fourthwall", TEXT, 0),
        row("vercel", TEXT, 0),
        row("woocommerce", TEXT, 0),
        row("lemon-squeezy", TEXT, 0),
        row("doppler", TEXT, 0),
        row("modern-treasury", TEXT, 0),
    ]
}

pub(super) fn python() -> Vec<Row> {
    let mut rows = vec![
        row("meta", TEXT, 0),
        Row {
            // What says that there is something new; Airtable writes no more than ASCII.
            body: |_| AIRTABLE.to_owned(),
            ..base64("airtable")
        },
        row("quickbooks", TEXT, 0),
        row("paystack", TEXT, 0),
        hex("onfleet"),
        hex("squarespace"),
        base64("teams"),
        Row {
            preset: "sentry",
            ..row("sentry-ui", TEXT, 0)
        },
        Row {
            body: |now| format!(r#"{{"event_type":"issue.open","dispatched_at":{now},"id":12}}"#),
            ..row("aikido", TEXT, 30)
        },
    ];
    rows.extend(DOCUMENTED.iter().map(|preset| row(preset, TEXT, 0)));
    rows
}

/// A secret of 32 bytes in base64, and no time.
const fn base64(provider: &'static str) -> Row {
    Row {
        wrong: "YW5vdGhlci1zZWNyZXQtb2YtdGhhdC1zaXpl",
        ..row(provider, "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", 0)
    }
}

/// Signed as documentation says, with a text for a key, by a second reader of it: nobody else vouches for these.
const DOCUMENTED: &[&str] = &[
    "ably",
    "aftership",
    "attio",
    "authorize-net",
    "autodesk",
    "chargify",
    "checkout-com",
    "circleci",
    "clickup",
    "coinify",
    "dwolla",
    "firecrawl",
    "forgejo",
    "gitea",
    "gogs",
    "hcp-terraform",
    "hcp-terraform-run-task",
    "hookdeck",
    "intercom",
    "jira",
    "launchdarkly",
    "logto",
    "mongodb-atlas",
    "nylas",
    "pagerduty",
    "segment",
    "sentry",
    "typeform",
    "worldpay",
    "x",
    "xero",
];

const AIRTABLE: &str = r#"{"base":{"id":"app00000000000000"},"webhook":{"id":"ach00000000000000"},"timestamp":"2022-02-01T21:25:05.663Z"}"#;
