//! The API key that a case presents.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use ipnet::IpNet;
use serde_json::Value as Json;

use crate::cli::trial::{KeyDraft, Status, date};
use crate::credential::Place;
use crate::document::{Fields, Node, OneOrMany, Placed, Problems, Value};

use super::case::object;

/// Reads a key, and the set that it names. What keys of the file share is `shared`.
pub(super) fn read(
    node: &Node,
    shared: Option<&Node>,
    problems: &Problems,
) -> Option<(KeyDraft, Option<Placed<String>>)> {
    let whole = joined(node, shared);
    let mut fields = Fields::of(&whole, "API key", problems)?;
    fields.refuse_blanks();
    let set: Option<Placed<String>> = fields.optional("set");
    let draft = KeyDraft {
        set: set.as_ref().map(|set| set.value.clone()),
        id: fields.optional("id"),
        name: fields.optional("name"),
        tenant: fields.optional("tenant"),
        owner: fields.optional("owner"),
        roles: list(&mut fields, "roles"),
        scopes: list(&mut fields, "scopes"),
        sources: list(&mut fields, "sources"),
        networks: networks(fields.raw("networks"), problems),
        metadata: object(fields.raw("metadata"), "metadata", problems),
        not_before: moment(fields.raw("not_before"), problems),
        expires_at: moment(fields.raw("expires_at"), problems),
        status: fields.choice("status", &Status::WORDS).unwrap_or_default(),
        places: places(&mut fields),
    };
    fields.finish();
    Some((draft, set))
}

/// What is said of this key counts before what is said of all.
fn joined(node: &Node, shared: Option<&Node>) -> Node {
    let (Value::Map(own), Some(Value::Map(shared))) = (&node.value, shared.map(|node| &node.value))
    else {
        return node.clone();
    };
    let unsaid = shared
        .iter()
        .filter(|(key, _)| own.iter().all(|(known, _)| known.name != key.name));
    Node {
        value: Value::Map(own.iter().chain(unsaid).cloned().collect()),
        ..node.clone()
    }
}

fn list(fields: &mut Fields<'_>, key: &'static str) -> Option<Vec<String>> {
    let list: Option<OneOrMany<String>> = fields.optional(key);
    list.map(|list| list.0)
}

fn places(fields: &mut Fields<'_>) -> Vec<Place> {
    let places: Option<OneOrMany<Place>> = fields.optional("in");
    places.map(|places| places.0).unwrap_or_default()
}

fn networks(node: Option<&Node>, problems: &Problems) -> Option<Vec<IpNet>> {
    use crate::document::Read as _;
    let node = node?;
    let OneOrMany(texts) = OneOrMany::<Placed<String>>::read(node, problems)?;
    let networks = texts.iter().filter_map(|text| {
        let address = || text.value.parse::<IpAddr>().map(IpNet::from);
        let network = text.value.parse::<IpNet>().or_else(|_| address());
        if network.is_err() {
            let help = "such as `192.0.2.0/24` or `2001:db8::/32`";
            problems.error_with(&text.node, "expected a network", help);
        }
        network.ok()
    });
    Some(networks.collect())
}

/// A date as claims have them: RFC 3339, or counted from the time of the case.
pub(super) fn moment(node: Option<&Node>, problems: &Problems) -> Option<Json> {
    let node = node?;
    let value = node.to_json();
    // Long after 1970, so that a date long before the case is none before 1970.
    let now = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(1 << 31))?;
    if date(&value, now).is_none() {
        let help = "RFC 3339, or counted from the time of the case: `-60`, `+5m`";
        problems.error_with(node, "not a moment", help);
        return None;
    }
    Some(value)
}
