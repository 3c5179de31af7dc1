//! The way out: pools, headers, upgrades, errors.
