//! What a decision is made of.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};

use crate::credential::{CredentialKind, Removal, Verified};
use crate::model::{CanonicalPath, Denied, Fields, Principal, Rest};
use crate::policy::{Grant, HeaderNames, Observed, Route};
use crate::replay::Reservation;
use crate::webhook::Reply;

/// The engine's answer.
#[derive(Debug)]
pub enum Decision {
    /// The request may pass, changed as the permit says.
    Allow(Permit),
    /// The request ends here.
    Deny(Denial),
}

impl From<Permit> for Decision {
    fn from(permit: Permit) -> Self {
        Self::Allow(permit)
    }
}

impl From<Denial> for Decision {
    fn from(denial: Denial) -> Self {
        Self::Deny(denial)
    }
}

/// Permission to send one request on. Only the engine can make one.
#[derive(Debug)]
pub struct Permit {
    grant: Grant,
    stripped: Arc<HeaderNames>,
    verified: Option<Verified>,
    /// Takes out credentials that nobody judged; nothing when there can be none.
    unjudged: Option<Arc<Removal>>,
    /// What there is to a signed delivery besides, and to what we answer ourselves. In a box, so that others carry
    /// no room for it about.
    delivery: Option<Box<Delivery>>,
}

/// What may be done with a signed delivery.
enum Delivery {
    /// It is sent on.
    Send {
        /// The body that was verified, until it is taken.
        body: Cell<Option<Bytes>>,
        /// That nobody else may send it, until it is settled.
        reservation: Cell<Option<Reservation>>,
    },
    /// Nothing is sent on.
    Answer {
        /// What is answered instead.
        reply: Reply,
        /// What the log is to say of it besides.
        note: String,
    },
}

/// What a body says is nobody's to print.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Send { .. } => "Send",
            Self::Answer { .. } => "Answer",
        })
    }
}

impl Permit {
    /// For whoever asks. `removal` takes out what the upstream must not see though nobody judged it.
    pub(in crate::engine) fn public(
        grant: Grant,
        stripped: &Arc<HeaderNames>,
        removal: Option<&Arc<Removal>>,
    ) -> Self {
        Self {
            grant,
            stripped: Arc::clone(stripped),
            verified: None,
            unjudged: removal.cloned(),
            delivery: None,
        }
    }

    /// For a signed delivery: what is sent on is this body, and it is settled by its reservation.
    pub(in crate::engine) fn delivering(
        grant: Grant,
        stripped: &Arc<HeaderNames>,
        verified: Verified,
        body: Bytes,
        reservation: Option<Reservation>,
    ) -> Self {
        let delivery = Delivery::Send {
            body: Cell::new(Some(body)),
            reservation: Cell::new(reservation),
        };
        Self {
            delivery: Some(Box::new(delivery)),
            ..Self::to(grant, stripped, verified)
        }
    }

    /// For what we answer ourselves: a challenge, or a delivery that was accepted before. Nothing is sent on.
    pub(in crate::engine) fn answering(
        grant: Grant,
        stripped: &Arc<HeaderNames>,
        verified: Option<Verified>,
        reply: Reply,
    ) -> Self {
        let note = String::new();
        Self {
            verified,
            delivery: Some(Box::new(Delivery::Answer { reply, note })),
            ..Self::public(grant, stripped, None)
        }
    }

    /// For a request that brought a secret which is kept: we answer it ourselves, and the log is to say this.
    pub(in crate::engine) fn enrolled(
        grant: Grant,
        stripped: &Arc<HeaderNames>,
        reply: Reply,
        note: String,
    ) -> Self {
        Self {
            delivery: Some(Box::new(Delivery::Answer { reply, note })),
            ..Self::public(grant, stripped, None)
        }
    }

    pub(in crate::engine) fn to(
        grant: Grant,
        stripped: &Arc<HeaderNames>,
        verified: Verified,
    ) -> Self {
        Self {
            verified: Some(verified),
            ..Self::public(grant, stripped, None)
        }
    }

    fn removal(&self) -> Option<&Removal> {
        let judged = self.verified.as_ref().map(|verified| &*verified.remove);
        judged.or(self.unjudged.as_deref())
    }

    /// The route that let the request pass.
    pub fn route(&self) -> &Arc<Route> {
        self.grant.route()
    }

    /// What would have refused the request, if the route did not only observe it.
    pub fn observed(&self) -> Option<&Observed> {
        self.grant.observed()
    }

    /// The identity headers to set, once everything in [`Permit::stripped`] is gone. Each name occurs
    /// once.
    pub fn identity_headers(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        self.grant.headers()
    }

