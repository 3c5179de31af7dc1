//! Lengths of time: `1h30m`, `-1.5s`.

use std::fmt;

/// A length of time in nanoseconds, up to about 292 years either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(i64);

/// The units, longer names first where one begins with another.
const UNITS: [(&str, i128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

impl Duration {
    /// A length by its nanoseconds.
    pub fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// The length in nanoseconds.
    pub fn nanos(self) -> i64 {
        self.0
    }

    pub(in super::super) fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    pub(in super::super) fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// Reads numbers with units, such as `1h30m`, `-1.5s` or `0`.
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        if rest == "0" {
            return Some(Self(0));
        }
        let mut total: i128 = 0;
        let mut rest = (!rest.is_empty()).then_some(rest)?;
        while !rest.is_empty() {
            let (nanos, after) = part(rest)?;
            total = total.checked_add(nanos)?;
            rest = after;
        }
        i64::try_from(sign * total).ok().map(Self)
    }
}

/// One number and its unit, in nanoseconds; what is smaller than one is cut off.
fn part(text: &str) -> Option<(i128, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, rest) = text.split_at_checked(end)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || whole.len() > 19 || fraction.contains('.') {
        return None;
    }
    let after_unit = rest.find(|c: char| c.is_ascii_digit() || c == '.');
    let (unit, after) = rest.split_at_checked(after_unit.unwrap_or(rest.len()))?;
    let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let whole: i128 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let mut nanos = whole.checked_mul(*scale)?;
    let mut scale = *scale;
    for digit in fraction.bytes().map(|digit| i128::from(digit - b'0')) {
        scale /= 10;
        nanos += digit * scale;
    }
    Some((nanos, after))
}

/// The digits behind the point, without zeros at their end; nothing for none.
pub(super) fn fraction(f: &mut fmt::Formatter<'_>, nanos: u32) -> fmt::Result {
    if nanos == 0 {
        return Ok(());
    }
    let digits = format!("{nanos:09}");
    write!(f, ".{}", digits.trim_end_matches('0'))
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}", nanos / 1_000_000_000)?;
        fraction(f, u32::try_from(nanos % 1_000_000_000).unwrap_or(0))?;
        f.write_str("s")
    }
}
