//! What followed from a case, and whether that is what must follow.

use serde_json::Value;

use super::front::Front;
use super::house::CALLER;
use super::row::{Follows, Row};
use crate::support::Answer;
use crate::support::upstream::Seen;

/// All that followed.
pub(super) struct Outcome {
    /// Nothing when the connection was closed.
    pub(super) answer: Option<Answer>,
    /// What reached the app.
    pub(super) seen: Vec<Seen>,
    /// What sidegate decided.
    pub(super) records: Vec<Value>,
}

/// Names of identity headers, and of what callers may not send, in small letters; `-` for any mark.
const RESERVED: [&str; 5] = ["x-user", "x-user-email", "x-tenant", "x-roles", "x-debug"];

impl Outcome {
    /// What is wrong with it at this door; nothing when all is well.
    pub(super) fn complaints(&self, row: &Row, door: Front) -> Vec<String> {
        let mut complaints = self.breaches(door);
        // Caddy has an empty answer for hosts that it does not know.
        if !row.is_elsewhere && self.is_hollow() {
            complaints.push("a pass that did not reach the app".to_owned());
        }
        if row.is_elsewhere && door.serves_one_host() {
            return complaints;
        }
        match &row.follows {
            Follows::Lawful => {}
            Follows::Passes {
                target,
                identity,
                body,
            } => {
                complaints.extend(self.passing(target, identity, body.as_deref()));
            }
            Follows::Refused { status, reason } => {
                complaints.extend(self.refusal(door.status(*status), reason));
            }
            Follows::RefusedBySomebody { status, reason } => {
                let by_sidegate = !self.records.is_empty();
                if by_sidegate || door == Front::Proxy {
                    complaints.extend(self.refusal(door.status(*status), reason));
                } else if !self.seen.is_empty() {
                    complaints.push("it reached the app".to_owned());
                }
            }
        }
        complaints
    }

    /// The law: what reaches the app was judged, as it is, and says nothing that only sidegate may say.
    fn breaches(&self, door: Front) -> Vec<String> {
        let mut complaints: Vec<String> = Vec::new();
        for seen in &self.seen {
            if !self.records.iter().any(|record| judged(record, seen)) {
                let target: String = seen.target.chars().take(200).collect();
                let records = &self.records;
                complaints.push(format!(
                    "nobody judged {} {target}: {records:?}",
                    seen.method
                ));
            }
            // HAProxy has no way to keep trailers back. They are no header fields (RFC 9110 section 6.5.1).
            let trailers = match door.passes_trailers() {
                true => &[][..],
                false => &seen.message.trailers,
            };
            let fields = seen.message.headers.iter().chain(trailers);
            let spoofed = fields.filter(|(name, value)| is_spoofed(name, value));
            complaints.extend(spoofed.map(|field| format!("the app saw {field:?}")));
        }
        // What cannot be read as a message has no method, and a request that cannot be read no path.
        let read = self.records.iter().filter(|record| {
            let unread = record["method"] == "-";
            !unread && (record["path"] != "" || !door.records_its_peer())
        });
        let caller = CALLER.to_string();
        let believed = read.filter(|record| record["client"] != caller.as_str());
        complaints.extend(believed.map(|record| format!("this is not the caller: {record}")));
        complaints
    }

    /// Whether the caller was told of a success that the app knows nothing of.
    fn is_hollow(&self) -> bool {
        let told = self
            .answer
            .as_ref()
            .is_some_and(|answer| answer.status < 300);
        self.seen.is_empty() && told
    }

    fn passing(&self, target: &str, identity: &[(&str, &str)], body: Option<&[u8]>) -> Vec<String> {
        let status = self.answer.as_ref().map(|answer| answer.status);
        let [seen] = self.seen.as_slice() else {
            let count = self.seen.len();
            return vec![format!(
                "reached the app {count} times: {status:?}, {:?}",
                self.records
            )];
        };
        let mut complaints = Vec::new();
        let mut agree = |what: &str, is: String, should: String| {
            if is != should {
                complaints.push(format!("{what}: {is}, not {should}"));
            }
        };
        agree("status", format!("{status:?}"), "Some(200)".to_owned());
        agree("target", seen.target.clone(), target.to_owned());
        agree("decision", self.told("decision"), "allow".to_owned());
        agree(
            "identity",
            format!("{:?}", identity_of(seen)),
            format!("{:?}", sorted(identity)),
        );
        if let Some(body) = body {
            let arrived = &seen.message.body;
            let same = arrived.bytes == body && arrived.length == body.len() as u64;
            agree("content", same.to_string(), "true".to_owned());
        }
        complaints
    }

    fn refusal(&self, status: u16, reason: &str) -> Vec<String> {
        let mut complaints = Vec::new();
        let mut agree = |what: &str, is: String, should: String| {
            if is != should {
                complaints.push(format!("{what}: {is}, not {should}"));
            }
        };
        let answered = self.answer.as_ref().map(|answer| answer.status);
        agree(
            "reached the app",
            self.seen.len().to_string(),
            "0".to_owned(),
        );
        agree(
            "status",
            format!("{answered:?}"),
            format!("{:?}", Some(status)),
        );
        agree("decision", self.told("decision"), "deny".to_owned());
        agree("reason", self.told("reason"), reason.to_owned());
        complaints
    }

    /// What the one record says; something else when there is not one.
    fn told(&self, key: &str) -> String {
        match self.records.as_slice() {
            [record] => record[key].as_str().unwrap_or_default().to_owned(),
            records => format!("{} records", records.len()),
        }
    }
}

/// Whether this record lets exactly this request pass.
fn judged(record: &Value, seen: &Seen) -> bool {
    let path = seen.target.split('?').next().unwrap_or_default();
    let host = seen.header("host").unwrap_or_default().to_ascii_lowercase();
    // A dot at the end of a name changes nothing about it.
    let host = host.strip_suffix('.').unwrap_or(&host);
    // Records leave out what is very long; a case is alone on record, so that nothing can be confused.
    let same_path = match record["path"].as_str() {
        Some(told) => {
            told == path || path.len() > 1_000 && path.starts_with(told.trim_end_matches("..."))
        }
        None => path.len() > 1_000,
    };
    record["decision"] == "allow"
        && record["method"] == seen.method.as_str()
        && same_path
        && record["host"] == host
}

fn is_spoofed(name: &str, value: &str) -> bool {
    let folded = folded(name);
    let prefixed = folded.starts_with("x-sidegate-") || folded.starts_with("x-internal-");
    // A folded line is a part of the field before it: nobody takes it for one of its own.
    let said = name.eq_ignore_ascii_case("x-a");
    prefixed || !said && (value.contains("mallory") || name.contains("mallory"))
}

fn folded(name: &str) -> String {
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '-'
        }
    };
    name.to_ascii_lowercase().chars().map(plain).collect()
}

/// The identity headers that the app saw, sorted.
fn identity_of(seen: &Seen) -> Vec<(String, String)> {
    let fields = seen.message.headers.iter();
    let named = fields.map(|(name, value)| (folded(name), value.clone()));
    let mut named: Vec<_> = named
        .filter(|(name, _)| RESERVED.contains(&name.as_str()))
        .collect();
    named.sort();
    named
}

fn sorted(identity: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = identity
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()));
    let mut owned: Vec<_> = owned.collect();
    owned.sort();
    owned
}
