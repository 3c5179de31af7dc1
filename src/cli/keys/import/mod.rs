//! `keys import`: keys of another system, by their hashes.
//!
//! Straight line: rows ([`rows`]) -> keys ([`row`]) -> every mistake, with nothing written -> the same rows
//! again, into the store.
//!
//! Always: a file with a mistake adds nothing; what stands in a file are hashes, never texts, and no message
//! quotes one; memory does not grow with the file, but for what tells two rows apart.

mod csv;
mod nodes;
mod passes;
mod row;
mod rows;
mod seen;
#[cfg(test)]
mod tests;
mod values;

pub(super) use values::network;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::cli::exit::{Exit, Failure};
use crate::cli::files;
use crate::cli::output::Output;
use crate::store::{Backend, Settings};

use super::session::with;
use super::{operator, place};
use passes::Import;
use row::Target;
use rows::Form;

/// The least that a database is given for so many, whatever it is given for one.
const PATIENCE: Duration = Duration::from_secs(60);

const EXAMPLES: &str = "\
Examples:
  sidegate keys import keys.csv --set partners --policy policy.yaml --dry-run
  sidegate keys import keys.csv --set partners --policy policy.yaml

A file has these columns or fields, of which only `hash` must be there:
  hash             sha256:<64 hex digits>, $2b$... (bcrypt), $argon2id$...
  key_prefix       the first 8 characters of the text; a must for bcrypt and Argon2, which are found by it
  name, tenant, owner, id, roles, scopes, allowed_sources, networks, metadata
  not_before, expires_at, created_at, revoked_at
                   2027-01-31T12:00:00Z, 2027-01-31, or seconds since 1970

CSV begins with a line of column names; lists in it are `a, b`, `[\"a\",\"b\"]` or `{a,b}`. JSON has one object a
line. YAML is a list, as in a policy. The set must take keys of other forms: `format: any`.

Every mistake of every row is named, and then nothing is added. Up to 10,000 keys are added all or none; a
longer file goes in pieces of 10,000, and when one cannot be added it is said how to go on behind the last.";

/// Add keys of another system by their hashes
///
/// Whoever holds a key goes on using it. Texts are neither needed nor taken.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// The file: YAML, JSON lines or CSV
    file: PathBuf,
    /// The set they become keys of [default: the only one in the store]
    #[arg(long, value_name = "NAME")]
    set: Option<String>,
    #[command(flatten)]
    place: place::Whereabouts,
    /// How the file is written [default: by its name]
    #[arg(long, value_name = "FORM")]
    form: Option<Form>,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Pass over everything up to this line, which was added before
    #[arg(long, value_name = "LINE", default_value = "0")]
    after_line: u32,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, output: Output, now: SystemTime) -> Result<Exit, Failure> {
    let form = arguments.form.or_else(|| Form::of(&arguments.file));
    let form = form.ok_or_else(|| {
        Failure::usage("the file's name does not say how it is written: --form yaml, jsonl or csv")
    })?;
    files::readable(&arguments.file)?;
    let place = arguments.place.place(output)?;
    let sets = place.sets(output)?;
    let set = place.stored_set(&sets, arguments.set.as_deref())?;
    let mut settings = place.store()?.clone();
    settings.timeout = settings.timeout.max(PATIENCE);
    let by = operator();
    let import = Import {
        arguments,
        form,
        target: Target { set, by: &by, now },
        output,
    };
    let count = import.check()?;
    let there = is_there(&settings);
    match arguments.dry_run {
        true if !there => {}
        true => with(&settings, async |session| import.compare(session).await)?,
        false => with(&settings, async |session| import.add(session, count).await)?,
    }
    import.say(count)?;
    Ok(Exit::Success)
}

/// Whether there is a database that may have keys already.
fn is_there(settings: &Settings) -> bool {
    match &settings.backend {
        Backend::Sqlite(file) => file.exists(),
        Backend::Postgres(_) => true,
    }
}
