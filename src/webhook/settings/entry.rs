//! One webhook of the file.

use std::sync::Arc;
use std::time::Duration;

use crate::document::{Fields, Key, Node, Problems, Read as _, Shape, parse};
use crate::model::{Coverage, WebhookProfile};
use crate::webhook::challenge::Challenges;
use crate::webhook::kind::Kind;
use crate::webhook::plan::{Holding, Plan};
use crate::webhook::presets::{Preset, presets};

use super::Entry;
use super::merge::{merged, standing};
use super::replay::Replay;
use super::secrets::Written;
use super::sender;
use super::signing::Signing;

/// How long before its end a secret that still matches is counted.
const ENDING: Duration = Duration::from_secs(7 * 24 * 3_600);

impl Entry {
    /// Reads one webhook. Its profile is there whatever mistakes there are.
    pub(super) fn read(key: &Key, node: &Node, problems: &Problems) -> Self {
        let name: Arc<str> = key.name.as_str().into();
        if key.name.is_empty() {
            problems.error(node, "a webhook needs a name");
        }
        let preset = preset(node, problems);
        let merged = match preset.and_then(|preset| written(preset, node, problems)) {
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
        let Signing {
            kind,
            written,
            secrets,
            answers,
        } = Signing::read(fields, problems);
        let sender = sender::read(name, fields, problems);
        let holding = Holding::read(fields, problems);
        let replay = Replay::read(fields, problems);
        let memory = kind
            .as_ref()
            .and_then(|kind| replay.memory_of(kind, holding.patience, fields.node(), problems));
        let ending = fields.or("ending", ENDING);
        let profile = profile(
            name,
            kind.as_ref(),
            Some(&written),
            Some(&answers.challenges),
            sender.tenant.as_deref(),
        );
        let plan = kind.zip(secrets).map(|(kind, secrets)| Plan {
            name: Arc::clone(name),
            preset: preset.map(|preset| preset.name),
            kind,
            secrets,
            challenges: answers.challenges,
            enrolment: answers.enrolment,
            holding,
            memory,
            sender,
            ending,
        });
        Self { profile, plan }
    }
}

/// The preset that a webhook names.
fn preset(node: &Node, problems: &Problems) -> Option<&'static Preset> {
    let node = node.at("preset")?;
    let given = String::read(node, problems)?;
    let found = Preset::of(&given);
    if found.is_none() {
        let (shown, given) = match node.from_environment {
            true => ("of the environment".to_owned(), ""),
            false => (format!("`{given}`"), given.as_str()),
        };
        let message = format!("the preset {shown} is not known here");
        problems.error_with(node, message, Preset::advice(given));
    }
    found
}

/// A preset's text, as if all of it stood where its name stands.
fn written(preset: &Preset, own: &Node, problems: &Problems) -> Option<Node> {
    let file = format!("preset {}", preset.name);
    let below = parse(&file, preset.text, &|_| None, problems)?;
    let place = own.at("preset").map_or(&own.place, |named| &named.place);
    let path = format!("{} (preset {})", own.path, preset.name);
    let path = path.trim_start();
    Some(standing(below, place, path))
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
