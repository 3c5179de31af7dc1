//! Keys on paper: a row of a table, or a block of lines.

use std::time::{Duration, SystemTime};

use crate::keys::status;
use crate::store::Listed;

use super::moments::{shown, shown_day};
use super::table::Column;

/// The columns of a list.
pub(super) const COLUMNS: [Column; 9] = [
    Column::whole("id"),
    Column::cut("name"),
    Column::cut("tenant"),
    Column::cut("owner"),
    Column::cut("scopes"),
    Column::whole("status"),
    Column::whole("expires"),
    Column::whole("last used"),
    Column::number("uses"),
];

/// A key as a row of them.
pub(super) fn row(listed: &Listed, now: SystemTime) -> Vec<String> {
    let key = &listed.key;
    let or_none = |text: &Option<Box<str>>| text.as_deref().unwrap_or("-").to_owned();
    vec![
        key.id.to_string(),
        key.name.to_string(),
        or_none(&key.tenant),
        or_none(&key.owner),
        match key.scopes.as_slice() {
            [] => "-".to_owned(),
            scopes => scopes.join(" "),
        },
        status(key, now).to_owned(),
        key.expires_at.map_or_else(|| "never".to_owned(), last_day),
        listed
            .last_used_at
            .map_or_else(|| "never".to_owned(), shown_day),
        listed.uses.to_string(),
    ]
}

/// The last day on which something counts that ends at this moment: midnight belongs to the day before.
fn last_day(end: SystemTime) -> String {
    let last = end.checked_sub(Duration::from_millis(1));
    shown_day(last.unwrap_or(end))
}

/// Everything that may be said of a key, a line each.
pub(super) fn lines(listed: &Listed, now: SystemTime) -> Vec<(&'static str, String)> {
    let key = &listed.key;
    let mut lines = vec![
        ("id", key.id.to_string()),
        ("set", key.set.to_string()),
        ("name", key.name.to_string()),
        ("status", status(key, now).to_owned()),
    ];
    let mut add = |name, value: Option<String>| lines.extend(value.map(|value| (name, value)));
    let joined = |items: &[Box<str>]| match items {
        [] => "none".to_owned(),
        items => items.join(", "),
    };
    add("tenant", key.tenant.as_deref().map(str::to_owned));
    add("owner", key.owner.as_deref().map(str::to_owned));
    add("roles", key.roles.as_deref().map(joined));
    add("scopes", Some(joined(&key.scopes)));
    add("sources", key.sources.as_deref().map(joined));
    let networks = key.networks.as_ref().map(|networks| {
        let networks: Vec<String> = networks.iter().map(ToString::to_string).collect();
        networks.join(", ")
    });
    add("networks", networks);
    add("not before", key.not_before.map(shown));
    let never = || "never".to_owned();
    add("expires", Some(key.expires_at.map_or_else(never, shown)));
    let made = format!("{} by {}", shown(key.created_at), key.created_by);
    add("made", Some(made));
    add("revoked", key.revoked_at.map(shown));
    let last = listed.last_used_at.map_or_else(never, shown);
    add("last used", Some(last));
    add("uses", Some(listed.uses.to_string()));
    for (name, value) in &key.metadata {
        add("metadata", Some(format!("{name} = {value}")));
    }
    for generation in &key.generations {
        let begins = match &*generation.start {
            "" => String::new(),
            start => format!(", begins with {start}"),
        };
        let ends = match generation.ends_at {
            None => String::new(),
            Some(end) if end <= now => format!(", ended {}", shown(end)),
            Some(end) => format!(", ends {}", shown(end)),
        };
        let line = format!(
            "{}: {}{begins}, made {}{ends}",
            generation.number,
            generation.hash.kind(),
            shown(generation.created_at)
        );
        add("generation", Some(line));
    }
    lines
}
