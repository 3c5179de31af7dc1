//! How a command ends.

use std::fmt;
use std::process::ExitCode;

/// How the process ends, as scripts see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or the answer is yes: 0.
    Success,
    /// The command worked and the answer is no: 1.
    Negative,
    /// The command line cannot be understood: 2.
    Usage,
    /// A file that the command needs is wrong: 3.
    Invalid,
    /// Something outside is in the way: a taken port, a file that cannot be read: 4.
    Environment,
}

/// The list of exit codes, for `--help`.
pub(in crate::cli) const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  the answer is no: `check` found mistakes, a case of `test` failed, `explain` saw a refusal,
     `replay` found decisions that flip, `diff` saw a difference, `who-can` or `what-can` found
     nobody or nothing, `keys expiring` found a key, there is no such key, a delivery is not genuine,
     `gen` names a proxy that cannot serve the policy, `doctor` found a hole
  2  the command line cannot be understood
  3  a policy, a process file, a file of cases or of keys, or a log has mistakes
  4  something outside is in the way: a taken port, a file that cannot be read, a database that
     does not answer";

impl Exit {
    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Negative => 1,
            Self::Usage => 2,
            Self::Invalid => 3,
            Self::Environment => 4,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(in crate::cli) struct Failure {
    /// How the process ends.
    pub(in crate::cli) exit: Exit,
    /// What to tell the operator; empty when everything has been said.
    pub(in crate::cli) message: String,
}

impl Failure {
    /// The arguments make no sense together.
    pub(in crate::cli) fn usage(message: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A file is wrong.
    pub(in crate::cli) fn invalid(message: impl fmt::Display) -> Self {
        Self::new(Exit::Invalid, message)
    }

    /// The command worked, and the answer is no.
    pub(in crate::cli) fn negative(message: impl fmt::Display) -> Self {
        Self::new(Exit::Negative, message)
    }

    /// Something outside is in the way.
    pub(in crate::cli) fn environment(message: impl fmt::Display) -> Self {
        Self::new(Exit::Environment, message)
    }

    fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Self {
            exit,
            message: message.to_string(),
        }
    }
}

impl From<std::io::Error> for Failure {
    /// Who closes a pipe, like `head`, has read enough: nothing needs to be said.
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::environment(""),
            _ => Self::environment(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_code_stands_in_the_help() {
        for exit in [
            Exit::Success,
            Exit::Negative,
            Exit::Usage,
            Exit::Invalid,
            Exit::Environment,
        ] {
            assert!(EXIT_CODES.contains(&format!("\n  {}  ", exit.code())));
        }
    }
}
