//! The door `ext_authz`: what Envoy asks over gRPC, by hand and by a real Envoy.
//!
//! The shared table of cases runs through Envoy elsewhere; here is the protocol itself.

mod answers;
mod bodies;
mod calls;
mod client;
mod envoy;
mod health;
mod messages;
mod settings;
mod through;
mod tls;

use std::net::SocketAddr;

use crate::support::gate::Setup;
use crate::support::{Gate, Issuer};

/// A gate that Envoy asks, and the issuer of its callers.
struct House {
    gate: Gate,
    issuer: Issuer,
}

/// A process file with this door alone.
fn process(more: &str) -> String {
    format!(
        "listeners:\n  - address: 127.0.0.1:0\n    door: ext_authz\n{more}\
         trusted_proxies: {{ cidrs: [127.0.0.1, 10.0.0.0/8] }}\n"
    )
}

impl House {
    /// With these rules, and these further keys of the listener.
    fn with(rules: &str, listener: &str) -> Self {
        Self::of(Issuer::start(), rules, listener)
    }

    /// The same, with this issuer.
    fn of(issuer: Issuer, rules: &str, listener: &str) -> Self {
        let policy = format!("{}{rules}", issuer.section());
        let gate = Setup::policy(&policy)
            .process(&process(listener))
            .env("SECRET", bodies::SECRET)
            .without_listen()
            .start();
        Self { gate, issuer }
    }

    fn address(&self) -> SocketAddr {
        self.gate.address
    }
}
