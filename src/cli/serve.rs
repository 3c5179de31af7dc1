//! `serve`: the gate.
//!
//! Straight line: flags -> settings -> [`app::build`] binds everything -> addresses on stdout -> run.

use std::net::SocketAddr;

use super::exit::{Exit, Failure};
use super::files::{self, Files};
use super::output::Output;
use crate::app::{self, Mistakes};
use crate::config::{self, ProcessConfig};
use crate::document::{Problem, Problems};
use crate::telemetry::{self, LogFormat};

const EXAMPLES: &str = "\
Examples:
  In front of an app on port 9000:
    sidegate serve --listen 0.0.0.0:8080 --upstream http://127.0.0.1:9000 --policy policy.yaml

  Beside an nginx on this machine that asks whether a request may pass:
    sidegate serve --listen 127.0.0.1:8081 --door nginx --trust 127.0.0.1 --policy policy.yaml

  With a process file, and one of its keys changed:
    sidegate serve --config sidegate.yaml --set limits.connections=500

Flags win over the environment (SIDEGATE_LIMITS__CONNECTIONS), that over the process file, that over
the defaults. SIGHUP reads the policy again; SIGTERM lets requests finish and ends the process.

Exit codes: 0 after SIGTERM, 2 for the command line, 3 for a configuration that is refused, 4 for a
taken port or a file that cannot be read.";

/// Run the gate
///
/// Listens, judges every request by the policy, and sends what may pass to the upstream. Prints its
/// addresses once it accepts. The log goes to stdout.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    files: Files,
    /// Where to listen, such as 0.0.0.0:8080 [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Where the app is: http://, https:// or unix:/path
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
    /// What stands behind the listener: proxy, or whose questions are answered: nginx, traefik, caddy, haproxy,
    /// envoy_http, ext_authz [default: proxy]
    #[arg(long, value_name = "DOOR")]
    door: Option<String>,
    /// The network or address of a proxy in front that is believed; repeat for more
    #[arg(long, value_name = "CIDR")]
    trust: Vec<String>,
    /// A policy to try on every request beside the one in force; it decides nothing
    #[arg(long, value_name = "FILE")]
    shadow: Option<std::path::PathBuf>,
    /// Where API keys are kept: sqlite:FILE, or postgres://host/database [default: sqlite:sidegate.db beside
    /// the policy]
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
    /// Where health, metrics and status are, or `off` [default: 127.0.0.1:9901]
    #[arg(long, value_name = "ADDRESS")]
    admin: Option<String>,
    /// Worker threads [default: one per core]
    #[arg(long, value_name = "NUMBER")]
    workers: Option<usize>,
    /// Any key of the process file, such as `drain.timeout=10s`; repeat for more
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,
    /// How log lines are written: text or json
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// error, warn, info, debug or trace, or directives such as `info,sidegate::jwks=debug`
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
}

fn setting(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected `key=value`, such as `drain.timeout=10s`"),
    }
}

impl Arguments {
    /// The flags as keys of the process file.
    fn settings(&self) -> Vec<(String, String)> {
        let policy = self
            .files
            .policy
            .as_ref()
            .map(|path| path.display().to_string());
        let shadow = self.shadow.as_ref();
        let shadow = shadow.map(|path| path.display().to_string());
        let admin = self.admin.as_deref().map(|admin| match admin {
            "off" => ("admin", admin.to_owned()),
            address => ("admin.listen", address.to_owned()),
        });
        let trusted = (!self.trust.is_empty()).then(|| format!("[{}]", self.trust.join(", ")));
        let given = [
            self.listen.map(|address| ("listen", address.to_string())),
            self.upstream.clone().map(|url| ("upstream", url)),
            self.door.clone().map(|door| ("door", door)),
            trusted.map(|list| ("trusted_proxies.cidrs", list)),
            policy.map(|path| ("policy", path)),
            shadow.map(|path| ("shadow.policy", path)),
            self.store.clone().map(|store| ("store", store)),
            admin,
            self.workers.map(|number| ("workers", number.to_string())),
            self.log_format.clone().map(|format| ("log.format", format)),
            self.log_level.clone().map(|level| ("log.level", level)),
        ];
        let given = given.into_iter().flatten();
        let given = given.map(|(key, value)| (key.to_owned(), value));
        self.set.iter().cloned().chain(given).collect()
    }
}