    /// The verified caller; nobody on a public route.
    pub fn principal(&self) -> Option<&Arc<Principal>> {
        self.verified.as_ref().map(|verified| &verified.principal)
    }

    /// The credential's digest, for logs. A signature has none: its secret has a name.
    pub fn fingerprint(&self) -> Option<&str> {
        fingerprint(self.verified.as_ref())
    }

    /// Whether this lets a signed delivery pass: then nothing but [`Permit::take_body`] may be sent on as its body,
    /// and no other protocol be offered.
    pub fn is_delivery(&self) -> bool {
        self.delivery.is_some()
    }

    /// The answer that we give ourselves; then nothing is sent on.
    pub fn reply(&self) -> Option<&Reply> {
        match self.delivery.as_deref()? {
            Delivery::Answer { reply, .. } => Some(reply),
            Delivery::Send { .. } => None,
        }
    }

    /// The body that was verified, to be sent on. It is given once.
    pub fn take_body(&self) -> Option<Bytes> {
        match self.delivery.as_deref()? {
            Delivery::Send { body, .. } => body.take(),
            Delivery::Answer { .. } => None,
        }
    }

    /// What the log is to say of it besides; empty where there is nothing.
    pub fn note(&self) -> &str {
        match self.delivery.as_deref() {
            Some(Delivery::Answer { note, .. }) => note,
            _ => "",
        }
    }

    /// The upstream has accepted the request, or it has not, or cannot be asked. A permit that is dropped before is
    /// as one that was not accepted.
    pub fn settle(&self, accepted: bool) {
        if let Some(Delivery::Send { reservation, .. }) = self.delivery.as_deref()
            && let Some(reservation) = reservation.take()
        {
            match accepted {
                true => reservation.commit(),
                false => reservation.release(),
            }
        }
    }

    /// Names that no caller may set: not in headers and not in trailers.
    pub fn stripped(&self) -> &Arc<HeaderNames> {
        &self.stripped
    }

    /// Path and query as the upstream may see them.
    pub fn path<'p>(&self, path: &'p CanonicalPath) -> Cow<'p, CanonicalPath> {
        match self.removal() {
            Some(removal) => removal.rest_of_path(path),
            None => Cow::Borrowed(path),
        }
    }

    /// Leaves of the caller's header fields what the upstream may see of them: nothing of the credential, no
    /// API key, and nothing that has one of our names in any spelling.
    pub fn clear(&self, fields: &mut Fields) {
        let removal = self.removal();
        fields.revise(|field| match removal {
            _ if self.stripped.contains(field.name()) => Rest::Nothing,
            Some(removal) => removal.rest_of(field),
            None => Rest::Whole,
        });
    }

    /// Makes of the caller's header fields those that the upstream gets: clears them, then sets this permit's
    /// identity headers. The order is the guarantee.
    pub fn rewrite(&self, fields: &mut Fields) {
        self.clear(fields);
        for (name, value) in self.identity_headers() {
            fields.set(name, value);
        }
    }
}

/// A refusal with what is known about the request, for the answer and the log.
#[derive(Debug)]
pub struct Denial {
    route: Option<Arc<Route>>,
    verified: Option<Verified>,
    denied: Denied,
}

impl Denial {
    pub(in crate::engine) fn unrouted(denied: Denied) -> Self {
        Self {
            route: None,
            verified: None,
            denied,
        }
    }

    pub(in crate::engine) fn on(route: &Arc<Route>, denied: Denied) -> Self {
        Self {
            route: Some(Arc::clone(route)),
            verified: None,
            denied,
        }
    }

    pub(in crate::engine) fn of(route: &Arc<Route>, verified: Verified, denied: Denied) -> Self {
        Self {
            verified: Some(verified),
            ..Self::on(route, denied)
        }
    }

    /// The route, if one matched.
    pub fn route(&self) -> Option<&Arc<Route>> {
        self.route.as_ref()
    }

    /// The caller, if its credential was genuine.
    pub fn principal(&self) -> Option<&Arc<Principal>> {
        self.verified.as_ref().map(|verified| &verified.principal)
    }

    /// The credential's digest, if it was genuine.
    pub fn fingerprint(&self) -> Option<&str> {
        fingerprint(self.verified.as_ref())
    }

    /// The reason, and the detail for the log.
    pub fn denied(&self) -> &Denied {
        &self.denied
    }
}

fn fingerprint(verified: Option<&Verified>) -> Option<&str> {
    let verified = verified.filter(|verified| verified.kind != CredentialKind::Webhook);
    verified.map(|verified| verified.fingerprint.as_ref())
}
