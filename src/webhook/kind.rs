//! The kinds of schemes: those that data describes, and the few that need code. The one place that matches them.

/// How deliveries are signed.
#[derive(Debug)]
pub(super) enum Kind {}