pub(in crate::cli) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    let process = settings(arguments, output)?;
    files::readable(&process.policy)?;
    telemetry::init(&process.log).map_err(Failure::invalid)?;
    let json = process.log.format == LogFormat::Json;
    let runtime = app::runtime()?;
    let ended = runtime.block_on(async {
        let bound = app::build(process).map_err(|error| refused(&error, output))?;
        let lines = addresses(&bound);
        let announce = || announce(&lines, json, output);
        bound
            .run(announce)
            .await
            .map_err(|error| refused(&error, output))
    });
    ended.map(|()| Exit::Success)
}

/// Loads the settings; says all that is wrong with them.
fn settings(arguments: &Arguments, output: Output) -> Result<ProcessConfig, Failure> {
    let file = arguments.files.config();
    if let Some(file) = &file {
        files::readable(file)?;
    }
    let problems = Problems::new();
    let flags = arguments.settings();
    let process = config::load(file.as_deref(), files::environment(), flags, &problems);
    let problems = problems.into_sorted();
    say(&problems, output);
    process.ok_or_else(|| {
        let (errors, _) = files::counted(&problems);
        Failure::invalid(format_args!(
            "the settings have {}",
            files::tally((errors, 0))
        ))
    })
}

fn addresses(bound: &app::Bound) -> Vec<String> {
    let listeners = bound.listeners().iter().map(|address| {
        let scheme = if address.secure { "https" } else { "http" };
        let door = match address.door {
            "proxy" => String::new(),
            door => format!(" (door: {door})"),
        };
        format!("sidegate: listening on {scheme}://{}{door}", address.socket)
    });
    let admin = bound.admin();
    let admin = admin.map(|address| format!("sidegate: admin on http://{address}"));
    listeners.chain(admin).collect()
}

/// What scripts and tests wait for. Where stdout is a JSON log, it is kept clean.
fn announce(lines: &[String], json: bool, output: Output) {
    for line in lines.iter().map(String::as_str).chain(["sidegate: ready"]) {
        // A gate whose stdout is gone serves all the same.
        match json {
            true => output.note(line),
            false => drop(output.line(line)),
        }
    }
}

/// Whose fault it is that the gate cannot start. A policy's mistakes are said one by one.
pub(in crate::cli) fn refused(error: &app::Error, output: Output) -> Failure {
    match error {
        app::Error::Policy(Mistakes(problems)) => {
            say(problems, output);
            let counts = files::tally(files::counted(problems));
            Failure::invalid(format_args!("the policy file has {counts}"))
        }
        app::Error::Upstream(_) | app::Error::Frontend(_) => Failure::invalid(error),
        _ => Failure::environment(error),
    }
}

fn say(problems: &[Problem], output: Output) {
    for problem in problems {
        let shown = files::shown(problem, |tone, word| output.tint_note(tone, word));
        output.note(shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn settings_of(words: &[&str]) -> Vec<(String, String)> {
        let words = ["serve"].iter().chain(words);
        Line::try_parse_from(words).unwrap().arguments.settings()
    }

    #[test]
    fn flags_are_keys_of_the_process_file() {
        let words = [
            "--listen",
            "127.0.0.1:1",
            "--admin",
            "off",
            "--set",
            "drain.timeout=10s",
        ];
        let wanted = [
            ("drain.timeout", "10s"),
            ("listen", "127.0.0.1:1"),
            ("admin", "off"),
        ];
        let wanted = wanted.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(settings_of(&words), wanted);
        let address = settings_of(&["--admin", "127.0.0.1:2"]);
        assert_eq!(
            address,
            [("admin.listen".to_owned(), "127.0.0.1:2".to_owned())]
        );
    }

    #[test]
    fn value_of_a_setting_may_hold_an_equals_sign() {
        assert_eq!(setting("a.b=c=d"), Ok(("a.b".into(), "c=d".into())));
        assert!(setting("a").is_err());
        assert!(setting("=a").is_err());
    }
}
