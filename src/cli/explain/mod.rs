//! placeholder
use super::exit::{Exit, Failure};
use super::output::Output;
/// x
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {}
pub(in crate::cli) fn run(_: &Arguments, _: Output) -> Result<Exit, Failure> { Ok(Exit::Success) }
