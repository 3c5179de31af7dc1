//! What two doors tell callers apart by beside their rights: tenants, sources, signatures.

use std::sync::Arc;

use super::super::caller::named;
use super::super::demand::Demand;
use super::super::space::Ground;
use super::Door;
use super::people::Pair;
use super::words::{Signature, Sources, Tenant};

impl Pair<'_> {
    /// The tenants that the doors tell apart; first the one that suits both, if there is one.
    pub(super) fn tenants_told_apart(&self, ground: &Ground) -> Vec<(Option<Box<str>>, Tenant)> {
        let asked = |door: &Door<'_>, demand: Option<&Demand<'_>>| {
            let (matched, binding) = (door.matched.as_ref()?, demand?.tenant?);
            Some(named(binding, matched, &self.request))
        };
        let foreigner: Box<str> = ground.foreigner().into();
        let (ours, theirs) = (
            asked(self.first, Some(&self.demand)),
            asked(self.second, self.other.as_ref()),
        );
        match (ours, theirs) {
            (Some(ours), Some(theirs)) if ours == theirs => vec![(ours, Tenant::Whatever)],
            (Some(ours), Some(_)) => vec![(ours, Tenant::Another)],
            (Some(ours), None) => vec![(ours, Tenant::Whatever)],
            (None, Some(theirs)) => vec![
                (theirs, Tenant::Whatever),
                (Some(foreigner), Tenant::Another),
                (None, Tenant::Missing),
            ],
            (None, None) => vec![(Some(foreigner), Tenant::Whatever)],
        }
    }

    /// What API keys may be for that the doors tell apart: any source, the one that the first asks for, and
    /// one that nobody names.
    pub(super) fn sources_told_apart(&self, ground: &Ground) -> Vec<(Option<Box<str>>, Sources)> {
        let named = match (self.demand.source, &self.first.matched) {
            (Some(binding), Some(matched)) => named(binding, matched, &self.request),
            _ => None,
        };
        let foreign = Some(ground.foreigner().into());
        let mut told = vec![(None, Sources::Whatever), (foreign, Sources::Another)];
        told.extend(named.map(|named| (Some(named), Sources::This)));
        told
    }

    /// The signatures beside credentials that the doors tell apart: what the first asks for, and whether it is
    /// the second that asks.
    pub(super) fn signatures_told_apart(&self) -> Vec<(Option<Arc<str>>, Signature)> {
        let theirs = self.other.as_ref().and_then(|other| other.signed);
        match (self.demand.signed.cloned(), theirs.cloned()) {
            (None, None) => vec![(None, Signature::Whatever)],
            (None, Some(theirs)) => vec![
                (Some(Arc::clone(&theirs)), Signature::Whatever),
                (None, Signature::Without(theirs)),
            ],
            (Some(ours), theirs) => {
                let said = match theirs.is_some_and(|theirs| theirs == ours) {
                    true => Signature::Whatever,
                    false => Signature::With(Arc::clone(&ours)),
                };
                vec![(Some(ours), said)]
            }
        }
    }
}
