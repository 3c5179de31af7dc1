//! Whose credentials count: issuers and sets of API keys, which share one space of names.

use std::sync::Arc;

use crate::document::{Place, Placed};

use super::super::complaint::{shown, suggestion};
use super::super::config::Texts;
use super::Compiler;

/// How many routes that leave something out are named.
const MOST_NAMED: usize = 3;

impl Compiler<'_> {
    /// Names of issuers and of sets of API keys, each of which must exist.
    pub(super) fn accepted(&mut self, listed: &Texts) -> Arc<[Arc<str>]> {
        let what = match (self.known.issuers, self.known.key_sets) {
            (_, []) => ("issuer", "issuers"),
            ([], _) => ("set of API keys", "sets of API keys"),
            _ => ("issuer and no set of API keys", "issuers and sets"),
        };
        let find = |name: &Placed<String>| {
            let found = self.vouching().find(|known| ***known == *name.value);
            if found.is_none() {
                let known = self.vouching().map(AsRef::as_ref);
                let help = suggestion(name, known, what.1);
                let message = format!("there is no {} {}", what.0, shown(name));
                self.problems.error_with(&name.node, message, help);
            }
            found.cloned()
        };
        listed.value.0.iter().filter_map(find).collect()
    }

    /// Everything that `authenticate` may name.
    fn vouching(&self) -> impl Iterator<Item = &Arc<str>> + Clone {
        self.known.issuers.iter().chain(self.known.key_sets)
    }

    /// Whether keys of some set are accepted where these names are, or everybody is.
    pub(super) fn takes_keys(&self, accepted: Option<&Arc<[Arc<str>]>>) -> bool {
        let sets = self.known.key_sets;
        match accepted {
            None => !sets.is_empty(),
            Some(accepted) => accepted.iter().any(|name| sets.contains(name)),
        }
    }

    /// Whether every route that is not public says whose credentials count: a file that has more than one
    /// sort of them, and does not say where which of them is meant, opens each door to all of them.
    pub(super) fn must_say(&self) -> bool {
        match self.known.key_sets {
            [] => false,
            [_] => !self.known.issuers.is_empty(),
            _ => true,
        }
    }

    /// Notes a route that leaves it open whose credentials count.
    pub(super) fn note_unsaid(&mut self, place: &Place) {
        if self.must_say() {
            self.unsaid.push(place.clone());
        }
    }

    /// A file that accepts nobody's credentials can have public routes only.
    fn check_somebody(&self) {
        let nobody = self.known.issuers.is_empty() && self.known.key_sets.is_empty();
        if let (true, Some(route)) = (nobody, self.asking) {
            let message = "nobody could pass: there is no issuer";
            let help = "name an issuer under `issuers`, a set of keys under `api_keys`, or write \
                        `public: true`";
            self.problems.error_with(route, message, help);
        }
    }

    /// Checks that somebody is accepted, and that every route says who, where the file leaves that open.
    pub(super) fn check_accepting(&self) {
        self.check_somebody();
        let (Some(node), [first, ..]) = (&self.config.routes_node, self.unsaid.as_slice()) else {
            return;
        };
        let has = match self.known.issuers {
            [] => "several sets of API keys",
            _ => "issuers and sets of API keys",
        };
        let places = self.unsaid.iter().take(MOST_NAMED).skip(1);
        let lines: Vec<String> = places.map(|place| place.line.to_string()).collect();
        let lines = [vec![format!("{}:{}", first.file, first.line)], lines].concat();
        let routes = match self.unsaid.len() {
            1 => format!("the route at {} does not", lines.join("")),
            many if many <= MOST_NAMED => format!("the routes at {} do not", lines.join(", ")),
            many => {
                let more = many - MOST_NAMED;
                format!("the routes at {} and {more} more do not", lines.join(", "))
            }
        };
        let message = format!("the file has {has}, and {routes} say whose credentials count");
        let names: Vec<&str> = self.vouching().map(AsRef::as_ref).collect();
        let example = names.first().copied().unwrap_or_default();
        let help = format!(
            "write `authenticate: [{example}]` there, in a group's `defaults`, or once at the top of the \
             file; it names any of: {}",
            names.join(", ")
        );
        self.problems.error_with(node, message, help);
    }
}
