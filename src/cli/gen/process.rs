//! The process file that fits beside a proxy.

use super::File;
use super::facts::Facts;
use super::template::fill;

/// What the file is called.
pub(super) const NAME: &str = "sidegate.yaml";

const DOOR: &str = include_str!("process.yaml");
const PROXY: &str = include_str!("process.proxy.yaml");

/// For a listener whose door answers questions; with bodies where the door takes them.
pub(super) fn asked(facts: &Facts, door: &str, with_bodies: bool) -> File {
    let longest = facts.longest_body().filter(|_| with_bodies);
    let max_body = longest.map_or_else(String::new, |bytes| {
        format!("# The longest body of a delivery, in bytes: what the proxy sends along, too.\nmax_body: {bytes}")
    });
    let places = [
        ("address", facts.sidegate.listen().to_string()),
        ("door", door.to_owned()),
        ("max_body", max_body),
        ("cidrs", cidrs(facts)),
        ("policy", quoted(&facts.policy)),
    ];
    File::new(NAME, fill(DOOR, &places))
}

/// For a listener that passes requests on to the app.
pub(super) fn proxy(facts: &Facts) -> File {
    let trusted = format!("trusted_proxies: {{ cidrs: {} }}", cidrs(facts));
    let places = [
        ("address", facts.sidegate.listen().to_string()),
        (
            "trusted",
            if facts.fronts.is_empty() {
                String::new()
            } else {
                trusted
            },
        ),
        ("app", quoted(&facts.app.to_string())),
        ("policy", quoted(&facts.policy)),
    ];
    File::new(NAME, fill(PROXY, &places))
}

/// The networks that the proxy comes from, as a list.
pub(super) fn cidrs(facts: &Facts) -> String {
    let networks: Vec<String> = facts
        .fronts
        .iter()
        .map(|one| quoted(&one.to_string()))
        .collect();
    format!("[{}]", networks.join(", "))
}

/// Text as a double-quoted scalar (YAML 1.2.2 section 7.3.1), which takes the escapes of JSON. A `${` is written
/// so that no variable is filled in.
pub(super) fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json.replace("${", "$${")
}
