//! Whose credentials count: issuers, sets of API keys and webhooks, which share one space of names.

use std::sync::Arc;

use crate::document::{Node, Place, Placed};

use super::super::complaint::{shown, suggestion};
use super::super::config::{AcceptConfig, Texts};
use super::Compiler;

/// How many routes that leave something out are named.
const MOST_NAMED: usize = 3;

/// Whose credentials count where this holds.
#[derive(Debug, Clone)]
pub(super) struct Accepting {
    /// Any of these.
    pub(super) names: Arc<[Arc<str>]>,
    /// The webhook whose signature must be there as well.
    pub(super) signed: Option<Arc<str>>,
}

/// A sort of credential: what one is called, what many are, and what many are among others.
type Sort = (&'static str, &'static str, &'static str);

impl Compiler<'_> {
    /// Names that must exist: any of them, or one of a caller and one of a webhook.
    pub(super) fn accepting(&self, written: &AcceptConfig) -> Accepting {
        match written {
            AcceptConfig::Any(listed) => Accepting {
                names: self.accepted(listed),
                signed: None,
            },
            AcceptConfig::All(listed) => self.both(listed),
        }
    }

    fn accepted(&self, listed: &Texts) -> Arc<[Arc<str>]> {
        let names = listed.value.0.iter();
        names.filter_map(|name| self.somebody(name)).collect()
    }

    /// Exactly one issuer or set of API keys, and exactly one webhook; after a mistake, what there is of them.
    fn both(&self, listed: &Texts) -> Accepting {
        let names = self.accepted(listed);
        let (signed, callers): (Vec<_>, Vec<_>) = names
            .iter()
            .cloned()
            .partition(|name| self.is_webhook(name));
        let all_known = names.len() == listed.value.0.len();
        if all_known && (callers.len(), signed.len()) != (1, 1) {
            self.report_not_both(&listed.node, callers.len(), signed.len());
        }
        Accepting {
            names: callers.into(),
            signed: signed.into_iter().next(),
        }
    }

    fn report_not_both(&self, node: &Node, callers: usize, signed: usize) {
        let counted = |count: usize, one: &str, many: &str| match count {
            0 => format!("no {one}"),
            1 => format!("one {one}"),
            count => format!("{count} {many}"),
        };
        let callers = counted(
            callers,
            "issuer or set of API keys",
            "issuers or sets of API keys",
        );
        let signed = counted(signed, "webhook", "webhooks");
        let message = format!("`all` names {callers} and {signed}");
        let help = "it takes exactly one issuer or set of API keys, which says who calls, and exactly one \
                    webhook, whose signature the request must have as well; a list without `all` is any of \
                    its names";
        self.problems.error_with(node, message, help);
    }

    /// An issuer, a set or a webhook by its name.
    fn somebody(&self, name: &Placed<String>) -> Option<Arc<str>> {
        let found = self.vouching().find(|known| ***known == *name.value);
        if found.is_none() {
            let sorts = match self.sorts() {
                sorts if sorts.is_empty() => vec![ISSUER],
                sorts => sorts,
            };
            let what: Vec<&str> = sorts.iter().map(|(one, _, _)| *one).collect();
            let many: Vec<&str> = match sorts.as_slice() {
                [(_, many, _)] => vec![many],
                several => several.iter().map(|(_, _, short)| *short).collect(),
            };
            let known = self.vouching().map(AsRef::as_ref);
            let help = suggestion(name, known, &enumerated(&many));
            let message = format!("there is no {} {}", what.join(" and no "), shown(name));
            self.problems.error_with(&name.node, message, help);
        }
        found.cloned()
    }

    /// The sorts of credentials that the file knows.
    fn sorts(&self) -> Vec<Sort> {
        let known = [
            (self.known.issuers.is_empty(), ISSUER),
            (
                self.known.key_sets.is_empty(),
                ("set of API keys", "sets of API keys", "sets"),
            ),
            (
                self.known.webhooks.is_empty(),
                ("webhook", "webhooks", "webhooks"),
            ),
        ];
        let there = known.into_iter().filter(|(absent, _)| !absent);
        there.map(|(_, sort)| sort).collect()
    }

    /// Everything that `authenticate` may name.
    fn vouching(&self) -> impl Iterator<Item = &Arc<str>> + Clone {
        let webhooks = self.known.webhooks.iter().map(|webhook| &webhook.name);
        let others = self.known.issuers.iter().chain(self.known.key_sets);
        others.chain(webhooks)
    }

    /// Whether a name is a webhook's.
    pub(super) fn is_webhook(&self, name: &str) -> bool {
        let mut webhooks = self.known.webhooks.iter();
        webhooks.any(|webhook| *webhook.name == *name)
    }

    /// Whether keys of some set are accepted where these names are, or everybody is.
    pub(super) fn takes_keys(&self, accepted: Option<&Accepting>) -> bool {
        let sets = self.known.key_sets;
        match accepted {
            None => !sets.is_empty(),
            Some(accepted) => accepted.names.iter().any(|name| sets.contains(name)),
        }
    }

    /// Whether every route that is not public says whose credentials count: a file that has more than one
    /// sort of them, or several sets or webhooks, and does not say where which of them is meant, opens each
    /// door to all of them.
    pub(super) fn must_say(&self) -> bool {
        match self.known.key_sets.len() + self.known.webhooks.len() {
            0 => false,
            1 => !self.known.issuers.is_empty(),
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
        if let (true, Some(route)) = (self.sorts().is_empty(), self.asking) {
            let message = "nobody could pass: there is no issuer";
            let help = "name an issuer under `issuers`, a set of keys under `api_keys`, a sender under \
                        `webhooks`, or write `public: true`";
            self.problems.error_with(route, message, help);
        }
    }

    /// Checks that somebody is accepted, and that every route says who, where the file leaves that open.
    pub(super) fn check_accepting(&self) {
        self.check_somebody();
        if let (Some(node), false) = (&self.config.routes_node, self.unsaid.is_empty()) {
            self.report_unsaid(node);
        }
    }

    fn report_unsaid(&self, node: &Node) {
        let many: Vec<&str> = self.sorts().iter().map(|(_, many, _)| *many).collect();
        let has = match many.as_slice() {
            [one] => format!("several {one}"),
            several => enumerated(several),
        };
        let routes = self.unsaid_routes();
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

    /// `the routes at policy.yaml:2, 3, 4 and 2 more do not`.
    fn unsaid_routes(&self) -> String {
        let places = self.unsaid.iter().take(MOST_NAMED).enumerate();
        let lines = places.map(|(at, place)| match at {
            0 => format!("{}:{}", place.file, place.line),
            _ => place.line.to_string(),
        });
        let lines: Vec<String> = lines.collect();
        let lines = lines.join(", ");
        match self.unsaid.len() {
            1 => format!("the route at {lines} does not"),
            many if many <= MOST_NAMED => format!("the routes at {lines} do not"),
            many => format!(
                "the routes at {lines} and {} more do not",
                many - MOST_NAMED
            ),
        }
    }
}

const ISSUER: Sort = ("issuer", "issuers", "issuers");

/// `a`, `a and b`, `a, b and c`.
fn enumerated(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}
