//! The two passes over a file: every mistake of it, and then its keys into the store.

use std::fmt;

use serde_json::json;

use crate::cli::exit::Failure;
use crate::cli::files;
use crate::cli::keys::session::{Session, refused, unavailable};
use crate::cli::output::{Output, Tone};
use crate::cli::replay::{Progress, number};
use crate::document::Problems;
use crate::keys;
use crate::model::ApiKey;
use crate::store::{self, Lookup};

use super::Arguments;
use super::row::Target;
use super::rows::{Form, Rows};
use super::seen::{Mark, Seen};

/// How many keys are added at once, all or none.
const BATCH: usize = 10_000;
/// How many keys that are there already are named.
const NAMED: usize = 20;

/// An import under way.
pub(super) struct Import<'a> {
    pub(super) arguments: &'a Arguments,
    pub(super) form: Form,
    pub(super) target: Target<'a>,
    pub(super) output: Output,
}

/// A piece of the file.
#[derive(Default)]
struct Batch {
    keys: Vec<ApiKey>,
    /// The line of each.
    lines: Vec<u32>,
}

impl Import<'_> {
    fn name(&self) -> impl fmt::Display {
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
    pub(super) fn check(&self) -> Result<u64, Failure> {
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
    pub(super) async fn add(&self, session: &Session, count: u64) -> Result<(), Failure> {
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
                let exists = matches!(&error, keys::Error::Store(store::Error::Exists(_)));
                let failure = match exists {
                    true => {
                        self.name_those(&self.there(session, &marks, &batch.lines).await?);
                        Failure::negative("some keys are there already")
                    }
                    false => refused(error, None),
                };
                return Err(match exists || count > BATCH as u64 {
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
    pub(super) async fn compare(&self, session: &Session) -> Result<(), Failure> {
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

    pub(super) fn say(&self, count: u64) -> std::io::Result<()> {
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
