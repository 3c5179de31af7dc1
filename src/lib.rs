//! sidegate: authentication and authorization for any HTTP app, from config files.
//!
//! It stands in front of an app as a reverse proxy, verifies who calls, judges what the caller may do
//! by a policy file, and sends the request on with identity headers that the app can trust. Or it stands
//! beside a proxy that is there already, which asks it about each request and sends that on itself.
//!
//! # The rooms, in reading order
//!
//! Each room is a folder; its front page says what it knows and what it refuses to know.
//!
//! | room | what it knows | may import |
//! |---|---|---|
//! | `model` | the words: request, path, principal, reason | |
//! | `document` | what a file says and where it says it | |
//! | `secret` | what must never be printed | `document` |
//! | `cel` | conditions: the Common Expression Language, typed, bounded, pure | |
//! | `policy` | the law, pure: routes, roles, tenants, conditions, identity headers, and what follows from them | `model`, `document`, `cel` |
//! | `telemetry` | what happened: metrics, logs, the decision log | `model`, `document` |
//! | `store` | what is remembered of API keys: SQLite or PostgreSQL | `model`, `document`, `secret`, `telemetry` |
//! | `keys` | API keys: how they are made, found, changed and counted | `model`, `document`, `secret`, `store`, `telemetry` |
//! | `replay` | which deliveries were seen: memory or Redis | `document`, `secret`, `telemetry` |
//! | `webhook` | signed deliveries: schemes as data, challenges, whether one is genuine | `model`, `document`, `secret`, `replay`, `telemetry` |
//! | `http1` | messages of HTTP/1 as bytes, either way | `model` |
//! | `jwks` | whose keys: discovery, fetch, cache, refresh | `model`, `document`, `secret`, `telemetry` |
//! | `credential` | who calls: locations, ID tokens, API keys, signed deliveries | `model`, `document`, `secret`, `keys`, `webhook`, `jwks`, `telemetry` |
//! | `engine` | the decision: plan, authenticate, authorize, permit | `model`, `secret`, `policy`, `keys`, `replay`, `webhook`, `credential` |
//! | `upstream` | the way out: pools, headers, upgrades | `model`, `document`, `secret`, `http1`, `engine`, `policy`, `telemetry` |
//! | `listener` | sockets: bind, accept, TLS, drain; no HTTP | `document`, `secret`, `telemetry` |
//! | `frontend` | the front doors: the way through, and answers to other proxies; read, decide, render, record | `model`, `document`, `http1`, `engine`, `policy`, `keys`, `webhook`, `upstream`, `listener`, `telemetry` |
//! | `admin` | health, readiness, metrics, status; API keys for operators | `model`, `document`, `secret`, `keys`, `engine`, `telemetry` |
//! | `config` | the process file, layered | `document`, `telemetry`, `store`, `keys`, `replay`, `jwks`, `upstream`, `frontend`, `listener`, `admin` |
//! | `app` | the wiring: build, bind, run, reload | every room but `cli` |
//! | `cli` | the commands | every room |
//!
//! A test reads this table and holds every `use crate::` line against it.
//!
//! # Crates that live in one room
//!
//! | crate | only in |
//! |---|---|
//! | `granit_parser` | `document` |
//! | `subtle` | `secret`, `webhook` |
//! | `ipnet` | `model`, `cel`, `policy`, `store`, `keys`, `credential`, `frontend`, `cli` |
//! | `regex` | `cel` |
//! | `prometheus` | `telemetry` |
//! | `tracing_subscriber` | `telemetry` |
//! | `reqwest` | `jwks`, `webhook` |
//! | `jsonwebtoken` | `jwks`, `credential`, `cli` |
//! | `hmac` | `credential`, `webhook` |
//! | `sha1` | `webhook` |
//! | `x509_parser` | `webhook` |
//! | `redis` | `replay` |
//! | `moka` | `keys`, `credential` |
//! | `bcrypt` | `keys` |
//! | `argon2` | `keys` |
//! | `crc32fast` | `keys`, `webhook` |
//! | `rusqlite` | `store` |
//! | `tokio_postgres` | `store` |
//! | `tokio_postgres_rustls` | `store` |
//! | `prost` | `frontend` |
//! | `figment` | `config` |
//! | `notify` | `app` |
//! | `clap` | `cli` |
//!
//! # The life of a request
//!
//! ```text
//! accept -> tls -> http                     listener, frontend
//!  1 snapshot      one engine for the whole exchange
//!  2 read          native request -> model::Request        400 if path, host or forwarded chain is ambiguous
//!  3 plan          the route                               pure
//!  4 authenticate  verifiers -> Principal                  waits only for key sets, and for API keys not met yet
//!    collect       of signed deliveries, the body: held, verified, and sent on as it was verified
//!  5 authorize     tenant, sign-in, roles, scopes, permissions, condition   pure
//!    reserve       of signed deliveries, so that each is sent on once; settled by the upstream's status
//!  6 permit        headers to set and to strip, upstream   a value only the engine can make
//!  7 forward       strip, then set, then send; stream both ways; `keys` answers where a route serves API keys
//!    or answer     tell the proxy that asked what to strip, to set and to send
//!  8 render        native response
//!  9 record        one guard: metrics and decision log, also when the client goes away
//! ```
//!
//! # Laws
//!
//! `policy` knows no bodies, sockets, clocks, tokens or metrics. `engine` does not know which front
//! door asked. `credential` never writes a response and never chooses a status. `frontend` never looks
//! into claims. `store` never sees the text of a key. The wall clock is read by a front door's `read`,
//! which stamps the request, and at the edges that say so beside an `expect`; expiry and leeway are
//! computed from the stamp. Caches hold verified facts, never verdicts.

pub mod model;

pub mod document;
pub mod secret;

pub mod cel;

pub mod policy;

pub mod telemetry;

pub mod store;

pub mod keys;

pub mod replay;

pub mod webhook;

pub mod http1;

pub mod jwks;

pub mod credential;

pub mod engine;

pub mod upstream;

pub mod listener;

pub mod frontend;

pub mod admin;

pub mod config;

pub mod app;

pub mod cli;
