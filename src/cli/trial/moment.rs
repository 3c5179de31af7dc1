//! Moments as people write them, absolute and relative.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde_json::{Number, Value};

/// Whole numbers up to this are taken for seconds from now: about three years. As a moment they would lie
/// before 1974.
const RELATIVE: i64 = 100_000_000;

/// A moment: RFC 3339, or seconds since 1970.
pub(in crate::cli) fn moment(text: &str) -> Option<SystemTime> {
    if let Ok(seconds) = text.parse::<u64>() {
        return UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    }
    text.parse::<Timestamp>().ok().map(SystemTime::from)
}

/// A moment on a command line, see [`moment`].
pub(in crate::cli) fn flag(text: &str) -> Result<SystemTime, &'static str> {
    moment(text).ok_or("expected RFC 3339, such as `2026-01-01T00:00:00Z`, or seconds since 1970")
}

/// A moment on a command line, see [`moment`], or `now`.
#[expect(
    clippy::disallowed_methods,
    reason = "who writes `now` asks for the time of the command, for what is really sent"
)]
pub(in crate::cli) fn flag_or_now(text: &str) -> Result<SystemTime, &'static str> {
    match text {
        "now" => Ok(SystemTime::now()),
        text => moment(text).ok_or(
            "expected RFC 3339, such as `2026-01-01T00:00:00Z`, seconds since 1970, or `now`",
        ),
    }
}

/// Seconds since 1970; zero before that.
pub(super) fn seconds(moment: SystemTime) -> u64 {
    let since = moment.duration_since(UNIX_EPOCH);
    since.map(|since| since.as_secs()).unwrap_or_default()
}

/// RFC 3339.
pub(in crate::cli) fn shown(moment: SystemTime) -> String {
    Timestamp::try_from(moment).map_or_else(|_| String::new(), |moment| moment.to_string())
}

/// A date in a token (RFC 7519 section 2): small numbers, and times with a sign such as `-60` and `+5m`, are
/// counted from `now`; RFC 3339 is read; anything else stays as it is.
pub(super) fn numeric_date(value: &Value, now: u64) -> Value {
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    match value {
        Value::Number(number) => match number.as_i64() {
            Some(near) if near.abs() <= RELATIVE => now.saturating_add(near).into(),
            _ => value.clone(),
        },
        Value::String(text) => match relative(text).map(|span| now.saturating_add(span)) {
            Some(moment) => moment.into(),
            None => match text.parse::<Timestamp>() {
                Ok(moment) => Number::from(moment.as_second()).into(),
                Err(_) => value.clone(),
            },
        },
        _ => value.clone(),
    }
}

/// A moment as a date in a token, see [`numeric_date`].
pub(in crate::cli) fn date(value: &Value, now: SystemTime) -> Option<SystemTime> {
    let since = numeric_date(value, seconds(now)).as_i64()?;
    UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(since).ok()?))
}

/// `+5m`, `-60`, `-1h`: seconds.
fn relative(text: &str) -> Option<i64> {
    let (sign, span) = match text.split_at_checked(1)? {
        ("+", span) => (1, span),
        ("-", span) => (-1, span),
        _ => return None,
    };
    let seconds = match span.parse::<i64>() {
        Ok(seconds) => seconds,
        Err(_) => i64::try_from(crate::cli::duration(span)?.as_secs()).ok()?,
    };
    Some(sign * seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn dates_of_tokens_may_be_counted_from_now() {
        for (value, wanted) in [
            (json!(-60), json!(940)),
            (json!("+5m"), json!(1300)),
            (json!("-60"), json!(940)),
            (json!("-1h"), json!(-2600)),
            (json!(1_767_225_600), json!(1_767_225_600)),
            (json!("2026-01-01T00:00:00Z"), json!(1_767_225_600)),
            (json!("soon"), json!("soon")),
            (json!("+x"), json!("+x")),
            (json!(1.5), json!(1.5)),
            (json!([1]), json!([1])),
        ] {
            assert_eq!(numeric_date(&value, 1000), wanted, "{value}");
        }
    }

    #[test]
    fn moments_are_rfc_3339_or_seconds() {
        let wanted = UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        for text in [
            "2026-01-01T00:00:00Z",
            "2026-01-01T01:00:00+01:00",
            "1767225600",
        ] {
            assert_eq!(moment(text), Some(wanted), "{text}");
        }
        assert_eq!(moment("yesterday"), None);
        assert_eq!(shown(wanted), "2026-01-01T00:00:00Z");
    }
}
