//! Who calls: turning a presented credential into a principal.
