//! The query of a list, and its answer.

use std::time::SystemTime;

use serde_json::{Value, json};
use url::form_urlencoded;

use super::super::registry::check;
use super::super::shown;
use super::fault::{Fault, Refusal};
use super::json::quoted;
use super::{Ask, Scope};
use crate::document::{closest, duration};
use crate::store::{Filter, Page};

/// How many keys a page has when nobody says.
const USUAL: u32 = 100;
/// How many it has at most.
pub(super) const MOST: u32 = 1000;

const PARAMETERS: [&str; 7] = [
    "set",
    "tenant",
    "owner",
    "status",
    "expiring_within",
    "after",
    "limit",
];

/// The keys that a query asks for, within the caller's reach.
pub(super) fn filter(ask: &Ask<'_>) -> Result<Filter, Refusal> {
    let mut filter = Filter {
        limit: USUAL,
        ..Filter::default()
    };
    let mut seen: Vec<String> = Vec::new();
    let query = ask.query.unwrap_or_default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if seen.iter().any(|seen| **seen == *name) {
            return Err(wrong(&name, "is given twice"));
        }
        take(&mut filter, &name, &value, ask.now)?;
        seen.push(name.into_owned());
    }
    confine(&mut filter, &ask.scope)?;
    Ok(filter)
}

/// The answer: the keys, and where the next page begins if there is one.
pub(super) fn document(page: &Page, now: SystemTime) -> Value {
    let keys: Vec<Value> = page
        .keys
        .iter()
        .map(|listed| shown::document(listed, now))
        .collect();
    match page.keys.last().filter(|_| page.more) {
        Some(last) => json!({ "keys": keys, "next": last.key.id }),
        None => json!({ "keys": keys }),
    }
}

fn take(filter: &mut Filter, name: &str, value: &str, now: SystemTime) -> Result<(), Refusal> {
    match name {
        "set" => filter.set = Some(text(name, value)?),
        "tenant" => filter.tenant = Some(text(name, value)?),
        "owner" => filter.owner = Some(text(name, value)?),
        "status" => match value {
            "active" => filter.usable_at = Some(now),
            "all" => {}
            _ => return Err(wrong(name, "is `active` or `all`")),
        },
        "expiring_within" => {
            let span = duration(value).ok_or_else(|| wrong(name, "is a duration like `30d`"))?;
            filter.ending_before = now.checked_add(span);
            filter.usable_at = Some(now);
        }
        "after" if check::is_id(value) => filter.after = Some(value.into()),
        "after" => return Err(wrong(name, "is the `next` of the page before")),
        "limit" => {
            let digits = Some(value).filter(|text| text.bytes().all(|it| it.is_ascii_digit()));
            let limit = digits.and_then(|digits| digits.parse().ok());
            let limit = limit.filter(|limit| (1..=MOST).contains(limit));
            filter.limit = limit.ok_or_else(|| wrong(name, "is a number from 1 to 1000"))?;
        }
        _ => return Err(unknown(name)),
    }
    Ok(())
}

fn text(name: &str, value: &str) -> Result<Box<str>, Refusal> {
    // No field of a key is longer; characters are what the description can bound.
    let is_short = value.chars().count() <= check::MOST_TEXT;
    let fits = !value.is_empty() && is_short && !value.contains(char::is_control);
    match fits {
        true => Ok(value.into()),
        false => Err(wrong(name, "is a short text without control characters")),
    }
}

/// What the caller's keys are anyway may be said, and nothing else.
fn confine(filter: &mut Filter, scope: &Scope<'_>) -> Result<(), Refusal> {
    let Scope::Tenant { set, tenant, .. } = *scope else {
        return Ok(());
    };
    let other = |said: &Option<Box<str>>, own: &str| said.as_deref().is_some_and(|it| it != own);
    let refused = |fault, name| {
        let detail = format!("`{name}` cannot be chosen: it is the caller's");
        Err(Refusal::of(fault, name, detail))
    };
    if other(&filter.set, set) {
        return refused(Fault::FieldNotAllowed, "set");
    }
    if other(&filter.tenant, tenant) {
        return refused(Fault::TenantMismatch, "tenant");
    }
    filter.set = Some(set.into());
    filter.tenant = Some(tenant.into());
    Ok(())
}

fn wrong(name: &str, detail: &str) -> Refusal {
    Refusal::of(Fault::QueryInvalid, name, format!("`{name}` {detail}"))
}

fn unknown(name: &str) -> Refusal {
    let help = match closest(name, PARAMETERS) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", PARAMETERS.join(", ")),
    };
    let name = quoted(name);
    let detail = format!("the parameter {name} is not known here: {help}");
    Refusal::of(Fault::QueryInvalid, name.trim_matches('`'), detail)
}
