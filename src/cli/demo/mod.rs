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
mod keys;
mod paste;
mod server;

use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;

use tokio::sync::oneshot;

use super::exit::{Exit, Failure};
use super::output::{Output, Tone};
use super::serve;
use crate::app;
use echo::Reached;
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
/// that answers with what reached it, and the gate between callers and the app, with API keys in a file
/// that ends with the demo. No network, no identity provider and no database are needed.
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
    app::runtime()?.block_on(demo(arguments, output))
}

async fn demo(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    let (issuer, upstream) = (server::Bound::new().await?, server::Bound::new().await?);
    let policy = Policy::write(arguments, issuer.address)?;
    let setup = gate::Setup {
        listen: arguments
            .listen
            .unwrap_or_else(|| default_address(arguments.check)),
        upstream: upstream.address,
        policy: &policy.path,
        log_level: log_level(arguments),
        decisions: if arguments.check { "off" } else { "all" },
    };
    let bound = setup.bind(output)?;
    let places = Places {
        gate: bound.listeners().first().map(|address| address.socket),
        admin: bound.admin(),
        issuer: issuer.address,
        upstream: upstream.address,
    };
    introduce(&places, &policy, output)?;
    let mut tokens = issuer::start(issuer).map_err(Failure::environment)?;
    let reached = echo::start(upstream);

    // The gate serves until the other side is done, or until a signal comes.
    let (done, stop) = oneshot::channel::<()>();
    let serve = bound.run_until(async { drop(stop.await) }, || ());
    let show = async {
        let exit = show(arguments, &places, &mut tokens, &reached, output).await;
        if arguments.check || exit.is_err() {
            drop(done);
            return (exit, None);
        }
        (exit, Some(done))
    };
    let (served, (exit, _stay)) = tokio::join!(serve, show);
    served.map_err(|error| serve::refused(&error, output))?;
    exit
}

/// Sends the requests, or prints them.
async fn show(
    arguments: &Arguments,
    places: &Places,
    tokens: &mut Tokens,
    reached: &Reached,
    output: Output,
) -> Result<Exit, Failure> {
    let (Some(gate), Some(admin)) = (places.gate, places.admin) else {
        return Err(Failure::environment("the gate has no address"));
    };
    wait_until_ready(admin).await?;
    keys::make(gate, tokens).await;
    if arguments.check {
        let wrong = check::run(gate, tokens, reached, output).await?;
        return Ok(if wrong == 0 {
            Exit::Success
        } else {
            Exit::Negative
        });
    }
    paste::show(gate, tokens, output)?;
    output.line("Ctrl-C ends the demo. What the gate decides follows here.")?;
    Ok(Exit::Success)
}

fn default_address(check: bool) -> SocketAddr {
    let port = if check { 0 } else { 8080 };
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

fn log_level(arguments: &Arguments) -> &str {
    let default = if arguments.check { "error" } else { "info" };
    arguments.log_level.as_deref().unwrap_or(default)
}

/// Who listens where.
#[derive(Debug)]
struct Places {
    gate: Option<SocketAddr>,
    admin: Option<SocketAddr>,
    issuer: SocketAddr,
    upstream: SocketAddr,
}

fn introduce(places: &Places, policy: &Policy, output: Output) -> std::io::Result<()> {
    output.line(output.tint(Tone::Strong, "sidegate demo"))?;
    let rows = [
        ("gate", places.gate, "send requests here"),
        ("admin", places.admin, "/healthz /readyz /metrics /status"),
        ("issuer", Some(places.issuer), "discovery and the key set"),
        ("app", Some(places.upstream), "answers with what reached it"),
    ];
    for (what, address, why) in rows {
        if let Some(address) = address {
            let address = format!("http://{address}");
            let why = output.tint(Tone::Faint, why);
            output.line(format_args!("  {what:<8} {address:<26} {why}"))?;
        }
    }
    let why = output.tint(Tone::Faint, "edit it, and it is used");
    output.line(format_args!("  policy   {} {why}", policy.path.display()))
}

/// The key set has to be fetched once before tokens can be judged, and the store opened.
async fn wait_until_ready(admin: SocketAddr) -> Result<(), Failure> {
    for _ in 0..200 {
        let request = Request::get("/readyz")
            .header("host", admin.to_string())
            .body(Full::<Bytes>::default())
            .map_err(Failure::environment)?;
        let answer = client::send(admin, request).await;
        if answer.is_ok_and(|answer| answer.status.is_success()) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(Failure::environment(
        "the gate did not get ready within ten seconds",
    ))
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
