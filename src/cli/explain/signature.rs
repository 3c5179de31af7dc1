//! What became of a signature, for people.

use std::io;

use crate::cli::output::Output;
use crate::cli::webhook::steps;

use super::deliveries::Outcome;
use super::explanation::Explanation;
use super::show::{heading, row};

/// What was made of the signature.
pub(super) fn show(it: &Explanation, output: Output) -> io::Result<()> {
    let Some(delivery) = &it.delivery else {
        return Ok(());
    };
    heading("signature", output)?;
    row(
        "webhook",
        format_args!("{} ({})", delivery.webhook, delivery.scheme),
        output,
    )?;
    row("covers", delivery.covers.1, output)?;
    if let Some(by) = &delivery.chosen_by {
        row("secret by", by, output)?;
    }
    if it.credential.unverified_delivery {
        row(
            "made here",
            "the secret is not here, so the signature is taken for good",
            output,
        )?;
    }
    steps(&delivery.steps, output)?;
    if let Some(text) = &delivery.text {
        row("signed", text, output)?;
    }
    match &delivery.outcome {
        Outcome::Challenge => row("is", "a challenge, which is answered here", output),
        Outcome::Enrolment => row(
            "is",
            "the secret that is awaited, which would be taken",
            output,
        ),
        Outcome::Refused(why) => row("is", format_args!("not genuine: {}", why.as_str()), output),
        Outcome::Genuine {
            secret,
            tenant,
            event_id,
            signed_at,
        } => {
            row(
                "is",
                format_args!("genuine, by the secret {secret}"),
                output,
            )?;
            let more = [
                ("of", tenant),
                ("event", event_id),
                ("signed at", signed_at),
            ];
            more.into_iter()
                .filter_map(|(name, value)| Some((name, value.as_ref()?)))
                .try_for_each(|(name, value)| row(name, value.replace('\n', "\\n"), output))
        }
    }
}
