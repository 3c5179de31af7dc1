//! Whether the sentences hold, and who breaks them.

use crate::document::{Placed, Problems};

use super::super::super::Policy;
use super::super::super::rights::Rights;
use super::super::caller::{Callers, Sort};
use super::super::demand::Demand;
use super::super::space::{Budget, Ground, Region, Settled, Space, TooMuch, Win, written};
use super::breach::{Breach, by_anybody, by_witness, unasked};
use super::read::{Lexicon, Reader};
use super::{Claim, Invariants, Sentence, Who};

/// The lint of sentences about paths that nothing serves.
const UNSERVED: &str = "invariant-without-route";

/// Proves every sentence, or reports who breaks it. Gives whether the policy may be used.
pub(in crate::policy) fn hold(
    invariants: &Invariants,
    policy: &Policy,
    rights: &Rights,
    problems: &Problems,
) -> bool {
    if invariants.is_empty() {
        return true;
    }
    let names = Lexicon {
        vocabulary: &policy.vocabulary,
        rights,
        allowed: policy.allowed,
    };
    let read = |text| {
        let reader = Reader {
            text,
            names,
            problems,
        };
        reader.sentence().map(|sentence| (text, sentence))
    };
    let sentences: Vec<(&Placed<String>, Sentence)> = invariants.iter().filter_map(read).collect();
    let all_read = sentences.len() == invariants.len();
    let regions = sentences.iter().flat_map(|(_, sentence)| &sentence.places);
    let ground = Ground::new(&[policy], regions);
    let space = Space::new(policy);
    let mut budget = Budget::default();
    let mut all_hold = true;
    for (text, sentence) in &sentences {
        match prove(sentence, &space, &ground, &mut budget) {
            Ok(outcome) => all_hold &= outcome.report(sentence, text, problems),
            Err(error) => {
                let help = "the invariant cannot be proven, so the policy is not used; name fewer \
                            methods, or end paths with `**` earlier";
                problems.error_with(&text.node, error.to_string(), help);
                return false;
            }
        }
    }
    all_read && all_hold
}

/// What came of a sentence.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// What breaks it, one for each route, in the order of the file.
    pub(super) breaches: Vec<Breach>,
    /// The places that no route serves.
    pub(super) unserved: Vec<String>,
}

pub(super) fn prove(
    sentence: &Sentence,
    space: &Space<'_>,
    ground: &Ground,
    budget: &mut Budget,
) -> Result<Outcome, TooMuch> {
    let mut outcome = Outcome::default();
    let everywhere = [Region::everything()];
    let regions = match sentence.claim {
        Claim::NothingBut(_) => &everywhere[..],
        _ => &sentence.places,
    };
    for region in regions {
        for way in space.ways.iter().filter(|(way, _)| !sentence.excepts(way)) {
            let mut first: Option<Breach> = None;
            space.wins(ground, way, region, budget, |win| {
                if sentence.spares(win) {
                    return Settled::No;
                }
                // A sure breach says more than one that a condition may prevent.
                if first.as_ref().is_none_or(|breach| breach.perhaps)
                    && let Some(breach) = breach(&sentence.claim, win, space.policy, ground)
                    && (first.is_none() || !breach.perhaps)
                {
                    first = Some(breach);
                }
                Settled::Yes
            })?;
            outcome.breaches.extend(first);
        }
    }
    outcome
        .breaches
        .sort_by_key(|breach| (breach.perhaps, breach.route));
    let mut seen = std::collections::BTreeSet::new();
    outcome.breaches.retain(|breach| seen.insert(breach.route));
    if !matches!(sentence.claim, Claim::Nobody) {
        outcome.unserved = unserved(sentence, space, ground, budget)?;
    }
    Ok(outcome)
}

/// The places of a sentence that no route serves: likely misspelled.
fn unserved(
    sentence: &Sentence,
    space: &Space<'_>,
    ground: &Ground,
    budget: &mut Budget,
) -> Result<Vec<String>, TooMuch> {
    let mut unserved = Vec::new();
    for region in &sentence.places {
        let mut served = false;
        for way in &space.ways {
            space.wins(ground, way, region, budget, |_| {
                served = true;
                Settled::Yes
            })?;
            if served {
                break;
            }
        }
        if !served {
            unserved.push(written(region));
        }
    }
    Ok(unserved)
}

impl Sentence {
    /// Whether none of a region's requests is the sentence's business.
    fn excepts(&self, region: &Region) -> bool {
        let all = matches!(self.claim, Claim::NothingBut(_));
        all && self.places.iter().any(|place| place.covers(region))
    }

    /// Whether a request is none of the sentence's business.
    fn spares(&self, win: &Win<'_>) -> bool {
        let request = &win.spot.request;
        let inside = |place: &Region| {
            place.contains(request.host.name(), &win.spot.segments, &request.method)
        };
        matches!(self.claim, Claim::NothingBut(_)) && self.places.iter().any(inside)
    }
}

fn breach(claim: &Claim, win: &Win<'_>, policy: &Policy, ground: &Ground) -> Option<Breach> {
    let route = win.route();
    let demand = Demand::of(route, &win.spot.request.method);
    let Some(demand) = demand else {
        let free = matches!(claim, Claim::NothingBut(_));
        return (!free).then(|| by_anybody(win, route));
    };
    let callers = match claim {
        Claim::NeverPublic => return None,
        Claim::Asks(wanted) => return unasked(*wanted, win, &demand, policy),
        Claim::Nobody | Claim::OneTenant(_) => Callers::default(),
        Claim::OnlyRoles(holders) => Callers {
            without: Some(holders),
            ..Callers::default()
        },
        Claim::NothingBut(who) | Claim::Never(who) => who.callers(),
    };
    let other = |tenant: &str| match claim {
        Claim::OneTenant(at) => win.spot.segments.get(*at).is_none_or(|own| own != tenant),
        _ => true,
    };
    let witness = callers.passing(policy, &demand, win, ground, other)?;
    Some(by_witness(&witness, claim, win, &demand))
}

impl Who {
    fn callers(&self) -> Callers<'_> {
        let sort = match self {
            Self::Kind(kind) => Sort::Kind(*kind),
            Self::Of(name) => Sort::Of(name),
            Self::Signed(name) => Sort::Signed(name.as_deref()),
        };
        Callers {
            sort,
            ..Callers::default()
        }
    }
}

impl Outcome {
    /// Reports what was found; gives whether the sentence holds.
    fn report(&self, sentence: &Sentence, text: &Placed<String>, problems: &Problems) -> bool {
        for place in &self.unserved {
            let message =
                format!("no route serves `{place}`, so the sentence protects nothing there");
            let help = match sentence.claim {
                Claim::NothingBut(_) => "is the path misspelled? Nothing needs to be excepted here",
                _ => "is the path misspelled?",
            };
            match text.node.from_environment {
                true => problems.warn(UNSERVED, &text.node, "the sentence protects nothing", help),
                false => problems.warn(UNSERVED, &text.node, message, help),
            }
        }
        let Some(first) = self.breaches.first() else {
            return true;
        };
        let message = format!("this does not hold: {}", first.text);
        match self.breaches.len() - 1 {
            0 => problems.error(&text.node, message),
            more => {
                let routes = if more == 1 {
                    "route breaks"
                } else {
                    "routes break"
                };
                let help = format!("{more} more {routes} it, too");
                problems.error_with(&text.node, message, help);
            }
        }
        false
    }
}
