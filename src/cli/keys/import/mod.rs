//! `keys import`: keys of another system, by their hashes.
//!
//! Straight line: rows ([`rows`]) -> keys ([`row`]) -> every mistake, with nothing written -> the same rows
//! again, into the store.
//!
//! Always: a file with a mistake adds nothing; what stands in a file are hashes, never texts, and no message
//! quotes one; memory does not grow with the file, but for what tells two rows apart.

mod csv;
mod row;
mod rows;
mod seen;
#[cfg(test)]
mod tests;
mod values;

pub(super) use values::network;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::cli::exit::{Exit, Failure};
use crate::cli::files;
use crate::cli::output::{Output, Tone};
use crate::cli::replay::{Progress, number};
use crate::document::Problems;
use crate::model::ApiKey;
use crate::store::{self, Backend, Lookup, Settings};

use super::session::{Session, refused, unavailable, with};
use super::{operator, place};
use row::Target;
use rows::{Form, Rows};
use seen::{Mark, Seen};

/// How many keys are added at once, all or none.
const BATCH: usize = 10_000;
/// How many keys that are there already are named.
const NAMED: usize = 20;
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

struct Import<'a> {
    arguments: &'a Arguments,
    form: Form,
    target: Target<'a>,
    output: Output,
}

/// A piece of the file.
#[derive(Default)]
struct Batch {
    keys: Vec<ApiKey>,
    /// The line of each.
    lines: Vec<u32>,
}

