//! Keys of sets that are kept in the store.
//!
//! Explaining starts no gate: the store is asked once for the key of the request, and what it says of it is
//! listed in its set while the policy is tried. Nothing is counted, made or changed there.

use crate::app;
use crate::cli::exit::Failure;
use crate::cli::trial::{Caller, World};
use crate::credential::NOBODYS;
use crate::keys::{self, Directory, Finding};
use crate::model::{ApiKey, Denied, Reason, Request};
use crate::store::{Backend, Settings, Store};
use crate::telemetry::Registry;

use super::source::Source;

/// Whether the store was asked for the key of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Nobody named it.
    Nobody,
    /// It was, if the key could be in it.
    Store,
}

/// The store that was named.
pub(super) fn named(text: Option<&str>) -> Result<Option<Settings>, Failure> {
    let variable = crate::cli::variable("SIDEGATE_STORE").filter(|value| !value.is_empty());
    let named = text.map(str::to_owned).or(variable);
    let settings = named.map(|text| Settings::from_url(&text).map_err(Failure::usage));
    settings.transpose()
}

/// The key in the store that the request of a source presents, if it presents one of a set that is there.
pub(super) fn key(
    world: &World,
    source: &Source,
    store: &Settings,
) -> Result<Option<ApiKey>, Failure> {
    let mut ask = source.ask.clone();
    match &source.caller {
        Caller::AsSent => {}
        Caller::Token { text, .. } => world.carry(text, &mut ask),
        Caller::Given(_) | Caller::Claims(_) | Caller::Key(_) => return Ok(None),
    }
    let Ok(request) = ask.read() else {
        return Ok(None);
    };
    let Some((set, text)) = world.engine.verifiers().presented_key(&request) else {
        return Ok(None);
    };
    let stored = world.api_key_set(Some(&set));
    match stored.is_some_and(|set| set.set().stored) {
        true => look_up(&set, text.expose(), store),
        false => Ok(None),
    }
}

fn look_up(set: &str, text: &[u8], settings: &Settings) -> Result<Option<ApiKey>, Failure> {
    if let Backend::Sqlite(path) = &settings.backend
        && !path.exists()
    {
        let path = path.display();
        return Err(Failure::environment(format_args!(
            "there is no store at `{path}`"
        )));
    }
    let settings = Settings {
        migrate: false,
        ..settings.clone()
    };
    let found = app::runtime()?.block_on(async {
        let store = Store::open(&settings).map_err(Failure::environment)?;
        let remembering = keys::Settings::default();
        let directory = Directory::new(Some(store.clone()), &remembering, &Registry::new());
        let directory = directory.map_err(Failure::environment)?;
        tokio::select! {
            found = directory.find(set, text) => Ok::<_, Failure>(found),
            () = store.run() => Ok(Finding::Unavailable(Reason::StoreUnavailable)),
        }
    })?;
    match found {
        Finding::Known(known) => Ok(Some(known.key().as_ref().clone())),
        Finding::Unknown => Ok(None),
        Finding::Unavailable(reason) => Err(Failure::environment(format_args!(
            "the key cannot be looked up: {reason}"
        ))),
    }
}

/// What is to be said of a key that nobody listed: where its set is in the store and nobody asked that, it
/// may be somebody's.
pub(super) fn unasked(world: &World, request: &Request, denied: &Denied) -> Option<Denied> {
    // Where it is the form that is wrong, or the set, the refusal says so.
    let is_nobodys = denied.detail.is_empty() || denied.detail.ends_with(NOBODYS);
    if denied.reason != Reason::KeyUnknown || !is_nobodys {
        return None;
    }
    let set = world.engine.verifiers().sight(request).key_set?;
    let stored = world.api_key_set(Some(&set))?.set().stored;
    stored.then(|| {
        let detail = format!(
            "keys of the set `{set}` are in the store, which nobody asked: name it with --store or --config"
        );
        Denied::new(Reason::StoreUnavailable, detail)
    })
}
