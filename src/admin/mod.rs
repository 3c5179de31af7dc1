//! Health, readiness, metrics, status, reload and API keys, on a listener of their own.
//!
//! This room knows who may ask, under which path, and in which form the answer is written. It refuses
//! to know how the process does: the wiring hands it [`Hooks`] that say so. It runs on the control
//! runtime, so that a scrape never stands in the way of a request.
//!
//! Straight line: accept -> guard (host, origin) -> answer (path, method) -> close; for keys the token
//! comes first, and [`Service`](crate::keys::Service) answers.
//!
//! `GET /healthz` the process answers · `GET /readyz[?verbose]` it wants traffic · `GET /metrics` for
//! Prometheus · `GET /status` JSON for people and tools · `POST /reload` reads the policy again ·
//! `/keys` lists, makes, rotates and revokes API keys, as `/keys/openapi.json` says.
//!
//! Always: bound to loopback unless told otherwise; no page in a browser can use it, neither by a
//! name that resolves here (DNS rebinding) nor by a form; nothing it says is secret, but the text of a key
//! to whoever makes it; one request per connection, and a bound on their number, size and time.

mod answer;
mod guard;
mod keys;
mod server;
mod settings;
mod status;

pub use keys::KeysDesk;
pub use server::{Admin, Error, Hooks, ReloadRequest};
pub use settings::AdminSettings;
pub use status::{
    Check, KeySetStatus, ListenerStatus, PolicyStatus, Readiness, RedisStatus, ReloadError,
    ReplayStatus, ShadowRoute, ShadowStatus, Status, StoreStatus,
};

#[cfg(test)]
mod tests;
