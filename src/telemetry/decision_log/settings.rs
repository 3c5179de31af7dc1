//! What the process file says about the decision log.

use std::fmt;
use std::path::PathBuf;

use super::redaction::Redaction;
use crate::document::{ByteSize, Fields, Node, Problems, Read as _, Shape, Value, choice};
use crate::telemetry::LogFormat;

/// The smallest file that is worth rotating, in bytes.
const LEAST_SIZE: u64 = 64 << 10;
/// The most rotated files that are kept.
const MOST_KEPT: u32 = 1000;

/// Which decisions get a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Decisions {
    /// Every one.
    #[default]
    All,
    /// Only those that say no.
    Denied,
    /// None.
    Off,
}

/// The key `log.decisions` of the process file: one word, or a map.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DecisionSettings {
    /// Which decisions are recorded.
    pub record: Decisions,
    /// How; when it is not said, as JSON in a file and as the rest of the log on standard output.
    pub format: Option<LogFormat>,
    /// The file to append to; without one, standard output.
    pub file: Option<PathBuf>,
    /// When the file is put aside for a new one; nothing when somebody else sees to that.
    pub rotation: Option<Rotation>,
    /// How many of the allowed requests are recorded. Denied ones always are.
    pub sample_allowed: Share,
    /// What no record shows.
    pub redaction: Redaction,
}

/// When a log file is put aside for a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// How long a file may get, in bytes.
    pub size: u64,
    /// How many earlier files are kept: `x.log.1` is the newest of them.
    pub keep: u32,
}

impl Default for Rotation {
    fn default() -> Self {
        Self {
            size: 100 << 20,
            keep: 5,
        }
    }
}

impl DecisionSettings {
    /// Those of one word.
    pub fn of(record: Decisions) -> Self {
        Self {
            record,
            ..Self::default()
        }
    }

    /// What the key may hold.
    pub(in crate::telemetry) fn shape() -> Shape {
        Shape::words(&DECISIONS).or(Shape::Section("log.decisions"))
    }

    /// Reads the word or the map; what is not written keeps its default.
    pub(in crate::telemetry) fn read(node: &Node, problems: &Problems) -> Self {
        if !matches!(node.value, Value::Map(_)) {
            return Self::of(read_record(node, problems).unwrap_or_default());
        }
        let Some(mut fields) = Fields::of(node, "log.decisions", problems) else {
            return Self::default();
        };
        fields.refuse_blanks();
        let record = fields.shaped("record", || Shape::words(&DECISIONS));
        let record = record.and_then(|node| read_record(node, problems));
        let format = fields.shaped("format", || Shape::words(&FORMATS));
        let format = format.and_then(|node| read_format(node, problems));
        let file: Option<PathBuf> = fields.optional("file");
        let rotate = fields.shaped("rotate", || {
            Shape::Words(vec!["off"]).or(Shape::Section("rotate"))
        });
        if let Some(node) = rotate.filter(|_| file.is_none()) {
            let help = "name a `file`, or leave `rotate` out";
            problems.error_with(node, "standard output cannot be rotated", help);
        }
        let rotation = match rotate {
            Some(node) => read_rotation(node, problems),
            None => Some(Rotation::default()),
        };
        let sample = fields.shaped("sample_allowed", Share::shape);
        let redact = fields.shaped("redact", || Shape::one_or_many(Shape::Text));
        let settings = Self {
            record: record.unwrap_or_default(),
            format,
            rotation: rotation.filter(|_| file.is_some()),
            file,
            sample_allowed: sample.map_or_else(Share::default, |node| Share::read(node, problems)),
            redaction: redact
                .map_or_else(Redaction::default, |node| Redaction::read(node, problems)),
        };
        fields.finish();
        settings
    }
}

const DECISIONS: [(&str, Decisions); 3] = [
    ("all", Decisions::All),
    ("denied", Decisions::Denied),
    ("off", Decisions::Off),
];

