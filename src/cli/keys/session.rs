//! A command's time with the store.

use crate::app;
use crate::cli::exit::Failure;
use crate::keys::{Error, Registry};
use crate::store::{self, Settings, Store};

/// The longest id that is nobody's and is shown whole; those that are made here have 12 characters.
const LONGEST_SHOWN: usize = 16;
/// How much of a longer one is shown.
const START_SHOWN: usize = 8;

/// The store while it runs, and what changes keys in it.
pub(in crate::cli) struct Session {
    pub(in crate::cli) store: Store,
    pub(in crate::cli) registry: Registry,
}

/// Opens the store, and does something with it while it runs beside.
pub(in crate::cli) fn with<T>(
    settings: &Settings,
    work: impl AsyncFnOnce(&Session) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let runtime = app::runtime()?;
    runtime.block_on(async {
        let store = Store::open(settings).map_err(unavailable)?;
        let session = Session {
            registry: Registry::new(store.clone()),
            store,
        };
        tokio::select! {
            done = work(&session) => done,
            () = session.store.run() => Err(Failure::environment("the store has ended")),
        }
    })
}

/// What the database does not do.
pub(in crate::cli) fn unavailable(error: store::Error) -> Failure {
    match error {
        store::Error::Changed | store::Error::Exists(_) | store::Error::Unknown => {
            Failure::negative(error)
        }
        error => Failure::environment(error),
    }
}

/// Why something was not done to a key.
pub(super) fn refused(error: Error, id: Option<&str>) -> Failure {
    match (error, id) {
        (Error::Unknown, Some(id)) => unknown(id),
        (Error::Over(why), Some(id)) => Failure::negative(format_args!("`{id}` is over: {why}")),
        (Error::Store(error), _) => unavailable(error),
        (error @ Error::Invalid { .. }, _) => Failure::usage(error),
        (error, _) => Failure::negative(error),
    }
}

/// Nobody's id may be somebody's text, of which no more is said than its start.
fn unknown(id: &str) -> Failure {
    if id.len() <= LONGEST_SHOWN {
        return Failure::negative(format_args!("there is no key `{id}`"));
    }
    let start: String = id.chars().take(START_SHOWN).collect();
    Failure::negative(format_args!(
        "there is no key `{start}...`: an id is what `sidegate keys list` shows, never a key's text"
    ))
}
