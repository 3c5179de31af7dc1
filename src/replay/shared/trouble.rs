//! Why Redis did not say what it was asked.

use std::fmt;
use std::sync::Arc;

use redis::RedisError;

/// Codes by which a server says that another one should be asked by now.
const ELSEWHERE: &[&str] = &["READONLY", "MASTERDOWN", "LOADING", "NOAUTH"];

/// Why Redis did not say what it was asked. Its text holds nothing of an address or a key.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    pub(super) kind: Kind,
    text: Arc<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// No answer in time.
    Silent,
    /// There is no connection.
    Lost,
    /// It answered that it will not: it has no memory left, takes no changes, is being loaded.
    Refused,
    /// The same, and a new connection may lead to a server that will.
    Elsewhere,
}

impl Trouble {
    pub(super) fn silent() -> Self {
        Self {
            kind: Kind::Silent,
            text: "Redis does not answer in time".into(),
        }
    }

    /// The server refuses, and another one may not.
    pub(super) fn elsewhere() -> Self {
        Self {
            kind: Kind::Elsewhere,
            text: "Redis takes no changes at the moment".into(),
        }
    }

    /// No connection, and why.
    pub(super) fn lost(why: impl fmt::Display) -> Self {
        Self {
            kind: Kind::Lost,
            text: format!("no connection to Redis: {why}").into(),
        }
    }

    /// An error of the connection or of a command.
    pub(super) fn of(error: &RedisError) -> Self {
        let answers = error.clone().into_server_errors();
        let answer = answers.as_deref().and_then(|all| all.first());
        match answer.map(|(_, answer)| answer.code()) {
            // The code alone: details may quote what was asked.
            Some(code) => Self {
                kind: match ELSEWHERE.contains(&code) {
                    true => Kind::Elsewhere,
                    false => Kind::Refused,
                },
                text: format!("Redis says {code}").into(),
            },
            None if error.is_io_error() => Self::lost(error),
            None => Self::lost(error.category()),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_of_the_server_is_told_by_its_code_alone() {
        let refused = |code: &str| {
            let detail = Some("'sidegate:replay:{x}:00'".to_owned());
            Trouble::of(&redis::make_extension_error(code.to_owned(), detail))
        };
        let trouble = refused("OOM");
        assert_eq!(trouble.kind, Kind::Refused);
        assert_eq!(trouble.to_string(), "Redis says OOM");
        assert_eq!(refused("MASTERDOWN").kind, Kind::Elsewhere);
    }

    #[test]
    fn error_of_the_connection_is_no_answer() {
        let error = RedisError::from(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
        assert_eq!(Trouble::of(&error).kind, Kind::Lost);
    }
}
