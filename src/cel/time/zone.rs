//! Time zones: `UTC` and fixed offsets. Names of places need a database, which is not here.

/// Why a zone is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum ZoneError {
    /// It looks like the name of a place.
    Named,
    /// It is no zone.
    Malformed,
}

/// The offset from UTC in seconds: `+02:00`, `-02:30`, `02:00` or `UTC`.
pub(in super::super) fn offset(zone: &str) -> Result<i64, ZoneError> {
    if zone == "UTC" {
        return Ok(0);
    }
    if zone.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(ZoneError::Named);
    }
    let (sign, rest) = match zone.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, zone.strip_prefix('+').unwrap_or(zone)),
    };
    let seconds = hours_and_minutes(rest).ok_or(ZoneError::Malformed)?;
    Ok(sign * seconds)
}

/// `HH:MM` in seconds.
pub(super) fn hours_and_minutes(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes) = (super::digits(hours, 2)?, super::digits(minutes, 2)?);
    (hours <= 23 && minutes <= 59).then_some(hours * 3_600 + minutes * 60)
}
