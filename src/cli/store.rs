//! `store`: the database that API keys are kept in.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::exit::{Exit, Failure};
use super::keys::{Column, Session, Table, Whereabouts, now, to_the_second, unavailable, with};
use super::output::{Output, Tone};
use super::replay::number;
use super::trial;
use crate::app;
use crate::keys::status;
use crate::store::{Backend, Filter, Settings, Store, Version};

const EXAMPLES: &str = "\
Examples:
  sidegate store status --policy policy.yaml
  SIDEGATE_STORE=postgres://gate:secret@db.internal/gate sidegate store status
  sidegate store migrate --policy policy.yaml

Ends with 0 when the database can be used, with 1 when its tables are missing or of another version, with 4
when it does not answer. A password is never shown.";

/// Look at the database of API keys, and bring it up to date
///
/// A gate does that by itself when it starts, unless the process file says `migrate: false`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say where keys are kept, whether it can be used, and how many there are
    Status(Status),
    /// Make the tables, or bring them up to date
    Migrate(Migrate),
}

#[derive(Debug, clap::Args)]
struct Status {
    #[command(flatten)]
    place: Whereabouts,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Migrate {
    #[command(flatten)]
    place: Whereabouts,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    match &arguments.command {
        Command::Status(arguments) => look(arguments, output),
        Command::Migrate(arguments) => migrate(arguments, output),
    }
}

/// How many keys there are, by set and status.
type Counts = BTreeMap<(String, &'static str), u64>;

/// What is known of a store that can be used.
struct Found {
    counts: Counts,
    /// When the last change was made.
    changed: Option<SystemTime>,
}

fn look(arguments: &Status, output: Output) -> Result<Exit, Failure> {
    let place = arguments.place.place(output)?;
    let settings = place.store()?;
    let version = version(settings)?;
    let found = match version.is_current() {
        true => Some(count(settings)?),
        false => None,
    };
    match arguments.json {
        true => output.line(as_json(settings, version, found.as_ref()))?,
        false => show(settings, version, found.as_ref(), output)?,
    }
    Ok(match found {
        Some(_) => Exit::Success,
        None => Exit::Negative,
    })
}

fn version(settings: &Settings) -> Result<Version, Failure> {
    let asked = app::runtime()?.block_on(Store::version(settings));
    asked.map_err(unavailable)
}

/// Counts the keys page by page.
fn count(settings: &Settings) -> Result<Found, Failure> {
    let now = now();
    with(settings, async |session: &Session| {
        let newest = session.store.audit(None, 1).await.map_err(unavailable)?;
        let mut counts = Counts::new();
        let mut filter = Filter {
            limit: 1000,
            ..Filter::default()
        };
        loop {
            let page = session.store.list(&filter).await.map_err(unavailable)?;
            for listed in &page.keys {
                let place = (listed.key.set.to_string(), status(&listed.key, now));
                *counts.entry(place).or_default() += 1;
            }
            let last = page.keys.last().map(|listed| listed.key.id.clone());
            match last.filter(|_| page.more) {
                Some(last) => filter.after = Some(last),
                None => break,
            }
        }
        Ok(Found {
            counts,
            changed: newest.first().map(|entry| entry.at),
        })
    })
}

const COLUMNS: [Column; 3] = [
    Column::cut("set"),
    Column::whole("status"),
    Column::number("keys"),
];

fn show(
    settings: &Settings,
    version: Version,
    found: Option<&Found>,
    output: Output,
) -> std::io::Result<()> {
    let line = |name: &str, value: String| {
        let name = output.tint(Tone::Faint, format_args!("{name:<11}"));
        output.line(format_args!("{name}  {value}"))
    };
    line("kind", settings.backend.kind().to_owned())?;
    line("where", shown(&settings.backend))?;
    line("tables", tables(version))?;
    let Some(found) = found else {
        output.note("make them, or bring them up to date, with `sidegate store migrate`");
        return Ok(());
    };
    let changed = found.changed.map(to_the_second);
    line("last change", changed.unwrap_or_else(|| "never".to_owned()))?;
    if found.counts.is_empty() {
        return line("keys", "0".to_owned());
    }
    let rows: Vec<Vec<String>> = found
        .counts
        .iter()
        .map(|((set, status), keys)| vec![set.clone(), (*status).to_owned(), number(*keys)])
        .collect();
    let table = Table::new(&COLUMNS, &rows);
    output.line(format_args!(
        "\n{}",
        output.tint(Tone::Strong, table.head())
    ))?;
    rows.iter().try_for_each(|row| output.line(table.row(row)))
}

/// Where a database is, without its password and without whatever else may be one.
fn shown(backend: &Backend) -> String {
    let url = match backend {
        Backend::Sqlite(file) => return file.display().to_string(),
        Backend::Postgres(url) => String::from_utf8_lossy(url.expose()).into_owned(),
    };
    let Ok(mut url) = url::Url::parse(&url) else {
        return "a PostgreSQL database".to_owned();
    };
    url.set_query(None);
    url.set_fragment(None);
    match url.set_password(None) {
        Ok(()) => url.to_string(),
        Err(()) => "a PostgreSQL database".to_owned(),
    }
}

fn tables(version: Version) -> String {
    match version.found {
        0 => "none".to_owned(),
        _ if version.is_current() => format!("version {}", version.found),
        found => format!(
            "version {found}, and this sidegate works with {}",
            version.wanted
        ),
    }
}

fn as_json(settings: &Settings, version: Version, found: Option<&Found>) -> Value {
    let mut keys: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for ((set, status), count) in found.map(|found| &found.counts).into_iter().flatten() {
        keys.entry(set).or_default().insert(status, *count);
    }
    json!({
        "schema": 1,
        "kind": settings.backend.kind(),
        "where": shown(&settings.backend),
        "version": version.found,
        "version_wanted": version.wanted,
        "usable": found.is_some(),
        "changed_at": found.and_then(|found| found.changed).map(trial::shown),
        "keys": keys,
    })
}

fn migrate(arguments: &Migrate, output: Output) -> Result<Exit, Failure> {
    let place = arguments.place.place(output)?;
    let settings = place.store()?;
    let migrating = app::runtime()?.block_on(Store::migrate(settings));
    let before = migrating.map_err(unavailable)?;
    if arguments.json {
        output.line(json!({ "schema": 1, "from": before.found, "to": before.wanted }))?;
        return Ok(Exit::Success);
    }
    let shown = shown(&settings.backend);
    match before.found {
        _ if before.is_current() => output.line(format_args!(
            "{shown}: nothing to do, the tables have version {}",
            before.found
        ))?,
        0 => output.line(format_args!(
            "{shown}: the tables are made, version {}",
            before.wanted
        ))?,
        found => output.line(format_args!(
            "{shown}: the tables are brought from version {found} to {}",
            before.wanted
        ))?,
    }
    Ok(Exit::Success)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn place_is_shown_without_what_opens_it() {
        let postgres = |url: &str| shown(&Backend::Postgres(Secret::new(url.into())));
        let url = "postgres://gate:hunter2@db.internal:5433/keys?sslmode=require&password=hunter3";
        assert_eq!(postgres(url), "postgres://gate@db.internal:5433/keys");
        for url in [
            "postgres://gate:hunter2@[::1]/keys",
            "postgres:///keys?host=/run&password=hunter2",
            "postgres://gate:hunter2@a,b/keys",
            "host=a password=hunter2",
        ] {
            let shown = postgres(url);
            assert!(!shown.contains("hunter2"), "{shown}");
        }
        let file = shown(&Backend::Sqlite("/var/lib/sidegate.db".into()));
        assert_eq!(file, "/var/lib/sidegate.db");
    }

    #[test]
    fn tables_of_another_version_are_said_to_be_that() {
        let version = |found| tables(Version { found, wanted: 3 });
        assert_eq!(version(3), "version 3");
        assert_eq!(version(0), "none");
        assert!(version(2).contains("works with 3"));
    }
}
