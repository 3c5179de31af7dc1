//! Which webhook is meant: a preset, or one of a policy file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Map, Value as Json, json};

use crate::cli::exit::Failure;
use crate::cli::output::Output;
use crate::document::{Node, Value, closest};
use crate::secret::Secret;
use crate::webhook::{SignError, Webhook};

use super::form::Form;
use super::held::{self, Held};
use super::secret::Source;
use super::tree::{SECRET, build, of_preset, read, unfold, webhooks_of};

/// Which webhook, and what it needs to know.
#[derive(Debug, clap::Args)]
pub(super) struct Choice {
    /// Scheme of this name, see `sidegate presets list`
    #[arg(long, value_name = "NAME", conflicts_with_all = ["policy", "webhook"])]
    preset: Option<String>,
    /// Policy file that has the webhook
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Webhook of that file by its name; may be left out where there is one
    #[arg(long, value_name = "NAME", requires = "policy")]
    webhook: Option<String>,
    /// Whose secret, where the file has one for each tenant
    #[arg(long, value_name = "TENANT", requires = "policy")]
    tenant: Option<String>,
    /// Which secret of the file, by its id [default: the first that is in force]
    #[arg(long, value_name = "ID", requires = "policy")]
    secret_id: Option<String>,
    #[command(flatten)]
    secret: Source,
    /// Value of `parameters` that the scheme refers to, such as webhook_id; repeat for more
    #[arg(long, value_name = "NAME=VALUE", value_parser = parameter)]
    parameter: Vec<(String, String)>,
}

/// A webhook, with what signs for it.
pub(super) struct Chosen {
    pub(super) webhook: Arc<Webhook>,
    pub(super) form: Form,
    /// What the command line or the file says; nothing when neither does.
    pub(super) secret: Option<Secret>,
}

/// What a webhook is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To sign: a secret that is given is the one that signs.
    Sign,
    /// To verify: a key that is given is the one that verifies.
    Verify,
}

impl Choice {
    /// Whether the secret is read from stdin.
    pub(super) fn reads_stdin(&self) -> bool {
        self.secret.is_stdin()
    }

    /// Finds the webhook. `base` is the public base of addresses, for schemes that sign those.
    pub(super) fn choose(
        &self,
        purpose: Purpose,
        base: Option<&str>,
        now: SystemTime,
        output: Output,
    ) -> Result<Chosen, Failure> {
        let given = self.secret.read(output)?;
        let (name, mut node) = match (&self.preset, &self.policy) {
            (Some(preset), _) => ("webhook".to_owned(), of_preset(preset)?),
            (None, Some(policy)) => self.of_policy(policy)?,
            (None, None) => {
                let help = "name the scheme: --preset NAME, or --policy FILE --webhook NAME";
                return Err(Failure::usage(help));
            }
        };
        // Who brings a secret needs none of the file's, which may be elsewhere.
        if given.is_none() {
            unfold(&mut node)?;
            self.refuse_other_tenant(&node)?;
        }
        self.add(&mut node, base)?;
        let form = Form::of(&node);
        if purpose == Purpose::Sign && form.is_published() {
            let why = SignError::NotBySecret;
            return Err(Failure::negative(format_args!("{why} ({})", form.kind)));
        }
        let own = match (&given, purpose) {
            // The file has the sender's public key. It is no secret, though it may look like one.
            (None, Purpose::Sign) if form.is_public() => None,
            (None, Purpose::Sign) => self.own(&node, now)?,
            _ => None,
        };
        self.hold(&mut node, &form, given.as_ref(), purpose)?;
        let webhook = build(&name, node.clone());
        if webhook.is_err() && self.lacks_address(&name, node) {
            let help =
                "the scheme signs the address that the sender was given: --url https://HOST/PATH";
            return Err(Failure::usage(help));
        }
        Ok(Chosen {
            webhook: webhook?,
            form,
            secret: given.or(own),
        })
    }

    fn of_policy(&self, file: &Path) -> Result<(String, Node), Failure> {
        let webhooks = webhooks_of(file)?;
        let names: Vec<String> = webhooks.iter().map(|(key, _)| key.name.clone()).collect();
        let known = || names.join(", ");
        let name = match (self.webhook.as_deref(), names.as_slice()) {
            (_, []) => {
                let file = file.display();
                return Err(Failure::invalid(format_args!("`{file}` has no webhooks")));
            }
            (Some(name), _) => name.to_owned(),
            (None, [only]) => only.clone(),
            (None, _) => {
                let help = format!("the file has several webhooks: --webhook {}", known());
                return Err(Failure::usage(help));
            }
        };
        match webhooks.into_iter().find(|(key, _)| key.name == name) {
            Some((_, node)) => Ok((name, node)),
            None => {
                let help = match closest(&name, names.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known: {}", known()),
                };
                Err(Failure::usage(format_args!(
                    "the policy has no webhook `{name}`; {help}"
                )))
            }
        }
    }

    /// Holds the tenant that was named against those that have secrets.
    fn refuse_other_tenant(&self, node: &Node) -> Result<(), Failure> {
        let Some(tenant) = &self.tenant else {
            return Ok(());
        };
        if node.at("secrets_by").is_none() {
            let help =
                "the secrets of the webhook are not told apart by tenant: leave `--tenant` out";
            return Err(Failure::usage(help));
        }
        let held = held::all(node);
        match held.iter().any(|held| held.tenant.as_ref() == Some(tenant)) {
            true => Ok(()),
            false => Err(Failure::usage(format_args!(
                "the webhook has no secret for the tenant `{tenant}`; known: {}",
                tenants(&held, ", ")
            ))),
        }
    }

