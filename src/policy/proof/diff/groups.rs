//! Differences that read alike, put together.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::Method;

use super::super::super::route::Route;
use super::super::space::{Ground, Spot};
use super::{Change, Sign};

/// What is different for one request.
pub(super) type Found = BTreeMap<Sign, Vec<String>>;

/// The routes that requests find, before and after, by their positions and names.
type Routes = [Option<(usize, Arc<str>)>; 2];

/// Differences by place and routes.
#[derive(Debug, Default)]
pub(super) struct Groups(BTreeMap<Key, Vec<Seen>>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// The position of the route in the new policy: its lines come in the file's order.
    order: usize,
    place: String,
    routes: Routes,
}

#[derive(Debug)]
struct Seen {
    found: Found,
    methods: Vec<Method>,
    example: String,
}

impl Groups {
    pub(super) fn add(
        &mut self,
        place: &str,
        routes: [Option<&Arc<Route>>; 2],
        spot: &Spot,
        found: Found,
    ) {
        let named = |route: &Arc<Route>| (route.index(), Arc::clone(route.name()));
        let [_, new] = routes;
        let key = Key {
            order: new.map_or(usize::MAX, |route| route.index()),
            place: place.to_owned(),
            routes: routes.map(|route| route.map(named)),
        };
        let method = &spot.request.method;
        let seen = self.0.entry(key).or_default();
        match seen.iter_mut().find(|seen| seen.found == found) {
            Some(alike) if alike.methods.contains(method) => {}
            Some(alike) => alike.methods.push(method.clone()),
            None => seen.push(Seen {
                found,
                methods: vec![method.clone()],
                example: spot.shown(),
            }),
        }
    }

    pub(super) fn into_changes(self, ground: &Ground) -> Vec<Change> {
        let mut changes = Vec::new();
        for (key, seen) in self.0 {
            for seen in seen {
                let shown = shown(&seen.methods, ground);
                let [old, new] = key.routes.clone().map(|route| route.map(|(_, name)| name));
                changes.extend(seen.found.into_iter().map(|(sign, what)| Change {
                    sign,
                    what,
                    methods: seen.methods.iter().map(ToString::to_string).collect(),
                    methods_shown: shown.clone(),
                    place: key.place.clone(),
                    example: seen.example.clone(),
                    old: old.clone(),
                    new: new.clone(),
                }));
            }
        }
        changes
    }
}

/// Methods in words: nothing for all, `HEAD` not beside `GET`.
pub(in crate::policy::proof) fn shown(methods: &[Method], ground: &Ground) -> String {
    let without_head = |methods: &mut dyn Iterator<Item = &Method>| {
        let methods: Vec<&Method> = methods.collect();
        let get = methods.contains(&&Method::GET);
        let kept = methods
            .iter()
            .filter(|method| !(get && **method == Method::HEAD));
        kept.map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    if !methods.contains(ground.other_method()) {
        return without_head(&mut methods.iter());
    }
    let mut missing = ground
        .methods()
        .iter()
        .filter(|method| !methods.contains(method));
    match without_head(&mut missing).as_str() {
        "" => String::new(),
        missing => format!("any method but {missing}"),
    }
}
