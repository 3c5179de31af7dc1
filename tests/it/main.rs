//! End-to-end tests over the real binary.
//!
//! Every test starts `sidegate serve` on free loopback ports, an issuer where one is needed, and an
//! upstream that records what reached it. Run them with `tests/run`, which brings the real Cognito
//! emulator and the real OpenID provider along; `cargo test` alone fails the tests that need those.
//!
//! A scenario's row (`C1`, `S3`) stands in the doc comment of the test that proves it.
#![cfg(test)]

mod admin;
mod agentflow;
mod agentflow_keys;
mod architecture;
mod backflow;
mod backflow_key_life;
mod backflow_keys;
mod benches;
mod calseta;
mod calseta_keys;
mod calseta_old_keys;
mod calseta_webhooks;
mod cases;
mod causeflow;
mod causeflow_keys;
mod causeflow_webhooks;
mod cel;
mod cli;
mod connections;
mod decision_file;
mod deliveries;
mod demo;
mod deploy;
mod docs;
mod doctor;
mod doors;
mod drain;
mod errors;
mod explain;
#[cfg(feature = "grpc")]
mod ext_authz;
mod hostile;
mod keys;
mod keys_cli;
mod limits;
mod lints;
mod logs;
mod oidc;
mod paths;
mod proof;
mod protocols;
mod proxy;
mod reasons;
mod reference;
mod reload;
mod replay;
mod same_cases;
mod schema;
mod secrets;
mod shadow;
mod spoofing;
mod stackflow;
mod stackflow_keys;
mod support;
mod vectors;
mod webhooks;
mod webhooks_slow;
