//! Routes that no request can reach.

use std::collections::BTreeSet;

use http::Method;

use super::Subject;
use super::file::Entry;
use super::probe::listed;

/// The most other routes that a message names.
const MOST_NAMED: usize = 3;

impl Subject<'_> {
    /// `unreachable-route` and `shadowed-route`.
    ///
    /// The router asks routes in an order that no request changes, and every route that matches a path
    /// of plain captures matches all others that differ from it in captures alone. So if a route loses
    /// the path that has the fewest rivals, it loses all.
    pub(super) fn reach(&self) {
        for (index, entry) in self.file.routes.iter().enumerate() {
            let mut winners = BTreeSet::new();
            let methods = listed(&entry.route.methods);
            let asked = match methods {
                [] => self.probe.unlisted().into_iter().collect(),
                listed => listed.iter().collect::<Vec<_>>(),
            };
            let lost: Vec<&Method> = asked
                .iter()
                .copied()
                .filter(|method| !self.is_reached(index, entry, method, &mut winners))
                .collect();
            if lost.len() == asked.len() && !asked.is_empty() {
                let message = format!("no request reaches this route: {}", self.takers(&winners));
                let help = "take it away, or the routes that take all of its requests";
                self.warn("unreachable-route", entry.path_node(), message, help);
            } else {
                self.report_lost(entry, &lost, &winners);
            }
        }
    }

    fn report_lost(&self, entry: &Entry<'_>, lost: &[&Method], winners: &BTreeSet<usize>) {
        let got = lost.contains(&&Method::GET);
        let lost = lost.iter().filter(|lost| got || ***lost != Method::HEAD);
        let lost: Vec<_> = lost.map(|method| format!("`{method}`")).collect();
        if lost.is_empty() {
            return;
        }
        let takers = self.takers(winners);
        let message = format!(
            "no {} request reaches this route: {takers}",
            lost.join(" or ")
        );
        let help = "take the method away here, or the routes that take all such requests";
        self.warn("shadowed-route", entry.path_node(), message, help);
    }

    /// Whether some request with this method finds the route; if not, `winners` has who takes them.
    fn is_reached(
        &self,
        index: usize,
        entry: &Entry<'_>,
        method: &Method,
        winners: &mut BTreeSet<usize>,
    ) -> bool {
        for host in entry.hosts().iter() {
            let host = self.probe.host(host);
            for below in self.probe.depths(&entry.pattern) {
                let Some(path) = self.probe.path(&entry.pattern, below) else {
                    // Nothing is known of a path that cannot be spelled.
                    return true;
                };
                match self.probe.find(&host, &path, method) {
                    Some(found) if found == index => return true,
                    found => winners.extend(found),
                }
            }
        }
        false
    }

    fn takers(&self, winners: &BTreeSet<usize>) -> String {
        let named = winners.iter().take(MOST_NAMED);
        let places = named.filter_map(|index| self.file.entry(*index));
        let places: Vec<String> = places.map(Entry::at).collect();
        let more = match winners.len().saturating_sub(MOST_NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!(
            "more specific ones take them all, at {}{more}",
            places.join(", ")
        )
    }
}
