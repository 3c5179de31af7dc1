//! How far a signature's time may be from the moment it arrived.

use std::time::{Duration, SystemTime};

use crate::document::{Fields, Node, Problems, Read, Shape};

use super::refusal::{Refusal, Why};

/// Refuses a time that is further away than is tolerated, either way.
pub(super) fn within(
    tolerance: Duration,
    signed_at: SystemTime,
    now: SystemTime,
) -> Result<(), Refusal> {
    match now.duration_since(signed_at) {
        Ok(age) if age > tolerance => Err(Refusal::new(
            Why::Stale,
            "it was signed longer ago than is tolerated",
        )),
        Err(ahead) if ahead.duration() > tolerance => Err(Refusal::new(
            Why::Future,
            "it was signed further in the future than is tolerated",
        )),
        _ => Ok(()),
    }
}

/// Reads the key `tolerance`, which lets something pass. `most` is the longest, and how that is written.
pub(super) fn tolerance(
    fields: &mut Fields<'_>,
    usual: Duration,
    most: Option<(Duration, &str)>,
    problems: &Problems,
) -> Option<Duration> {
    let Some(node) = fields.shaped("tolerance", Duration::shape) else {
        return Some(usual);
    };
    let own = open(node, problems)?;
    match most {
        Some((most, written)) if own > most => {
            let message = format!("`tolerance` is longer than {written}");
            problems.error_with(node, message, format!("write `{written}` or less"));
            None
        }
        _ => Some(own),
    }
}

/// Reads a tolerance, or whether there is no limit, which is written `none`.
pub(super) fn tolerance_or_none(
    fields: &mut Fields<'_>,
    usual: Duration,
    problems: &Problems,
) -> Option<Duration> {
    let shape = || Duration::shape().or(Shape::Exactly("none"));
    match fields.shaped("tolerance", shape) {
        None => Some(usual),
        Some(node) if node.text() == Some("none") => None,
        Some(node) => Some(open(node, problems).unwrap_or(usual)),
    }
}

/// Reads a length of time in which something can arrive. In some libraries of senders zero stands for any time.
fn open(node: &Node, problems: &Problems) -> Option<Duration> {
    let own = Duration::read(node, problems)?;
    if own.is_zero() {
        let message = "a `tolerance` of nothing refuses what is a second on its way";
        problems.error_with(
            node,
            message,
            "write how far two clocks may be apart, such as `5m`",
        );
        return None;
    }
    Some(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn window_closes_in_both_directions() {
        let tolerance = Duration::from_secs(300);
        for (signed, refused) in [
            (1_000, None),
            (700, None),
            (1_300, None),
            (699, Some(Why::Stale)),
            (1_301, Some(Why::Future)),
        ] {
            let found = within(tolerance, at(signed), at(1_000));
            assert_eq!(
                found.err().map(|refusal| refusal.reason),
                refused,
                "{signed}"
            );
        }
    }
}
