//! Secrets and public keys one by one.

use std::sync::Arc;

use crate::document::{Fields, Node, Problems, Read, Shape, Value};
use crate::secret::Secret;
use crate::webhook::candidates::{Held, Key};
use crate::webhook::scheme::KeyForm;

use super::super::moment::Moment;
use super::refuse_many;

/// A secret of fewer bytes can be guessed.
const LEAST: usize = 16;

/// Reads keys of one form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Items<'i> {
    form: &'i KeyForm,
    problems: &'i Problems,
}

impl<'i> Items<'i> {
    pub(super) const fn new(form: &'i KeyForm, problems: &'i Problems) -> Self {
        Self { form, problems }
    }

    /// One key or a list of them; nothing if there is a mistake.
    pub(super) fn read(self, node: &Node) -> Option<Vec<Held>> {
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
        let read: Vec<Option<Held>> = read.map(|(node, number)| self.one(node, number)).collect();
        let held: Vec<Held> = read.into_iter().collect::<Option<_>>()?;
        self.refuse_alike(&held, node);
        refuse_many(&held, self.is_public(), node, self.problems);
        Some(held)
    }

    const fn is_public(self) -> bool {
        matches!(self.form, KeyForm::Public { .. })
    }

    fn one(self, node: &Node, number: usize) -> Option<Held> {
        let described = matches!(node.value, Value::Map(_)) && node.at("file").is_none();
        if !described {
            return self.held(node, number.to_string().into(), None, None);
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
            false => fields.needed(key, Secret::shape),
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
        let id = id.unwrap_or_else(|| number.to_string());
        self.held(text, id.into(), not_before, not_after)
    }

    fn held(
        self,
        node: &Node,
        id: Arc<str>,
        not_before: Option<Moment>,
        not_after: Option<Moment>,
    ) -> Option<Held> {
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
            id,
            key,
            not_before: not_before.map(|moment| moment.0),
            not_after: not_after.map(|moment| moment.0),
        })
    }

    fn refuse_alike(self, held: &[Held], node: &Node) {
        for (number, one) in held.iter().enumerate() {
            if held.iter().take(number).any(|other| other.id == one.id) {
                let message = format!("two are called `{}`", one.id);
                self.problems
                    .error_with(node, message, "give each an `id` of its own");
            }
        }
    }
}
