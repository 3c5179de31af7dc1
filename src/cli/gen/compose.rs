//! Compose: the gate beside an app, on a network that nobody else reaches.

use super::File;
use super::facts::Facts;
use super::platform::{self, Platform};
use super::template::fill;

const COMPOSE: &str = include_str!("compose.yaml");

const OWN: &str = "\
# For a Prometheus on the same network, under this name. The port is not published.
admin: { listen: 0.0.0.0:9901, hosts: [sidegate] }
drain: { delay: 0s, timeout: 30s }";

pub(super) fn files(facts: &Facts) -> Vec<File> {
    vec![
        File::new("sidegate/policy.yaml", facts.home.policy.clone()),
        File::new("compose.yaml", fill(COMPOSE, &places(facts))),
        File::new("sidegate/sidegate.yaml", process_file(facts)),
    ]
}

fn places(facts: &Facts) -> Vec<(&'static str, String)> {
    vec![
        ("elsewhere", beside(facts)),
        ("environment", environment(facts)),
        ("port", facts.sidegate.port.to_string()),
        ("most", facts.home.memory(facts).0.to_string()),
        ("app_name", service(facts).to_owned()),
    ]
}

/// What the app's service is called: as it is addressed, unless that is no name.
fn service(facts: &Facts) -> &str {
    let named = facts.app.ip().is_none() && !facts.app.is_loopback();
    if named { &facts.app.host } else { "app" }
}

/// What else has to be there.
fn beside(facts: &Facts) -> String {
    let files = facts.home.files.iter();
    let files = files.map(|file| {
        format!("# The policy names {file}: put it beside the policy, readable by user 65532.")
    });
    let lines: Vec<String> = files.chain([facts.home.elsewhere()]).collect();
    lines.join("\n").trim_end().to_owned()
}

/// Variables that have to be set before anything starts, in the shell or in a file `.env`.
fn environment(facts: &Facts) -> String {
    let names = facts.home.variables.iter();
    let lines: Vec<String> = names
        .map(|name| format!("  {name}: ${{{name}:?set it in the file .env}}"))
        .collect();
    match lines.is_empty() {
        true => String::new(),
        false => format!("environment:\n{}", lines.join("\n")),
    }
}

fn process_file(facts: &Facts) -> String {
    let scheme = if facts.app.secure { "https" } else { "http" };
    let platform = Platform {
        address: format!("0.0.0.0:{}", facts.sidegate.port),
        policy: "policy.yaml",
        upstream: format!("{scheme}://{}:{}", service(facts), facts.app.port),
        store: "sqlite:/var/lib/sidegate/sidegate.db",
        own: OWN.to_owned(),
    };
    platform::file(facts, &platform)
}
