//! Moments and spans as operators write them and read them.

use std::time::{Duration, SystemTime};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// When something is to be: after a while, or at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// So long from now.
    In(Duration),
    /// At this moment.
    At(SystemTime),
    /// On this day, from its beginning to its end in UTC.
    On(Date),
}

/// When a key is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It never does.
    Never,
    /// Then.
    At(When),
}

impl When {
    /// The first moment that is meant.
    pub(super) fn begins(self, now: SystemTime) -> Option<SystemTime> {
        match self {
            Self::On(date) => midnight(date),
            other => other.ends(now),
        }
    }

    /// The first moment after what is meant: a day ends with its last moment.
    pub(super) fn ends(self, now: SystemTime) -> Option<SystemTime> {
        match self {
            Self::In(span) => now.checked_add(span),
            Self::At(moment) => Some(moment),
            Self::On(date) => midnight(date.checked_add(1.day()).ok()?),
        }
    }
}

/// `90d`, `2027-01-31`, `2027-01-31T12:00:00Z`.
pub(super) fn when(text: &str) -> Result<When, &'static str> {
    if let Some(span) = crate::cli::duration(text) {
        return Ok(When::In(span));
    }
    if let Some(date) = day(text) {
        return Ok(When::On(date));
    }
    let moment = text.parse::<Timestamp>();
    moment
        .map(|moment| When::At(SystemTime::from(moment)))
        .map_err(|_| "expected `90d`, a day such as `2027-01-31`, or `2027-01-31T12:00:00Z`")
}

/// The same, or `never`.
pub(super) fn end(text: &str) -> Result<End, &'static str> {
    match text {
        "never" => Ok(End::Never),
        text => when(text).map(End::At).map_err(
            |_| "expected `90d`, a day such as `2027-01-31`, `2027-01-31T12:00:00Z`, or `never`",
        ),
    }
}

/// `24h`, or `0s` for at once.
pub(super) fn span(text: &str) -> Result<Duration, &'static str> {
    crate::cli::duration(text).ok_or("expected a duration such as `30m`, `24h` or `30d`")
}

/// A day, written as such and as nothing more.
pub(super) fn day(text: &str) -> Option<Date> {
    (text.len() == 10)
        .then(|| text.parse::<Date>().ok())
        .flatten()
}

/// The first moment of a day in UTC.
pub(super) fn midnight(date: Date) -> Option<SystemTime> {
    let zoned = date.to_zoned(TimeZone::UTC).ok()?;
    Some(SystemTime::from(zoned.timestamp()))
}

/// A moment as a day, for tables.
pub(super) fn shown_day(moment: SystemTime) -> String {
    Timestamp::try_from(moment).map_or_else(
        |_| String::new(),
        |moment| moment.strftime("%Y-%m-%d").to_string(),
    )
}

/// A moment to the second, for people.
pub(in crate::cli) fn shown(moment: SystemTime) -> String {
    Timestamp::try_from(moment).map_or_else(
        |_| String::new(),
        |moment| moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    )
}

/// A span as people say it, rounded down: `12 days`, `3 hours`.
pub(super) fn shown_span(span: Duration) -> String {
    let seconds = span.as_secs();
    let (count, unit) = match seconds {
        172_800.. => (seconds / 86_400, "day"),
        7_200.. => (seconds / 3_600, "hour"),
        120.. => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    match count {
        1 => format!("1 {unit}"),
        count => format!("{count} {unit}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::trial;

    fn at(text: &str) -> SystemTime {
        trial::moment(text).unwrap()
    }

    #[test]
    fn ends_are_spans_days_moments_or_never() {
        let now = at("2026-11-22T08:00:00Z");
        for (text, wanted) in [
            ("90d", "2027-02-20T08:00:00Z"),
            ("2027-01-31T12:00:00+01:00", "2027-01-31T11:00:00Z"),
            // A day counts to its end.
            ("2027-01-31", "2027-02-01T00:00:00Z"),
            ("2027-12-31", "2028-01-01T00:00:00Z"),
        ] {
            let End::At(when) = end(text).unwrap() else {
                panic!("{text}");
            };
            assert_eq!(when.ends(now), Some(at(wanted)), "{text}");
        }
        assert_eq!(end("never"), Ok(End::Never));
        let begin = when("2027-01-31").unwrap().begins(now);
        assert_eq!(begin, Some(at("2027-01-31T00:00:00Z")));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "soon",
            "90",
            "2027-02-30",
            "2027-1-1",
            "20270131",
            "2027-01-31T12:00:00",
            "-5m",
        ] {
            assert!(end(text).is_err(), "{text}");
        }
        assert!(when("never").is_err());
    }

    #[test]
    fn spans_are_said_in_words() {
        let shown = [45, 120, 7_300, 172_800, 90 * 86_400]
            .map(|seconds| shown_span(Duration::from_secs(seconds)));
        let wanted = ["45 seconds", "2 minutes", "2 hours", "2 days", "90 days"];
        assert_eq!(shown, wanted);
        assert_eq!(shown_span(Duration::from_secs(1)), "1 second");
    }

    #[test]
    fn moments_are_shown_as_days_and_to_the_second() {
        let moment = at("2026-11-22T08:00:00.5Z");
        assert_eq!(shown_day(moment), "2026-11-22");
        assert_eq!(shown(moment), "2026-11-22T08:00:00Z");
    }
}
