//! `webhook`: signed deliveries from the command line, to try a route and to see why one is refused.
//!
//! Straight line: arguments -> the webhook of a preset or of a policy ([`chosen`]) -> what signs and verifies
//! in a gate -> text or JSON.
//!
//! Always: a secret is read and never shown, nor is anything from which it could be told; what is signed and
//! verified is the bytes of a body as they are; time is an argument.

mod chosen;
mod curl;
mod form;
mod held;
mod message;
mod secret;
mod sign;
mod tree;
mod verify;
mod words;

use std::time::SystemTime;

use super::exit::{Exit, Failure};
use super::output::Output;

pub(in crate::cli) use form::{Form, tree};
pub(in crate::cli) use held::{Held, all, anchor, below, each, folder, put};
pub(in crate::cli) use tree::several;
pub(in crate::cli) use words::{covers, shortened, steps, word};

/// Sign and verify webhook deliveries, for trying things
///
/// `sign` makes what a sender would send, as headers and as a command line for curl. `verify` says of a captured
/// request whether it is genuine, and if not, why.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Sign(Box<sign::Arguments>),
    Verify(Box<verify::Arguments>),
}

pub(in crate::cli) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    match &arguments.command {
        Command::Sign(arguments) => sign::run(arguments, output),
        Command::Verify(arguments) => verify::run(arguments, output),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "what a person signs is signed when they do it"
)]
fn now() -> SystemTime {
    SystemTime::now()
}
