//! The key `replay` of a webhook: whether a delivery may be sent on once only.

use std::time::Duration;

use crate::document::{Fields, Node, Placed, Problems, Shape};
use crate::webhook::kind::{Kind, Nature};
use crate::webhook::{Seen, plan::Memory};

use super::holding::PATIENCE;

/// How long deliveries are remembered whose signature covers no time.
const KEEP: Duration = Duration::from_secs(24 * 3_600);
/// How long an upstream may have a delivery until it may be sent again: longer than an upstream has to answer
/// unless its `response_timeout` says otherwise.
const PENDING: Duration = Duration::from_secs(90);
/// Clocks of replicas differ, and a sender takes its time until its body is whole.
const MARGIN: Duration = Duration::from_secs(60);

const SEEN: &[(&str, Seen)] = &[("reject", Seen::Reject), ("acknowledge", Seen::Acknowledge)];

/// What the file says of it.
#[derive(Debug, Default)]
pub(super) struct Replay {
    /// It is off.
    off: bool,
    /// It is on, whatever the scheme is like.
    on: bool,
    keep: Option<Placed<Duration>>,
    pending: Option<Duration>,
    seen: Option<Seen>,
}

impl Replay {
    pub(super) fn read(fields: &mut Fields<'_>, problems: &Problems) -> Self {
        let shape = || Shape::Section("webhook replay").or(Shape::Exactly("off"));
        let Some(node) = fields.shaped("replay", shape) else {
            return Self::default();
        };
        if node.text() == Some("off") {
            let off = true;
            return Self {
                off,
                ..Self::default()
            };
        }
        if node.text().is_some() {
            let help = "it is on where it can be; write `off`, or `{ keep: 24h }` and the like";
            problems.error_with(node, "neither `off` nor what is remembered", help);
            return Self::default();
        }
        let Some(mut section) = Fields::of(node, "webhook replay", problems) else {
            return Self::default();
        };
        section.refuse_blanks();
        let read = Self {
            off: false,
            on: true,
            keep: section.optional("keep"),
            pending: section.optional("pending"),
            seen: section.choice("seen", SEEN),
        };
        for (key, said) in [
            ("keep", read.keep.as_ref().map(|keep| keep.value)),
            ("pending", read.pending),
        ] {
            if said.is_some_and(|said| said.is_zero()) {
                let node = section.node().at(key).unwrap_or(section.node());
                let message = format!("`{key}` is longer than zero");
                let help = "`replay: off` has deliveries pass again and again";
                problems.error_with(node, message, help);
            }
        }
        section.finish();
        read
    }

    /// What is remembered of deliveries of this kind; nothing if they may come again and again. Reports that it is
    /// off, where a signature proves too little without it.
    pub(super) fn memory_of(
        &self,
        kind: &Kind,
        patience: Duration,
        node: &Node,
        problems: &Problems,
    ) -> Option<Memory> {
        if self.off && kind.needs_memory() {
            let message = "the signature fits other bodies too: deliveries must be remembered";
            problems.error_with(node, message, "leave `replay: off` out");
        }
        let unsigned = kind.has_unsigned_time();
        self.memory(kind.nature(), unsigned, patience, node, problems)
    }

    /// A time is held against the moment of a head, and its body may take as long as `patience`.
    fn memory(
        &self,
        nature: Nature,
        unsigned_time: bool,
        patience: Duration,
        node: &Node,
        problems: &Problems,
    ) -> Option<Memory> {
        let late = MARGIN + patience.saturating_sub(PATIENCE);
        let window = nature.tolerance.map(|tolerance| tolerance * 2 + late);
        if let (Some(window), Some(keep)) = (window, &self.keep)
            && keep.value < window
        {
            let help = format!(
                "leave `keep` out, or make it {}s at least: the signature states a time, and counts that long",
                window.as_secs()
            );
            problems.error_with(&keep.node, "deliveries would be forgotten too early", help);
        }
        let defended = window.is_some() || nature.identified;
        if unsigned_time && !self.on && !defended {
            let help = "let `signed` hold `{timestamp}`, or have deliveries remembered: \
                `replay: { keep: 24h }`";
            let message = "the signature does not cover the timestamp: anybody can renew it";
            problems.error_with(node, message, help);
        }
        if self.off || !(self.on || defended) {
            return None;
        }
        let keep = self.keep.as_ref().map(|keep| keep.value);
        Some(Memory {
            keep: keep.or(window).unwrap_or(KEEP),
            pending: self.pending.unwrap_or(PENDING),
            seen: self.seen.unwrap_or_default(),
        })
    }
}
