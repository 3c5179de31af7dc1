//! `presets`: the schemes of senders that ship, and their text.
//!
//! Straight line: the files that ship, read as an operator's would be -> [`Sketch`] -> a table, a text or JSON.

mod sketch;

use serde_json::{Value, json};

use crate::cli::exit::{Exit, Failure};
use crate::cli::keys::{Column, Table};
use crate::cli::output::{Output, Tone};
use crate::webhook::{Preset, presets};

use sketch::Sketch;

const LIST_EXAMPLES: &str = "\
Examples:
  sidegate presets list
  sidegate presets list git
  sidegate presets list --json

COVERS says what of a delivery the signature holds together: `body` is all of it, `part` some of it, `origin`
nothing: then it is known who sends and no more. WINDOW is how old a delivery may be, or how far in the future;
`none` where nothing signed says when it was made. PROOF is who vouches for the preset: a `package` of the sender's
signs or verifies in sidegate's tests, a published `example` is computed there, or the sender's `documentation`
was read and no more. CHALLENGES are the requests with which a sender tests an
address; they are answered where the policy says `answer_challenges: true`.";

const SHOW_EXAMPLES: &str = "\
Examples:
  sidegate presets show stripe
  sidegate presets show github >> policy.yaml

The text is what may stand below a webhook's name in a policy file. `preset: stripe` means all of it; what the
file says beside that is merged over it, map by map.";

/// List and show the webhook schemes that ship
///
/// A preset says how one sender signs: where the signature is, what is signed, for how long it counts. It is
/// YAML that could stand in a policy file, and it is used by its name: `webhooks: { hooks: { preset: github,
/// secrets: ${GITHUB_SECRET} } }`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    List(List),
    Show(Show),
}

/// List all presets
///
/// With what each covers, how it signs, how old a delivery may be, who vouches for it, and how its sender tests an
/// address.
#[derive(Debug, clap::Args)]
#[command(after_help = LIST_EXAMPLES)]
struct List {
    /// Only presets that have this text in their name
    #[arg(value_name = "TEXT")]
    filter: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Print one preset as YAML
///
/// With comments that say what it is, where the sender shows the secret, and what there is to know.
#[derive(Debug, clap::Args)]
#[command(after_help = SHOW_EXAMPLES)]
struct Show {
    /// Its name, as `preset:` takes it
    name: String,
}

pub(in crate::cli) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    match &arguments.command {
        Command::List(list) => listed(list, output),
        Command::Show(show) => {
            let preset = find(&show.name)?;
            output.line(preset.text.trim_end())?;
            Ok(Exit::Success)
        }
    }
}

/// The preset of a name.
pub(in crate::cli) fn find(name: &str) -> Result<&'static Preset, Failure> {
    Preset::of(name).ok_or_else(|| {
        let help = Preset::advice(name);
        Failure::usage(format_args!("there is no preset `{name}`; {help}"))
    })
}

fn listed(list: &List, output: Output) -> Result<Exit, Failure> {
    let filter = list.filter.as_deref().unwrap_or_default();
    let filter = filter.to_ascii_lowercase();
    let chosen = presets()
        .iter()
        .filter(|preset| preset.name.contains(&filter));
    let sketches: Vec<Sketch> = chosen.filter_map(Sketch::of).collect();
    if list.json {
        let lines: Vec<Value> = sketches.iter().map(Sketch::as_json).collect();
        output.line(json!({ "schema": 1, "presets": lines }))?;
    } else {
        show(&sketches, output)?;
    }
    if sketches.is_empty() {
        output.note(format_args!("no preset has `{filter}` in its name"));
        return Ok(Exit::Negative);
    }
    Ok(Exit::Success)
}

fn show(sketches: &[Sketch], output: Output) -> std::io::Result<()> {
    let columns = [
        Column::whole("name"),
        Column::whole("covers"),
        Column::whole("kind"),
        Column::whole("window"),
        Column::whole("proof"),
        Column::cut("challenges"),
    ];
    let rows: Vec<Vec<String>> = sketches.iter().map(Sketch::row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let table = Table::new(&columns, &rows);
    output.line(output.tint(Tone::Strong, table.head()))?;
    rows.iter().try_for_each(|row| output.line(table.row(row)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_can_be_listed() {
        let sketched = presets().iter().filter_map(Sketch::of).count();
        assert_eq!(sketched, presets().len());
    }

    #[test]
    fn wrong_name_gets_the_nearest() {
        let Err(failure) = find("no-such-thing-at-all") else {
            panic!("it is there");
        };
        assert_eq!(failure.exit, Exit::Usage);
        if Preset::of("github").is_some() {
            let Err(failure) = find("GitHib") else {
                panic!("it is there");
            };
            assert!(failure.message.contains("did you mean `github`?"));
        }
    }
}
