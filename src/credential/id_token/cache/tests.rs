//! Bounds and ends of what is remembered.
