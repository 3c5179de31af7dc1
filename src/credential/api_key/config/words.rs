//! What single values of a key may be.

use std::time::SystemTime;

use ipnet::IpNet;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::document::{Node, Problems, Read, Shape};

/// The longest name, id, tenant, ... of a key, in bytes.
const LONGEST: usize = 256;

/// A text of a key that people and logs see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word(pub(super) Box<str>);

impl Read for Word {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let text = String::read(node, problems)?;
        let wrong = if text.len() > LONGEST {
            "this is longer than 256 bytes"
        } else if text.chars().any(char::is_control) {
            "this has control characters"
        } else {
            return Some(Self(text.into()));
        };
        problems.error_with(node, wrong, "write a short text on one line");
        None
    }

    fn shape() -> Shape {
        Shape::Text
    }
}

/// A moment, or a whole day (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// When it begins.
    pub(super) begin: SystemTime,
    /// When it is over; a moment is over as it begins.
    pub(super) end: SystemTime,
}

impl Moment {
    fn parse(text: &str) -> Option<Self> {
        if let Ok(moment) = text.parse::<Timestamp>() {
            let begin = moment.into();
            return Some(Self { begin, end: begin });
        }
        // A date alone: the parser would also take one with a time behind it.
        let date: Date = text
            .parse()
            .ok()
            .filter(|_| text.len() == "2026-12-31".len())?;
        let start = |date: Date| Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().into());
        Some(Self {
            begin: start(date)?,
            end: start(date.tomorrow().ok()?)?,
        })
    }
}

impl Read for Moment {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let moment = node.text().and_then(Self::parse);
        if moment.is_none() {
            problems.error_with(
                node,
                "this is neither a date nor a moment",
                "write a date, whose whole day counts (UTC), or RFC 3339: `2027-01-31`, `2027-01-31T12:00:00Z`",
            );
        }
        moment
    }

    fn shape() -> Shape {
        Shape::Text
    }
}

/// A network, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Network(pub(super) IpNet);

impl Read for Network {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let text = node.text();
        let network = text.and_then(|text| {
            let address = || text.parse().map(|address: std::net::IpAddr| address.into());
            text.parse().ok().or_else(|| address().ok())
        });
        if network.is_none() {
            problems.error_with(
                node,
                "this is not a network",
                "write one such as `10.0.0.0/8` or `2001:db8::/32`, or a single address",
            );
        }
        network.map(|network: IpNet| Self(network.trunc()))
    }

    fn shape() -> Shape {
        Shape::Text
    }
}

/// The texts of words.
pub(super) fn texts(words: Vec<Word>) -> Vec<Box<str>> {
    words.into_iter().map(|word| word.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_lasts_to_the_end_of_its_day_and_moment_is_itself() {
        let at = |text: &str| SystemTime::from(text.parse::<Timestamp>().unwrap());
        let day = Moment::parse("2027-01-31").unwrap();
        assert_eq!(day.begin, at("2027-01-31T00:00:00Z"));
        assert_eq!(day.end, at("2027-02-01T00:00:00Z"));
        let moment = Moment::parse("2027-01-31T12:00:00+01:00").unwrap();
        assert_eq!(moment.begin, at("2027-01-31T11:00:00Z"));
        assert_eq!(moment.begin, moment.end);
        for wrong in [
            "",
            "tomorrow",
            "2027-02-30",
            "2027-01-31 12:00",
            "31.01.2027",
        ] {
            assert_eq!(Moment::parse(wrong), None, "{wrong}");
        }
    }
}
