//! `demo`: an issuer, an app, and the gate between them, all in this process.
//!
//! Straight line: issuer and upstream take loopback ports -> the policy names the issuer -> the gate
//! starts as `serve` starts it -> requests are printed for pasting, or sent and judged.
//!
//! Always: nothing outside loopback is asked, and the gate is the real one, over real sockets.

mod cases;
mod check;
mod client;
mod echo;
mod gate;
mod issuer;
mod paste;
mod server;

use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Empty;

use super::exit::{Exit, Failure};
use super::output::{Output, Tone};
use gate::Gate;
use issuer::Tokens;

const POLICY: &str = include_str!("../../../config/demo/policy.yaml");

const EXAMPLES: &str = "\
Examples:
  Start everything and print requests to paste into another shell:
    sidegate demo

  Send all requests, show what came of each, and end:
    sidegate demo --check

  With a policy of your own, in which ${DEMO_ISSUER} is the demo's issuer:
    sidegate demo --policy config/demo/policy.yaml";

/// Start an issuer, an app and the gate, with requests to try
///
/// Everything runs in this process on loopback addresses: an issuer with a key of its own, an app
/// that answers with what reached it, and the gate between callers and the app. No network, no
/// identity provider and no database are needed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// Where the gate listens [default: 127.0.0.1:8080; a free port with --check]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Send the requests, compare the answers with what is expected, and end with 0 or 1
    #[arg(long)]
    check: bool,
    /// Policy file instead of the built-in one, which is config/demo/policy.yaml
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// How much the gate logs: error, warn, info, debug, trace [default: info; error with --check]
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
}

pub(in crate::cli) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(demo(arguments, output))
}

async fn demo(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    let (issuer, upstream) = (server::Bound::new().await?, server::Bound::new().await?);
    let (issuer_address, upstream_address) = (issuer.address, upstream.address);
    let tokens = issuer::start(issuer).map_err(Failure::environment)?;
    let reached = echo::start(upstream);
    let policy = Policy::write(arguments, issuer_address)?;
    let gate = gate::Setup {
        listen: arguments.listen.unwrap_or_else(|| default_address(arguments.check)),
        upstream: upstream_address,
        policy: &policy.path,
        log_level: log_level(arguments),
        decisions: if arguments.check { "off" } else { "all" },
    };
    let gate = gate.start().await?;
    introduce(&gate, issuer_address, upstream_address, &policy, output)?;
    wait_until_ready(gate.admin).await?;
    if arguments.check {
        return match check::run(gate.address, &tokens, &reached, output).await? {
            0 => Ok(Exit::Success),
            _ => Ok(Exit::Negative),
        };
    }
    stay(gate, &tokens, output).await
}

fn default_address(check: bool) -> SocketAddr {
    let port = if check { 0 } else { 8080 };
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

fn log_level(arguments: &Arguments) -> &str {
    let default = if arguments.check { "error" } else { "info" };
    arguments.log_level.as_deref().unwrap_or(default)
}

fn introduce(
    gate: &Gate,
    issuer: SocketAddr,
    upstream: SocketAddr,
    policy: &Policy,
    output: Output,
) -> std::io::Result<()> {
    let row = |what: &str, where_it_is: String, why: &str| {
        let why = output.tint(Tone::Faint, why);
        output.line(format_args!("  {what:<9} {where_it_is:<28} {why}"))
    };
    output.line(output.tint(Tone::Strong, "sidegate demo"))?;
    row("gate", format!("http://{}", gate.address), "send requests here")?;
    row("admin", format!("http://{}", gate.admin), "/healthz /readyz /metrics /status")?;
    row("issuer", format!("http://{issuer}"), "discovery and the key set")?;
    row("app", format!("http://{upstream}"), "answers with what reached it")?;
    let path = policy.path.display();
    output.line(format_args!("  policy    {path}"))?;
    row("", String::new(), "edit it: a changed policy is used at once")
}

/// Prints what to try, and serves until a signal comes.
async fn stay(gate: Gate, tokens: &Tokens, output: Output) -> Result<Exit, Failure> {
    paste::show(gate.address, tokens, output)?;
    output.line("Ctrl-C ends the demo.")?;
    match gate.ended.await {
        Ok(Ok(())) => Ok(Exit::Success),
        Ok(Err(error)) => Err(Failure::environment(error)),
        Err(_) => Err(Failure::environment("the gate ended without a word")),
    }
}

/// The key set has to be fetched once before tokens can be judged.
async fn wait_until_ready(admin: SocketAddr) -> Result<(), Failure> {
    for _ in 0..200 {
        let request = Request::get("/readyz")
            .header("host", admin.to_string())
            .body(Empty::<Bytes>::new())
            .map_err(Failure::environment)?;
        let answer = client::send(admin, request).await;
        if answer.is_ok_and(|answer| answer.status.is_success()) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(Failure::environment("the gate did not get ready within ten seconds"))
}

/// The policy on disk, where the gate watches it and a person can edit it.
#[derive(Debug)]
struct Policy {
    path: PathBuf,
    folder: PathBuf,
}

impl Policy {
    /// Writes the policy with the issuer's address filled in.
    fn write(arguments: &Arguments, issuer: SocketAddr) -> Result<Self, Failure> {
        let text = match &arguments.policy {
            None => POLICY.to_owned(),
            Some(path) => std::fs::read_to_string(path).map_err(|error| {
                Failure::environment(format_args!("cannot read `{}`: {error}", path.display()))
            })?,
        };
        let text = text.replace("${DEMO_ISSUER}", &format!("http://{issuer}"));
        let folder = std::env::temp_dir().join(format!("sidegate-demo-{}", std::process::id()));
        let path = folder.join("policy.yaml");
        std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
        std::fs::write(&path, text)?;
        Ok(Self { path, folder })
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        // What is left behind is a text without secrets in the folder for such things.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
