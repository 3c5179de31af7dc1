//! One policy, and what it makes of a record.
//!
//! Straight line: was it a decision at all? -> could the request be read? -> the route -> the credential as
//! the record tells of it -> every check of the route whose facts are known.

use std::borrow::Cow;
use std::sync::Arc;

use crate::engine::Engine;
use crate::model::{Denied, Principal, PrincipalKind, Reason};
use crate::policy::{Access, Check, CoreFact, Match, Route, Rule, Told};

use super::evidence::Evidence;
use super::holders::{Holders, stranger};
use super::missing::{Missing, What};
use super::needs::{self, Needs};
use super::refusal::{Prior, is_no_decision, is_of_credential, is_within, was_unreadable};
use super::trust::{Standing, Trust};
use super::verdict::{Judged, Verdict};

/// A policy that judges records.
pub(super) struct Side<'e> {
    pub(super) engine: &'e Engine,
    pub(super) known: Holders,
    /// What the checks of each route depend on that it asks of whoever has no key with bounds of its own.
    needs: Vec<Vec<Needs>>,
    /// Whether any route is for some hosts only.
    named_hosts: bool,
    pub(super) trust: Trust,
}

impl<'e> Side<'e> {
    /// Judges by this policy, which knows these.
    pub(super) fn new(engine: &'e Engine, known: Holders, trust: Trust) -> Self {
        let routes = engine.policy().routes();
        let needs = routes.iter().map(|route| needs::of(route, None)).collect();
        Self {
            engine,
            known,
            needs,
            named_hosts: routes.iter().any(|route| route.hosts().next().is_some()),
            trust,
        }
    }

