//! Moments and numbers as databases keep them: whole microseconds, within the years that both know.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The last moment of the year 9999, in microseconds since 1970.
const LATEST: i64 = 253_402_300_799_999_999;
/// The first moment of the year 1.
const EARLIEST: i64 = -62_135_596_800_000_000;

/// Microseconds since 1970; what lies before the year 1 or after the year 9999 is moved to it.
pub(super) fn to_micros(time: SystemTime) -> i64 {
    let micros = |span: Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
    let since = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => micros(after),
        Err(before) => -micros(before.duration()),
    };
    since.clamp(EARLIEST, LATEST)
}

/// The moment as it will come back.
#[cfg(feature = "postgres")]
pub(super) fn kept(time: SystemTime) -> SystemTime {
    from_micros(to_micros(time))
}

/// A number as databases keep it.
pub(super) fn to_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The moment so many microseconds after 1970.
pub(super) fn from_micros(micros: i64) -> SystemTime {
    let micros = micros.clamp(EARLIEST, LATEST);
    let span = Duration::from_micros(micros.unsigned_abs());
    let moment = match micros < 0 {
        true => UNIX_EPOCH.checked_sub(span),
        false => UNIX_EPOCH.checked_add(span),
    };
    moment.unwrap_or(UNIX_EPOCH)
}
