//! `gen`: the configuration of the proxy that asks, or of the place that runs us, made for one policy.
//!
//! Knows what each proxy must be told so that it asks before it passes a request on, removes what the caller
//! wrote under the app's names, sets what the answer says, and passes refusals on. It refuses to know how a
//! policy judges: [`Facts`] is all it reads of one.
//!
//! Straight line: files and flags -> [`Facts::gather`] -> [`fit::refuse`] -> a target's files -> stdout or a folder.
//!
//! Always: whatever comes from a policy or the command line is checked before it is written, so that no name
//! can say more than a name; a policy that a target cannot serve gives no files.

mod address;
mod facts;
mod fit;
mod home;
mod out;
mod platform;
mod process;
mod template;

mod apache;
mod caddy;
mod envoy;
mod haproxy;
mod istio;
mod nginx;
mod traefik;

mod compose;
mod kubernetes;
mod systemd;

use std::path::PathBuf;

use ipnet::IpNet;

use super::exit::{Exit, Failure};
use super::files::Files;
use super::output::Output;

use address::Address;
use facts::Facts;

const EXAMPLES: &str = "\
Examples:
  sidegate gen nginx --policy policy.yaml
  sidegate gen nginx --policy policy.yaml --host app.example.com --app http://10.0.0.7:9000 --dir front
  sidegate gen envoy --policy policy.yaml --sidegate http://127.0.0.1:8081
  sidegate gen traefik --policy policy.yaml --sidegate http://sidegate:8081 --front 10.42.0.0/16

Each file stands behind a line `# file: NAME`; with --dir they are written there instead. The last one is
the process file that fits: `sidegate serve --config sidegate.yaml`.

Ends with 0, with 1 when the target cannot serve this policy, with 3 when a file has mistakes, with 4 when a
file cannot be read or written.";

/// Print the configuration of a proxy, or of a platform, that fits a policy
///
/// The proxy asks sidegate about every request, clears the headers that the app trusts, and passes refusals
/// on as they are meant. Regenerate it when the policy's headers, key locations or webhooks change.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// For what
    #[arg(value_enum)]
    target: Target,
    #[command(flatten)]
    files: Files,
    /// Where the app is
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9000", value_parser = Address::parse)]
    app: Address,
    /// Where sidegate listens
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8081", value_parser = Address::parse)]
    sidegate: Address,
    /// The name that callers know the app by
    #[arg(long, value_name = "NAME", default_value = "app.example.com", value_parser = address::host)]
    host: String,
    /// Whence the proxy asks: an address or a network; may be given more than once [default: loopback, where
    /// sidegate listens there]
    #[arg(long, value_name = "NETWORK", value_parser = address::network)]
    front: Vec<IpNet>,
    /// Write the files into this folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Replace files in the folder that say something else
    #[arg(long, requires = "dir")]
    force: bool,
    /// Of `envoy`: ask over HTTP instead of gRPC
    #[arg(long)]
    http: bool,
}

/// What is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Target {
    /// nginx asks by `auth_request`
    Nginx,
    /// HAProxy asks by a script in Lua
    Haproxy,
    /// Apache passes requests to sidegate, which passes them on to the app
    Apache,
    /// Traefik asks by its middleware `forwardAuth`
    Traefik,
    /// Caddy asks as its `forward_auth` does
    Caddy,
    /// Envoy asks by its filter `ext_authz`
    Envoy,
    /// Istio's sidecars and gateways ask by an authorization policy
    Istio,
    /// A pod with the app and sidegate, or sidegate in front of a Service
    Kubernetes,
    /// Containers on one machine
    Compose,
    /// A unit with a closed sandbox
    Systemd,
}

/// One file of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
struct File {
    /// Its name, in the folder that all of them share.
    name: &'static str,
    text: String,
}

impl File {
    fn new(name: &'static str, text: String) -> Self {
        Self { name, text }
    }
}

impl Target {
    /// What the target is called on the command line.
    fn word(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Haproxy => "haproxy",
            Self::Traefik => "traefik",
            Self::Caddy => "caddy",
            Self::Apache => "apache",
            Self::Envoy => "envoy",
            Self::Istio => "istio",
            Self::Kubernetes => "kubernetes",
            Self::Compose => "compose",
            Self::Systemd => "systemd",
        }
    }

    /// Its files, for a policy that fits.
    fn files(self, facts: &Facts) -> Vec<File> {
        match self {
            Self::Nginx => nginx::files(facts),
            Self::Haproxy => haproxy::files(facts),
            Self::Traefik => traefik::files(facts),
            Self::Caddy => caddy::files(facts),
            Self::Apache => apache::files(facts),
            Self::Envoy => envoy::files(facts),
            Self::Istio => istio::files(facts),
            Self::Kubernetes => kubernetes::files(facts),
            Self::Compose => compose::files(facts),
            Self::Systemd => systemd::files(facts),
        }
    }
}

pub(in crate::cli) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    if arguments.http && arguments.target != Target::Envoy {
        return Err(Failure::usage("--http is for `envoy` alone"));
    }
    if arguments.sidegate.secure {
        let help = "--sidegate is asked over plain HTTP here: write `http://`, and keep the two on one machine or \
                    in a network of their own";
        return Err(Failure::usage(help));
    }
    let facts = Facts::gather(arguments)?;
    fit::refuse(arguments.target, &facts)?;
    let files = arguments.target.files(&facts);
    match &arguments.dir {
        None => out::print(&files, output)?,
        Some(folder) => out::write(&files, folder, arguments.force, output)?,
    }
    Ok(Exit::Success)
}

#[cfg(test)]
mod tests;
