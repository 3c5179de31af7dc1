//! Which claims a policy reads.

use std::collections::BTreeSet;

use super::Policy;
use super::step_up::StepUp;
use super::template::{Part, Source};

impl Policy {
    /// The top-level claims that any rule or header of this policy can read beyond what a principal
    /// states by itself. Whoever remembers principals need not keep others.
    pub fn claims_read(&self) -> BTreeSet<&str> {
        let headers = self.routes.iter().flat_map(|route| route.headers.iter());
        let parts = headers.flat_map(|header| header.template.0.iter());
        let read = parts.filter_map(|part| match part {
            Part::Value(Source::Claim(path)) => path.first(),
            _ => None,
        });
        let mut read: BTreeSet<&str> = read.collect();
        let step_ups = self.routes.iter().filter_map(|route| route.step_up());
        read.extend(step_ups.flat_map(StepUp::claims));
        read
    }
}
