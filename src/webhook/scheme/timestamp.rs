//! When a delivery was signed, as senders write it.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::webhook) enum Format {
    /// Seconds since 1970, 1 to 16 digits.
    Unix,
    /// Milliseconds since 1970, 1 to 16 digits.
    UnixMs,
    /// Date and time in full (RFC 3339 section 5.6).
    Rfc3339,
    /// As HTTP writes it: IMF-fixdate (RFC 9110 section 5.6.7).
    HttpDate,
}

/// The most digits of a number.
const MOST_DIGITS: usize = 16;

impl Format {
    /// The words of files.
    pub(in crate::webhook) const WORDS: &'static [(&'static str, Self)] = &[
        ("unix", Self::Unix),
        ("unix_ms", Self::UnixMs),
        ("rfc3339", Self::Rfc3339),
        ("http_date", Self::HttpDate),
    ];

    /// The time; nothing if the text is not exactly of this format.
    pub(in crate::webhook) fn parse(self, text: &str) -> Option<SystemTime> {
        match self {
            Self::Unix => since_1970(Duration::from_secs(number(text)?)),
            Self::UnixMs => since_1970(Duration::from_millis(number(text)?)),
            Self::Rfc3339 => rfc3339(text),
            Self::HttpDate => {
                let time = httpdate::parse_http_date(text).ok()?;
                // The older forms are read as well, but only one is written.
                (httpdate::fmt_http_date(time) == text).then_some(time)
            }
        }
    }

    /// The text of a time.
    pub(in crate::webhook) fn write(self, time: SystemTime) -> String {
        let since = time.duration_since(SystemTime::UNIX_EPOCH);
        let since = since.unwrap_or_default();
        match self {
            Self::Unix => since.as_secs().to_string(),
            Self::UnixMs => since.as_millis().to_string(),
            Self::Rfc3339 => {
                let whole = SystemTime::UNIX_EPOCH + Duration::from_secs(since.as_secs());
                Timestamp::try_from(whole).map_or_else(|_| String::new(), |time| time.to_string())
            }
            Self::HttpDate => httpdate::fmt_http_date(time),
        }
    }
}

/// Digits alone; no zero before others, so that none can come over from a text that stands beside them.
fn number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let leading = text.len() > 1 && text.starts_with('0');
    let fits = (1..=MOST_DIGITS).contains(&text.len());
    (digits && fits && !leading).then(|| text.parse().ok())?
}

fn since_1970(since: Duration) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(since)
}

fn rfc3339(text: &str) -> Option<SystemTime> {
    let shaped = |text: &[u8], shape: &[u8]| {
        text.len() == shape.len()
            && text.iter().zip(shape).all(|(byte, shape)| match shape {
                b'0' => byte.is_ascii_digit(),
                shape => byte == shape,
            })
    };
    let (head, tail) = text.as_bytes().split_at_checked(19)?;
    let fraction = match tail.strip_prefix(b".") {
        Some(rest) => rest.iter().take_while(|byte| byte.is_ascii_digit()).count() + 1,
        None => 0,
    };
    let zone = tail.get(fraction..)?;
    let zoned = zone == b"Z" || shaped(zone, b"+00:00") || shaped(zone, b"-00:00");
    let whole = shaped(head, b"0000-00-00T00:00:00") && fraction != 1 && fraction <= 10 && zoned;
    let time: Timestamp = text.parse().ok().filter(|_| whole)?;
    Some(SystemTime::from(time))
}

#[cfg(test)]
mod tests {
    use crate::webhook::{Why, window};

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn only_full_times_are_read() {
        let noon = at(1_767_268_800);
        for (format, text) in [
            (Format::Unix, "1767268800"),
            (Format::UnixMs, "1767268800000"),
            (Format::Rfc3339, "2026-01-01T12:00:00Z"),
            (Format::Rfc3339, "2026-01-01T05:00:00-07:00"),
            (Format::Rfc3339, "2026-01-01T12:00:00.000000000Z"),
            (Format::HttpDate, "Thu, 01 Jan 2026 12:00:00 GMT"),
        ] {
            assert_eq!(format.parse(text), Some(noon), "{text}");
        }
        for (format, text) in [
            (Format::Unix, ""),
            (Format::Unix, "1767268800abc"),
            (Format::Unix, "+1767268800"),
            (Format::Unix, "-1"),
            (Format::Unix, " 1767268800"),
            (Format::Unix, "01767268800"),
            (Format::Unix, "1767268800.0"),
            (Format::Unix, "12345678901234567"),
            (Format::Unix, "１７"),
            (Format::Rfc3339, "2026-01-01"),
            (Format::Rfc3339, "2026-01-01T12:00:00"),
            (Format::Rfc3339, "2026-01-01 12:00:00Z"),
            (Format::Rfc3339, "2026-01-01t12:00:00z"),
            (Format::Rfc3339, "2026-01-01T12:00:00.Z"),
            (Format::Rfc3339, "2026-01-01T12:00Z"),
            (Format::Rfc3339, "2026-01-01T12:00:00+0000"),
            (Format::Rfc3339, "2026-13-01T12:00:00Z"),
            (Format::Rfc3339, "2026-01-01T12:00:00Z[UTC]"),
            (Format::HttpDate, "Thursday, 01-Jan-26 12:00:00 GMT"),
            (Format::HttpDate, "Thu, 1 Jan 2026 12:00:00 GMT"),
            (Format::HttpDate, "Fri, 01 Jan 2026 12:00:00 GMT"),
        ] {
            assert_eq!(format.parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        for (_, format) in Format::WORDS {
            let text = format.write(at(1_767_268_800));
            assert_eq!(format.parse(&text), Some(at(1_767_268_800)), "{text}");
        }
    }

    #[test]
    fn milliseconds_read_as_seconds_lie_in_the_future() {
        let read = Format::Unix.parse("1767268800000").unwrap();
        let found = window::within(Duration::from_secs(300), read, at(1_767_268_800));
        assert_eq!(found.unwrap_err().reason, Why::Future);
    }
}
