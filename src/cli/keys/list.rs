//! `keys list` and `keys expiring`: keys in a store, page by page.

use std::time::{Duration, SystemTime};

use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Output, Tone};
use crate::keys::document;
use crate::store::{Filter, Page, Settings};

use super::listing;
use super::moments::{shown_span, span};
use super::place;
use super::session::{Session, refused, with};
use super::table::Table;

/// How many keys are asked for at once.
const PAGE: u32 = 500;

const EXAMPLES: &str = "\
Examples:
  sidegate keys list --policy policy.yaml
  sidegate keys list --policy policy.yaml --set partners --tenant acme --all
  sidegate keys list --store sqlite:/var/lib/sidegate/sidegate.db --json

Days are in UTC. A key's text is nowhere in it: it was shown once, when the key was made.";

/// List keys
///
/// The keys of the store that can be used or will be; with --all also those that are over.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    place: place::Whereabouts,
    #[command(flatten)]
    which: Which,
    /// Also keys that were revoked or have ended
    #[arg(long)]
    all: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Which keys are meant; all that is said has to agree.
#[derive(Debug, clap::Args)]
struct Which {
    /// Only keys of this set
    #[arg(long, value_name = "NAME")]
    set: Option<String>,
    /// Only keys of this tenant
    #[arg(long)]
    tenant: Option<String>,
    /// Only keys of this owner
    #[arg(long)]
    owner: Option<String>,
}

const EXPIRING_EXAMPLES: &str = "\
Examples:
  sidegate keys expiring --within 30d --policy policy.yaml
  sidegate keys expiring --within 7d --policy policy.yaml --json || mail -s 'keys end soon' ops@example.com

Ends with 0 when no key ends within that time, with 1 when one does. Keys that were revoked or are over
already are not counted.";

/// Name the keys that end soon
///
/// For a daily job: it ends with 1 when there is one.
#[derive(Debug, clap::Args)]
#[command(after_help = EXPIRING_EXAMPLES)]
pub(in crate::cli) struct Expiring {
    #[command(flatten)]
    place: place::Whereabouts,
    #[command(flatten)]
    which: Which,
    /// How soon: `7d`, `30d`, `12h`
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = span)]
    within: Duration,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Which {
    fn filter(&self) -> Filter {
        let boxed = |text: &Option<String>| text.as_deref().map(Box::from);
        Filter {
            set: boxed(&self.set),
            tenant: boxed(&self.tenant),
            owner: boxed(&self.owner),
            limit: PAGE,
            ..Filter::default()
        }
    }
}

pub(super) fn run(arguments: &Arguments, output: Output, now: SystemTime) -> Result<Exit, Failure> {
    let place = arguments.place.place(output)?;
    let settings = place.present(output)?;
    place.check_set(arguments.which.set.as_deref(), output)?;
    let filter = Filter {
        usable_at: (!arguments.all).then_some(now),
        ..arguments.which.filter()
    };
    let found = show(settings, filter, arguments.json, output, now)?;
    if found == 0 && !arguments.json {
        let more = if arguments.all {
            ""
        } else {
            "; --all also shows those that are over"
        };
        output.note(format_args!("no key to show{more}"));
    }
    Ok(Exit::Success)
}

pub(super) fn expiring(
    arguments: &Expiring,
    output: Output,
    now: SystemTime,
) -> Result<Exit, Failure> {
    let place = arguments.place.place(output)?;
    let settings = place.present(output)?;
    place.check_set(arguments.which.set.as_deref(), output)?;
    let end = now
        .checked_add(arguments.within)
        .ok_or_else(|| Failure::usage("--within is too long"))?;
    let filter = Filter {
        usable_at: Some(now),
        ending_before: Some(end),
        ..arguments.which.filter()
    };
    let found = show(settings, filter, arguments.json, output, now)?;
    if !arguments.json {
        let within = shown_span(arguments.within);
        match found {
            0 => output.note(format_args!("no key ends within {within}")),
            1 => output.note(format_args!("1 key ends within {within}")),
            found => output.note(format_args!("{found} keys end within {within}")),
        }
    }
    Ok(match found {
        0 => Exit::Success,
        _ => Exit::Negative,
    })
}

/// Shows the keys of a filter, and says how many there are.
fn show(
    settings: &Settings,
    mut filter: Filter,
    json: bool,
    output: Output,
    now: SystemTime,
) -> Result<u64, Failure> {
    let mut paper = Paper::new(json, output, now);
    with(settings, async |session: &Session| {
        loop {
            let page = session.registry.list(&filter).await;
            let page = page.map_err(|error| refused(error, None))?;
            paper.page(&page)?;
            let last = page.keys.last().map(|listed| listed.key.id.clone());
            match last.filter(|_| page.more) {
                Some(last) => filter.after = Some(last),
                None => break,
            }
        }
        paper.end()
    })?;
    Ok(paper.count)
}

/// Where keys are shown as they come.
struct Paper {
    json: bool,
    output: Output,
    now: SystemTime,
    /// Settled by the first page.
    table: Option<Table>,
    count: u64,
}

impl Paper {
    fn new(json: bool, output: Output, now: SystemTime) -> Self {
        Self {
            json,
            output,
            now,
            table: None,
            count: 0,
        }
    }

    fn page(&mut self, page: &Page) -> Result<(), Failure> {
        if page.keys.is_empty() {
            return Ok(());
        }
        let first = self.count == 0;
        self.count += page.keys.len() as u64;
        match self.json {
            true => self.json_page(page, first)?,
            false => self.table_page(page)?,
        }
        Ok(())
    }

    fn table_page(&mut self, page: &Page) -> std::io::Result<()> {
        let rows: Vec<Vec<String>> = page
            .keys
            .iter()
            .map(|listed| listing::row(listed, self.now))
            .collect();
        let mut lines = Vec::with_capacity(rows.len() + 1);
        let table = self.table.get_or_insert_with(|| {
            let table = Table::new(&listing::COLUMNS, &rows);
            lines.push(self.output.tint(Tone::Strong, table.head()));
            table
        });
        lines.extend(rows.iter().map(|row| table.row(row)));
        self.output.line(lines.join("\n"))
    }

    /// One object, written as its parts are known.
    fn json_page(&self, page: &Page, first: bool) -> std::io::Result<()> {
        let keys = page.keys.iter();
        let keys: Vec<String> = keys
            .map(|listed| document(listed, self.now).to_string())
            .collect();
        let begin = match first {
            true => r#"{"schema":1,"keys":["#,
            false => ",",
        };
        self.output
            .line(format_args!("{begin}{}", keys.join(",\n")))
    }

    fn end(&self) -> Result<(), Failure> {
        match (self.json, self.count) {
            (false, _) => Ok(()),
            (true, 0) => Ok(self.output.line(r#"{"schema":1,"keys":[]}"#)?),
            (true, _) => Ok(self.output.line("]}")?),
        }
    }
}
