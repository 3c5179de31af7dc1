//! Vectors of somebody who does not know this program: `tests/real/webhooks/vectors` writes them from what senders
//! publish, and says of each what must come of it.
//!
//! Straight line: [`written`] runs the generator -> [`library`] asks the webhook itself, at the vector's own time;
//! [`gate`] sends the vectors of the present moment over a socket, and looks at what reaches the app.

mod gate;
mod library;

use std::collections::BTreeMap;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Sent, at};
use crate::support::process::real_part;
use crate::support::repository;

/// One vector.
struct Vector {
    name: String,
    preset: String,
    params: Value,
    url: String,
    sent: Sent,
    /// Which moment it is for: `any`, `now`, `edge` (a second counts), `fixed`.
    clock: String,
    expected: Expected,
    why: String,
    /// The vector that must have been sent before it.
    after: Option<String>,
    line: Value,
}

/// What must come of a vector.
struct Expected {
    /// Whether it may be taken.
    ok: bool,
    /// As what it may be refused.
    classes: Vec<String>,
}

/// What the generator writes for a moment, in seconds.
fn written(now: u64) -> Vec<Vector> {
    let output = Command::new(real_part("webhooks/venv/bin/python3"))
        .arg("-B")
        .arg(repository("tests/real/webhooks/vectors"))
        .args(["--now", &now.to_string()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(Vector::read).collect()
}

impl Vector {
    fn read(line: &str) -> Self {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        let request = &line["request"];
        let url = request["url"].as_str().unwrap();
        let pairs = request["headers"].as_array().unwrap().iter();
        let classes = line["class"].as_array().unwrap().iter();
        let classes: Vec<String> = classes.map(owned).collect();
        Self {
            name: text("name"),
            preset: text("preset"),
            params: line["params"].clone(),
            url: url.to_owned(),
            sent: Sent {
                method: request["method"].as_str().unwrap().parse().unwrap(),
                target: target(url).to_owned(),
                // Around a value there is no space on the wire (RFC 9110 section 5.5).
                headers: pairs
                    .map(|pair| {
                        (
                            owned(&pair[0]),
                            owned(&pair[1]).trim_matches([' ', '\t']).to_owned(),
                        )
                    })
                    .collect(),
                body: STANDARD.decode(request["body"].as_str().unwrap()).unwrap(),
                at: at(line["now"].as_u64().unwrap()),
            },
            clock: text("clock"),
            expected: Expected {
                ok: line["expect"] != "refused",
                classes,
            },
            why: text("why"),
            after: line["after"].as_str().map(str::to_owned),
            line,
        }
    }

    /// Whether the generator says this of it.
    fn says(&self, word: &str) -> bool {
        self.line[word] == true
    }

    /// Whether its sender publishes certificates, which are not to be had here: the room's own tests send these.
    fn is_certified(&self) -> bool {
        !self.params["certificates"].is_null()
    }

    /// What stands below the webhook's name in a policy, and its variables: `prefix` and a number.
    fn settings(&self, prefix: &str) -> (String, Vec<(String, String)>) {
        let mut lines = vec![format!("preset: {}", self.preset)];
        let mut variables = Vec::new();
        for (list, key) in [
            ("secrets", "secrets"),
            ("secrets_base64", "secrets"),
            ("public_keys", "public_keys"),
        ] {
            let Some(texts) = self.params[list].as_array() else {
                continue;
            };
            let mut names = Vec::new();
            for text in texts {
                let name = format!("{prefix}_{}", variables.len());
                names.push(format!("\"${{{name}}}\""));
                variables.push((name, owned(text)));
            }
            lines.push(format!("{key}: [{}]", names.join(", ")));
        }
        if let Some(url) = self.params["url"].as_str() {
            lines.push(format!("url: {}", url.strip_suffix(target(url)).unwrap()));
        }
        lines.extend(self.scheme().map(|scheme| format!("scheme: {scheme}")));
        (lines.join("\n"), variables)
    }

    /// What is said of the scheme besides, in JSON.
    fn scheme(&self) -> Option<Value> {
        let mut scheme = serde_json::Map::new();
        let mut put = |part: &str, name: &str, value: Value| {
            let part = scheme
                .entry(part)
                .or_insert_with(|| Value::Object(serde_json::Map::new()));
            part.as_object_mut().unwrap().insert(name.to_owned(), value);
        };
        let params = &self.params;
        if params["tolerance"].is_string() {
            put("timestamp", "tolerance", params["tolerance"].clone());
        }
        if params["time_header"].is_string() {
            put("timestamp", "name", params["time_header"].clone());
        }
        if params["issuer"].is_string() {
            put("jwt-body-hash", "issuer", params["issuer"].clone());
        }
        if params["secrets_base64"].is_array() {
            put("key", "encoding", "base64".into());
        }
        if self.preset == "rfc9421" && params["public_keys"].is_array() {
            put("rfc9421", "alg", "ed25519".into());
        }
        (!scheme.is_empty()).then_some(Value::Object(scheme))
    }
}

fn owned(text: &Value) -> String {
    text.as_str()
        .unwrap_or_else(|| panic!("{text} is no text"))
        .to_owned()
}

/// What a URL asks its host for.
fn target(url: &str) -> &str {
    let (_, rest) = url.split_once("://").unwrap();
    let at = rest.find('/').unwrap_or(rest.len());
    rest.split_at(at).1
}

/// Fails with every vector that came out otherwise.
fn settle(sent: usize, wrong: &BTreeMap<String, String>) {
    let lines: Vec<String> = wrong
        .iter()
        .map(|(name, what)| format!("{name}: {what}"))
        .collect();
    assert!(
        lines.is_empty(),
        "{} of {sent}:\n{}",
        lines.len(),
        lines.join("\n")
    );
}
