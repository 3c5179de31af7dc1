//! The usual three: an issuer, an upstream, and the gate between callers and both.

use serde_json::Value;

use super::{Answer, Gate, Issuer, Upstream};

pub(crate) struct House {
    pub(crate) gate: Gate,
    pub(crate) issuer: Issuer,
    pub(crate) upstream: Upstream,
}

impl House {
    /// Starts all three; `rules` is the policy but for its issuer.
    pub(crate) fn with(rules: &str) -> Self {
        Self::built(|issuer| format!("{}{rules}", issuer.section()))
    }

    /// Starts all three, with a policy that needs to know the issuer.
    pub(crate) fn built(policy: impl Fn(&Issuer) -> String) -> Self {
        let (issuer, upstream) = (Issuer::start(), Upstream::start());
        let gate = Gate::start(&policy(&issuer), &upstream);
        Self {
            gate,
            issuer,
            upstream,
        }
    }

    /// Gets a path with a token of these claims.
    pub(crate) fn ask(&self, path: &str, claims: &Value) -> Answer {
        self.gate
            .get(path)
            .bearer(&self.issuer.token(claims))
            .send()
    }
}
