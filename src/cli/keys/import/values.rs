//! The values of a row, whichever way its file writes them.

use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ipnet::IpNet;
use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::cli::keys::moments;
use crate::document::{Node, Problems, Value};
use crate::keys::parse_hash;
use crate::model::KeyHash;

/// Seconds since 1970 that lie within the next few centuries; milliseconds do not.
const LAST_SECOND: i64 = 10_000_000_000;

/// A text; numbers may be names in another system.
pub(super) fn text(node: &Node, problems: &Problems) -> Option<Box<str>> {
    let text = match &node.value {
        Value::Text(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        other => {
            problems.error(node, format!("expected text, found {}", other.kind()));
            return None;
        }
    };
    Some(text.into())
}

/// What is kept of a text. The value itself is never said.
pub(super) fn hash(node: &Node, problems: &Problems) -> Option<KeyHash> {
    match node.text().map(parse_hash) {
        Some(Ok(hash)) => Some(hash),
        Some(Err(error)) => {
            problems.error_with(node, error.message, error.help);
            None
        }
        None => {
            problems.error(
                node,
                format!("expected a hash, found {}", node.value.kind()),
            );
            None
        }
    }
}

/// A list: as such; as JSON in a text; as PostgreSQL writes arrays; or with commas, semicolons or spaces.
pub(super) fn list(node: &Node, problems: &Problems) -> Option<Vec<Box<str>>> {
    let items = items(node, problems)?;
    let texts = items.iter().map(|item| text(item, problems));
    texts.collect()
}

fn items(node: &Node, problems: &Problems) -> Option<Vec<Node>> {
    let whole = match &node.value {
        Value::List(items) => return Some(items.clone()),
        Value::Text(text) => text.trim(),
        Value::Integer(_) => return Some(vec![node.clone()]),
        other => {
            problems.error(node, format!("expected a list, found {}", other.kind()));
            return None;
        }
    };
    let texts: Vec<String> = match whole.chars().next() {
        Some('[') => match serde_json::from_str(whole) {
            Ok(items) => items,
            Err(_) => {
                let help = "write `[\"one\", \"two\"]`, or `one, two`";
                problems.error_with(node, "is not a list of texts in JSON", help);
                return None;
            }
        },
        Some('{') => match array(whole) {
            Some(items) => items,
            None => {
                let help = "write `{one,two}`, `[\"one\", \"two\"]`, or `one, two`";
                problems.error_with(node, "is not an array as PostgreSQL writes it", help);
                return None;
            }
        },
        _ => {
            let parts = whole.split([',', ';', ' ']);
            let parts = parts.map(str::trim).filter(|part| !part.is_empty());
            parts.map(str::to_owned).collect()
        }
    };
    let items = texts.into_iter().map(|text| Node {
        value: Value::Text(text),
        ..node.clone()
    });
    Some(items.collect())
}

/// `{one,"two, three"}`, without nested arrays.
fn array(text: &str) -> Option<Vec<String>> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let (mut items, mut item) = (Vec::new(), String::new());
    let (mut quoted, mut any) = (false, false);
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        any = true;
        match c {
            '"' => quoted = !quoted,
            '\\' if quoted => item.push(rest.next()?),
            ',' if !quoted => items.push(std::mem::take(&mut item)),
            '{' | '}' if !quoted => return None,
            c => item.push(c),
        }
    }
    if any {
        items.push(item);
    }
    (!quoted).then_some(items)
}

/// Networks; an address alone is a network of one.
pub(super) fn networks(node: &Node, problems: &Problems) -> Option<Vec<IpNet>> {
    let items = items(node, problems)?;
    let networks = items.iter().map(|item| {
        let text = text(item, problems)?;
        let network = network(&text);
        if network.is_none() {
            let message = format!("`{text}` is not a network");
            problems.error_with(
                item,
                message,
                "write `10.0.0.0/8`, `2001:db8::/32` or an address",
            );
        }
        network
    });
    networks.collect()
}

/// `10.0.0.0/8`, or an address.
pub(in crate::cli::keys) fn network(text: &str) -> Option<IpNet> {
    let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
    let network = text.parse::<IpNet>().ok().or_else(address)?;
    // Bits behind the prefix would never count.
    (network.trunc().addr() == network.addr()).then_some(network)
}

/// A moment: RFC 3339, a day, or seconds since 1970. A day that something ends on counts to its end.
pub(super) fn moment(node: &Node, ends: bool, problems: &Problems) -> Option<SystemTime> {
    let found = match &node.value {
        Value::Integer(seconds) => in_seconds(*seconds),
        Value::Text(text) => in_words(text.trim(), ends),
        _ => None,
    };
    if found.is_none() {
        let message = match &node.value {
            Value::Integer(seconds) if *seconds >= LAST_SECOND => {
                "is too late for seconds since 1970".to_owned()
            }
            Value::Text(text) => format!("`{text}` is not a moment"),
            other => format!("expected a moment, found {}", other.kind()),
        };
        let help = "write `2027-01-31T12:00:00Z` with its zone, a day such as `2027-01-31`, or seconds since 1970";
        problems.error_with(node, message, help);
    }
    found
}

fn in_seconds(seconds: i64) -> Option<SystemTime> {
    let seconds = u64::try_from(seconds)
        .ok()
        .filter(|seconds| i64::try_from(*seconds).is_ok_and(|seconds| seconds < LAST_SECOND))?;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

fn in_words(text: &str, ends: bool) -> Option<SystemTime> {
    if let Ok(seconds) = text.parse::<i64>() {
        return in_seconds(seconds);
    }
    if let Some(day) = moments::day(text) {
        let when = moments::When::On(day);
        return match ends {
            true => when.ends(UNIX_EPOCH),
            false => when.begins(UNIX_EPOCH),
        };
    }
    text.parse::<Timestamp>().ok().map(SystemTime::from)
}

/// Further facts.
pub(super) fn metadata(node: &Node, problems: &Problems) -> Option<Map<String, Json>> {
    let value = match &node.value {
        Value::Text(text) => serde_json::from_str(text).unwrap_or(Json::Null),
        _ => node.to_json(),
    };
    match value {
        Json::Object(facts) => Some(facts),
        _ => {
            let help = "write an object: `{\"plan\": \"gold\"}`";
            problems.error_with(node, "expected an object of facts", help);
            None
        }
    }
}
