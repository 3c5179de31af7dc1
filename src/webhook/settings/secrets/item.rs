//! Secrets and public keys one by one.

use std::path::PathBuf;
use std::sync::Arc;

use crate::document::{Fields, Node, Placed, Problems, Read, Shape, Value};
use crate::secret::Secret;
use crate::webhook::candidates::{Held, Key};
use crate::webhook::enrol::{Blank, unfit};
use crate::webhook::scheme::KeyForm;
use crate::webhook::secrets::Ring;

use super::super::moment::Moment;
use super::refuse_many;

/// A secret of fewer bytes can be guessed.
const LEAST: usize = 16;
/// What the section is called in which a secret is that its sender brings.
const ENROLLED: &str = "enrolled secret";

/// Reads keys of one form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Items<'i> {
    form: &'i KeyForm,
    problems: &'i Problems,
}

/// What the file calls a key, and when it counts.
#[derive(Debug, Clone)]
struct About {
    id: Arc<str>,
    not_before: Option<Moment>,
    not_after: Option<Moment>,
}

/// A key of the file.
#[derive(Debug)]
enum Item {
    Held(Held),
    /// Its sender is still to bring it.
    Blank(Blank),
}

impl Item {
    fn id(&self) -> &Arc<str> {
        match self {
            Self::Held(held) => &held.id,
            Self::Blank(blank) => &blank.id,
        }
    }
}

impl<'i> Items<'i> {
    pub(super) const fn new(form: &'i KeyForm, problems: &'i Problems) -> Self {
        Self { form, problems }
    }

    /// One key or a list of them; nothing if there is a mistake.
    pub(super) fn read(self, node: &Node) -> Option<Ring> {
        let nodes: Vec<&Node> = match &node.value {
            Value::List(items) => items.iter().collect(),
            _ => vec![node],
        };
        if nodes.is_empty() {
            self.problems
                .error(node, "the list is empty: nobody could sign anything");
            return None;
        }
        let read = nodes.iter().zip(1_usize..);
        // Each is read, so that all mistakes are found.
        let read: Vec<Option<Item>> = read.map(|(node, number)| self.one(node, number)).collect();
        let items: Vec<Item> = read.into_iter().collect::<Option<_>>()?;
        self.refuse_alike(&items, node);
        let (mut held, mut blanks) = (Vec::new(), Vec::new());
        for item in items {
            match item {
                Item::Held(one) => held.push(one),
                Item::Blank(blank) => blanks.push(blank),
            }
        }
        if let [_, second, ..] = blanks.as_slice() {
            let help = "enrol one secret after the other";
            let message = "two secrets are to come, and nobody could say which is which";
            self.problems.error_with(&second.node, message, help);
        }
        let blank = blanks.into_iter().next();
        let more = blank.iter().map(|blank| blank.not_before);
        refuse_many(&held, more, self.is_public(), node, self.problems);
        Some(Ring::new(held, blank))
    }

    const fn is_public(self) -> bool {
        matches!(self.form, KeyForm::Public { .. })
    }

    fn one(self, node: &Node, number: usize) -> Option<Item> {
        let is_file = node.at("file").is_some() || node.at("enrol").is_some();
        let described = matches!(node.value, Value::Map(_)) && !is_file;
        if !described {
            let about = About {
                id: number.to_string().into(),
                not_before: None,
                not_after: None,
            };
            return self.item(node, about);
        }
        let (section, key) = match self.is_public() {
            true => ("public key", "key"),
            false => ("webhook secret", "secret"),
        };
        let mut fields = Fields::of(node, section, self.problems)?;
        fields.refuse_blanks();
        let id: Option<String> = fields.optional("id");
        let text = match self.is_public() {
            true => fields.needed(key, || Shape::Text.or(Secret::shape())),
            false => fields.needed(key, || Secret::shape().or(enrolled())),
        };
        let not_before: Option<Moment> = fields.optional("not_before");
        let not_after: Option<Moment> = fields.optional("not_after");
        fields.finish();
        let Some(text) = text else {
            self.problems
                .error(node, format!("the key `{key}` is missing here"));
            return None;
        };
        if let (Some(start), Some(end)) = (not_before, not_after)
            && end.0 <= start.0
        {
            self.problems.error(node, "it ends before it begins");
        }
        let id = id.unwrap_or_else(|| number.to_string()).into();
        let about = About {
            id,
            not_before,
            not_after,
        };
        self.item(text, about)
    }

