//! Lints: what a policy says that its author may not have meant.
//!
//! This room knows which sound policies are worth a second look. It refuses to know the file system and
//! never stops a policy from being used: it only warns, each time under a name, by which the file can
//! silence it in place and must say why (`ignore`).
//!
//! Straight line: [`Ignores::read`] before anything else is read -> [`run`] over a policy without
//! mistakes -> [`Ignores::settle`] over all that was found, here and by other rooms.
//!
//! Always: a lint about requests names one that the policy's own router was asked about. Text that came
//! from the environment is not quoted, and what looks like a secret is not quoted either. A thousand
//! routes cost about as much as ten times a hundred.

mod api_keys;
mod fall;
mod file;
mod ignore;
mod names;
mod probe;
mod public;
mod reach;
mod rights;
mod secrets;
mod space;
mod specific;
mod strict;
mod tenant;
#[cfg(test)]
mod tests;
mod webhooks;

use crate::document::{Node, Problems, Shape};

use super::Policy;

pub use ignore::Ignores;
pub use names::{LINTS, Lint};

use file::File;
use probe::Probe;
use space::Space;
use strict::Strictness;

/// The key that silences lints.
pub(super) const IGNORE: &str = "ignore";

/// What stands under [`IGNORE`]: lints to reasons.
pub(super) fn ignore_shape() -> Shape {
    Shape::named(Shape::Text)
}

/// The lint that needs somebody to look beside the file.
const UNTESTED: &str = "missing-tests";

/// More routes than these are too many to judge by reading them.
const MOST_UNTESTED: usize = 10;

/// Whether there are cases that `sidegate test` would run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cases {
    /// Nobody looked.
    Unknown,
    /// There are none.
    Absent,
    /// There are some.
    Present,
}

/// What the lints look at.
struct Subject<'a> {
    policy: &'a Policy,
    file: File<'a>,
    probe: Probe<'a>,
    space: Space,
    strictness: Strictness<'a>,
    ignores: &'a Ignores,
    problems: &'a Problems,
}

/// Looks for everything that a policy without mistakes may not have been meant to say. `top` is the
/// file it was made from.
pub fn run(policy: &Policy, top: &Node, cases: Cases, ignores: &Ignores, problems: &Problems) {
    let Some(file) = File::of(policy, top) else {
        return;
    };
    let subject = Subject {
        policy,
        probe: Probe::new(policy, &file),
        space: Space::of(&file),
        strictness: Strictness::new(policy.routes(), accepted(policy, &file)),
        file,
        ignores,
        problems,
    };
    subject.reach();
    subject.falls();
    subject.public();
    subject.tenants();
    subject.rights();
    subject.api_keys();
    subject.webhooks();
    subject.secrets();
    subject.cases(cases);
    ignores.looked(cases);
}

/// Everything whose credentials a route may accept.
fn accepted<'a>(policy: &'a Policy, file: &File<'a>) -> Vec<&'a str> {
    let webhooks = policy.webhooks.iter().map(|webhook| &*webhook.name);
    let others = file.issuers.iter().chain(&file.key_sets).copied();
    others.chain(webhooks).collect()
}

impl Subject<'_> {
    /// A warning that is not silenced.
    fn warn(&self, lint: &'static str, node: &Node, message: String, help: &str) {
        if !self.ignores.covers(lint, &node.path) {
            self.problems.warn(lint, node, message, help);
        }
    }

    fn cases(&self, cases: Cases) {
        let routes = self.policy.routes().len();
        if cases == Cases::Absent && routes > MOST_UNTESTED {
            let message = format!("there are {routes} routes and no case that tests them");
            let help = "write what should pass and what should not into `cases.yaml` beside this file, for `sidegate test`";
            self.warn(UNTESTED, self.file.top, message, help);
        }
    }
}
