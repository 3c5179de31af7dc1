//! Moments and lengths of time.

use super::super::{Duration, EvalErrorKind, Timestamp};
use super::{failure, value};

#[test]
fn moments_are_read_as_rfc_3339_has_them() {
    for (text, seconds) in [
        ("1970-01-01T00:00:00Z", 0),
        ("2024-02-29T12:00:00+02:00", 1_709_200_800),
        ("0001-01-01T00:00:00Z", -62_135_596_800),
        ("9999-12-31T23:59:59.999999999Z", 253_402_300_799),
    ] {
        assert_eq!(
            Timestamp::parse(text).map(Timestamp::seconds),
            Some(seconds),
            "{text}"
        );
    }
    for text in [
        "",
        "2024-02-30T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2024-01-01 00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:00:60Z",
        "2024-01-01T00:00:00",
        "2024-1-1T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00+2:00",
        "+2024-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "2024-01-01T00:00:00é",
        "2024-13-01T00:00:00Z",
        "2024-00-01T00:00:00Z",
    ] {
        assert_eq!(Timestamp::parse(text), None, "{text}");
    }
}

#[test]
fn lengths_are_read_with_their_units() {
    for (text, nanos) in [
        ("0", 0),
        ("1h30m", 5_400_000_000_000),
        ("-1.5s", -1_500_000_000),
        ("1ms2us3ns", 1_002_003),
        ("+.5m", 30_000_000_000),
        ("1µs", 1_000),
    ] {
        assert_eq!(
            Duration::parse(text).map(Duration::nanos),
            Some(nanos),
            "{text}"
        );
    }
    for text in [
        "",
        "1",
        "s",
        "-",
        "1x",
        "1.2.3s",
        ".s",
        "1h 2m",
        "9223372037s",
        "99999999999999999999h",
    ] {
        assert_eq!(Duration::parse(text), None, "{text}");
    }
}

#[test]
fn parts_of_a_moment_follow_its_offset() {
    for (text, wanted) in [
        ("request.time.getFullYear()", "2026"),
        ("request.time.getMonth()", "2"),
        ("request.time.getDate()", "2"),
        ("request.time.getDayOfMonth()", "1"),
        ("request.time.getDayOfYear()", "60"),
        ("request.time.getDayOfWeek()", "1"),
        ("request.time.getHours()", "23"),
        ("request.time.getHours('+01:00')", "0"),
        ("request.time.getDate('+01:00')", "3"),
        ("request.time.getMinutes('-00:45')", "45"),
        ("duration('90m').getHours()", "1"),
        (
            "string(request.time + duration('1ms'))",
            r#""2026-03-02T23:30:00.001Z""#,
        ),
        ("request.time - request.time", "duration(\"0s\")"),
    ] {
        assert_eq!(value(text), wanted, "{text}");
    }
    assert_eq!(
        failure("request.time.getHours(path.org)"),
        EvalErrorKind::InvalidArgument
    );
}

#[test]
fn a_moment_beyond_the_last_is_an_overflow() {
    assert_eq!(
        failure(
            "timestamp('9999-12-31T23:59:59Z') + (request.time - timestamp('2026-01-01T00:00:00Z'))"
        ),
        EvalErrorKind::Overflow
    );
    assert_eq!(failure("timestamp(253402300800)"), EvalErrorKind::Overflow);
}

proptest::proptest! {
    #[test]
    fn a_moment_is_read_back_as_it_was_written(seconds in -62_135_596_800i64..=253_402_300_799, nanos in 0i64..1_000_000_000) {
        let moment = Timestamp::from_seconds(seconds).unwrap();
        let moment = moment.plus(Duration::from_nanos(nanos)).unwrap_or(moment);
        proptest::prop_assert_eq!(Timestamp::parse(&moment.to_string()), Some(moment));
    }

    #[test]
    fn a_length_is_read_back_as_it_was_written(nanos: i64) {
        let length = Duration::from_nanos(nanos);
        proptest::prop_assert_eq!(Duration::parse(&length.to_string()), Some(length));
    }
}
