//! From the arguments to what is known of the set-up.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::cli::exit::Failure;
use crate::cli::files;
use crate::cli::trial::{DeliveryDraft, Setting, World};
use crate::config;
use crate::document::{Problem, Problems};
use crate::frontend::TrustedProxies;
use crate::secret::Secret;

use super::Arguments;
use super::bearer::{Bearer, NO_TOKEN};
use super::sample::Samples;
use super::site::{Site, marker};

/// Which files, and what the process file says that matters here.
struct Named {
    policy: PathBuf,
    upstreams: Option<Vec<Arc<str>>>,
    trusted: Option<TrustedProxies>,
}

/// What is known of the set-up, or what is wrong with the files.
pub(super) fn site(arguments: &Arguments) -> Result<Result<Site, Vec<Problem>>, Failure> {
    let named = match named(arguments)? {
        Ok(named) => named,
        Err(mistakes) => return Ok(Err(mistakes)),
    };
    let now = now();
    let world = match world(&named)? {
        Ok(world) => world,
        Err(mistakes) => return Ok(Err(mistakes)),
    };
    let front = arguments.front.clone();
    let samples = Samples::of(&world, &front, now);
    let bearer = match token(arguments)? {
        None => Err(NO_TOKEN.to_owned()),
        Some(token) => {
            let path = arguments.token_path.as_deref();
            Bearer::of(&world, &samples, token, path, (&front, now))
        }
    };
    Ok(Ok(Site {
        marker: marker(&world),
        samples,
        bearer,
        front,
        door: arguments.door.clone(),
        app: arguments.app.clone(),
        trusted: named.trusted,
        stands_in: arguments.as_app.is_some(),
        nonce: nonce()?,
        world,
        now,
    }))
}

fn named(arguments: &Arguments) -> Result<Result<Named, Vec<Problem>>, Failure> {
    let policy = arguments.files.policy.clone();
    let policy = policy.or_else(|| crate::cli::variable("SIDEGATE_POLICY").map(PathBuf::from));
    let (config, policy) = match (arguments.files.config(), policy) {
        (None, None) => {
            let help = "name the policy: --policy FILE, or --config FILE";
            return Err(Failure::usage(help));
        }
        (None, Some(policy)) => {
            return Ok(Ok(Named {
                policy,
                upstreams: None,
                trusted: None,
            }));
        }
        (Some(config), policy) => (config, policy),
    };
    files::readable(&config)?;
    let problems = Problems::new();
    let flags = policy.map(|path| ("policy".to_owned(), path.display().to_string()));
    let flags = flags.into_iter().collect();
    let Some(settings) = config::load(Some(&config), files::environment(), flags, &problems) else {
        return Ok(Err(problems.into_sorted()));
    };
    let names = settings.upstreams.iter();
    Ok(Ok(Named {
        upstreams: Some(names.map(|upstream| upstream.name.clone()).collect()),
        trusted: Some(settings.frontend.trusted),
        policy: settings.policy,
    }))
}

/// The policy, with keys for every issuer and every webhook.
fn world(named: &Named) -> Result<Result<World, Vec<Problem>>, Failure> {
    files::readable(&named.policy)?;
    let every_webhook = DeliveryDraft::default();
    World::load(&Setting {
        policy: &named.policy,
        upstreams: named.upstreams.clone(),
        environment: &std::collections::BTreeMap::new(),
        tokens: Vec::new(),
        keys: Vec::new(),
        deliveries: vec![&every_webhook],
        found: Vec::new(),
        every_issuer: true,
    })
}

fn token(arguments: &Arguments) -> Result<Option<Secret>, Failure> {
    let text = match (&arguments.token, &arguments.token_file) {
        (Some(token), _) => token.clone(),
        (None, Some(file)) => read(file)?,
        (None, None) => return Ok(None),
    };
    let text = text.trim();
    let sendable = text.bytes().all(|byte| byte.is_ascii_graphic());
    match text.is_empty() || !sendable {
        true => Err(Failure::usage(
            "the token is empty, or nothing that a header can hold",
        )),
        false => Ok(Some(Secret::new(text.as_bytes().to_vec()))),
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| {
        Failure::environment(format_args!("cannot read `{}`: {error}", file.display()))
    })
}

/// What nobody else says by chance.
fn nonce() -> Result<String, Failure> {
    let mut bytes = [0_u8; 8];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| Failure::environment("no random number can be had here"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[expect(
    clippy::disallowed_methods,
    reason = "what is probed is probed when a person does it"
)]
fn now() -> SystemTime {
    SystemTime::now()
}
