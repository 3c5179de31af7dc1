//! What two policies mean differently, for one request and as a whole.

use http::HeaderName;

use crate::model::{Oddity, OddityClass};

use super::super::super::Policy;
use super::super::super::route::{IdentityHeader, Route};
use super::super::super::template::Source;
use super::super::demand::of_public;
use super::super::described::listed;
use super::super::space::{Ground, Spot};
use super::groups::Found;
use super::people::passing_one_only;
use super::{Change, Door, Sign};

/// Compares what two policies say about one request.
pub(super) fn compare(old: &Door<'_>, new: &Door<'_>, spot: &Spot, ground: &Ground) -> Found {
    let mut found = Found::new();
    let mut note = |sign, what: Vec<String>| {
        if !what.is_empty() {
            found.insert(sign, what);
        }
    };
    note(Sign::Gain, passing_one_only(new, old, spot, ground));
    note(Sign::Loss, passing_one_only(old, new, spot, ground));
    if let (Some(before), Some(after)) = (old.route(), new.route()) {
        let mut other: Vec<String> = conditions(old, new, spot).into_iter().collect();
        other.extend(headers(before, after));
        other.extend(destination(before, after));
        other.extend(held(before, after));
        note(Sign::Other, other);
    }
    found
}

/// Where requests end up instead.
fn destination(old: &Route, new: &Route) -> Option<String> {
    if old.leads_where(new) {
        return None;
    }
    Some(match (&old.serves, &new.serves) {
        (None, None) => format!("upstream `{}` becomes `{}`", old.upstream, new.upstream),
        (_, Some(set)) => format!("the keys of set `{set}` are served here"),
        (Some(set), None) => format!(
            "requests go to upstream `{}`, where the keys of set `{set}` were served",
            new.upstream
        ),
    })
}

/// How much of a delivery's body is held.
fn held(old: &Route, new: &Route) -> Option<String> {
    let bound = |route: &Route| match route.most_body {
        Some(bytes) => format!("up to {bytes} bytes"),
        None => "as much as their webhooks say".to_owned(),
    };
    (old.most_body != new.most_body).then(|| {
        format!(
            "of deliveries {} are held, where it was {}",
            bound(new),
            bound(old)
        )
    })
}

/// Conditions cannot be compared but as they are written.
fn conditions(old: &Door<'_>, new: &Door<'_>, spot: &Spot) -> Option<String> {
    let written = |door: &Door<'_>| match (door.demand(spot), door.route()) {
        (Some(demand), _) => demand.conditions.join(" and "),
        (None, Some(route)) => of_public(route).join(" and "),
        (None, None) => String::new(),
    };
    let (before, after) = (written(old), written(new));
    match (before.as_str(), after.as_str()) {
        (before, after) if before == after => reads_otherwise(old.route()?, new.route()?),
        ("", after) => Some(format!("a condition is added: {after}")),
        (before, "") => Some(format!("the condition is gone: {before}")),
        (before, after) => Some(format!(
            "the condition changed, which cannot be compared: {before} becomes {after}"
        )),
    }
}

/// One text means two things where its captures are other segments, or others hold its permissions.
fn reads_otherwise(old: &Route, new: &Route) -> Option<String> {
    let before = old.rules.condition.as_ref()?.expression();
    let after = new.rules.condition.as_ref()?.expression();
    if before.means(after) && old.captures == new.captures {
        return None;
    }
    Some(format!(
        "the condition reads other parts of the path, or others hold the permissions it asks for: {}",
        after.text()
    ))
}

/// Identity headers that are set on one route and not, or otherwise, on the other.
fn headers(old: &Route, new: &Route) -> Vec<String> {
    let of = |route: &Route, name: &HeaderName| {
        let mut headers = route.headers.iter();
        headers.find(|header| header.name == *name).cloned()
    };
    let (mut added, mut removed, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    for header in new.headers.iter() {
        match of(old, &header.name) {
            None => added.push(header.name.as_str()),
            Some(before) if !same(&before, old, header, new) => changed.push(header.name.as_str()),
            Some(_) => {}
        }
    }
    let gone = old
        .headers
        .iter()
        .filter(|header| of(new, &header.name).is_none());
    removed.extend(gone.map(|header| header.name.as_str()));
    let named = [("added", added), ("removed", removed), ("changed", changed)];
    let named = named.into_iter().filter(|(_, names)| !names.is_empty());
    named
        .map(|(what, names)| format!("{} {what}", listed("identity header", &names)))
        .collect()
}

/// Whether two headers say the same, whatever the captures they name are.
fn same(a: &IdentityHeader, in_a: &Route, b: &IdentityHeader, in_b: &Route) -> bool {
    let position = |route: &Route, name: &str| {
        let found = route.captures.iter().find(|(known, _)| **known == *name);
        found.map(|(_, at)| *at)
    };
    let moved = |source: &Source| match source {
        Source::Capture(name) => position(in_a, name) != position(in_b, name),
        _ => false,
    };
    a.template == b.template && !a.template.sources().any(moved)
}

/// Differences that concern every request.
pub(super) fn whole(old: &Policy, new: &Policy) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut note = |sign, what: String| {
        changes.push(Change {
            sign,
            what: vec![what],
            methods: Vec::new(),
            methods_shown: String::new(),
            place: String::new(),
            example: String::new(),
            old: None,
            new: None,
        });
    };
    for (name, class) in OddityClass::ALL {
        let one = Oddity::default().with(*class);
        match (one.within(old.allowed), one.within(new.allowed)) {
            (false, true) => note(
                Sign::Gain,
                format!("paths spelled with `{name}` are let through"),
            ),
            (true, false) => note(
                Sign::Loss,
                format!("paths spelled with `{name}` are refused"),
            ),
            _ => {}
        }
    }
    if old.stripped != new.stripped {
        note(
            Sign::Other,
            "other headers are removed from requests".to_owned(),
        );
    }
    if old.default_roles != new.default_roles {
        note(
            Sign::Other,
            "callers without a role have another one by default, which conditions and headers may read"
                .to_owned(),
        );
    }
    changes
}
