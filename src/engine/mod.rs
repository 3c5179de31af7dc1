//! The decision: plan, authenticate, authorize, permit.
