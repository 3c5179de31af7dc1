//! A key as JSON: what people and programs are shown of it.

use std::time::SystemTime;

use serde_json::{Map, Value, json};

use crate::model::{ApiKey, Generation};
use crate::store::Listed;

use super::registry::life;

/// A key, and what is known of its use.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    key: &'a ApiKey,
    used: Option<(u64, Option<SystemTime>)>,
}

impl<'a> From<&'a ApiKey> for Shown<'a> {
    fn from(key: &'a ApiKey) -> Self {
        Self { key, used: None }
    }
}

impl<'a> From<&'a Listed> for Shown<'a> {
    fn from(listed: &'a Listed) -> Self {
        let used = Some((listed.uses, listed.last_used_at));
        let key = &listed.key;
        Self { key, used }
    }
}

/// The document of a key at this moment. What it does not have is not there; times are RFC 3339 in UTC.
/// Neither a text nor a hash is in it.
pub fn document<'a>(shown: impl Into<Shown<'a>>, now: SystemTime) -> Value {
    let Shown { key, used } = shown.into();
    let mut members = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        value.map(|value| members.insert(name.to_owned(), value));
    };
    let start = key.generations.first().map(|newest| &newest.start);
    let metadata = Some(&key.metadata).filter(|metadata| !metadata.is_empty());
    put("id", Some(json!(key.id)));
    put("set", Some(json!(key.set)));
    put("name", Some(json!(key.name)));
    put("start", start.map(|start| json!(start)));
    put("tenant", key.tenant.as_ref().map(|it| json!(it)));
    put("owner", key.owner.as_ref().map(|it| json!(it)));
    put("roles", key.roles.as_ref().map(|it| json!(it)));
    put("scopes", Some(json!(key.scopes)));
    put("sources", key.sources.as_ref().map(|it| json!(it)));
    put("networks", key.networks.as_ref().map(|list| texts(list)));
    put("not_before", key.not_before.map(time));
    put("expires_at", key.expires_at.map(time));
    put("created_at", Some(time(key.created_at)));
    put("created_by", Some(json!(key.created_by)));
    put("revoked_at", key.revoked_at.map(time));
    put("metadata", metadata.map(|it| json!(it)));
    let generations: Vec<Value> = key.generations.iter().map(generation).collect();
    put("generations", Some(Value::Array(generations)));
    put("uses", used.map(|(uses, _)| json!(uses)));
    put("last_used_at", used.and_then(|(_, last)| last).map(time));
    put("status", Some(json!(status(key, now))));
    Value::Object(members)
}

/// Where a key is in its life: `active`, `pending`, `expired` or `revoked`.
pub fn status(key: &ApiKey, now: SystemTime) -> &'static str {
    let is_over = key.expires_at.is_some_and(|end| end <= now);
    if key.revoked_at.is_some() {
        "revoked"
    } else if is_over || !key.generations.iter().any(|it| life::counts(it, now)) {
        "expired"
    } else if key.not_before.is_some_and(|begin| now < begin) {
        "pending"
    } else {
        "active"
    }
}

fn generation(generation: &Generation) -> Value {
    let mut value = json!({
        "number": generation.number,
        "start": generation.start,
        "hash": generation.hash.kind(),
        "created_at": time(generation.created_at),
    });
    if let Value::Object(members) = &mut value {
        if let Some(end) = generation.ends_at {
            members.insert("ends_at".into(), time(end));
        }
        if generation.signing.is_some() {
            members.insert("signing_secret".into(), json!(true));
        }
    }
    value
}

fn texts(list: &[impl ToString]) -> Value {
    list.iter().map(ToString::to_string).collect()
}

/// A moment in RFC 3339, in UTC.
pub(super) fn time(moment: SystemTime) -> Value {
    let moment = jiff::Timestamp::try_from(moment).unwrap_or(jiff::Timestamp::MAX);
    Value::String(moment.to_string())
}
