//! A command's time with the store.

use crate::app;
use crate::cli::exit::Failure;
use crate::keys::{Error, Registry};
use crate::store::{self, Settings, Store};

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

/// Longer than any id that is made here, and shorter than any text, also of another system.
const LONG: usize = 16;

/// Why something was not done to a key. Whoever names a key by its text, as one does that has leaked, does not
/// see it once more.
pub(super) fn refused(error: Error, id: Option<&str>) -> Failure {
    match (error, id) {
        (Error::Unknown, Some(id)) if id.len() > LONG => Failure::negative(
            "there is no key with the id that was given, which is not shown: it is long enough for a key's text. \
             Of a text, the id is the 12 characters after the prefix",
        ),
        (Error::Unknown, Some(id)) => Failure::negative(format_args!(
            "there is no key with the id `{id}`; `sidegate keys list` shows ids"
        )),
        (Error::Over(why), Some(id)) => Failure::negative(format_args!("`{id}` is over: {why}")),
        (Error::Store(error), _) => unavailable(error),
        (error @ Error::Invalid { .. }, _) => Failure::usage(error),
        (error, _) => Failure::negative(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_was_given_for_an_id_is_not_repeated() {
        let secret = "s3cr3t".repeat(9);
        let said = refused(Error::Unknown, Some(&format!("acme_0123456789ab{secret}")));
        assert!(!said.message.contains("s3cr3t"), "{}", said.message);
        assert!(said.message.contains("12 characters"), "{}", said.message);
        let said = refused(Error::Unknown, Some("nobody"));
        assert!(said.message.contains("`nobody`"), "{}", said.message);
    }
}
