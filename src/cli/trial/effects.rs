//! What becomes of a request that may pass.

use crate::engine::Permit;
use crate::model::{Fields, Request};

/// How a request changes on its way through.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Effects {
    /// The identity headers that are set, names in lower case.
    pub(in crate::cli) injected: Vec<(String, String)>,
    /// The names of the request's own headers of which something is taken away.
    pub(in crate::cli) removed: Vec<String>,
    /// Path and query as the upstream sees them.
    pub(in crate::cli) path: String,
    pub(in crate::cli) upstream: String,
    /// What is left of the request's own headers.
    rest: Fields,
}

impl Effects {
    pub(in crate::cli) fn of(permit: &Permit, request: &Request) -> Self {
        let mut rest = request.headers.clone();
        permit.clear(&mut rest);
        let injected = permit.identity_headers();
        let injected = injected.map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.to_string(), value)
        });
        Self {
            injected: injected.collect(),
            removed: removed(&request.headers, &rest),
            path: permit.path(&request.path).target().to_string(),
            upstream: permit.route().upstream().to_string(),
            rest,
        }
    }

    /// The value that is set for a name, which is given in lower case.
    pub(in crate::cli) fn value(&self, name: &str) -> Option<&str> {
        let mut injected = self.injected.iter();
        let found = injected.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the upstream sees a header of this name, which is given in lower case: ours or the caller's.
    pub(in crate::cli) fn arrives(&self, name: &str) -> bool {
        self.value(name).is_some() || self.rest.contains(name)
    }
}

/// The names whose lines are not all there any more, or not as they were.
fn removed(before: &Fields, after: &Fields) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for field in before.iter() {
        let name = String::from_utf8_lossy(field.name()).into_owned();
        let left = after.get_all(&name);
        let same = before.get_all(&name).eq(left);
        if !same && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
