//! What came of a check.

use super::fate::{Fate, Sight};
use super::probe::Exchange;

/// What a check is about.
#[derive(Debug)]
pub(super) struct Kind {
    /// Its name, which never changes.
    pub(super) name: &'static str,
    /// What it says when it is well.
    pub(super) asks: &'static str,
    /// What would be right.
    pub(super) right: &'static str,
    /// What is usually missing where it is not.
    pub(super) missing: &'static str,
    pub(super) judge: fn(&Scene<'_>, &[Exchange]) -> Outcome,
}

/// A check that is planned.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) kind: &'static Kind,
    pub(super) probes: Vec<super::probe::Probe>,
    /// Why it cannot be made, and what would let it.
    pub(super) unable: Option<String>,
}

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// As it should be; with a remark, or an empty one.
    Ok(String),
    /// Not as it should be, and why.
    Hole(String),
    /// Nobody knows; and what would let it be checked.
    NotChecked(String),
}

/// A check with what came of it.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) kind: &'static Kind,
    pub(super) exchanges: Vec<Exchange>,
    pub(super) outcome: Outcome,
}

/// What is known when checks are judged.
pub(super) struct Scene<'s> {
    pub(super) site: &'s super::site::Site,
    pub(super) sight: Sight,
    /// Where a route is open that should not be: probes that should not open it prove nothing.
    pub(super) open: Option<String>,
    /// Whether errors let requests pass: those that end with an error prove nothing more.
    pub(super) errors_pass: bool,
}

impl Check {
    /// A check that sends these.
    pub(super) fn new(kind: &'static Kind, probes: Vec<super::probe::Probe>) -> Self {
        Self {
            kind,
            probes,
            unable: None,
        }
    }

    /// A check that cannot be made; the text says what would let it.
    pub(super) fn unable(kind: &'static Kind, why: impl Into<String>) -> Self {
        Self {
            kind,
            probes: Vec::new(),
            unable: Some(why.into()),
        }
    }
}

impl Scene<'_> {
    /// What became of a request.
    pub(super) fn fate(&self, exchange: &Exchange) -> Fate {
        Fate::of(exchange, &self.sight, &self.site.nonce)
    }

    /// Well when every one of them was refused. What neither refusing nor passing can be told of is a remark,
    /// as long as something was refused for sure.
    pub(super) fn all_refused(&self, exchanges: &[Exchange]) -> Outcome {
        let fates = exchanges
            .iter()
            .map(|exchange| (exchange, self.fate(exchange)));
        let fates: Vec<(&Exchange, Fate)> = fates.collect();
        let passed = fates
            .iter()
            .filter(|(_, fate)| matches!(fate, Fate::Passed(_)));
        let passed: Vec<String> = passed.map(told).collect();
        if !passed.is_empty() {
            return Outcome::Hole(joined(&passed));
        }
        let unclear = fates
            .iter()
            .filter(|(_, fate)| matches!(fate, Fate::Unclear(_)));
        let unclear: Vec<String> = unclear.map(told).collect();
        match (unclear.len(), fates.len()) {
            (0, _) => Outcome::Ok(String::new()),
            (unsure, all) if unsure < all => Outcome::Ok(format!("unclear: {}", joined(&unclear))),
            _ => Outcome::NotChecked(format!("{}; {AS_APP}", joined(&unclear))),
        }
    }

    /// The same for requests to a route that is not open anyway.
    pub(super) fn all_refused_unless_open(&self, exchanges: &[Exchange]) -> Outcome {
        match &self.open {
            Some(why) => Outcome::NotChecked(why.clone()),
            None => self.all_refused(exchanges),
        }
    }

    /// What keeps a check from being made that must see what comes to the app.
    pub(super) fn blind(&self) -> Option<Outcome> {
        match &self.sight {
            Sight::Clear => None,
            Sight::None(why) => Some(Outcome::NotChecked(why.clone())),
        }
    }
}

/// How to see what comes to the app.
pub(super) const AS_APP: &str =
    "stop the app, or point the front at another address, and run with --as-app ADDRESS";

/// A request and what became of it.
pub(super) fn told((exchange, fate): &(&Exchange, Fate)) -> String {
    format!("{} -> {}", exchange.probe.shown(), fate.seen())
}

/// The first few of several, and how many there are.
pub(super) fn joined(all: &[String]) -> String {
    let first: Vec<&str> = all.iter().take(3).map(String::as_str).collect();
    match all.len().saturating_sub(3) {
        0 => first.join("; "),
        more => format!("{}; and {more} more", first.join("; ")),
    }
}
