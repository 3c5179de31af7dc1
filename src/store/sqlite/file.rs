//! The file: opened, made, and noticed when another one takes its place.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::{opening, unavailable};
use super::migrate;
use crate::store::Error;

/// Statements that are kept prepared, per connection.
const PREPARED: usize = 32;

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// A connection that is made anew when the file at its path is another one, or was damaged.
#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
    timeout: Duration,
    access: Access,
    open: Option<(u64, Connection)>,
}

impl File {
    pub(super) fn new(path: &Path, timeout: Duration, access: Access) -> Self {
        Self {
            path: path.into(),
            timeout,
            access,
            open: None,
        }
    }

    /// Asks the database for something, and says which file it is.
    pub(super) fn with<T>(
        &mut self,
        work: impl FnOnce(&mut Connection, u64) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let identity = identity(&self.path).map_err(|error| gone(&self.path, &error))?;
        if self.open.as_ref().is_none_or(|(open, _)| *open != identity) {
            self.open = None;
            let connection = self.connect()?;
            migrate::check(&connection)?;
            self.open = Some((identity, connection));
        }
        let Some((_, connection)) = &mut self.open else {
            return Err(Error::Unavailable("the file is not open".into()));
        };
        let result = work(connection, identity);
        if matches!(result, Err(Error::Unavailable(_))) {
            // Some errors stay with a connection; a new one costs little.
            self.open = None;
        }
        result
    }

    fn connect(&self) -> Result<Connection, Error> {
        connect(&self.path, self.timeout, self.access)
    }
}

/// Makes the file when there is none, for its owner alone.
pub(super) fn create(path: &Path) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    let options = options.write(true).create_new(true).mode(0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Error::Unavailable(
            format!("`{}` cannot be made: {error}", path.display()).into(),
        )),
    }
}

/// Opens the file, which has to be there.
pub(super) fn connect(path: &Path, timeout: Duration, access: Access) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(timeout)?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        connection.pragma_update(None, "foreign_keys", true)?;
        if access == Access::Write {
            // Readers never wait for the writer, and what was acknowledged survives a loss of power.
            connection.pragma_update_and_check(None, "journal_mode", "wal", |row| {
                row.get::<_, String>(0)
            })?;
            connection.pragma_update(None, "synchronous", "full")?;
        } else {
            connection.pragma_update(None, "query_only", true)?;
            // So that a file that cannot be read says so now.
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        }
        Ok(connection)
    };
    open().map_err(|error| opening(&error, path))
}

/// What tells one file from another that stands at the same path later.
fn identity(path: &Path) -> io::Result<u64> {
    let facts = fs::metadata(path)?;
    Ok(facts.ino() ^ facts.dev().rotate_left(32))
}

fn gone(path: &Path, error: &io::Error) -> Error {
    Error::Unavailable(format!("`{}`: {error}", path.display()).into())
}

/// Runs statements that change something, all or none; not at all when nobody waits for them any more.
pub(super) fn transaction<T>(
    connection: &mut Connection,
    wanted: &dyn Fn() -> bool,
    work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let behaviour = rusqlite::TransactionBehavior::Immediate;
    let transaction = connection
        .transaction_with_behavior(behaviour)
        .map_err(|error| unavailable(&error))?;
    let result = work(&transaction)?;
    if !wanted() {
        return Err(Error::Unavailable("nobody waits for it any more".into()));
    }
    transaction.commit().map_err(|error| unavailable(&error))?;
    Ok(result)
}
