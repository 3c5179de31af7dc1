//! What breaks a sentence, in words.

use crate::model::PrincipalKind;

use super::super::super::Policy;
use super::super::super::route::Route;
use super::super::caller::Witness;
use super::super::demand::{Demand, Verdict};
use super::super::described::Described;
use super::super::space::Win;
use super::{Claim, Wanted, Who};

/// A request that a sentence says cannot be.
#[derive(Debug)]
pub(super) struct Breach {
    pub(super) route: usize,
    pub(super) text: String,
    /// It needs a condition to hold.
    pub(super) perhaps: bool,
}

pub(super) fn by_anybody(win: &Win<'_>, route: &Route) -> Breach {
    Breach {
        route: route.index(),
        text: format!(
            "{} by anybody, without a credential, passes by {}",
            win.shown(),
            named(route)
        ),
        perhaps: false,
    }
}

pub(super) fn unasked(
    wanted: Wanted,
    win: &Win<'_>,
    demand: &Demand<'_>,
    policy: &Policy,
) -> Option<Breach> {
    let route = win.route();
    let (asks, word) = match wanted {
        Wanted::Credential => (true, "credential"),
        Wanted::Signature => {
            let alone = demand.takes_only(PrincipalKind::Webhook, policy);
            (demand.signed.is_some() || alone, "signature")
        }
        Wanted::Key => (demand.takes_only(PrincipalKind::ApiKey, policy), "key"),
        Wanted::Rule(rule) => (
            route.checks().any(|check| check.rule() == rule) && !route.observes(rule),
            rule.as_str().trim_end_matches('s'),
        ),
    };
    (!asks).then(|| Breach {
        route: route.index(),
        text: format!(
            "{} is served by {}, which asks for no {word}",
            win.shown(),
            named(route)
        ),
        perhaps: false,
    })
}

pub(super) fn by_witness(
    witness: &Witness,
    claim: &Claim,
    win: &Win<'_>,
    demand: &Demand<'_>,
) -> Breach {
    let who = Described {
        principal: &witness.principal,
        issuer: matches!(
            claim,
            Claim::NothingBut(Who::Of(_) | Who::Signed(_))
                | Claim::Never(Who::Of(_) | Who::Signed(_))
        ),
    };
    let tenant = match (claim, &witness.principal.tenant) {
        (Claim::OneTenant(_), Some(tenant)) => format!(" of tenant `{tenant}`"),
        _ => String::new(),
    };
    let perhaps = witness.verdict == Verdict::Perhaps;
    let condition = match (perhaps, demand.conditions.as_slice()) {
        (true, [only]) => format!(", if its condition holds: {only}"),
        (true, _) => ", if its conditions hold".into(),
        (false, _) => String::new(),
    };
    let (request, route) = (win.shown(), named(win.route()));
    Breach {
        route: win.route().index(),
        text: format!("{request} by {who}{tenant} passes by {route}{condition}"),
        perhaps,
    }
}

/// A route by its name and place.
fn named(route: &Route) -> String {
    let place = route.place();
    format!("route `{}` ({}:{})", route.name(), place.file, place.line)
}
