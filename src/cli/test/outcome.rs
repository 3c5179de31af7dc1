//! Judging cases.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use crate::cli::exit::Failure;
use crate::cli::trial::{Ask, Caller, Effects, MadeKey, Verdict, World};
use crate::document::closest;
use crate::model::{Principal, Request};

use super::case::Case;
use super::suite::Suite;

/// A case and what came of it.
pub(super) struct Outcome<'s> {
    pub(super) file: &'s Path,
    pub(super) policy: PathBuf,
    pub(super) case: &'s Case,
    pub(super) verdict: Verdict,
    /// What the API key is called by that was presented.
    pub(super) key: Option<String>,
    /// The names of the policy's roles.
    roles: &'s BTreeSet<Box<str>>,
    /// What is not as expected; empty when the case passes.
    pub(super) differences: Vec<String>,
}

impl Outcome<'_> {
    pub(super) fn passed(&self) -> bool {
        self.differences.is_empty()
    }

    /// The request line, and whose request it is.
    pub(super) fn sent(&self) -> String {
        let ask = &self.case.ask;
        let key = self.key.as_ref().map(|key| format!(" with the key {key}"));
        let caller = match (&self.case.who.caller, self.verdict.principal()) {
            (Caller::Key(_), _) => key.unwrap_or_default(),
            (_, Some(principal)) => format!(" as {}", principal.subject),
            (Caller::AsSent, None) => String::new(),
            (Caller::Given(draft), None) => format!(" as {}", draft.subject),
            (Caller::Claims(_) | Caller::Token { .. }, None) => " with a token".to_owned(),
        };
        let delivery = match (self.case.who.draft(), self.case.twice) {
            (None, _) => "",
            (Some(_), false) => ", signed",
            (Some(_), true) => ", signed, the second time",
        };
        format!("{} {}{caller}{delivery}", ask.method, ask.target)
    }

    /// What may have been meant otherwise: roles of the caller that the policy does not know.
    pub(super) fn notes(&self) -> Vec<String> {
        let roles = self.verdict.principal().map(|principal| &principal.roles);
        let known = || self.roles.iter().map(AsRef::as_ref);
        let unknown = roles.into_iter().flatten();
        let unknown = unknown.filter(|role| !self.roles.is_empty() && !self.roles.contains(*role));
        unknown
            .map(|role| match closest(role, known()) {
                Some(near) => {
                    format!("the policy has no role `{role}`; did you mean `{near}`?")
                }
                None => format!("the policy has no role `{role}`"),
            })
            .collect()
    }

    /// What was decided, and by what, in words.
    pub(super) fn actual(&self) -> String {
        let route = self
            .verdict
            .route()
            .map(|route| format!("route `{}`", route.name()));
        if let Some(reply) = self.verdict.reply() {
            let status = reply.status.as_u16();
            return format!("an answer {status} by {}", route.unwrap_or_default());
        }
        let Some(denied) = self.verdict.denied() else {
            return format!("allow by {}", route.unwrap_or_default());
        };
        let rule = self.verdict.decided_by();
        let by = route
            .into_iter()
            .chain(rule.map(|checked| checked.rule.as_str().to_owned()));
        let by: Vec<String> = by.collect();
        let mut words = format!("deny {} {}", denied.reason.status().as_u16(), denied.reason);
        if !by.is_empty() {
            words = format!("{words} by {}", by.join(", "));
        }
        if let Some(checked) = rule {
            return format!(
                "{words}: asks for {}; has {}",
                checked.told.asks, checked.told.has
            );
        }
        match denied.detail.is_empty() {
            true => words,
            false => format!("{words}: {}", denied.detail),
        }
    }
}

/// Judges every case. They come in the order of the files; time only goes forward while they are judged, as
/// it does for a gate that serves.
pub(super) fn run(suites: &[Suite]) -> Result<Vec<Outcome<'_>>, Failure> {
    let mut outcomes = Vec::new();
    for suite in suites {
        let Some(world) = &suite.world else { continue };
        let mut ordered: Vec<(usize, &Case)> = suite.cases.iter().enumerate().collect();
        ordered.sort_by_key(|(_, case)| case.ask.now);
        let mut judged = Vec::new();
        for (position, case) in ordered {
            let (verdict, effects) = judge(world, case)?;
            let outcome = Outcome {
                file: &suite.file,
                policy: suite.policy.clone(),
                differences: case.expect.differences(&verdict, effects.as_ref()),
                key: key_of(world, case).map(|made| made.id.clone()),
                case,
                verdict,
                roles: &world.engine.policy().vocabulary().roles,
            };
            judged.push((position, outcome));
        }
        judged.sort_by_key(|(position, _)| *position);
        outcomes.extend(judged.into_iter().map(|(_, outcome)| outcome));
    }
    Ok(outcomes)
}

fn judge(world: &World, case: &Case) -> Result<(Verdict, Option<Effects>), Failure> {
    let (ask, given) = sent(world, case)?;
    let request = match ask.read() {
        Ok(request) => request,
        Err(denied) => return Ok((Verdict::unreadable(denied), None)),
    };
    let body = Bytes::from(ask.body);
    let verdict = match case.twice {
        true => world.judge_again(&request, &body, given.as_ref()),
        false => world.judge(&request, &body, given.as_ref()),
    };
    let effects = effects(&verdict, &request);
    Ok((verdict, effects))
}

fn effects(verdict: &Verdict, request: &Request) -> Option<Effects> {
    let permit = verdict.decision().and_then(|decision| decision.permit());
    permit.map(|permit| Effects::of(permit, request))
}

/// The API key that a case presents.
pub(super) fn key_of<'w>(world: &'w World, case: &Case) -> Option<&'w MadeKey> {
    match &case.who.caller {
        Caller::Key(draft) => world.key(draft, case.ask.now),
        _ => None,
    }
}

/// The request with its credential, or beside a principal given outright.
pub(super) fn sent(world: &World, case: &Case) -> Result<(Ask, Option<Arc<Principal>>), Failure> {
    let mut ask = case.ask.clone();
    match &case.who.caller {
        Caller::AsSent => {}
        Caller::Given(draft) => return Ok((ask, world.principal(draft, case.ask.now))),
        Caller::Token { text, .. } => world.carry(text, &mut ask),
        Caller::Key(draft) => world.present(draft, &mut ask),
        Caller::Claims(draft) => {
            let minted = world
                .mint(draft, case.ask.now)
                .map_err(Failure::environment)?;
            if let Some(minted) = minted {
                world.carry(&minted.token, &mut ask);
            }
        }
    }
    if let Some(draft) = case.who.draft() {
        world
            .sign(draft, key_of(world, case), &mut ask)
            .map_err(Failure::invalid)?;
    }
    Ok((ask, None))
}
