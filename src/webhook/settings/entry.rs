//! One webhook of the file.

use std::sync::Arc;
use std::time::Duration;

use crate::document::{Fields, Key, Node, OneOrMany, Problems, Shape, parse};
use crate::model::{Coverage, WebhookProfile};
use crate::webhook::challenge::Challenges;
use crate::webhook::kind::{Around, Kind};
use crate::webhook::plan::{Plan, Sender};
use crate::webhook::presets::{Preset, presets};
use crate::webhook::scheme::{Base, KeyForm, Parameters};

use super::Entry;
use super::holding::Holding;
use super::merge::merged;
use super::replay::Replay;
use super::secrets::Written;

/// How long before its end a secret that still matches is counted.
const ENDING: Duration = Duration::from_secs(7 * 24 * 3_600);

/// What is done with compressed bodies: whether they are refused.
const ENCODED: &[(&str, bool)] = &[("reject", true), ("pass", false)];

impl Entry {
    /// Reads one webhook. Its profile is there whatever mistakes there are.
    pub(super) fn read(key: &Key, node: &Node, problems: &Problems) -> Self {
        let name: Arc<str> = key.name.as_str().into();
        if key.name.is_empty() {
            problems.error(node, "a webhook needs a name");
        }
        let preset = preset(node, problems);
        let merged = match preset.and_then(|preset| written(preset, problems)) {
            Some(below) => merged(below, node),
            None => node.clone(),
        };
        let Some(mut fields) = Fields::of(&merged, "webhook", problems) else {
            let profile = profile(&name, None, None, None, None);
            return Self {
                profile,
                plan: None,
            };
        };
        fields.refuse_blanks();
        let entry = Self::of(&name, preset, &mut fields, problems);
        fields.finish();
        entry
    }

    fn of(
        name: &Arc<str>,
        preset: Option<&'static Preset>,
        fields: &mut Fields<'_>,
        problems: &Problems,
    ) -> Self {
        let words: Vec<_> = presets().iter().map(|preset| (preset.name, ())).collect();
        fields.shaped("preset", || Shape::words(&words));
        let parameters = fields.shaped("parameters", Parameters::shape);
        let parameters = parameters.and_then(|node| Parameters::read(node, problems));
        let parameters = parameters.unwrap_or_default();
        let url: Option<Base> = fields.optional("url");
        let around = Around {
            url: url.as_ref(),
            parameters: &parameters,
            problems,
        };
        let kind = kind(fields, &around);
        let written = Written::read(fields, problems);
        let form = kind.as_ref().map(Kind::key_form);
        let secrets = form
            .as_ref()
            .and_then(|form| written.keys(form, fields.node(), problems));
        let challenges = Challenges::read(fields, &parameters, problems);
        if challenges.need_secret() && !matches!(form, Some(KeyForm::Secret { .. }) | None) {
            let help = "leave `answer_challenges` out";
            let message = "a challenge is answered with a MAC, and the scheme has no secrets";
            problems.error_with(fields.node(), message, help);
        }
        let sender = sender(name, fields, problems);
        let Holding {
            most_body,
            patience,
        } = Holding::read(fields, problems);
        let replay = Replay::read(fields, problems);
        let profile = profile(
            name,
            kind.as_ref(),
            Some(&written),
            Some(&challenges),
            sender.tenant.as_deref(),
        );
        let memory = kind.as_ref().and_then(|kind| {
            if kind.needs_memory() {
                replay.insist(fields.node(), problems);
            }
            let unsigned = kind.has_unsigned_time();
            replay.memory(kind.nature(), unsigned, patience, fields.node(), problems)
        });
        let refuses_encoded = fields.choice("content_encoding", ENCODED).unwrap_or(true);
        let ending = fields.or("ending", ENDING);
        let plan = kind.zip(secrets).map(|(kind, secrets)| Plan {
            name: Arc::clone(name),
            preset: preset.map(|preset| preset.name),
            kind,
            secrets,
            challenges,
            most_body,
            patience,
            refuses_encoded,
            memory,
            sender,
            ending,
        });
        Self { profile, plan }
    }
}

/// The preset that a webhook names.
fn preset(node: &Node, problems: &Problems) -> Option<&'static Preset> {
    let words: Vec<_> = presets()
        .iter()
        .map(|preset| (preset.name, preset))
        .collect();
    crate::document::choice(node.at("preset")?, problems, &words)
}

/// A preset's text, as the file's own would be.
fn written(preset: &Preset, problems: &Problems) -> Option<Node> {
    let file = format!("preset {}", preset.name);
    parse(&file, preset.text, &|_| None, problems)
}

fn kind(fields: &mut Fields<'_>, around: &Around<'_>) -> Option<Kind> {
    let node = fields.shaped("scheme", || Shape::Section("scheme"));
    let Some(node) = node else {
        let help = "name what ships with `preset: github`, or write a `scheme` (`sidegate presets \
            list` names the presets, `sidegate presets show NAME` prints one)";
        around.problems.error_with(
            fields.node(),
            "nothing says how deliveries are signed",
            help,
        );
        return None;
    };
    let mut scheme = Fields::of(node, "scheme", around.problems)?;
    scheme.refuse_blanks();
    let kind = Kind::read(&mut scheme, around);
    // What else is wrong can only be said where it is known which keys there are.
    if kind.is_some() {
        scheme.finish();
    }
    kind
}

fn sender(name: &Arc<str>, fields: &mut Fields<'_>, problems: &Problems) -> Sender {
    let node = fields.shaped("principal", || Shape::Section("webhook principal"));
    let section = node.and_then(|node| Fields::of(node, "webhook principal", problems));
    let Some(mut section) = section else {
        return Sender::named(name);
    };
    section.refuse_blanks();
    let texts = |texts: Option<OneOrMany<String>>| {
        let texts = texts.unwrap_or_default().0;
        texts.into_iter().map(String::into_boxed_str).collect()
    };
    let subject: Option<String> = section.optional("subject");
    let tenant: Option<String> = section.optional("tenant");
    let sender = Sender {
        subject: subject.map_or_else(|| (**name).into(), String::into_boxed_str),
        tenant: tenant.map(String::into_boxed_str),
        roles: texts(section.optional("roles")),
        scopes: texts(section.optional("scopes")),
    };
    section.finish();
    sender
}

fn profile(
    name: &Arc<str>,
    kind: Option<&Kind>,
    written: Option<&Written<'_>>,
    challenges: Option<&Challenges>,
    tenant: Option<&str>,
) -> WebhookProfile {
    WebhookProfile {
        name: Arc::clone(name),
        covers: kind.map_or(Coverage::Body, |kind| kind.nature().covers),
        chosen_by: written.and_then(Written::capture).map(Into::into),
        needs_key: written.is_some_and(Written::needs_key),
        challenges: challenges.map(Challenges::methods).unwrap_or_default(),
        has_tenant: tenant.is_some() || written.is_some_and(Written::has_tenants),
    }
}
