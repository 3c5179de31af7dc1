//! HAProxy: an action in Lua that asks by HAProxy's own client, so that nothing waits but the request.

use super::facts::Facts;
use super::template::{fill, listed};
use super::{File, process};

const CONFIGURATION: &str = include_str!("haproxy.cfg");
const SCRIPT: &str = include_str!("haproxy.lua");

pub(super) fn files(facts: &Facts) -> Vec<File> {
    let names = &facts.names;
    let key = |name: &str| format!("[\"{name}\"] = true,");
    let prefixes: Vec<String> = names
        .prefixes
        .iter()
        .map(|name| format!("\"{name}\""))
        .collect();
    let script = [
        ("door", facts.sidegate.to_string()),
        ("removed", listed(names.cleared(), |name| key(&name))),
        ("prefixes", prefixes.join(", ")),
        ("set", listed(names.set(), key)),
        ("claims", listed(names.claims(&[]), key)),
    ];
    let server = match facts.app.secure {
        false => format!("server app {}", facts.app.authority()),
        true => format!(
            "server app {} ssl verify required ca-file @system-ca sni str({1}) verifyhost {1}",
            facts.app.authority(),
            facts.app.bare_host()
        ),
    };
    let configuration = [("host", facts.host.clone()), ("server", server)];
    vec![
        File::new("haproxy.cfg", fill(CONFIGURATION, &configuration)),
        File::new("sidegate.lua", fill(SCRIPT, &script)),
        process::asked(facts, "haproxy", false),
    ]
}
