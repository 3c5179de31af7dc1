//! A preset on one line.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::cli::webhook::{Form, tree};
use crate::document::{Node, Value, duration};
use crate::webhook::{Preset, Proof};

/// How far from now a delivery may have been signed, where a scheme does not say.
const USUAL: Duration = Duration::from_secs(300);

/// What a preset amounts to.
#[derive(Debug)]
pub(super) struct Sketch {
    name: &'static str,
    /// What it says of itself.
    about: &'static str,
    covers: String,
    kind: String,
    window: Window,
    challenges: Vec<String>,
    signable: bool,
    proof: Proof,
}

/// How long a signature counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Window {
    /// So far from now, in both directions.
    Of(Duration),
    /// It has a time that nobody looks at.
    Unchecked,
    /// It has no time.
    None,
    /// The code of the kind knows.
    OfKind,
}

impl Sketch {
    /// Nothing when the text cannot be read, which a test of the presets rules out.
    pub(super) fn of(preset: &Preset) -> Option<Self> {
        let tree = tree(preset)?;
        let form = Form::of(&tree);
        let scheme = tree.at("scheme");
        let covers = scheme.and_then(|scheme| scheme.at("covers")?.text());
        Some(Self {
            name: preset.name,
            about: preset.summary(),
            covers: covers.unwrap_or(covered_by(&form.kind)).to_owned(),
            window: window(scheme, &form),
            challenges: challenges(tree.at("challenges")),
            signable: !form.is_published(),
            kind: kind(&form),
            proof: preset.proof(),
        })
    }

    /// The cells of its line.
    pub(super) fn row(&self) -> Vec<String> {
        let challenges = match self.challenges.is_empty() {
            true => "-".to_owned(),
            false => self.challenges.join(", "),
        };
        vec![
            self.name.to_owned(),
            self.covers.clone(),
            self.kind.clone(),
            self.window.shown(),
            self.proof.word().to_owned(),
            challenges,
        ]
    }

    /// All of it.
    pub(super) fn as_json(&self) -> Json {
        json!({
            "name": self.name,
            "about": self.about,
            "covers": self.covers,
            "kind": self.kind,
            "window": self.window.shown(),
            "window_seconds": self.window.seconds(),
            "challenges": self.challenges,
            "proof": self.proof.word(),
            "can_be_signed": self.signable,
        })
    }
}

impl Window {
    fn shown(self) -> String {
        match self {
            Self::Of(span) => format!("{} s", span.as_secs()),
            Self::Unchecked => "unchecked".to_owned(),
            Self::None => "none".to_owned(),
            Self::OfKind => "by its kind".to_owned(),
        }
    }

    fn seconds(self) -> Option<u64> {
        match self {
            Self::Of(span) => Some(span.as_secs()),
            Self::Unchecked | Self::None | Self::OfKind => None,
        }
    }
}

/// What a signature covers where the scheme does not say it: that is the kind's to know.
fn covered_by(kind: &str) -> &'static str {
    match kind {
        "aws-sns" | "paypal" | "twilio" => "part",
        _ => "body",
    }
}

/// The kind, with its algorithm where it has several.
fn kind(form: &Form) -> String {
    match (form.kind.as_str(), form.alg.as_str()) {
        (kind, "") => kind.to_owned(),
        (kind, alg) => format!("{kind} {alg}"),
    }
}

fn window(scheme: Option<&Node>, form: &Form) -> Window {
    let declared = [
        "hmac",
        "digest",
        "token",
        "basic",
        "ed25519",
        "ecdsa-p256",
        "rsa-pkcs1",
    ];
    let Some(stamp) = scheme.and_then(|scheme| scheme.at("timestamp")) else {
        let own = scheme.and_then(|scheme| scheme.at(&form.kind)?.at("tolerance")?.text());
        return match own.and_then(duration) {
            Some(span) => Window::Of(span),
            None if declared.contains(&form.kind.as_str()) => Window::None,
            None => Window::OfKind,
        };
    };
    match stamp.at("tolerance").and_then(Node::text) {
        Some("none") => Window::Unchecked,
        Some(text) => duration(text).map_or(Window::OfKind, Window::Of),
        None => Window::Of(USUAL),
    }
}

/// Each challenge by what tells its requests from others: method, and what must be there.
fn challenges(node: Option<&Node>) -> Vec<String> {
    let Some(Value::List(items)) = node.map(|node| &node.value) else {
        return Vec::new();
    };
    items.iter().map(challenge).collect()
}

fn challenge(item: &Node) -> String {
    let when = item.at("when");
    let method = when.and_then(|when| when.at("method")?.text());
    let mut words = vec![method.unwrap_or("any").to_owned()];
    for part in ["query", "header", "json"] {
        let entries = when.and_then(|when| match &when.at(part)?.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        });
        let named = entries.into_iter().flatten();
        words.extend(named.map(|(key, value)| match value.text() {
            Some("*") => key.name.clone(),
            Some(text) => text.to_owned(),
            None => format!("{}={}", key.name, value.to_json()),
        }));
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Fields, Problems, parse};
    use crate::model::Coverage;
    use crate::webhook::Settings;

    fn sketch(text: &'static str) -> Sketch {
        Sketch::of(&Preset { name: "own", text }).unwrap()
    }

    #[test]
    fn columns_are_read_from_the_text() {
        let sketch = sketch(
            "# Own hooks, as they sign them.\n# Proof: example of docs.example.com.\nscheme:\n  kind: hmac\n  alg: sha256\n  covers: part\n  \
             timestamp: { from: header, name: t, tolerance: 3m }\nchallenges:\n  - when: { method: GET, query: { hub.mode: subscribe, token: \"*\" } }\n",
        );
        assert_eq!(sketch.about, "Own hooks, as they sign them.");
        assert_eq!(
            sketch.row(),
            [
                "own",
                "part",
                "hmac sha256",
                "180 s",
                "example",
                "GET subscribe token"
            ]
        );
    }

    #[test]
    fn no_preset_is_said_to_cover_more_than_policies_know() {
        for preset in crate::webhook::presets() {
            let text = format!(
                "webhooks:\n  own:\n    preset: {}\n    url: https://hooks.example.com\n    \
                 parameters: {{ topic: \"arn:aws:sns:eu-central-1:123456789012:a\", webhook_id: 1AB, public_key: key }}\n",
                preset.name
            );
            let problems = Problems::new();
            let node = parse("policy.yaml", &text, &|_| None, &problems).unwrap();
            let mut fields = Fields::of(&node, "policy", &problems).unwrap();
            let profiles = Settings::read(&mut fields, &problems).profiles();
            let known = match profiles[0].covers {
                Coverage::Body => "body",
                Coverage::Part => "part",
                Coverage::Origin => "origin",
            };
            let sketch = Sketch::of(preset).unwrap();
            assert_eq!(sketch.covers, known, "{}", preset.name);
        }
    }

    #[test]
    fn no_timestamp_is_no_window_and_no_tolerance_an_unchecked_one() {
        let window = |text| sketch(text).window;
        assert_eq!(window("scheme: { kind: hmac }"), Window::None);
        assert_eq!(
            window("scheme: { kind: hmac, timestamp: { name: t, tolerance: none } }"),
            Window::Unchecked
        );
        assert_eq!(
            window("scheme: { kind: hmac, timestamp: { name: t } }"),
            Window::Of(USUAL)
        );
        assert_eq!(window("scheme: { kind: aws-sns }"), Window::OfKind);
    }
}
