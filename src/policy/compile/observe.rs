//! Which rules of a route are observed: only what it really asks, only in sight, only for some time.

use crate::document::{Node, Placed};

use super::super::check::Rule;
use super::super::complaint::{complain, suggestion};
use super::super::config::{ObserveConfig, RouteConfig, Texts};
use super::super::observe::{Observation, RULES, Until, rule};
use super::super::route::{Rules, SourceRule};
use super::Compiler;
use super::layer::{Demands, value};

impl Compiler<'_> {
    /// What the route observes of the rules that it has.
    pub(super) fn observation(
        &self,
        config: &RouteConfig,
        demands: &Demands<'_>,
        rules: &Rules,
    ) -> Option<Box<Observation>> {
        let observe = config.observe.as_ref()?;
        if config.public {
            let message = "a public route asks nobody, so there is nothing to observe";
            let help = "take away `public: true`, or `observe`";
            self.problems.error_with(&observe.node, message, help);
            return None;
        }
        let asked = asked(demands, rules);
        if asked.is_empty() {
            let message = "the route asks for nothing that could be observed";
            let help = "a credential is always asked for; write a rule, or take `observe` away";
            self.problems.error_with(&observe.node, message, help);
        }
        let until = self.until(observe);
        let rules = match &observe.rules {
            Some(texts) => self.observed_rules(texts, &asked),
            None => distinct(asked.iter().map(|(_, rule)| *rule)),
        };
        let (until, node) = until?;
        Some(Box::new(Observation {
            rules: rules.into(),
            until,
            node,
        }))
    }

    fn until(&self, observe: &ObserveConfig) -> Option<(Until, Node)> {
        let text = observe.until.as_ref()?;
        let help = "write a day, such as `2026-12-31`, or a moment, such as `2026-12-31T18:00:00Z`";
        if text.node.from_environment {
            let wrong = "says how long rules are not enforced, which must stand in the file";
            complain(text, wrong, help, self.problems);
            return None;
        }
        let until = Until::parse(&text.value);
        if until.is_none() {
            complain(
                text,
                "is neither a date nor a moment (RFC 3339)",
                help,
                self.problems,
            );
        }
        Some((until?, text.node.clone()))
    }

    fn observed_rules(&self, texts: &Texts, asked: &[(&'static str, Rule)]) -> Vec<Rule> {
        let found = texts.value.0.iter();
        let found: Vec<(&Placed<String>, Rule)> = found
            .filter_map(|text| Some((text, self.observed_rule(text, asked)?)))
            .collect();
        self.refuse_half_of_a_sign_in(&found, asked);
        distinct(found.into_iter().map(|(_, rule)| rule))
    }

    fn observed_rule(&self, text: &Placed<String>, asked: &[(&'static str, Rule)]) -> Option<Rule> {
        let Some(rule) = rule(text) else {
            let known = RULES.iter().map(|(key, _)| *key);
            let help = suggestion(text, known, "rules");
            complain(
                text,
                "is not a rule that can be observed",
                &help,
                self.problems,
            );
            return None;
        };
        if !asked.iter().any(|(key, _)| *key == text.value) {
            let help = "only what the route asks for, itself or by inheritance, can be observed";
            complain(text, "is not asked for by this route", help, self.problems);
        }
        Some(rule)
    }

    /// `acr` and `max_age` are judged as one: who names one of them alone would observe the other, too.
    fn refuse_half_of_a_sign_in(
        &self,
        found: &[(&Placed<String>, Rule)],
        asked: &[(&'static str, Rule)],
    ) {
        let of_sign_in = |rule: Rule| rule == Rule::Authentication;
        let named: Vec<_> = found.iter().filter(|(_, rule)| of_sign_in(*rule)).collect();
        let asked = asked.iter().filter(|(_, rule)| of_sign_in(*rule)).count();
        if let [(text, _)] = named.as_slice()
            && asked > 1
        {
            let help = "list both, or neither";
            complain(
                text,
                "is judged together with its other half",
                help,
                self.problems,
            );
        }
    }
}

/// What the route asks, also what could not be compiled, by the keys that write it.
fn asked(demands: &Demands<'_>, rules: &Rules) -> Vec<(&'static str, Rule)> {
    let is_asked = |key: &str| match key {
        "tenant" => rules.tenant.is_some() || value(&demands.tenant).is_some(),
        "source" => {
            matches!(rules.source, SourceRule::Bound(_)) || value(&demands.source).is_some()
        }
        "acr" => value(&demands.acr).is_some(),
        "max_age" => value(&demands.max_age).is_some(),
        "roles" => value(&demands.roles).is_some(),
        "scopes" => value(&demands.scopes).is_some(),
        "permission" => value(&demands.permission).is_some(),
        "when" => value(&demands.when).is_some(),
        _ => false,
    };
    let asked = RULES.into_iter();
    asked.filter(|(key, _)| is_asked(key)).collect()
}

fn distinct(rules: impl Iterator<Item = Rule>) -> Vec<Rule> {
    let mut rules: Vec<Rule> = rules.collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}
