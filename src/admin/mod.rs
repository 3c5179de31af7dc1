//! Health, readiness, metrics and status, on a listener of its own.
