//! The process file's section `api_keys`: how much is remembered of keys, and for how long.

use std::sync::Arc;
use std::time::Duration;

use crate::document::{ByteSize, Fields, Node, OneOrMany, Problems, Read, Shape};
use crate::secret::Secret;

use super::seal::Sealer;

/// The most threads for slow hashes.
const THREADS: usize = 16;

/// The most texts that may wait for a slow hash.
const WAITING: usize = 10_000;

/// The least memory for known keys: some thousand of them.
const MEMORY: usize = 1 << 20;

/// How keys are remembered and checked, for all sets alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long known keys of the store count while it does not answer; zero for not at all.
    pub keep_known: Duration,
    /// Bytes for keys that are known here, in the whole process.
    pub memory: usize,
    /// How long a text that is nobody's is remembered as such.
    pub unknown_for: Duration,
    /// How often uses are written.
    pub count_every: Duration,
    /// Threads for bcrypt and Argon2.
    pub hashing_threads: usize,
    /// How many texts may wait for them.
    pub hashing_waiting: usize,
    /// What encrypts the secrets that are kept for keys; without it none can be kept.
    pub sealer: Option<Arc<Sealer>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            keep_known: Duration::from_secs(3600),
            memory: 64 << 20,
            unknown_for: Duration::from_secs(10),
            count_every: Duration::from_secs(2),
            hashing_threads: 1,
            hashing_waiting: 64,
            sealer: None,
        }
    }
}

impl Settings {
    /// Reads the section; what is not written has its default.
    pub fn read(node: Option<&Node>, problems: &Problems) -> Self {
        let defaults = Self::default();
        let Some(mut fields) = node.and_then(|node| Fields::of(node, "api_keys", problems)) else {
            return defaults;
        };
        let read = Self {
            keep_known: fields.or("keep_known", defaults.keep_known),
            memory: read_memory(&mut fields, defaults.memory, problems),
            unknown_for: read_unknown_for(&mut fields, defaults.unknown_for, problems),
            count_every: read_pause(&mut fields, defaults.count_every, problems),
            hashing_threads: read_number(
                &mut fields,
                "hashing_threads",
                defaults.hashing_threads,
                THREADS,
                problems,
            ),
            hashing_waiting: read_number(
                &mut fields,
                "hashing_waiting",
                defaults.hashing_waiting,
                WAITING,
                problems,
            ),
            sealer: read_sealer(&mut fields, problems),
        };
        fields.finish();
        read
    }
}

fn read_memory(fields: &mut Fields<'_>, default: usize, problems: &Problems) -> usize {
    let memory = fields.or("memory", ByteSize(default as u64)).as_usize();
    if memory < MEMORY {
        complain(fields, "memory", "expected at least 1 MiB", problems);
    }
    memory
}

/// Longer, and a key that nobody told us of would stay unknown.
fn read_unknown_for(fields: &mut Fields<'_>, default: Duration, problems: &Problems) -> Duration {
    let unknown_for = fields.or("unknown_for", default);
    if unknown_for > Duration::from_secs(3600) {
        complain(fields, "unknown_for", "expected at most 1h", problems);
    }
    unknown_for
}

/// A pause of nothing would write without end.
fn read_pause(fields: &mut Fields<'_>, default: Duration, problems: &Problems) -> Duration {
    let pause = fields.or("count_every", default);
    let bounds = Duration::from_millis(100)..=Duration::from_secs(600);
    if !bounds.contains(&pause) {
        let message = "expected a duration from 100ms to 10m";
        complain(fields, "count_every", message, problems);
    }
    pause
}

/// A number from 1 on.
fn read_number(
    fields: &mut Fields<'_>,
    key: &'static str,
    default: usize,
    most: usize,
    problems: &Problems,
) -> usize {
    let Some(node) = fields.shaped(key, || Shape::Integer(1, most as i64)) else {
        return default;
    };
    let number = usize::read(node, problems);
    if number.is_some_and(|number| !(1..=most).contains(&number)) {
        problems.error(node, format!("expected a number from 1 to {most}"));
    }
    number.unwrap_or(default)
}

/// One secret, or several: the first encrypts, all of them decrypt.
fn read_sealer(fields: &mut Fields<'_>, problems: &Problems) -> Option<Arc<Sealer>> {
    let node = fields.shaped("encryption_key", OneOrMany::<Secret>::shape)?;
    let OneOrMany(secrets) = OneOrMany::<Secret>::read(node, problems)?;
    match Sealer::new(&secrets) {
        Ok(sealer) => Some(Arc::new(sealer)),
        Err(error) => {
            let help = "`openssl rand -base64 32` makes one";
            problems.error_with(node, error.to_string(), help);
            None
        }
    }
}

fn complain(fields: &Fields<'_>, key: &str, message: &'static str, problems: &Problems) {
    let node = fields.node().at(key).unwrap_or(fields.node());
    problems.error(node, message);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse;

    fn read(text: &str) -> (Settings, Vec<String>) {
        let problems = Problems::new();
        let node = parse("sidegate.yaml", text, &|_| None, &problems).unwrap();
        let settings = Settings::read(node.at("api_keys"), &problems);
        let problems = problems.into_sorted();
        (settings, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn section_is_read_whole() {
        let (settings, problems) = read(
            "api_keys: { keep_known: 0s, memory: 8 MiB, unknown_for: 1s, count_every: 500ms, \
             hashing_threads: 2, hashing_waiting: 16 }",
        );
        assert_eq!(problems, Vec::<String>::new());
        let expected = Settings {
            keep_known: Duration::ZERO,
            memory: 8 << 20,
            unknown_for: Duration::from_secs(1),
            count_every: Duration::from_millis(500),
            hashing_threads: 2,
            hashing_waiting: 16,
            sealer: None,
        };
        assert_eq!(settings, expected);
    }

    #[test]
    fn what_is_not_written_has_its_default() {
        assert_eq!(read("api_keys: {}"), (Settings::default(), Vec::new()));
        assert_eq!(read("workers: 1"), (Settings::default(), Vec::new()));
    }

    #[test]
    fn numbers_out_of_bounds_are_refused_with_the_bounds() {
        for (text, expected) in [
            ("hashing_threads: 0", "expected a number from 1 to 16"),
            ("hashing_threads: 17", "expected a number from 1 to 16"),
            ("hashing_waiting: 0", "expected a number from 1 to 10000"),
            ("memory: 1 KiB", "expected at least 1 MiB"),
            ("unknown_for: 2h", "expected at most 1h"),
            ("count_every: 0s", "expected a duration from 100ms to 10m"),
        ] {
            let (_, problems) = read(&format!("api_keys: {{ {text} }}"));
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert!(problems[0].contains(expected), "{problems:?}");
        }
    }
}
