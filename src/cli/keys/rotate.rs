//! `keys rotate` and `keys revoke`: a new text for a key, and its end.

use std::io::{self, BufRead, IsTerminal, Write};
use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Output, Tone};
use crate::keys::{Reach, Rotation, document};
use crate::model::ApiKey;
use crate::store::Listed;

use super::moments::{shown, shown_span, span};
use super::session::{Session, refused, with};
use super::{made, operator, place};

const ROTATE_EXAMPLES: &str = "\
Examples:
  KEY=$(sidegate keys rotate 0aB3dE5gH7jK --grace 24h --policy policy.yaml)
  sidegate keys rotate 0aB3dE5gH7jK --grace 0s --policy policy.yaml > new-key.txt

The new text alone is on stdout. Until the grace is over the old text counts as well; with 0s it is over at
once. Id, rights and counted uses stay what they are.";

/// Give a key a new text
#[derive(Debug, clap::Args)]
#[command(after_help = ROTATE_EXAMPLES)]
pub(in crate::cli) struct Rotate {
    /// The key's id, as `keys list` shows it
    id: String,
    #[command(flatten)]
    place: place::Whereabouts,
    /// How long the old text goes on to count: `30m`, `24h`, `7d`, at most 90d; `0s` for not at all
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = span)]
    grace: Duration,
    /// Make a secret to sign webhooks with as well; a key that has one gets a new one in any case
    #[arg(long)]
    signing_secret: bool,
    /// Print one JSON object, with the text
    #[arg(long)]
    json: bool,
}

pub(super) fn rotate(arguments: &Rotate, output: Output, now: SystemTime) -> Result<Exit, Failure> {
    let place = arguments.place.place(output)?;
    let sets = place.sets(output)?;
    let settings = place.present(output)?;
    let (id, grace, by) = (&arguments.id, arguments.grace, operator());
    let rotation = Rotation {
        grace,
        signing: arguments.signing_secret,
    };
    let done = with(settings, async |session: &Session| {
        let registry = session.registry.clone().sealing(place.sealer());
        let rotating = registry.rotate(&sets, id, rotation, Reach::default(), &by, now);
        rotating.await.map_err(|error| refused(error, Some(id)))
    })?;
    if arguments.json {
        output.line(made::as_json(&done, now))?;
        return Ok(Exit::Success);
    }
    made::text(&done)?;
    let until = match grace.is_zero() {
        true => "the old text is over".to_owned(),
        false => {
            let end = now.checked_add(grace).map(shown).unwrap_or_default();
            format!("the old text counts until {end}, for {}", shown_span(grace))
        }
    };
    output.note(format_args!(
        "{} has a new text; {until}",
        called(&done.key)
    ));
    Ok(Exit::Success)
}

const REVOKE_EXAMPLES: &str = "\
Examples:
  sidegate keys revoke 0aB3dE5gH7jK --policy policy.yaml
  sidegate keys revoke 0aB3dE5gH7jK 1cD3eF5gH7iJ --yes --store sqlite:/var/lib/sidegate/sidegate.db

Every gate on the store refuses the key within a second. With --store no policy is needed. On a terminal it
asks first; anywhere else it wants --yes.";

/// End keys for good
#[derive(Debug, clap::Args)]
#[command(after_help = REVOKE_EXAMPLES)]
pub(in crate::cli) struct Revoke {
    /// The keys' ids, as `keys list` shows them
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    #[command(flatten)]
    place: place::Whereabouts,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn revoke(arguments: &Revoke, output: Output, now: SystemTime) -> Result<Exit, Failure> {
    let asks = io::stdin().is_terminal() && io::stderr().is_terminal();
    if !arguments.yes && !asks {
        let help = "nobody can be asked here: say --yes to revoke, which cannot be undone";
        return Err(Failure::usage(help));
    }
    let place = arguments.place.place(output)?;
    let settings = place.present(output)?;
    let by = operator();
    let mut ids: Vec<&str> = Vec::new();
    for id in &arguments.ids {
        if !ids.contains(&id.as_str()) {
            ids.push(id);
        }
    }
    with(settings, async |session: &Session| {
        // Whoever names a key that is not there has not been understood: then none is revoked.
        let mut found = Vec::new();
        for id in &ids {
            let listed = session.registry.show(id, Reach::default()).await;
            found.push(listed.map_err(|error| refused(error, Some(id)))?);
        }
        if !arguments.yes && !agreed(&found, output)? {
            return Err(Failure::negative("nothing was revoked"));
        }
        let mut ended = Vec::new();
        for listed in found {
            let id = &listed.key.id;
            let revoking = session.registry.revoke(id, Reach::default(), &by, now);
            let key = revoking.await.map_err(|error| refused(error, Some(id)))?;
            if !arguments.json {
                say(&key, listed.key.revoked_at, output)?;
            }
            ended.push(Listed { key, ..listed });
        }
        if arguments.json {
            let keys = ended.iter().map(|key| document(key, now));
            output.line(json!({ "schema": 1, "keys": keys.collect::<Vec<_>>() }))?;
        }
        Ok(Exit::Success)
    })
}

/// Asks the person at the terminal.
fn agreed(keys: &[Listed], output: Output) -> Result<bool, Failure> {
    for listed in keys {
        let key = &listed.key;
        let last = listed.last_used_at.map_or_else(
            || "never used".to_owned(),
            |moment| format!("last used {}", shown(moment)),
        );
        output.note(format_args!("  {}, {last}", called(key)));
    }
    let mut err = io::stderr().lock();
    write!(err, "Revoke? It cannot be undone. [y/N] ")?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(is_yes(&answer))
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

fn say(key: &ApiKey, before: Option<SystemTime>, output: Output) -> io::Result<()> {
    match before {
        Some(before) => output.line(format_args!(
            "{} was revoked before, {}",
            called(key),
            shown(before)
        )),
        None => output.line(format_args!(
            "{} {}",
            output.tint(Tone::Good, "revoked"),
            called(key)
        )),
    }
}

/// A key in a sentence.
fn called(key: &ApiKey) -> String {
    let tenant = match &key.tenant {
        Some(tenant) => format!(" of {tenant}"),
        None => String::new(),
    };
    let name = key.name.replace(char::is_control, " ");
    format!("`{name}`{tenant} ({} in {})", key.id, key.set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() {
        for answer in ["y\n", "YES\n", " yes "] {
            assert!(is_yes(answer), "{answer}");
        }
        for answer in ["", "\n", "n\n", "yep\n", "no\n"] {
            assert!(!is_yes(answer), "{answer}");
        }
    }
}
