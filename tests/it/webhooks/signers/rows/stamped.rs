//! Senders that sign a time with the body, Standard Webhooks among them.

use super::{Row, TEXT, row};

const WHSEC: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// A secret as Standard Webhooks write it.
const fn whsec(provider: &'static str) -> Row {
    Row {
        wrong: "whsec_MTEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        ..row(provider, WHSEC, 300)
    }
}

/// A sender that signs as Standard Webhooks do, by the package of these.
const fn of_standard(preset: &'static str) -> Row {
    Row {
        provider: "standard-webhooks",
        ..whsec(preset)
    }
}

pub(super) fn node() -> Vec<Row> {
    vec![
        row("stripe", TEXT, 300),
        row("slack", TEXT, 300),
        whsec("standard-webhooks"),
        of_standard("gitlab"),
        of_standard("openai"),
        of_standard("brex"),
        of_standard("etsy"),
        of_standard("incident-io"),
        of_standard("render"),
        of_standard("supabase"),
        whsec("dodo"),
        whsec("svix"),
        Row {
            provider: "svix",
            ..whsec("clerk")
        },
        whsec("resend"),
        whsec("replicate"),
        Row {
            body: |_| {
                r#"{"type":"storageUpdated","data":{"projectId":"p","roomId":"r1"}}"#.to_owned()
            },
            ..whsec("liveblocks")
        },
        row("paddle", TEXT, 60),
        row("workos", TEXT, 180),
        row("mux", TEXT, 300),
        row("sanity", TEXT, 300),
        row("twitch", TEXT, 600),
        row("webflow", TEXT, 300),
        row("metronome", TEXT, 300),
        Row {
            body: |_| r#"{"event":"meeting.started","payload":{"n":12}}"#.to_owned(),
            ..row("zoom", TEXT, 300)
        },
    ]
}

pub(super) fn python() -> Vec<Row> {
    vec![
        row("stripe", TEXT, 300),
        row("slack", TEXT, 300),
        whsec("standard-webhooks"),
        whsec("svix"),
        Row {
            provider: "svix",
            ..whsec("clerk")
        },
        row("polar", "polar_whs_00112233445566778899aabbccddeeff", 300),
        row("elevenlabs", TEXT, 1800),
        row("box", TEXT, 600),
        row("sinch", TEXT, 300),
        row("customer-io", TEXT, 300),
    ]
}
