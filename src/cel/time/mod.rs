//! Moments and lengths of time, as wide as the specification has them.

mod civil;
mod duration;
mod zone;

use std::fmt;
use std::time::SystemTime;

pub(super) use civil::Civil;
use civil::days_from_civil;
pub use duration::Duration;
pub(super) use zone::{ZoneError, offset};

const NANOS: i128 = 1_000_000_000;

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z in seconds since 1970.
const FIRST: i64 = -62_135_596_800;
const LAST: i64 = 253_402_300_799;

/// A moment from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp {
    seconds: i64,
    nanos: u32,
}

impl Timestamp {
    /// A moment by seconds since 1970, if it is in range.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        Self::new(seconds, 0)
    }

    fn new(seconds: i64, nanos: u32) -> Option<Self> {
        (FIRST..=LAST)
            .contains(&seconds)
            .then_some(Self { seconds, nanos })
    }

    fn from_nanos(nanos: i128) -> Option<Self> {
        let seconds = i64::try_from(nanos.div_euclid(NANOS)).ok()?;
        Self::new(seconds, u32::try_from(nanos.rem_euclid(NANOS)).ok()?)
    }

    fn as_nanos(self) -> i128 {
        i128::from(self.seconds) * NANOS + i128::from(self.nanos)
    }

    /// Whole seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.seconds
    }

    pub(super) fn plus(self, length: Duration) -> Option<Self> {
        Self::from_nanos(self.as_nanos() + i128::from(length.nanos()))
    }

    pub(super) fn minus(self, length: Duration) -> Option<Self> {
        Self::from_nanos(self.as_nanos() - i128::from(length.nanos()))
    }

    pub(super) fn since(self, earlier: Self) -> Option<Duration> {
        let nanos = i64::try_from(self.as_nanos() - earlier.as_nanos()).ok()?;
        Some(Duration::from_nanos(nanos))
    }

    /// The date and the time of day, at an offset from UTC in seconds.
    pub(super) fn civil(self, offset: i64) -> Civil {
        Civil::new(self.seconds + offset, self.nanos)
    }

    /// Reads RFC 3339, with an offset or `Z`.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, rest) = text.split_once('T')?;
        let (year, rest_of_date) = date.split_once('-')?;
        let (month, day) = rest_of_date.split_once('-')?;
        let days = days_from_civil(digits(year, 4)?, digits(month, 2)?, digits(day, 2)?)?;
        let (time, offset) = split_offset(rest)?;
        let (time, nanos) = split_fraction(time)?;
        let (hour, rest) = time.split_once(':')?;
        let (minute, second) = rest.split_once(':')?;
        let (hour, minute, second) = (digits(hour, 2)?, digits(minute, 2)?, digits(second, 2)?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset;
        Self::new(seconds, nanos)
    }
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<i64> {
    let all = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

fn split_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(time) = text.strip_suffix('Z') {
        return Some((time, 0));
    }
    let (time, zone) = text.split_at_checked(text.len().checked_sub(6)?)?;
    let east = match zone.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    Some((time, east * zone::hours_and_minutes(zone.get(1..)?)?))
}

/// The nanoseconds behind the point; digits beyond the ninth are cut off.
fn split_fraction(time: &str) -> Option<(&str, u32)> {
    let Some((time, fraction)) = time.split_once('.') else {
        return Some((time, 0));
    };
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nine: String = fraction
        .chars()
        .chain("000000000".chars())
        .take(9)
        .collect();
    Some((time, nine.parse().ok()?))
}

/// A clock beyond the range is cut to it: no such clock exists.
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let (seconds, nanos) = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => (
                i64::try_from(since.as_secs()).unwrap_or(LAST),
                since.subsec_nanos(),
            ),
            Err(_) => (0, 0),
        };
        Self {
            seconds: seconds.clamp(FIRST, LAST),
            nanos,
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.civil(0);
        write!(f, "{:04}-{:02}-{:02}T", at.year, at.month, at.day)?;
        write!(f, "{:02}:{:02}:{:02}", at.hour, at.minute, at.second)?;
        duration::fraction(f, self.nanos)?;
        f.write_str("Z")
    }
}
