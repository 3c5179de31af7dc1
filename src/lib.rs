//! sidegate: authentication and authorization for any HTTP app, from config files.

pub mod admin;
pub mod app;
pub mod cli;
pub mod config;
pub mod credential;
pub mod document;
pub mod engine;
pub mod frontend;
pub mod jwks;
pub mod listener;
pub mod model;
pub mod policy;
pub mod secret;
pub mod telemetry;
pub mod upstream;
