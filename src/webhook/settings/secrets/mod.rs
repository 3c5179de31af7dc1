//! The keys of a webhook that say which secrets count.

mod item;
mod tenants;

use std::time::SystemTime;

use crate::document::{Fields, Node, Placed, Problems, Read as _, Shape, Value, choice};
use crate::secret::Secret;
use crate::webhook::candidates::Held;
use crate::webhook::scheme::{KeyForm, MOST_OPERATIONS, MOST_SECRETS};
use crate::webhook::secrets::{Chooser, Given, Ring, Secrets};

use item::Items;

pub(super) use tenants::unfolded;

/// What the file says, not yet decoded: how keys are written is the scheme's business.
#[derive(Debug)]
pub(super) struct Written<'n> {
    secrets: Option<&'n Node>,
    public: Option<&'n Node>,
    by: Option<Chooser>,
    /// `secrets_by` stands there, be it right or not.
    is_chosen: bool,
    from: Option<Placed<Given>>,
}

const FROM: &[(&str, Given)] = &[
    ("key", Given::Key),
    ("signing_secret", Given::SigningSecret),
];

impl<'n> Written<'n> {
    /// Reads `secrets`, `public_keys`, `secrets_by` and `secrets_from`.
    pub(super) fn read(fields: &mut Fields<'n>, problems: &Problems) -> Self {
        let one = Secret::shape().or(Shape::Section("webhook secret"));
        let one = Shape::one_or_many(one.or(item::enrolled()));
        let secrets = one
            .clone()
            .or(Shape::named(one))
            .or(Shape::OneKey("folder", Shape::Text.into()));
        let public = Shape::one_or_many(Shape::Text.or(Shape::Section("public key")));
        let by = fields.shaped("secrets_by", || Shape::Section("secrets_by"));
        let from = fields.shaped("secrets_from", || Shape::words(FROM));
        Self {
            secrets: fields.shaped("secrets", || secrets),
            public: fields.shaped("public_keys", || public),
            by: by.and_then(|node| tenants::chooser(node, problems)),
            is_chosen: by.is_some(),
            from: from.and_then(|node| {
                let value = choice(node, problems, FROM)?;
                let node = node.clone();
                Some(Placed { value, node })
            }),
        }
    }

    /// The capture that chooses among tenants.
    pub(super) fn capture(&self) -> Option<&str> {
        match &self.by {
            Some(Chooser::Path(capture)) => Some(capture),
            _ => None,
        }
    }

    /// Whether an API key must come along.
    pub(super) const fn needs_key(&self) -> bool {
        self.from.is_some()
    }

    /// Whether secrets are chosen by tenant.
    pub(super) const fn has_tenants(&self) -> bool {
        self.is_chosen
    }

    /// The keys, decoded as the scheme says.
    pub(super) fn keys(
        &self,
        form: &KeyForm,
        section: &Node,
        problems: &Problems,
    ) -> Option<Secrets> {
        let Some((wanted, node)) = self.wanted(form, section, problems) else {
            return self.given(form, section, problems);
        };
        let node = node.or_else(|| {
            let message = format!("no `{wanted}`: nobody could sign anything");
            problems.error_with(section, message, format!("add `{wanted}: ${{NAME}}`"));
            None
        })?;
        match (&self.by, self.is_chosen) {
            (Some(by), _) => tenants::read(node, by.clone(), form, problems),
            (None, true) => None,
            (None, false) => {
                if let Some(folder) = tenants::folder_of(node) {
                    let help = "add `secrets_by: { path: tenant }`, `{ header: NAME }`, `{ host: 0 }` or \
                        `{ query: NAME }`";
                    problems.error_with(folder, "nothing says whose secrets count", help);
                    return None;
                }
                if is_by_tenant(node) {
                    let help = "a secret is `${NAME}` or `{ file: path }`; add `secrets_by` if these are tenants";
                    problems.error_with(
                        node,
                        "not a secret, and nothing chooses among tenants",
                        help,
                    );
                    return None;
                }
                let items = Items::new(form, problems);
                items.read(node).map(Secrets::Same)
            }
        }
    }

