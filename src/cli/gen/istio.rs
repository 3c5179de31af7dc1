//! Istio: an extension provider of the mesh, and the policy that has requests asked about.

use super::facts::Facts;
use super::template::fill;
use super::{File, process};

const MESH: &str = include_str!("istio.mesh.yaml");
const POLICY: &str = include_str!("istio.policy.yaml");
const README: &str = include_str!("istio.md");

pub(super) fn files(facts: &Facts) -> Vec<File> {
    let (name, namespace) = service(&facts.sidegate.host).unwrap_or_default();
    let body = facts.longest_body().map_or_else(String::new, |longest| {
        format!(
            "# Webhooks are verified by their bodies.\nincludeRequestBodyInCheck:\n  maxRequestBytes: {}\n  \
             allowPartialMessage: true\n  packAsBytes: true",
            longest.saturating_add(1)
        )
    });
    let places = [
        ("host", facts.sidegate.host.clone()),
        ("port", facts.sidegate.port.to_string()),
        ("name", name.to_owned()),
        ("namespace", namespace.to_owned()),
        ("body", body),
    ];
    vec![
        File::new("istio-mesh.yaml", fill(MESH, &places)),
        File::new("istio-policy.yaml", fill(POLICY, &places)),
        File::new("README.md", fill(README, &places)),
        process::asked(facts, "ext_authz", true),
    ]
}

/// Name and namespace of a service, by its host: `sidegate.default.svc.cluster.local`.
pub(super) fn service(host: &str) -> Option<(&str, &str)> {
    let (name, rest) = host.split_once('.')?;
    let (namespace, zone) = rest.split_once('.')?;
    let is_label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        label.bytes().all(plain) && label.starts_with(|first: char| first.is_ascii_lowercase())
    };
    let is_service = zone == "svc" || zone.starts_with("svc.");
    (is_service && is_label(name) && is_label(namespace)).then_some((name, namespace))
}
