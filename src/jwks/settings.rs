//! The process file's section `key_sets`.

use std::path::PathBuf;
use std::time::Duration;

use crate::document::{ByteSize, Fields, Node, Problems};

/// How key sets are fetched and kept, for all issuers alike.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the last good sets are kept over a restart; nowhere when not given.
    pub cache_dir: Option<PathBuf>,
    /// Certificates (PEM) that are trusted in addition to the system's.
    pub ca_file: Option<PathBuf>,
    /// Whether `HTTPS_PROXY` and its relatives are obeyed.
    pub proxy: bool,
    /// How long a set is fresh when the issuer does not say.
    pub refresh: Duration,
    /// The shortest time a set counts as fresh, whatever the issuer says.
    pub min_refresh: Duration,
    /// The longest time a set counts as fresh, whatever the issuer says.
    pub max_refresh: Duration,
    /// The pause after a fetch that an unknown `kid` caused.
    pub cooldown: Duration,
    /// The time limit of a whole fetch, and of a caller's wait for one.
    pub timeout: Duration,
    /// The largest document, in bytes.
    pub max_size: usize,
    /// How long keys are used after the last fetch that succeeded.
    pub max_stale: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cache_dir: None,
            ca_file: None,
            proxy: false,
            refresh: Duration::from_secs(600),
            min_refresh: Duration::from_secs(60),
            max_refresh: Duration::from_secs(24 * 3600),
            cooldown: Duration::from_secs(30),
            timeout: Duration::from_secs(5),
            max_size: 1 << 20,
            max_stale: Duration::from_secs(24 * 3600),
        }
    }
}

impl Settings {
    /// Reads the section; what is not written has its default.
    pub fn read(node: Option<&Node>, problems: &Problems) -> Self {
        let defaults = Self::default();
        let Some(mut fields) = node.and_then(|node| Fields::of(node, "key_sets", problems)) else {
            return defaults;
        };
        let read = Self {
            cache_dir: fields.optional("cache_dir"),
            ca_file: fields.optional("ca_file"),
            proxy: fields.or("proxy", defaults.proxy),
            refresh: positive(&mut fields, "refresh", defaults.refresh, problems),
            min_refresh: positive(&mut fields, "min_refresh", defaults.min_refresh, problems),
            max_refresh: positive(&mut fields, "max_refresh", defaults.max_refresh, problems),
            cooldown: positive(&mut fields, "cooldown", defaults.cooldown, problems),
            timeout: positive(&mut fields, "timeout", defaults.timeout, problems),
            max_size: fields
                .or("max_size", ByteSize(defaults.max_size as u64))
                .as_usize(),
            max_stale: positive(&mut fields, "max_stale", defaults.max_stale, problems),
        };
        if read.min_refresh > read.max_refresh {
            problems.error(
                fields.node(),
                "`min_refresh` must not be longer than `max_refresh`",
            );
        }
        if read.max_stale < read.min_refresh {
            problems.error(
                fields.node(),
                "`max_stale` must not be shorter than `min_refresh`",
            );
        }
        fields.finish();
        read
    }
}

/// A duration that is not zero: a pause of nothing is no pause, and a time limit of nothing no fetch.
fn positive(
    fields: &mut Fields<'_>,
    key: &'static str,
    default: Duration,
    problems: &Problems,
) -> Duration {
    let duration = fields.or(key, default);
    if duration.is_zero() {
        problems.error(
            fields.node().at(key).unwrap_or(fields.node()),
            "expected a duration longer than zero",
        );
    }
    duration
}