    /// Which key must be there, and what stands there; nothing where keys are not in the file. Reports keys that
    /// the scheme has no use for.
    fn wanted(
        &self,
        form: &KeyForm,
        section: &Node,
        problems: &Problems,
    ) -> Option<(&'static str, Option<&'n Node>)> {
        let refuse = |node: Option<&Node>, message: &str, help: &str| {
            if let Some(node) = node {
                problems.error_with(node, message, help);
            }
        };
        match form {
            KeyForm::None => {
                let message = "the sender publishes what it signs with";
                refuse(self.secrets, message, "leave `secrets` out");
                refuse(self.public, message, "leave `public_keys` out");
                let by = self.is_chosen.then_some(section);
                refuse(by, message, "leave `secrets_by` out");
                None
            }
            KeyForm::Public { .. } => {
                let help = "write `public_keys`: what the sender shows to everybody";
                refuse(
                    self.secrets,
                    "the scheme has public keys, not secrets",
                    help,
                );
                Some(("public_keys", self.public))
            }
            KeyForm::Secret { .. } => {
                let help = "write `secrets`: what you share with the sender";
                refuse(self.public, "the scheme has secrets, not public keys", help);
                match &self.from {
                    None => Some(("secrets", self.secrets)),
                    Some(from) => {
                        let help = "write `secrets` or `secrets_from`";
                        let both = self.secrets.map(|_| &from.node);
                        refuse(both, "the secret is given twice", help);
                        let chosen = self.is_chosen.then_some(&from.node);
                        refuse(
                            chosen,
                            "the key that comes along chooses already",
                            "leave `secrets_by` out",
                        );
                        None
                    }
                }
            }
        }
    }

    /// Secrets that do not stand in the file.
    fn given(&self, form: &KeyForm, section: &Node, problems: &Problems) -> Option<Secrets> {
        match (form, &self.from) {
            (KeyForm::Secret { .. }, Some(from)) => Some(Secrets::Given {
                from: from.value,
                id: from.value.as_str().into(),
                form: form.clone(),
            }),
            (_, Some(from)) => {
                problems.error(&from.node, "the scheme has no secrets");
                None
            }
            (KeyForm::None, None) => Some(Secrets::Same(Ring::default())),
            _ => {
                problems.error(section, "no secrets");
                None
            }
        }
    }
}

/// Whether a map is neither a secret nor the description of one.
fn is_by_tenant(node: &Node) -> bool {
    match &node.value {
        Value::Map(entries) => !entries.iter().any(|(key, _)| {
            matches!(
                key.name.as_str(),
                "file" | "enrol" | "secret" | "key" | "id"
            )
        }),
        _ => false,
    }
}

/// Refuses more keys at a time than are tried, with those that are still to come and count from then on.
fn refuse_many(
    held: &[Held],
    more: impl Iterator<Item = Option<SystemTime>>,
    is_public: bool,
    node: &Node,
    problems: &Problems,
) {
    let (allowed, what) = match is_public {
        true => (MOST_OPERATIONS, "public keys"),
        false => (MOST_SECRETS, "secrets"),
    };
    let awaited: Vec<SystemTime> = more.map(from).collect();
    let starts = held.iter().map(|held| from(held.not_before));
    let most = starts.chain(awaited.iter().copied()).map(|at| {
        let come = awaited.iter().filter(|start| **start <= at).count();
        come + held.iter().filter(|held| held.is_in_force(at)).count()
    });
    if most.max().unwrap_or_default() > allowed {
        let message = format!("more than {allowed} {what} count at a time");
        problems.error_with(
            node,
            message,
            "two is the usual number: the current one and the previous",
        );
    }
}

/// When something begins to count.
fn from(not_before: Option<SystemTime>) -> SystemTime {
    not_before.unwrap_or(SystemTime::UNIX_EPOCH)
}
