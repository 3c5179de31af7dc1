//! The process file of a platform that runs us: its own lines, and what another process file said besides.

use super::facts::Facts;
use super::{process, template};

const FILE: &str = include_str!("platform.yaml");

/// How the gate runs on a platform.
pub(super) struct Platform {
    /// Where it listens.
    pub(super) address: String,
    /// Where the policy is, seen from the process file.
    pub(super) policy: &'static str,
    /// Where the app is.
    pub(super) upstream: String,
    /// Where API keys are kept, unless the process file says so.
    pub(super) store: &'static str,
    /// Lines of the platform alone.
    pub(super) own: String,
}

/// Writes the file.
pub(super) fn file(facts: &Facts, platform: &Platform) -> String {
    let kept = &facts.home.process;
    let has = |key: &str| kept.lines().any(|line| line.split(':').next() == Some(key));
    let mut lines = Vec::new();
    if !has("upstream") && !has("upstreams") {
        lines.push(format!("upstream: {}", platform.upstream));
    }
    let from_afar = facts.fronts.iter().any(|front| !front.addr().is_loopback());
    if from_afar && !has("trusted_proxies") {
        lines.push(format!(
            "trusted_proxies: {{ cidrs: {} }}",
            process::cidrs(facts)
        ));
    }
    if !has("key_sets") {
        lines.push("key_sets: { cache_dir: /var/lib/sidegate }".to_owned());
    }
    if facts.home.stored_keys && !facts.home.has_store {
        lines.push(format!("store: {}", platform.store));
    }
    lines.push(kept.trim_end().to_owned());
    let places = [
        ("address", platform.address.clone()),
        ("policy", platform.policy.to_owned()),
        ("own", platform.own.clone()),
        ("more", lines.join("\n").trim_end().to_owned()),
    ];
    template::fill(FILE, &places)
}