impl Import<'_> {
    fn name(&self) -> std::path::Display<'_> {
        self.arguments.file.display()
    }

    fn open(&self, problems: &Problems) -> Result<Rows, Failure> {
        Rows::open(&self.arguments.file, self.form, problems)
    }

    fn progress(&self) -> Progress {
        let length = std::fs::metadata(&self.arguments.file);
        Progress::new(length.ok().map(|found| found.len()))
    }

    fn unreadable(&self, error: std::io::Error) -> Failure {
        Failure::environment(format_args!("cannot read `{}`: {error}", self.name()))
    }

    /// Reads the whole file, and says all that is wrong with it. Gives how many keys it has.
    fn check(&self) -> Result<u64, Failure> {
        let problems = Problems::new();
        let mut rows = self.open(&problems)?;
        let (mut seen, mut count) = (Seen::default(), 0);
        let (mut progress, mut before) = (self.progress(), 0);
        while let Some(row) = rows
            .next(&problems)
            .map_err(|error| self.unreadable(error))?
        {
            progress.advance(rows.bytes - before);
            before = rows.bytes;
            progress.show(count);
            if row.place.line <= self.arguments.after_line {
                continue;
            }
            if let Some(key) = self.target.key(&row, &problems) {
                seen.take(&key, &row, &problems);
                count += 1;
            }
        }
        drop(progress);
        let errors = problems.len();
        for problem in problems.into_sorted() {
            let shown = files::shown(&problem, |tone, word| self.output.tint_note(tone, word));
            self.output.note(shown);
        }
        match (errors, count) {
            (0, 0) => Err(Failure::invalid(format_args!(
                "`{}` has no keys",
                self.name()
            ))),
            (0, count) => Ok(count),
            (errors, _) => Err(Failure::invalid(format_args!(
                "`{}` has {}: nothing was added",
                self.name(),
                files::tally((errors, 0))
            ))),
        }
    }

    /// The next keys of a file that was without mistakes; none at its end.
    fn batch(&self, rows: &mut Rows, problems: &Problems) -> Result<Batch, Failure> {
        let mut batch = Batch::default();
        while batch.keys.len() < BATCH {
            let row = rows
                .next(problems)
                .map_err(|error| self.unreadable(error))?;
            let Some(row) = row else { break };
            if row.place.line <= self.arguments.after_line {
                continue;
            }
            let key = self.target.key(&row, problems);
            batch.keys.push(key.ok_or_else(|| self.changed())?);
            batch.lines.push(row.place.line);
        }
        match problems.is_empty() {
            true => Ok(batch),
            false => Err(self.changed()),
        }
    }

    fn changed(&self) -> Failure {
        Failure::environment(format_args!("`{}` changed while it was read", self.name()))
    }

    /// Adds all keys.
    async fn add(&self, session: &Session, count: u64) -> Result<(), Failure> {
        let problems = Problems::new();
        let mut rows = self.open(&problems)?;
        let (mut progress, mut before) = (self.progress(), 0);
        let (mut done, mut last) = (0, self.arguments.after_line);
        loop {
            let batch = self.batch(&mut rows, &problems)?;
            let (Some(line), length) = (batch.lines.last().copied(), batch.keys.len()) else {
                return Ok(());
            };
            let marks: Vec<Mark> = batch.keys.iter().map(Mark::of).collect();
            let Target { by, now, .. } = self.target;
            if let Err(error) = session.registry.import(batch.keys, by, now).await {
                drop(progress);
                if let crate::keys::Error::Store(store::Error::Exists(_)) = &error {
                    self.name_those(&self.there(session, &marks, &batch.lines).await?);
                }
                let failure = refused(error, None);
                return Err(match count > BATCH as u64 {
                    true => self.stopped(done, last, failure),
                    false => failure,
                });
            }
            done += length as u64;
            last = line;
            progress.advance(rows.bytes - before);
            before = rows.bytes;
            progress.show(done);
        }
    }

    /// Says how far it came.
    fn stopped(&self, done: u64, last: u32, failure: Failure) -> Failure {
        let how = match done {
            0 => "nothing was added".to_owned(),
            done => format!(
                "{} keys were added, those up to line {last}; go on with --after-line {last}",
                number(done)
            ),
        };
        Failure {
            message: format!("{}: {how}", failure.message),
            ..failure
        }
    }

    /// Names the keys that are in the store already.
    async fn compare(&self, session: &Session) -> Result<(), Failure> {
        let problems = Problems::new();
        let mut rows = self.open(&problems)?;
        let mut found = 0;
        loop {
            let batch = self.batch(&mut rows, &problems)?;
            if batch.keys.is_empty() {
                break;
            }
            let marks: Vec<Mark> = batch.keys.iter().map(Mark::of).collect();
            let there = self.there(session, &marks, &batch.lines).await?;
            if found == 0 {
                self.name_those(&there);
            }
            found += there.len();
        }
        match found {
            0 => Ok(()),
            1 => Err(Failure::negative("1 key is there already")),
            found => Err(Failure::negative(format_args!(
                "{found} keys are there already"
            ))),
        }
    }

    /// What is in the store already, with its lines.
    async fn there(
        &self,
        session: &Session,
        marks: &[Mark],
        lines: &[u32],
    ) -> Result<Vec<String>, Failure> {
        let mut there = Vec::new();
        for (mark, line) in marks.iter().zip(lines) {
            let place = format!("{}:{line}", self.name());
            let known = session.store.key(&mark.id).await.map_err(unavailable)?;
            if let Some(known) = known {
                there.push(format!(
                    "{place}: there is a key `{}` already",
                    known.key.id
                ));
                continue;
            }
            let Some(digest) = &mark.digest else { continue };
            let lookup = Lookup::Digest(digest);
            let same = session.store.find(&self.target.set.name, lookup).await;
            for key in same.map_err(unavailable)? {
                there.push(format!("{place}: key `{}` has this hash already", key.id));
            }
        }
        Ok(there)
    }

    /// Names some of the keys that are there already: nobody reads thousands.
    fn name_those(&self, there: &[String]) {
        for text in there.iter().take(NAMED) {
            self.output.note(text);
        }
        if there.len() > NAMED {
            let more = u64::try_from(there.len() - NAMED).unwrap_or(u64::MAX);
            self.output
                .note(format_args!("... and {} more", number(more)));
        }
    }

    fn say(&self, count: u64) -> std::io::Result<()> {
        let (set, dry) = (&self.target.set.name, self.arguments.dry_run);
        if self.arguments.json {
            let added = if dry { 0 } else { count };
            return self.output.line(json!({
                "schema": 1,
                "set": &**set,
                "keys": count,
                "added": added,
                "dry_run": dry,
            }));
        }
        let keys = match count {
            1 => "1 key".to_owned(),
            count => format!("{} keys", number(count)),
        };
        match dry {
            true => self
                .output
                .line(format_args!("{keys} can be added to `{set}`; nothing was")),
            false => {
                let added = self.output.tint(Tone::Good, "added");
                self.output.line(format_args!("{added} {keys} to `{set}`"))
            }
        }
    }
}
