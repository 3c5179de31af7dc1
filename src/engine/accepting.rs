//! Whom each route accepts, worked out when the policy is loaded.

use std::sync::Arc;

use crate::credential::{Accepted, Verifiers};
use crate::model::Reason;
use crate::policy::{Access, Route};
use crate::webhook::{Metrics, Tally, Webhook, Why};

/// Whom a route accepts.
#[derive(Debug)]
pub(super) struct Accepting {
    pub(super) accepted: Accepted,
    /// Nothing where no signed deliveries are accepted, as nearly everywhere.
    pub(super) deliveries: Option<Box<Deliveries>>,
}

/// The signed deliveries that a route accepts.
#[derive(Debug)]
pub(super) struct Deliveries {
    /// In the order in which they are looked for; never empty.
    pub(super) of: Box<[Accepts]>,
    pub(super) beside: Beside,
    /// The longest body that the route wants held, whatever a webhook says.
    most_body: Option<usize>,
}

/// A webhook that a route accepts.
#[derive(Debug)]
pub(super) struct Accepts {
    pub(super) webhook: Arc<Webhook>,
    tally: Option<Tally>,
}

/// What else a route with webhooks accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beside {
    /// Nothing: tokens and keys are not looked for.
    Nothing,
    /// Tokens or keys instead of a signature.
    Either,
    /// A token or a key, and the signature as well.
    Both,
}

impl Accepting {
    pub(super) fn of(route: &Route, verifiers: &Verifiers) -> Self {
        let (accepted, signed) = match route.access() {
            Access::Authenticated { accepted, signed } => match accepted {
                Some(names) => (Accepted::Only(names.clone()), signed.as_ref()),
                None => (Accepted::All, signed.as_ref()),
            },
            Access::Public => (Accepted::Only(Box::default()), None),
        };
        let webhooks: Vec<Arc<Webhook>> = match (signed, &accepted) {
            // A name that leads nowhere was refused when the policy was compiled; see `is_unmet`.
            (Some(name), _) => verifiers.webhook(name).cloned().into_iter().collect(),
            (None, Accepted::All) => verifiers.webhooks().cloned().collect(),
            (None, Accepted::Only(names)) => {
                let named = names.iter().filter_map(|name| verifiers.webhook(name));
                named.cloned().collect()
            }
        };
        let beside = match signed {
            Some(_) => Beside::Both,
            None if verifiers.has_credentials(&accepted) => Beside::Either,
            None => Beside::Nothing,
        };
        let of = webhooks.into_iter().map(Accepts::new).collect();
        let deliveries = Deliveries {
            of,
            beside,
            most_body: route.most_body(),
        };
        let wanted = signed.is_some() || !deliveries.of.is_empty();
        Self {
            accepted,
            deliveries: wanted.then(|| Box::new(deliveries)),
        }
    }

    /// Whether a principal is told apart by what its delivery must be signed by, and is not.
    pub(super) fn lacks_signature(&self, webhook: Option<&str>) -> bool {
        match &self.deliveries {
            Some(deliveries) if deliveries.beside == Beside::Both => {
                let mut names = deliveries.of.iter().map(|one| &**one.webhook.name());
                !names.any(|name| Some(name) == webhook)
            }
            _ => false,
        }
    }

    /// Whether bodies are needed.
    pub(super) fn takes_deliveries(&self) -> bool {
        self.deliveries.is_some()
    }

    /// Whether a sender may be answered with success, though nothing is sent on.
    pub(super) fn may_reply(&self) -> bool {
        self.webhooks().any(Webhook::may_reply)
    }

    /// Whether a secret of a webhook stands in the query.
    pub(super) fn reads_query(&self) -> bool {
        self.webhooks()
            .any(|webhook| webhook.secret_parameter().is_some())
    }

    fn webhooks(&self) -> impl Iterator<Item = &Webhook> {
        let deliveries = self.deliveries.iter();
        deliveries.flat_map(|all| all.of.iter().map(|accepts| &*accepts.webhook))
    }

    /// Has what comes of deliveries counted.
    pub(super) fn count(&mut self, route: &Route, metrics: &Metrics) {
        for accepts in self.deliveries.iter_mut().flat_map(|all| &mut all.of) {
            accepts.tally = Some(metrics.tally(route.name(), &accepts.webhook));
        }
    }
}

impl Deliveries {
    /// The longest body that is held for a webhook here, in bytes.
    pub(super) fn most_body(&self, webhook: &Webhook) -> usize {
        self.most_body.unwrap_or_else(|| webhook.most_body())
    }

    /// Nothing was presented. It is counted at the first webhook.
    pub(super) fn nothing(&self) -> Reason {
        if let Some(first) = self.of.first() {
            first.refused(Why::Missing);
        }
        Why::Missing.reason()
    }
}

impl Accepts {
    fn new(webhook: Arc<Webhook>) -> Self {
        let tally = None;
        Self { webhook, tally }
    }

    /// Counts a refusal.
    pub(super) fn refused(&self, why: Why) {
        if let Some(tally) = &self.tally {
            tally.refused(why);
        }
    }

    /// Where the rest is counted, if it is.
    pub(super) fn tally(&self) -> Option<&Tally> {
        self.tally.as_ref()
    }
}
