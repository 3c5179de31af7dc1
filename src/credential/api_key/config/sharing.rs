//! Which places sets of keys may share, with each other and with tokens.

use crate::document::Problems;

use super::super::super::location::Place;
use super::Settings;

/// Refuses sets whose keys could not be told from other credentials. `tokens` are the places where tokens
/// are read, none when there is no issuer.
pub(in crate::credential) fn refuse_shared(
    sets: &[Settings],
    tokens: &[Place],
    problems: &Problems,
) {
    for (position, set) in sets.iter().enumerate() {
        if let Some(place) = set.places.iter().find(|place| tokens.contains(place)) {
            beside_tokens(set, place, problems);
        }
        for other in sets.iter().take(position) {
            if let Some(place) = set.places.iter().find(|place| other.places.contains(place)) {
                beside(set, other, place, problems);
            }
        }
    }
}

fn beside_tokens(set: &Settings, place: &Place, problems: &Problems) {
    // A prefix that is itself wrong has been reported where it stands.
    let has_prefix = set.node.at("prefix").is_some();
    if !has_prefix {
        problems.error_with(
            set.node.at("from").unwrap_or(&set.node),
            format!("{place} may hold a token as well, and without a prefix these keys look like any text"),
            "write a `prefix`, or read the keys from a place of their own",
        );
    }
}

fn beside(set: &Settings, other: &Settings, place: &Place, problems: &Problems) {
    let name = other.name();
    let written = |set: &Settings| set.node.at("prefix").is_some();
    let [own, theirs] = [set, other].map(|set| set.claim().prefix);
    match (own, theirs) {
        (Some(own), Some(theirs)) if own.starts_with(theirs) || theirs.starts_with(own) => {
            problems.error_with(
                set.node.at("prefix").unwrap_or(&set.node),
                format!("`{own}` and `{theirs}`, the prefix of set `{name}`, begin alike, and both sets are read from {place}"),
                "give them prefixes that tell them apart, or places of their own",
            );
        }
        _ if written(set) && written(other) => {}
        _ => problems.error_with(
            set.node.at("from").unwrap_or(&set.node),
            format!("{place} is where keys of set `{name}` are read, too, and without prefixes nobody can tell them apart"),
            "write a `prefix` for both, or give them places of their own",
        ),
    }
}
