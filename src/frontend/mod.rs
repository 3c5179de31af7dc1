//! The front doors: from a native request to a decision and back.
