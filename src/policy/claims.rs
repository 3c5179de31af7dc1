//! Which claims a policy reads.

use std::collections::BTreeSet;

use super::Policy;
use super::check::{Asked, Fact};
use super::template::{Part, Source};

impl Policy {
    /// The top-level claims that any rule or header of this policy can read beyond what a principal
    /// states by itself. Whoever remembers principals need not keep others.
    pub fn claims_read(&self) -> BTreeSet<&str> {
        let mut read = BTreeSet::new();
        for route in &self.routes {
            for header in route.headers.iter() {
                header
                    .template
                    .0
                    .iter()
                    .for_each(|part| read.extend(of_part(part)));
            }
            for check in route.checks() {
                match check.0 {
                    Asked::Authentication(step_up) => read.extend(step_up.claims()),
                    Asked::Condition(condition) => {
                        read.extend(condition.expression().facts().iter().filter_map(claim));
                    }
                    Asked::Tenant(_)
                    | Asked::Roles(_)
                    | Asked::Scopes(_)
                    | Asked::Permission(_) => {}
                }
            }
        }
        read
    }
}

fn of_part(part: &Part) -> Vec<&str> {
    match part {
        Part::Value(Source::Claim(path)) => path.first().into_iter().collect(),
        Part::Expression(expression) => expression.facts().iter().filter_map(claim).collect(),
        Part::Value(_) | Part::Literal(_) => Vec::new(),
    }
}

fn claim(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::Claim(name) => Some(name),
        Fact::Header(_) | Fact::Query(_) | Fact::Email => None,
    }
}
