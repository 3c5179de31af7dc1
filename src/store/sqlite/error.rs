//! What SQLite's errors mean to whoever asked.

use rusqlite::ErrorCode;

use crate::store::Error;

/// An error at run time: whatever is wrong, the store did not do as asked.
pub(super) fn unavailable(error: &rusqlite::Error) -> Error {
    if let Some(taken) = taken(error) {
        return taken;
    }
    let why = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the disk is full".into(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another process is writing".into()
        }
        Some(ErrorCode::ReadOnly) => "the file or its folder cannot be written".into(),
        Some(ErrorCode::CannotOpen) => "the file cannot be opened".into(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => "the file is damaged".into(),
        Some(ErrorCode::SystemIoFailure) => "the disk fails".into(),
        _ => format!("SQLite: {error}").into(),
    };
    Error::Unavailable(why)
}

/// An error while the file is opened.
pub(super) fn opening(error: &rusqlite::Error, path: &std::path::Path) -> Error {
    let path = path.display();
    match (error.sqlite_error_code(), unavailable(error)) {
        (Some(ErrorCode::NotADatabase), _) => {
            Error::Unusable(format!("`{path}` is not a database of SQLite").into())
        }
        (Some(ErrorCode::DatabaseCorrupt), _) => {
            Error::Unusable(format!("`{path}` is damaged").into())
        }
        (_, Error::Unavailable(why)) => Error::Unavailable(format!("`{path}`: {why}").into()),
        (_, other) => other,
    }
}

/// Which unique thing is there already, if that is what went wrong.
fn taken(error: &rusqlite::Error) -> Option<Error> {
    let rusqlite::Error::SqliteFailure(failure, message) = error else {
        return None;
    };
    let unique = [
        rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE,
        rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
    ];
    if !unique.contains(&failure.extended_code) {
        return None;
    }
    let digest = message.as_ref().is_some_and(|text| text.contains("digest"));
    Some(Error::Exists(if digest { "text" } else { "id" }.into()))
}
