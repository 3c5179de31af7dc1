//! `completions`: words for the shell's tab key.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use super::Cli;
use super::exit::{Exit, Failure};

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sidegate completions bash > /etc/bash_completion.d/sidegate")]
pub(in crate::cli) struct Arguments {
    /// Which shell
    shell: Shell,
}

pub(in crate::cli) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Cli::command(),
        "sidegate",
        &mut script,
    );
    std::io::stdout().lock().write_all(&script)?;
    Ok(Exit::Success)
}
