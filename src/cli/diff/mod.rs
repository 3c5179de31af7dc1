//! `diff`: what a new policy means that the old one did not.

mod sections;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::app::Loader;
use crate::cli::exit::{Exit, Failure};
use crate::cli::files;
use crate::cli::output::{Output, Tone};
use crate::document::Severity;
use crate::engine::Engine;
use crate::jwks::{KeySets, Settings};
use crate::policy::proof::{Change, Difference, Sign};
use crate::telemetry::Registry;

use sections::Sections;

const EXAMPLES: &str = "\
Examples:
  sidegate diff policy.yaml policy.new.yaml
  git show HEAD:policy.yaml > old.yaml && sidegate diff old.yaml policy.yaml --json

  + somebody gains   - somebody loses   ~ something else is different

Ends with 0 when both mean the same, with 1 when they differ, with 3 when a file cannot be used, with 4
when one cannot be read. Nothing is sampled: every request and caller that the policies tell apart is
compared, but conditions only as they are written. Of `issuers`, `tokens` and `errors` it says no more than
that they are written otherwise.";

/// Say what a new policy means that the old one did not
///
/// Who gains and who loses which method, host and path, what became public, whose identity headers or
/// conditions changed. Two policies in other words that mean the same have no difference.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// The policy as it was
    old: PathBuf,
    /// The policy as it is to be
    new: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    let old = load(&arguments.old, output)?;
    let new = load(&arguments.new, output)?;
    let difference = Difference::between(old.policy(), new.policy()).map_err(Failure::invalid)?;
    let sections = Sections::read(&arguments.old)?.unlike(&Sections::read(&arguments.new)?);
    let same = difference.changes.is_empty() && sections.is_empty();
    if arguments.json {
        output.line(json!({
            "schema": 1,
            "same": same,
            "old": arguments.old,
            "new": arguments.new,
            "not_compared": sections,
            "changes": difference.changes.iter().map(as_json).collect::<Vec<_>>(),
        }))?;
    } else {
        show(&difference, &sections, output)?;
    }
    Ok(if same { Exit::Success } else { Exit::Negative })
}

/// Loads a policy that must be without errors.
pub(in crate::cli) fn load(path: &Path, output: Output) -> Result<Engine, Failure> {
    files::readable(path)?;
    let loader = Loader {
        path: path.to_owned(),
        upstreams: None,
        doors: Vec::new(),
        key_sets: KeySets::new(Settings::default(), &Registry::new())
            .map_err(Failure::environment)?,
        workers: NonZeroUsize::MIN,
        directory: None,
        metrics: None,
        deliveries: crate::app::Deliveries::default(),
    };
    let loaded = loader.load();
    loaded.engine.ok_or_else(|| {
        let errors = loaded.problems.iter();
        for problem in errors.filter(|problem| problem.severity == Severity::Error) {
            output.note(files::shown(problem, |tone, word| {
                output.tint_note(tone, word)
            }));
        }
        Failure::invalid(format_args!("`{}` cannot be used", path.display()))
    })
}

fn show(difference: &Difference, sections: &[String], output: Output) -> std::io::Result<()> {
    for section in sections {
        output.line(format_args!("{} {section}", output.tint(Tone::Strong, "~")))?;
    }
    for change in &difference.changes {
        let (mark, tone) = match change.sign {
            Sign::Gain => ("+", Tone::Good),
            Sign::Loss => ("-", Tone::Bad),
            Sign::Other => ("~", Tone::Strong),
        };
        for what in &change.what {
            output.line(format_args!(
                "{} {}",
                output.tint(tone, mark),
                sentence(change, what)
            ))?;
        }
        if !change.example.is_empty() {
            output.line(output.tint(
                Tone::Faint,
                format_args!("    {}{}", change.example, routes(change)),
            ))?;
        }
    }
    match difference.changes.len() + sections.len() {
        0 => output.line(output.tint(Tone::Good, "no difference in meaning")),
        _ => Ok(()),
    }
}

fn sentence(change: &Change, what: &str) -> String {
    let place = match change.methods_shown.as_str() {
        "" => change.place.clone(),
        methods => format!("{methods} {}", change.place),
    };
    match (change.sign, place.as_str()) {
        (_, "") => what.to_owned(),
        (Sign::Other, place) => format!("{place}: {what}"),
        (sign, place) => {
            let one = ["role ", "everybody"]
                .iter()
                .any(|begin| what.starts_with(begin));
            let verb = match (sign, one) {
                (Sign::Gain, true) => "gains",
                (Sign::Gain, false) => "gain",
                (_, true) => "loses",
                (_, false) => "lose",
            };
            format!("{what} {verb} {place}")
        }
    }
}

/// The routes that the example finds, where they are not one and the same.
fn routes(change: &Change) -> String {
    let named = |route: &Option<std::sync::Arc<str>>| match route {
        Some(name) => format!("route `{name}`"),
        None => "no route".to_owned(),
    };
    match change.old == change.new {
        true => format!("  ({})", named(&change.new)),
        false => format!("  ({}, now {})", named(&change.old), named(&change.new)),
    }
}

fn as_json(change: &Change) -> Value {
    json!({
        "sign": match change.sign {
            Sign::Gain => "gain",
            Sign::Loss => "loss",
            Sign::Other => "other",
        },
        "what": change.what,
        "methods": change.methods,
        "place": change.place,
        "example": change.example,
        "old_route": change.old.as_deref(),
        "new_route": change.new.as_deref(),
    })
}