    /// What the command line says beside what is written.
    fn add(&self, node: &mut Node, base: Option<&str>) -> Result<(), Failure> {
        let mut more = Map::new();
        if let (None, Some(base)) = (node.at("url"), base) {
            more.insert("url".to_owned(), json!(base));
        }
        if !self.parameter.is_empty() {
            let given = self.parameter.iter();
            let given = given.map(|(name, value)| (name.clone(), json!(value)));
            more.insert("parameters".to_owned(), Json::Object(given.collect()));
        }
        let more = read(&Json::Object(more).to_string().replace("${", "$${"))?;
        let (Value::Map(entries), Value::Map(more)) = (&mut node.value, more.value) else {
            return Ok(());
        };
        for (key, value) in more {
            entries.retain(|(known, _)| known.name != key.name);
            entries.push((key, value));
        }
        Ok(())
    }

    /// Whether a webhook could be built if only its address were known.
    fn lacks_address(&self, name: &str, mut node: Node) -> bool {
        let anywhere = Some("https://hooks.example.com");
        node.at("url").is_none()
            && self.add(&mut node, anywhere).is_ok()
            && build(name, node).is_ok()
    }

    /// The secret of the file that is asked for.
    fn own(&self, node: &Node, now: SystemTime) -> Result<Option<Secret>, Failure> {
        let held = held::all(node);
        let of_tenant = held
            .iter()
            .filter(|held| held.tenant.as_deref() == self.tenant.as_deref());
        let wanted: Vec<_> = match &self.secret_id {
            None => of_tenant.filter(|held| held.counts(now)).collect(),
            Some(id) => of_tenant.filter(|held| held.id == *id).collect(),
        };
        if let (Some(id), []) = (&self.secret_id, wanted.as_slice()) {
            let known: Vec<&str> = held.iter().map(|held| held.id.as_str()).collect();
            return Err(Failure::usage(format_args!(
                "the webhook has no secret `{id}`; known: {}",
                known.join(", ")
            )));
        }
        if self.tenant.is_none() && held.iter().any(|held| held.tenant.is_some()) {
            return Err(Failure::usage(format_args!(
                "the webhook has a secret for each tenant: --tenant {}",
                tenants(&held, "|")
            )));
        }
        Ok(wanted.first().and_then(|held| held.text.clone()))
    }

    /// Puts a key where the webhook has its own, so that it can be built without those.
    fn hold(
        &self,
        node: &mut Node,
        form: &Form,
        given: Option<&Secret>,
        purpose: Purpose,
    ) -> Result<(), Failure> {
        let name = match form.is_public() {
            true => "public_keys",
            false => "secrets",
        };
        let text = match (purpose, given) {
            _ if form.is_published() => return Ok(()),
            // The key that verifies is of no matter where something is signed.
            (Purpose::Sign, _) => form.mint().map_err(|_| no_key())?.held,
            (Purpose::Verify, Some(secret)) => String::from_utf8(secret.expose().to_vec())
                .map_err(|_| Failure::usage("the secret is not UTF-8 text"))?,
            (Purpose::Verify, None) if self.policy.is_some() => {
                self.keep_tenant(node);
                return Ok(());
            }
            (Purpose::Verify, None) => {
                let what = if form.is_public() {
                    "public key"
                } else {
                    "secret"
                };
                return Err(Failure::usage(format_args!(
                    "there is no {what} to verify with: --secret-env VAR, --secret-file FILE, or `--secret -`"
                )));
            }
        };
        let mut keys = read(&json!({ name: format!("${{{SECRET}}}") }).to_string())?;
        if let Some(inner) = held::below(&mut keys, name) {
            held::put(inner, text);
        }
        let (Value::Map(entries), Value::Map(keys)) = (&mut node.value, keys.value) else {
            return Ok(());
        };
        entries.retain(|(key, _)| !OF_KEYS.contains(&key.name.as_str()));
        entries.extend(keys);
        Ok(())
    }

    /// Leaves of the keys of several tenants those of the one that was named.
    fn keep_tenant(&self, node: &mut Node) {
        let Some(tenant) = &self.tenant else { return };
        for name in ["secrets", "public_keys"] {
            let own = node.at(name).and_then(|keys| keys.at(tenant)).cloned();
            if let (Some(own), Some(keys)) = (own, held::below(node, name)) {
                *keys = own;
            }
        }
        if let Value::Map(entries) = &mut node.value {
            entries.retain(|(key, _)| key.name != "secrets_by");
        }
    }
}

/// What says which keys a webhook has.
const OF_KEYS: [&str; 4] = ["secrets", "public_keys", "secrets_by", "secrets_from"];

/// How many tenants are named where one is missing.
const MOST_SHOWN: usize = 10;

fn parameter(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected `name=value`"),
    }
}

/// The first of the tenants that have secrets.
fn tenants(held: &[Held], between: &str) -> String {
    let mut names: Vec<&str> = held
        .iter()
        .filter_map(|held| held.tenant.as_deref())
        .collect();
    names.dedup();
    let more = names.len().saturating_sub(MOST_SHOWN);
    names.truncate(MOST_SHOWN);
    match more {
        0 => names.join(between),
        more => format!("{} and {more} more", names.join(between)),
    }
}

fn no_key() -> Failure {
    Failure::environment("no key can be made here")
}
