//! What rows of the table of changes mean for somebody who knows all up to a number.

use std::time::{Duration, SystemTime};

/// For how long rows are kept, and how many at most.
pub(super) const KEPT: (Duration, i64) = (Duration::from_secs(3600), 100_000);
/// More changes than these are not told one by one.
pub(super) const TOLD: u32 = 1000;
/// How many keys may be made at once so that each is told; more are one row without a key.
pub(super) const MADE: usize = 256;

/// One row of the table.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) number: i64,
    pub(super) key: Option<Box<str>>,
    pub(super) at: SystemTime,
}

/// How far somebody knows the table: the number of a change, and when it was made. Together they tell
/// this database from another one, or from itself before a backup was put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Position {
    /// 0 when there was no change yet.
    pub(super) number: i64,
    pub(super) at: Option<SystemTime>,
}

/// What is there besides the rows that are new.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bounds {
    /// The number of the oldest row.
    pub(super) first: Option<i64>,
    /// The newest row.
    pub(super) last: Position,
    /// When the row was made that was known last.
    pub(super) known_at: Option<SystemTime>,
}

/// What has to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// These keys are to be told, in this order; then all is known up to the position.
    Keys(Position, Vec<Box<str>>),
    /// It cannot be told what changed up to the position.
    Gap(Position),
}

/// What changed after what was known. `rows` are what comes after it, in order, at most one more than
/// [`TOLD`]; `bounds` were read after them.
pub(super) fn step(known: Option<Position>, rows: &[Change], bounds: Bounds) -> Step {
    let gap = Step::Gap(bounds.last);
    let Some(known) = known else {
        return gap;
    };
    // A database that was put back has forgotten numbers, or given them to other changes; one that was
    // pruned has forgotten rows.
    let put_back = bounds.last.number < known.number
        || (bounds.known_at.is_some() && bounds.known_at != known.at);
    let pruned = bounds.first.is_some_and(|first| first > known.number + 1);
    let many = rows.len() > TOLD as usize || rows.iter().any(|row| row.key.is_none());
    if put_back || pruned || many {
        return gap;
    }
    let mut ids: Vec<Box<str>> = Vec::with_capacity(rows.len());
    for id in rows.iter().filter_map(|row| row.key.as_ref()) {
        if !ids.contains(id) {
            ids.push(id.clone());
        }
    }
    let position = rows.last().map_or(known, |row| Position {
        number: row.number,
        at: Some(row.at),
    });
    Step::Keys(position, ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    fn row(number: i64, key: Option<&str>) -> Change {
        Change {
            number,
            key: key.map(Into::into),
            at: made(number),
        }
    }

    fn made(number: i64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(number.unsigned_abs())
    }

    fn position(number: i64) -> Position {
        Position {
            number,
            at: (number > 0).then(|| made(number)),
        }
    }

    fn bounds(first: i64, last: i64) -> Bounds {
        Bounds {
            first: Some(first),
            last: position(last),
            known_at: None,
        }
    }

    #[test]
    fn each_key_is_told_once_in_the_order_of_its_first_change() {
        let rows = [row(4, Some("b")), row(5, Some("a")), row(6, Some("b"))];
        let told = step(Some(position(3)), &rows, bounds(1, 6));
        let ids = vec!["b".into(), "a".into()];
        assert_eq!(told, Step::Keys(position(6), ids));
    }

    #[test]
    fn what_cannot_be_told_is_a_gap() {
        let many: Vec<_> = (4..=4 + i64::from(TOLD))
            .map(|n| row(n, Some("a")))
            .collect();
        let restored = Bounds {
            known_at: Some(made(77)),
            ..bounds(1, 9)
        };
        for (known, rows, bounds) in [
            (None, &[][..], bounds(1, 9)),
            // Somebody was away for longer than rows are kept.
            (Some(3), &[][..], bounds(5, 9)),
            // A backup was put back; and again, with new changes since.
            (Some(12), &[][..], bounds(1, 9)),
            (Some(8), &[row(9, Some("a"))][..], restored),
            (Some(8), &[row(9, None)][..], bounds(1, 9)),
            (Some(3), &many[..], bounds(1, 9)),
        ] {
            let told = step(known.map(position), rows, bounds);
            assert_eq!(told, Step::Gap(position(9)));
        }
    }

    #[test]
    fn nothing_new_is_no_gap() {
        let nothing = |number| Step::Keys(position(number), Vec::new());
        assert_eq!(step(Some(position(9)), &[], bounds(1, 9)), nothing(9));
        assert_eq!(step(Some(position(0)), &[], Bounds::default()), nothing(0));
        // Rows that came after `rows` were read are told the next time.
        assert_eq!(step(Some(position(9)), &[], bounds(1, 10)), nothing(9));
    }
}
