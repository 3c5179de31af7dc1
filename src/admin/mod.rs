//! Health, readiness, metrics, status and reload, on a listener of their own.

mod settings;

pub use settings::AdminSettings;
