//! What PostgreSQL's errors mean to whoever asked.

use std::error::Error as _;

use tokio_postgres::error::SqlState;

use crate::store::Error;

/// An error of the connection or of a statement.
pub(super) fn unavailable(error: &tokio_postgres::Error) -> Error {
    let Some(answer) = error.as_db_error() else {
        return Error::Unavailable(no_answer(error).into());
    };
    match *answer.code() {
        SqlState::UNIQUE_VIOLATION => {
            let digest = answer.constraint() == Some("sidegate_generations_digest");
            Error::Exists(if digest { "text" } else { "id" }.into())
        }
        SqlState::QUERY_CANCELED => Error::Unavailable("no answer in time".into()),
        // The message alone: details may quote what a row holds.
        _ => Error::Unavailable(format!("PostgreSQL: {}", answer.message()).into()),
    }
}

/// Whether the server said that this user may not do that.
pub(super) fn is_forbidden(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE)
}

/// What kept the server from answering.
fn no_answer(error: &tokio_postgres::Error) -> String {
    if error.is_closed() {
        return "the connection to PostgreSQL was closed".into();
    }
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
