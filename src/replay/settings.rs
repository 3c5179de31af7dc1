//! The section `replay` of the process file.

use std::path::PathBuf;
use std::time::Duration;

use super::Address;
use crate::document::{Fields, Node, Problems, Read, Shape, Value};
use crate::secret::Secret;

/// The most deliveries that are remembered in memory: about 700 MB.
const ENTRIES: usize = 10_000_000;
/// Longer, and senders would wait for a Redis that is gone.
const LONGEST: Duration = Duration::from_secs(5);

const FULL: &[(&str, Full)] = &[("forget", Full::Forget), ("refuse", Full::Refuse)];
const OUTAGE: &[(&str, Outage)] = &[("deny", Outage::Deny), ("local", Outage::Local)];

/// Where deliveries are remembered.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many deliveries are remembered in memory, of about 70 bytes each.
    pub entries: usize,
    /// What is done when there are more.
    pub full: Full,
    /// The Redis that replicas share.
    pub redis: Option<Address>,
    /// How long its answer may take.
    pub timeout: Duration,
    /// What is done while it does not answer.
    pub outage: Outage,
}

/// What is done with a delivery when the memory is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Full {
    /// The one that is nearest to its end is forgotten, and counted.
    #[default]
    Forget,
    /// It is refused: its sender comes again.
    Refuse,
}

/// What is done with deliveries while Redis does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outage {
    /// They are refused: their senders come again.
    #[default]
    Deny,
    /// Each replica remembers for itself.
    Local,
}

impl Outage {
    /// The word in the process file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Local => "local",
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            entries: 100_000,
            full: Full::Forget,
            redis: None,
            timeout: Duration::from_millis(50),
            outage: Outage::Deny,
        }
    }
}

impl Settings {
    /// Reads the section; what is not written has its default.
    pub fn read(node: Option<&Node>, problems: &Problems) -> Self {
        let defaults = Self::default();
        let Some(mut fields) = node.and_then(|node| Fields::of(node, "replay", problems)) else {
            return defaults;
        };
        fields.refuse_blanks();
        let entries = read_entries(&mut fields, defaults.entries, problems);
        let full = fields.choice("full", FULL).unwrap_or_default();
        let redis = read_redis(&mut fields, problems);
        let timeout = read_timeout(&mut fields, defaults.timeout, problems);
        let outage = fields.choice("outage", OUTAGE).unwrap_or_default();
        for key in ["timeout", "outage", "ca_file"] {
            if fields.has(key) && !fields.has("redis") {
                let message = format!("`{key}` is about Redis, and none is named");
                let help = format!("write `redis: ${{NAME}}` as well, or leave `{key}` out");
                problems.error_with(at(&fields, key), message, help);
            }
        }
        fields.finish();
        Self {
            entries,
            full,
            redis,
            timeout,
            outage,
        }
    }
}

fn at<'a>(fields: &Fields<'a>, key: &str) -> &'a Node {
    fields.node().at(key).unwrap_or(fields.node())
}

fn read_entries(fields: &mut Fields<'_>, default: usize, problems: &Problems) -> usize {
    let shape = || Shape::Integer(1, ENTRIES as i64);
    let Some(node) = fields.shaped("entries", shape) else {
        return default;
    };
    let entries = usize::read(node, problems).unwrap_or(default);
    if !(1..=ENTRIES).contains(&entries) {
        problems.error(
            node,
            format!("expected a number of deliveries from 1 to {ENTRIES}"),
        );
    }
    entries
}

fn read_timeout(fields: &mut Fields<'_>, default: Duration, problems: &Problems) -> Duration {
    let timeout = fields.or("timeout", default);
    if timeout.is_zero() || timeout > LONGEST {
        problems.error(
            at(fields, "timeout"),
            "expected a duration longer than zero and at most 5s",
        );
    }
    timeout
}

/// An address with a password comes from the environment or a file; one without may be written.
fn read_redis(fields: &mut Fields<'_>, problems: &Problems) -> Option<Address> {
    let text = || Shape::Form(r#"(?:rediss?://|unix:|\$\{)[^"]+"#).or(Secret::shape());
    let node = fields.shaped("redis", text);
    let ca_file = fields.optional::<PathBuf>("ca_file");
    let node = node?;
    let (url, kept_apart) = match &node.value {
        Value::Map(_) => (Secret::read(node, problems)?, true),
        // Has been reported as a variable that is not set.
        Value::Text(text) if node.from_environment && text.is_empty() => return None,
        _ => {
            let text = String::read(node, problems)?;
            (Secret::new(text.into_bytes()), node.is_variable)
        }
    };
    match Address::new(url, ca_file) {
        Ok(address) if address.has_password() && !kept_apart => {
            let help = "write `${NAME}` to take the whole address from the environment, or `redis: { file: path }`";
            problems.error_with(
                node,
                "a password must not be written into a file or a command",
                help,
            );
            None
        }
        Ok(address) => Some(address),
        Err(message) => {
            problems.error(node, message);
            None
        }
    }
}