    fn item(self, node: &Node, about: About) -> Option<Item> {
        match node.at("enrol") {
            Some(_) if !self.is_public() => self.enrolled(node, about),
            _ => self.held(node, about).map(Item::Held),
        }
    }

    /// A secret that its sender brings: read like any other once it is there.
    fn enrolled(self, node: &Node, about: About) -> Option<Item> {
        let mut fields = Fields::of(node, ENROLLED, self.problems)?;
        fields.refuse_blanks();
        let file = fields.required::<String>("file");
        let place = node.at("file");
        let window = fields.needed("enrol", || Shape::Section("enrolment window"));
        fields.finish();
        let until = window.and_then(|window| until(window, self.problems));
        let path = PathBuf::from(file?);
        let missing = std::fs::metadata(&path)
            .is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
        if missing {
            return self.blank(node, path, until?, about);
        }
        let (place, window) = (place?, window?);
        self.problems.warn(
            "webhook-enrolled",
            window,
            "the secret is there, and no other is taken",
            "take `enrol` out; to have another secret come, remove the file",
        );
        let file = without_window(node, place);
        self.held(&file, about).map(Item::Held)
    }

    fn blank(
        self,
        node: &Node,
        path: PathBuf,
        until: Placed<Moment>,
        about: About,
    ) -> Option<Item> {
        if let Some((message, help)) = unfit(&path) {
            self.problems.error_with(node, message, help);
            return None;
        }
        Some(Item::Blank(Blank {
            id: about.id,
            not_before: about.not_before.map(|moment| moment.0),
            not_after: about.not_after.map(|moment| moment.0),
            form: self.form.clone(),
            path,
            until: until.value.0,
            node: until.node,
        }))
    }

    fn held(self, node: &Node, about: About) -> Option<Held> {
        let text = match (self.is_public(), &node.value) {
            (true, Value::Text(_)) => Secret::new(String::read(node, self.problems)?.into_bytes()),
            _ => Secret::read(node, self.problems)?,
        };
        let key = match self.form.key(text.expose()) {
            Ok(key) => key,
            Err(wrong) => {
                let what = if self.is_public() {
                    "public key"
                } else {
                    "secret"
                };
                let message = format!("the {what} cannot be used: {wrong}");
                self.problems.error(node, message);
                return None;
            }
        };
        if let Key::Secret(secret) = &key
            && secret.len().min(text.len()) < LEAST
        {
            self.problems.warn(
                "webhook-short-secret",
                node,
                format!("the secret has fewer than {LEAST} bytes"),
                "short secrets can be guessed from one delivery; `openssl rand -hex 32` makes a long one",
            );
        }
        Some(Held {
            id: about.id,
            key,
            not_before: about.not_before.map(|moment| moment.0),
            not_after: about.not_after.map(|moment| moment.0),
        })
    }

    fn refuse_alike(self, items: &[Item], node: &Node) {
        for (number, one) in items.iter().enumerate() {
            let mut before = items.iter().take(number);
            if before.any(|other| other.id() == one.id()) {
                let message = format!("two are called `{}`", one.id());
                self.problems
                    .error_with(node, message, "give each an `id` of its own");
            }
        }
    }
}

/// A secret that its sender brings, in a list or alone.
pub(super) fn enrolled() -> Shape {
    Shape::Section(ENROLLED)
}

/// Until when it may come.
fn until(window: &Node, problems: &Problems) -> Option<Placed<Moment>> {
    if window.text().is_some() {
        let help = "write `enrol: { until: 2026-01-01T00:00:00Z }`, with a moment that is near";
        problems.error_with(window, "nothing says until when the secret may come", help);
        return None;
    }
    let mut fields = Fields::of(window, "enrolment window", problems)?;
    fields.refuse_blanks();
    let until = fields.required("until");
    fields.finish();
    until
}

/// `{ file: path }` alone.
fn without_window(node: &Node, file: &Node) -> Node {
    let own = match &node.value {
        Value::Map(entries) => entries.iter().find(|(key, _)| key.name == "file"),
        _ => None,
    };
    let entry = own.map(|(key, _)| (key.clone(), file.clone()));
    Node {
        value: Value::Map(entry.into_iter().collect()),
        ..node.clone()
    }
}
