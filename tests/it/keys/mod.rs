//! API keys while things go wrong: a store that is away, slow, full or replaced, several gates on one
//! store, texts that must never be seen again, requests that nobody thought of.

mod cut_off;
mod disk;
mod leaks;
mod openapi;
mod outages;
mod replicas;
mod sqlite;
mod stand;
mod traffic;
