//! The facts about SQLite, and what only a file can be.

use tempfile::TempDir;

use super::facts::hold;
use crate::store::Settings;

/// A file that is not there yet, in a folder of its own.
fn file() -> (Settings, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Settings::sqlite(folder.path().join("keys.db")), folder)
}

hold!(file);
