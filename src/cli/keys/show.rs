//! `keys show` and `keys audit`: one key, and what was done to keys.

use std::time::SystemTime;

use serde_json::{Map, Value, json};

use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Output, Tone};
use crate::cli::trial;
use crate::keys::{Reach, document};
use crate::store::AuditEntry;

use super::moments::shown;
use super::session::{Session, refused, with};
use super::table::{Column, Table};
use super::{listing, place};

/// Show one key
///
/// Everything that is kept of it, with its generations and its uses. Its text is not: it was shown once.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The key's id, as `keys list` shows it
    id: String,
    #[command(flatten)]
    place: place::Whereabouts,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, output: Output, now: SystemTime) -> Result<Exit, Failure> {
    let place = arguments.place.place(output)?;
    let settings = place.present(output)?;
    let id = &arguments.id;
    let listed = with(settings, async |session: &Session| {
        let listed = session.registry.show(id, Reach::default()).await;
        listed.map_err(|error| refused(error, Some(id)))
    })?;
    if arguments.json {
        output.line(document(&listed, now))?;
        return Ok(Exit::Success);
    }
    let mut before = "";
    for (name, value) in listing::lines(&listed, now) {
        let title = if name == before { "" } else { name };
        let title = output.tint(Tone::Faint, format_args!("{title:<10}"));
        output.line(format_args!("{title}  {}", plain(&value)))?;
        before = name;
    }
    Ok(Exit::Success)
}

/// Show what was done to keys
///
/// Every change is recorded with who made it and when, the newest first.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Audit {
    /// Only what was done to this key
    id: Option<String>,
    #[command(flatten)]
    place: place::Whereabouts,
    /// How many entries at most
    #[arg(long, value_name = "NUMBER", default_value = "50", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

const AUDIT: [Column; 6] = [
    Column::whole("time"),
    Column::cut("by"),
    Column::whole("action"),
    Column::whole("key"),
    Column::cut("tenant"),
    Column::cut("detail"),
];

pub(super) fn audit(arguments: &Audit, output: Output) -> Result<Exit, Failure> {
    let place = arguments.place.place(output)?;
    let settings = place.present(output)?;
    let entries = with(settings, async |session: &Session| {
        let id = arguments.id.as_deref();
        let entries = session.registry.audit(id, arguments.limit).await;
        entries.map_err(|error| refused(error, id))
    })?;
    if arguments.json {
        let entries: Vec<Value> = entries.iter().map(audit_as_json).collect();
        output.line(json!({ "schema": 1, "entries": entries }))?;
        return Ok(Exit::Success);
    }
    if entries.is_empty() {
        output.note("nothing is recorded");
        return Ok(Exit::Success);
    }
    let rows: Vec<Vec<String>> = entries.iter().map(audit_row).collect();
    let table = Table::new(&AUDIT, &rows);
    output.line(output.tint(Tone::Strong, table.head()))?;
    for row in &rows {
        output.line(table.row(row))?;
    }
    Ok(Exit::Success)
}

fn audit_row(entry: &AuditEntry) -> Vec<String> {
    let or_none = |text: &Option<Box<str>>| text.as_deref().unwrap_or("-").to_owned();
    vec![
        shown(entry.at),
        entry.by.to_string(),
        entry.action.to_string(),
        or_none(&entry.key),
        or_none(&entry.tenant),
        detail(&entry.detail),
    ]
}

fn detail(detail: &Map<String, Value>) -> String {
    let parts = detail.iter().map(|(name, value)| match value {
        Value::String(text) => format!("{name}={text}"),
        value => format!("{name}={value}"),
    });
    parts.collect::<Vec<_>>().join(" ")
}

fn audit_as_json(entry: &AuditEntry) -> Value {
    let mut shown = json!({
        "at": trial::shown(entry.at),
        "by": entry.by,
        "action": entry.action,
        "detail": entry.detail,
    });
    if let Value::Object(shown) = &mut shown {
        for (name, value) in [("key", &entry.key), ("tenant", &entry.tenant)] {
            if let Some(value) = value {
                shown.insert(name.to_owned(), json!(value));
            }
        }
    }
    shown
}

/// A text on one line.
fn plain(text: &str) -> String {
    text.replace(['\n', '\t'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detail_is_a_line_of_pairs() {
        let given = json!({ "grace": "24h", "generation": 2 });
        assert_eq!(detail(given.as_object().unwrap()), "generation=2 grace=24h");
    }

    #[test]
    fn entry_of_many_keys_names_none() {
        let entry = AuditEntry {
            at: trial::moment("2026-11-22T08:00:00Z").unwrap(),
            by: "cli:alice".into(),
            action: "import".into(),
            key: None,
            tenant: None,
            detail: Map::new(),
        };
        assert_eq!(audit_row(&entry)[3], "-");
        let wanted = json!({ "at": "2026-11-22T08:00:00Z", "by": "cli:alice", "action": "import", "detail": {} });
        assert_eq!(audit_as_json(&entry), wanted);
    }
}
