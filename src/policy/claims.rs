//! Which claims a policy reads.

use std::collections::BTreeSet;

use super::Policy;
use super::check::{Asked, Fact};
use super::template::{Part, Source};

impl Policy {
    /// The top-level claims that any rule, header or answer of this policy can read beyond what a principal
    /// states by itself. Whoever remembers principals need not keep others.
    pub fn claims_read(&self) -> BTreeSet<&str> {
        let answers = self.errors.templates().flat_map(|template| &template.0);
        let mut read: BTreeSet<&str> = answers.flat_map(of_part).collect();
        for route in &self.routes {
            let headers = route.headers.iter().map(|header| &header.template);
            for template in headers.chain(route.errors.templates()) {
                read.extend(template.0.iter().flat_map(of_part));
            }
            for check in route.checks() {
                match check.0 {
                    Asked::Authentication(step_up) => read.extend(step_up.claims()),
                    Asked::Condition(condition) => {
                        read.extend(condition.expression().facts().iter().filter_map(claim));
                    }
                    Asked::Network
                    | Asked::Tenant(_)
                    | Asked::Source(_)
                    | Asked::Roles(..)
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
