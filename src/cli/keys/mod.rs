//! `keys`: API keys from the command line.
//!
//! Straight line: arguments -> the policy's sets and the store ([`place`]) -> the store while it runs
//! ([`session`]) -> what `crate::keys` does -> a table, a text or JSON.
//!
//! Always: the text of a key is on stdout once, when it is made, and in nothing that is said; what ends or
//! changes a key asks the store and no gate; a database that does not answer is said to be that, and no key
//! is said to be missing for it; `now` is the same moment for all that a command does.

mod entry;
mod hash;
mod import;
mod list;
mod listing;
mod made;
mod moments;
mod new;
mod place;
mod rotate;
mod session;
mod show;
mod table;

use std::os::unix::fs::MetadataExt as _;
use std::time::SystemTime;

use super::exit::{Exit, Failure};
use super::output::Output;

pub(in crate::cli) use moments::shown as to_the_second;
pub(in crate::cli) use place::Whereabouts;
pub(in crate::cli) use session::{Session, unavailable, with};
pub(in crate::cli) use table::{Column, Table};

/// Make, list, rotate and revoke API keys
///
/// Works on the store that gates read, and needs none of them to run. What changes is known to every gate
/// within a second.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    New(Box<new::Arguments>),
    List(list::Arguments),
    Show(show::Arguments),
    Rotate(rotate::Rotate),
    Revoke(rotate::Revoke),
    Expiring(list::Expiring),
    Import(import::Arguments),
    Hash(hash::Arguments),
    Audit(show::Audit),
}

pub(in crate::cli) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    let now = now();
    match &arguments.command {
        Command::New(arguments) => new::run(arguments, output, now),
        Command::List(arguments) => list::run(arguments, output, now),
        Command::Show(arguments) => show::run(arguments, output, now),
        Command::Rotate(arguments) => rotate::rotate(arguments, output, now),
        Command::Revoke(arguments) => rotate::revoke(arguments, output, now),
        Command::Expiring(arguments) => list::expiring(arguments, output, now),
        Command::Import(arguments) => import::run(arguments, output, now),
        Command::Hash(arguments) => hash::run(arguments, output),
        Command::Audit(arguments) => show::audit(arguments, output),
    }
}

/// The moment of a command.
#[expect(
    clippy::disallowed_methods,
    reason = "what a person does to keys happens when they do it"
)]
pub(in crate::cli) fn now() -> SystemTime {
    SystemTime::now()
}

/// Who is at work, for the audit: the system's name for them, which nobody vouches for.
fn operator() -> String {
    let named = ["SUDO_USER", "USER", "LOGNAME"];
    let mut named = named.into_iter().filter_map(super::variable);
    let owner = || {
        std::fs::metadata("/proc/self")
            .ok()
            .map(|found| found.uid())
    };
    match (named.find(|name| !name.is_empty()), owner()) {
        (Some(name), _) => format!("cli:{name}"),
        (None, Some(number)) => format!("cli:uid-{number}"),
        (None, None) => "cli".to_owned(),
    }
}
