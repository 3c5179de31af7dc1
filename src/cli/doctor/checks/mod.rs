//! The checks, one file each: what is asked, what would be right, and how what was seen is judged.
//!
//! Always: what a right set-up would let pass is a GET, or goes to doctor itself in the app's place.

mod admin;
mod credentials;
mod direct;
mod door;
mod down;
mod errors;
mod hooks;
mod original;
mod path;
mod refuses;
mod spoofed;

use super::finding::{Check, Kind};
use super::site::Site;

pub(super) use errors::ERRORS;
pub(super) use refuses::REFUSES;

/// What is checked while sidegate runs. `refuses` comes first: others are judged by it.
pub(super) fn planned(site: &Site) -> Vec<Check> {
    let mut checks = vec![
        refuses::check(site),
        spoofed::refused(site),
        spoofed::stripped(site),
        direct::check(site),
        original::check(site),
        door::check(site),
        errors::check(site),
        path::check(site),
    ];
    checks.extend(hooks::checks(site));
    checks.extend(credentials::checks(site));
    checks.push(admin::check(site));
    checks.push(Check::unable(
        &down::DOWN,
        "stop sidegate, leave the front running, and run once more with --sidegate-down",
    ));
    checks
}

/// What is checked while sidegate is stopped.
pub(super) fn planned_down(site: &Site) -> Vec<Check> {
    vec![down::check(site), direct::check(site)]
}

/// Every check, for those who list them.
pub(super) const ALL: [&Kind; 14] = [
    &refuses::REFUSES,
    &spoofed::SPOOFED,
    &spoofed::STRIPPED,
    &direct::DIRECT,
    &original::ORIGINAL,
    &door::DOOR,
    &errors::ERRORS,
    &path::PATH,
    &hooks::REFUSALS,
    &hooks::BODY,
    &credentials::REMOVED,
    &credentials::IDENTITY,
    &admin::ADMIN,
    &down::DOWN,
];
