//! Durations and sizes: numbers with units.

use std::time::Duration;

use super::read::unexpected;
use super::{Node, Problems, Read, Shape, Value};

/// A number of bytes: `64 KiB`, `10 MiB`, `1000`, `1 kB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

impl ByteSize {
    /// The size as a count in memory.
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl Read for Duration {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        match node.text().and_then(duration) {
            Some(duration) => Some(duration),
            None => unexpected(
                node,
                problems,
                "a duration such as `500ms`, `30s`, `5m` or `24h`",
            ),
        }
    }

    fn shape() -> Shape {
        Shape::Form(r"[0-9]+\s*(?:ms|s|m|h|d)\s*")
    }
}

fn split_unit(text: &str) -> Option<(u64, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    Some((digits.parse().ok()?, unit.trim()))
}

/// A duration as files spell it: `500ms`, `30s`, `5m`, `24h`, `90d`; at most a century.
pub fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split_unit(text)?;
    let seconds = match unit {
        "ms" => return Some(Duration::from_millis(number)),
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    // A century is beyond any setting and within every clock's arithmetic.
    number
        .checked_mul(seconds)
        .filter(|total| *total <= 3_155_760_000)
        .map(Duration::from_secs)
}

impl Read for ByteSize {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let size = match &node.value {
            Value::Integer(value) => u64::try_from(*value).ok(),
            Value::Text(text) => size(text),
            _ => None,
        };
        match size {
            Some(bytes) => Some(Self(bytes)),
            None => unexpected(
                node,
                problems,
                "a size such as `64 KiB`, `10 MiB` or a number of bytes",
            ),
        }
    }

    fn shape() -> Shape {
        let unit = r"[0-9]+\s*(?:B|kB|MB|GB|KiB|MiB|GiB)?\s*";
        Shape::Form(unit).or(Shape::Integer(0, i64::MAX))
    }
}

fn size(text: &str) -> Option<u64> {
    let (number, unit) = split_unit(text)?;
    let factor = match unit {
        "" | "B" => 1,
        "kB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(factor)
}