    /// A route by its position.
    pub(super) fn route(&self, index: Option<usize>) -> Option<&'e Arc<Route>> {
        self.engine.policy().routes().get(index?)
    }

    /// Judges. Nothing when the record tells of no decision, but of a gate that could not make one.
    pub(super) fn judge(&self, evidence: &Evidence<'_, '_>, prior: Prior<'_>) -> Option<Judged> {
        if !evidence.passed() {
            match evidence.reason {
                Some(reason) if is_no_decision(reason) => return None,
                Some(reason) if was_unreadable(reason, evidence) => {
                    return Some(Judged::denied(reason.into(), None));
                }
                _ => {}
            }
        }
        if let Some(missing) = self.hides_route(evidence) {
            return Some(Judged::unknown(missing, None));
        }
        let plan = self.engine.plan(&evidence.request);
        Some(match plan.matched() {
            Ok(matched) => self.on_route(matched, evidence, prior),
            Err(denied) => Judged::denied(denied.clone(), None),
        })
    }

    /// What a check of a route asks and what there was, in words.
    pub(super) fn tell(
        &self,
        judged: &Judged,
        evidence: &Evidence<'_, '_>,
    ) -> Option<(Rule, Told)> {
        let plan = self.engine.plan(&evidence.request);
        let matched = plan.matched().ok()?;
        let principal = match matched.route.access() {
            Access::Public => None,
            Access::Authenticated { .. } => evidence.principal.as_ref(),
        };
        let check = matched.route.checks_of(principal).nth(judged.by?)?;
        let policy = self.engine.policy();
        let told = policy.tell(check, matched, &evidence.request, principal);
        Some((check.rule(), told))
    }

    /// What is missing to find the route.
    fn hides_route(&self, evidence: &Evidence<'_, '_>) -> Option<Missing> {
        let needed = [
            Some(CoreFact::Path),
            Some(CoreFact::Method),
            self.named_hosts.then_some(CoreFact::Host),
        ];
        let mut needed = needed.into_iter().flatten();
        needed.find_map(|fact| {
            let why = evidence.lacks(fact)?;
            Some(Missing::before_rules(What::Core(fact), why))
        })
    }

    fn on_route(
        &self,
        matched: &Match<'_>,
        evidence: &Evidence<'_, '_>,
        prior: Prior<'_>,
    ) -> Judged {
        if *matched.route.access() == Access::Public {
            return self.by_checks(matched, evidence, None);
        }
        match (&evidence.principal, evidence.reason) {
            (Some(principal), _) => self.of_caller(matched, evidence, principal),
            (None, Some(reason)) if !evidence.passed() && is_of_credential(reason) => {
                self.of_credential(matched, evidence, reason, prior)
            }
            (None, None) if !evidence.passed() => {
                let missing = Missing::before_rules(What::Reason, "of another version");
                self.unless_nobody(matched, evidence, missing)
            }
            (None, _) => {
                let missing = Missing::before_rules(What::Caller, "no credential was judged");
                self.unless_nobody(matched, evidence, missing)
            }
        }
    }

    /// A caller whose credential was genuine.
    fn of_caller(
        &self,
        matched: &Match<'_>,
        evidence: &Evidence<'_, '_>,
        principal: &Principal,
    ) -> Judged {
        let route = Some(matched.route.index());
        if let Some(why) = evidence.lacks(CoreFact::Issuer) {
            let missing = Missing::before_rules(What::Core(CoreFact::Issuer), why);
            return self.unless_nobody(matched, evidence, missing);
        }
        let known = self.known.has(principal.kind, &principal.issuer);
        let standing = self.trust.caller(principal.kind, &principal.issuer, known);
        match standing {
            Standing::Same => {}
            Standing::Gone => return Judged::denied(stranger(principal.kind).into(), route),
            Standing::Unknown(missing) => {
                return self.unless_nobody(matched, evidence, missing);
            }
        }
        match self.engine.accepts(matched.route, &principal.issuer) {
            Ok(()) => match self.unsigned(matched, evidence, principal) {
                Some(judged) => judged,
                None => self.by_checks(matched, evidence, Some(principal)),
            },
            Err(_) if principal.kind == PrincipalKind::ApiKey => {
                Judged::denied(stranger(principal.kind).into(), route)
            }
            Err(denied) => Judged::denied(denied, route),
        }
    }

    /// A credential that was refused, or was not there.
    fn of_credential(
        &self,
        matched: &Match<'_>,
        evidence: &Evidence<'_, '_>,
        reason: Reason,
        prior: Prior<'_>,
    ) -> Judged {
        let route = Some(matched.route.index());
        let now = matched.route.access();
        if let Some(missing) = self.trust.refusal(reason) {
            // Where no key counts, a key that is found now is no better than none.
            return match missing.what == What::KeyPlaces && !self.known.accepts_keys(now) {
                true => Judged::new(Verdict::Deny(None), route),
                false => self.unless_nobody(matched, evidence, missing),
            };
        }
        if let Some(missing) = self.may_be_signed(now, reason, prior) {
            return self.unless_nobody(matched, evidence, missing);
        }
        match (reason, prior) {
            (Reason::TokenMissing | Reason::KeyMissing | Reason::SignatureMissing, _) => {
                Judged::denied(self.known.missed(now).into(), route)
            }
            (Reason::CredentialAmbiguous | Reason::TokenMalformed, _) | (_, Prior::Same) => {
                Judged::denied(reason.into(), route)
            }
            (_, Prior::Of(before)) if before == now => Judged::denied(reason.into(), route),
            (Reason::TokenIssuerUnknown | Reason::KeyUnknown, Prior::Of(before))
                if is_within(now, before) =>
            {
                Judged::denied(reason.into(), route)
            }
            // Where there is one only, every route accepts that one.
            (Reason::TokenIssuerUnknown | Reason::KeyUnknown, Prior::Unknown)
                if self.known.is_alone() =>
            {
                Judged::denied(reason.into(), route)
            }
            (Reason::TokenIssuerUnknown, _) => {
                let missing = Missing::before_rules(What::TokenIssuer, "not recorded");
                self.unless_nobody(matched, evidence, missing)
            }
            (Reason::KeyUnknown, _) if !self.known.accepts_keys(now) => {
                Judged::denied(reason.into(), route)
            }
            (Reason::KeyUnknown, _) => {
                let missing = Missing::before_rules(What::KeySet, "not recorded");
                self.unless_nobody(matched, evidence, missing)
            }
            (_, Prior::Unknown) => Judged::denied(reason.into(), route),
            // It is no better a credential for it; but it may be refused for its issuer before.
            (_, Prior::Of(_)) => Judged::new(Verdict::Deny(None), route),
        }
    }

    /// Something about the caller is not known. That does not matter where nobody at all could pass.
    pub(super) fn unless_nobody(
        &self,
        matched: &Match<'_>,
        evidence: &Evidence<'_, '_>,
        missing: Missing,
    ) -> Judged {
        let policy = self.engine.policy();
        let route = Some(matched.route.index());
        let caller = evidence.principal.as_ref();
        let needs = self.needs_of(matched, caller);
        let checks = matched.route.checks_of(caller).zip(needs.iter());
        let refuses = |(_, (check, needs)): &(usize, (Check<'_>, &Needs))| {
            needs.known_of_request(evidence)
                && policy.refuses_everybody(*check, matched, &evidence.request)
        };
        match checks.enumerate().find(refuses) {
            // Whether a credential would have been refused before is not known, and so no reason is.
            Some((position, _)) => Judged {
                by: Some(position),
                ..Judged::new(Verdict::Deny(None), route)
            },
            None => Judged::unknown(missing, route),
        }
    }

    /// Goes through the checks of a route as serving does, past those of which something is not known.
    fn by_checks(
        &self,
        matched: &Match<'_>,
        evidence: &Evidence<'_, '_>,
        principal: Option<&Principal>,
    ) -> Judged {
        let policy = self.engine.policy();
        let route = Some(matched.route.index());
        let mut missing = Vec::new();
        let needs = self.needs_of(matched, principal);
        let checks = matched.route.checks_of(principal).zip(needs.iter());
        for (position, (check, needs)) in checks.enumerate() {
            let before = missing.len();
            needs.missing(evidence, &mut missing);
            if missing.len() > before {
                continue;
            }
            let Err(denied) = policy.judge(check, matched, &evidence.request, principal) else {
                continue;
            };
            // A check before it that could not be judged may have refused for another reason.
            let reason = missing.is_empty().then_some(denied.reason);
            return Judged {
                by: Some(position),
                detail: denied.detail,
                ..Judged::new(Verdict::Deny(reason), route)
            };
        }
        // Keys are served to nobody without a tenant.
        if matched.route.serves().is_some() && principal.is_some_and(|it| it.tenant.is_none()) {
            match evidence.lacks(CoreFact::Tenant) {
                Some(why) => missing.push(Missing::before_rules(What::Core(CoreFact::Tenant), why)),
                None if missing.is_empty() => {
                    let denied = Denied::new(Reason::TenantMismatch, "a caller without a tenant");
                    return Judged::denied(denied, route);
                }
                None => return Judged::new(Verdict::Deny(None), route),
            }
        }
        match missing.is_empty() {
            true => Judged::new(Verdict::Allow, route),
            false => Judged {
                missing,
                ..Judged::new(Verdict::Unknown, route)
            },
        }
    }

    fn needs_of(&self, matched: &Match<'_>, caller: Option<&Principal>) -> Cow<'_, [Needs]> {
        let key = caller.and_then(|caller| caller.key.as_deref());
        if key.is_some_and(|key| key.sources.is_some() || key.networks.is_some()) {
            return Cow::Owned(needs::of(matched.route, caller));
        }
        let needs = self.needs.get(matched.route.index());
        Cow::Borrowed(needs.map_or(&[], Vec::as_slice))
    }
}
