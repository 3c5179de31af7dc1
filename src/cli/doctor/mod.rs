//! `doctor`: probes a live set-up for the classic holes of wiring.
//!
//! This room knows what a right set-up does with a request: what the engine says of it. It refuses to know which
//! front it talks to: what is checked is what callers see, and what comes to the app.
//!
//! Straight line: arguments -> [`Site`] (the policy, one sample for each kind of route) -> [`Check`]s with their
//! probes -> every probe is sent, as bytes -> what was answered and what arrived is judged -> report.
//!
//! Always: what is sent is refused by a right set-up, or is a GET, or goes to doctor itself in the app's place;
//! requests are few, one at a time, each bounded in time; credentials are never shown; what cannot be seen is
//! `not checked`, never `ok`.

mod address;
mod ask;
mod bearer;
mod checks;
mod client;
mod fate;
mod finding;
mod open;
mod place;
mod probe;
mod report;
mod sample;
mod site;
mod tls;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::app;

use super::exit::{Exit, Failure};
use super::files::{self, Files};
use super::output::Output;

use address::Address;
use checks::{planned, planned_down};
use client::Client;
use finding::Check;
use place::Place;
use site::Site;
use tls::Trust;

const EXAMPLES: &str = "\
Examples:
  What can be seen from outside, without changing anything:
    sidegate doctor --front https://app.example.com --policy policy.yaml

  What would be sent, and nothing is:
    sidegate doctor --front https://app.example.com --policy policy.yaml --dry-run

  Everything: the app is stopped, doctor stands in its place and sees what arrives there:
    sidegate doctor --front http://127.0.0.1:80 --policy policy.yaml --config sidegate.yaml --as-app 127.0.0.1:9000 \\
      --token-file token.txt

  From another machine: is the app, or the door that decides, within reach?
    sidegate doctor --front https://app.example.com --policy policy.yaml --app http://10.0.0.5:9000 \\
      --door http://10.0.0.5:8081

  With sidegate stopped and the front running, nothing may pass:
    sidegate doctor --front https://app.example.com --policy policy.yaml --sidegate-down

Every check says `ok`, `HOLE` or `not checked`, and what would let it be checked. Ends with 0 when there is no hole,
with 1 when there is one, with 3 when the policy has mistakes, with 4 when the front cannot be reached. Secrets of
webhooks are read as the policy says, from the environment; no credential is printed.";

/// Probe a live set-up for the classic holes of wiring
///
/// Makes requests to a front (nginx, Traefik, Caddy, HAProxy, Envoy, or sidegate itself) that a right set-up refuses,
/// or serves without harm, and says what came of each. Which requests, the policy says: a protected route, a public
/// one, the identity headers, the webhooks.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, before_long_help = report::listed())]
pub(in crate::cli) struct Arguments {
    /// Where callers come in
    #[arg(long, value_name = "URL")]
    front: Address,
    #[command(flatten)]
    files: Files,
    /// Where sidegate decides for the front: a listener with a decision door
    #[arg(long, value_name = "URL")]
    door: Option<Address>,
    /// Where the app listens, to see that nobody gets there past the front
    #[arg(long, value_name = "URL")]
    app: Option<Address>,
    /// Stand in the app's place at this address, and see what arrives; the app is stopped meanwhile
    #[arg(long, value_name = "ADDRESS")]
    as_app: Option<SocketAddr>,
    /// Token that may read something, to see that it is taken out and that its holder is named. Text on a command
    /// line can be seen in `ps`: for tokens that count, take the file
    #[arg(long, value_name = "TOKEN", conflicts_with = "token_file")]
    token: Option<String>,
    /// File that holds the token
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Path of a GET that the token opens [default: one that the policy and the token's claims tell]
    #[arg(long, value_name = "PATH")]
    token_path: Option<String>,
    /// sidegate was stopped: check that nothing passes
    #[arg(long)]
    sidegate_down: bool,
    /// The longest that one request may take
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = timeout)]
    timeout: Duration,
    /// Take any certificate of the front
    #[arg(long, conflicts_with = "ca")]
    insecure: bool,
    /// Certificates of the authorities that vouch for the front, in PEM [default: the system's]
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Say what would be sent, and send nothing
    #[arg(long, conflicts_with = "json")]
    dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn timeout(text: &str) -> Result<Duration, &'static str> {
    let bounds = Duration::from_millis(100)..=Duration::from_secs(60);
    super::duration(text)
        .filter(|time| bounds.contains(time))
        .ok_or("expected a time from `100ms` to `60s`")
}

pub(in crate::cli) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    let site = match open::site(arguments)? {
        Ok(site) => site,
        Err(mistakes) => {
            for problem in &mistakes {
                let tint = |tone, word: &str| output.tint_note(tone, word);
                output.note(files::shown(problem, tint));
            }
            return Ok(Exit::Invalid);
        }
    };
    let checks = match arguments.sidegate_down {
        true => planned_down(&site),
        false => planned(&site),
    };
    if arguments.dry_run {
        report::planned(&checks, &site, output)?;
        return Ok(Exit::Success);
    }
    let findings = arguments.examined(&site, checks)?;
    match arguments.json {
        true => output.line(report::json(&findings, &site))?,
        false => report::show(&findings, output)?,
    }
    Ok(report::exit(&findings))
}

impl Arguments {
    fn examined(&self, site: &Site, checks: Vec<Check>) -> Result<Vec<finding::Finding>, Failure> {
        let trust = match (self.insecure, &self.ca) {
            (true, _) => Trust::Anybody,
            (false, Some(file)) => Trust::File(file),
            (false, None) => Trust::System,
        };
        let client = Client {
            timeout: self.timeout,
            tls: tls::connector(trust).map_err(Failure::environment)?,
        };
        app::runtime()?.block_on(async {
            client.reach(&site.front).await.map_err(|failed| {
                Failure::environment(format_args!("the front {}: {failed}", site.front))
            })?;
            let place = match self.as_app {
                None => None,
                Some(address) => Some((Place::new(&site.nonce), bind(address).await?)),
            };
            Ok(ask::ask(site, checks, &client, place).await)
        })
    }
}

async fn bind(address: SocketAddr) -> Result<tokio::net::TcpListener, Failure> {
    tokio::net::TcpListener::bind(address)
        .await
        .map_err(|error| {
            Failure::environment(format_args!(
                "cannot stand in the app's place at {address}: {error}; stop the app first"
            ))
        })
}