/// The words for formats.
pub(in crate::telemetry) const FORMATS: [(&str, LogFormat); 2] =
    [("text", LogFormat::Text), ("json", LogFormat::Json)];

fn read_record(node: &Node, problems: &Problems) -> Option<Decisions> {
    choice(node, problems, &DECISIONS)
}

/// Reads the word for a format.
pub(in crate::telemetry) fn read_format(node: &Node, problems: &Problems) -> Option<LogFormat> {
    choice(node, problems, &FORMATS)
}

/// Reads `off`, or `size` and `keep`.
fn read_rotation(node: &Node, problems: &Problems) -> Option<Rotation> {
    if node.text().is_some() {
        return choice(node, problems, &[("off", None)]).flatten();
    }
    let mut fields = Fields::of(node, "rotate", problems)?;
    fields.refuse_blanks();
    let mut rotation = Rotation::default();
    if let Some(node) = fields.shaped("size", ByteSize::shape) {
        match ByteSize::read(node, problems) {
            Some(ByteSize(size)) if size >= LEAST_SIZE => rotation.size = size,
            Some(_) => problems.error(node, "expected a size of at least 64 KiB"),
            None => {}
        }
    }
    if let Some(node) = fields.shaped("keep", || Shape::Integer(1, i64::from(MOST_KEPT))) {
        match u32::read(node, problems) {
            Some(keep) if (1..=MOST_KEPT).contains(&keep) => rotation.keep = keep,
            Some(_) => problems.error(node, format!("expected a number from 1 to {MOST_KEPT}")),
            None => {}
        }
    }
    fields.finish();
    Some(rotation)
}

/// A share of the whole, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share(u32);

impl Share {
    /// All there is.
    pub const WHOLE: Self = Self(Self::MILLION);
    /// Nothing.
    pub const NONE: Self = Self(0);
    const MILLION: u32 = 1_000_000;

    /// The share as a fraction from 0 to 1; nothing beyond these, and nothing for a share that is
    /// smaller than a millionth without being nothing.
    pub fn of(fraction: f64) -> Option<Self> {
        let millionths = (fraction * f64::from(Self::MILLION)).round();
        let fits = (0.0..=1.0).contains(&fraction) && (millionths > 0.0 || fraction == 0.0);
        // Exact: a whole number up to a million.
        fits.then_some(Self(millionths as u32))
    }

    /// Below which of all numbers of 64 bits a share of them lies.
    pub(super) fn bound(self) -> u64 {
        u64::MAX / u64::from(Self::MILLION) * u64::from(self.0)
    }

    /// A fraction or a percentage.
    pub fn shape() -> Shape {
        Shape::Number(0, 1).or(Shape::Form(r"[0-9.eE+-]+\s*%?"))
    }

    /// Reads a fraction such as `0.1`, or a percentage such as `10%`. After a mistake it is all there is.
    pub fn read(node: &Node, problems: &Problems) -> Self {
        let fraction = match &node.value {
            Value::Float(fraction) => Some(*fraction),
            Value::Integer(0) => Some(0.0),
            Value::Integer(1) => Some(1.0),
            Value::Text(text) => match text.strip_suffix('%') {
                Some(percent) => percent
                    .trim()
                    .parse()
                    .ok()
                    .map(|percent: f64| percent / 100.0),
                None => text.parse().ok(),
            },
            _ => None,
        };
        fraction.and_then(Self::of).unwrap_or_else(|| {
            let help = "write a fraction such as `0.1` or a percentage such as `10%`; the least is `0.000001`";
            problems.error_with(node, "expected a share from 0 to 1", help);
            Self::default()
        })
    }
}

impl Default for Share {
    fn default() -> Self {
        Self::WHOLE
    }
}

/// As a decimal fraction, which JSON takes for a number.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 >= Self::MILLION {
            return f.write_str("1");
        }
        let digits = format!("{:06}", self.0);
        match digits.trim_end_matches('0') {
            "" => f.write_str("0"),
            digits => write!(f, "0.{digits}"),
        }
    }
}
