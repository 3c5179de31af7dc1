//! The keys `max_body`, `timeout` and `content_encoding`: how long a body may be that is held, how long it may take,
//! and whether it may be compressed.

use std::time::Duration;

use crate::document::{ByteSize, Fields, Problems};
use crate::webhook::plan::Holding;

/// How long a body may be unless the file or the preset says otherwise.
const BODY: ByteSize = ByteSize(1 << 20);
/// The longest that may be asked for, as on routes: beyond it, holding is no way to verify a body.
const MOST_BODY: u64 = 1 << 30;
/// How long a sender may take until its body is whole.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// Whoever takes longer keeps memory from others.
const MOST_PATIENCE: Duration = Duration::from_secs(600);

/// What is done with compressed bodies: whether they are refused.
const ENCODED: &[(&str, bool)] = &[("reject", true), ("pass", false)];

impl Holding {
    /// Reads how bodies are held.
    pub(super) fn read(fields: &mut Fields<'_>, problems: &Problems) -> Self {
        let most = fields.or("max_body", BODY);
        if !(1..=MOST_BODY).contains(&most.0) {
            let node = fields.node().at("max_body").unwrap_or(fields.node());
            problems.error(node, "`max_body` is from 1 byte to 1 GiB");
        }
        let patience = fields.or("timeout", PATIENCE);
        if patience.is_zero() || patience > MOST_PATIENCE {
            let node = fields.node().at("timeout").unwrap_or(fields.node());
            problems.error(node, "`timeout` is longer than zero and at most 10m");
        }
        Self {
            most_body: most.as_usize(),
            patience,
            refuses_encoded: fields.choice("content_encoding", ENCODED).unwrap_or(true),
        }
    }
}
