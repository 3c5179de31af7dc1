//! A point in time, as files write it.

use std::time::SystemTime;

use jiff::Timestamp;

use crate::document::{Node, Problems, Read, Shape};

/// A date with a time and its offset (RFC 3339).
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment(pub(super) SystemTime);

impl Read for Moment {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let time: Option<Timestamp> = node.text().and_then(|text| text.parse().ok());
        let time = time.map(SystemTime::from);
        if time.is_none() {
            let help = "write date, time and offset: `2026-01-01T00:00:00Z`";
            problems.error_with(node, "not a point in time", help);
        }
        time.map(Self)
    }

    fn shape() -> Shape {
        Shape::Text
    }
}
