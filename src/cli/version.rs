//! `version`: which program this is.

use serde_json::json;

use super::exit::{Exit, Failure};
use super::output::Output;

/// Show the version, the target and the TLS backend
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

const VERSION: &str = env!("CARGO_PKG_VERSION");
const TLS: &str = "rustls with aws-lc-rs";

pub(in crate::cli) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    let (architecture, system) = (std::env::consts::ARCH, std::env::consts::OS);
    let commit = option_env!("SIDEGATE_COMMIT");
    if arguments.json {
        output.line(json!({
            "schema": 1,
            "name": "sidegate",
            "version": VERSION,
            "commit": commit,
            "target": format!("{architecture}-{system}"),
            "tls": TLS,
        }))?;
    } else {
        let commit = commit.unwrap_or("unknown commit");
        output.line(format_args!(
            "sidegate {VERSION} ({commit}) on {architecture}-{system}, {TLS}"
        ))?;
    }
    Ok(Exit::Success)
}
