//! One source of settings as a tree of nodes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use super::PREFIX;
use super::tree::{map, problem, put, scalar};
use crate::document::{Node, Place, Problems, Value, parse};

/// One more than the longest file that the parser takes, in bytes.
const MAX_BYTES: u64 = (16 << 20) + 1;

/// A source of settings.
#[derive(Debug)]
pub(super) struct Layer {
    /// What figment knows it by; each layer has another name.
    pub(super) name: &'static str,
    /// Its settings; always a map.
    pub(super) top: Node,
}

/// The process file. Gives nothing when it cannot be read as a map.
pub(super) fn file(
    path: &Path,
    environment: &BTreeMap<String, String>,
    problems: &Problems,
) -> Option<Layer> {
    let name = path.display().to_string();
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text));
    if let Err(error) = read {
        problem(
            place(&name),
            "",
            format!("cannot be read: {error}"),
            problems,
        );
        return None;
    }
    let top = parse(
        &name,
        &text,
        &|name| environment.get(name).cloned(),
        problems,
    )?;
    match top.value {
        Value::Map(_) => Some(Layer { name: "file", top }),
        other => {
            let message = format!("expected a map of settings, found {}", other.kind());
            problem(top.place, "", message, problems);
            None
        }
    }
}

/// The environment's `SIDEGATE_` variables.
pub(super) fn environment(variables: &BTreeMap<String, String>, problems: &Problems) -> Layer {
    let mut top = empty("command line and environment");
    for (name, text) in variables {
        let Some(key) = name.strip_prefix(PREFIX) else {
            continue;
        };
        if text.is_empty() || key == "CONFIG" || is_service_link(key, text) {
            continue;
        }
        let place = place(&format!("environment variable {name}"));
        let keys = key.to_ascii_lowercase().replace("__", ".");
        let node = scalar(text, &keys, &place, true, problems);
        put(&mut top, &keys, node, problems);
    }
    Layer {
        name: "environment",
        top,
    }
}

/// The command line: dotted keys with their text.
pub(super) fn flags(flags: &[(String, String)], problems: &Problems) -> Layer {
    let mut top = empty("command line");
    for (keys, text) in flags {
        let place = place(&format!("flag --{}", flag(keys)));
        let node = scalar(text, keys, &place, false, problems);
        put(&mut top, keys, node, problems);
    }
    Layer { name: "flags", top }
}

/// How the command line spells a key: those that have no flag of their own come by `--set`.
fn flag(keys: &str) -> String {
    match keys {
        "trusted_proxies.cidrs" => "trust".to_owned(),
        "admin.listen" => "admin".to_owned(),
        "shadow.policy" => "shadow".to_owned(),
        "listen" | "upstream" | "door" | "policy" | "shadow" | "store" | "admin" | "workers" => {
            keys.to_owned()
        }
        "log.format" | "log.level" => keys.replace('.', "-"),
        _ => format!("set {keys}"),
    }
}

/// Whether a variable is one that Kubernetes sets in every container for a service whose name
/// begins with `sidegate`: those are not meant for us, and must not keep us from starting.
fn is_service_link(key: &str, text: &str) -> bool {
    let (name, rest) = match key.split_once("PORT") {
        Some((name, rest)) => (name, Some(rest)),
        None => (key, None),
    };
    let service = name == "SERVICE_" || name.ends_with("_SERVICE_");
    let whole = name.is_empty() || name.ends_with('_');
    match rest {
        None => key == "SERVICE_HOST" || key.ends_with("_SERVICE_HOST"),
        Some(rest) if service => rest.is_empty() || rest.starts_with('_'),
        Some("") => whole && text.contains("://"),
        Some(rest) => {
            whole
                && rest
                    .strip_prefix('_')
                    .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        }
    }
}

fn empty(source: &str) -> Node {
    map(place(source), "", false)
}

fn place(source: &str) -> Place {
    Place {
        file: Arc::from(source),
        line: 0,
        column: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_kubernetes_services_are_not_ours() {
        for (key, text) in [
            ("SERVICE_HOST", "10.0.0.1"),
            ("SERVICE_PORT", "80"),
            ("SERVICE_PORT_HTTP", "80"),
            ("PORT", "tcp://10.0.0.1:80"),
            ("PORT_80_TCP", "tcp://10.0.0.1:80"),
            ("PORT_80_TCP_ADDR", "10.0.0.1"),
            ("ADMIN_SERVICE_HOST", "10.0.0.1"),
            ("ADMIN_PORT_80_TCP_PROTO", "tcp"),
        ] {
            assert!(is_service_link(key, text), "{key}");
        }
        for (key, text) in [
            ("PORT", "8080"),
            ("TRANSPORT", "tcp://x"),
            ("ADMIN_PORT", "1"),
            ("POLICY", "a"),
            ("REPORT_1", "a"),
        ] {
            assert!(!is_service_link(key, text), "{key}");
        }
    }
}
