//! The commands: one file each, and what they share.
//!
//! Straight line: [`run`] parses the words, a command does its work, an [`Exit`] says how it ended.
//!
//! Always: data goes to stdout and messages to stderr, so that output can be piped; a command that
//! cannot do its work says what would be right; the exit code tells a script who has to act.

mod check;
mod completions;
mod demo;
mod diff;
mod doctor;
mod exit;
mod explain;
mod files;
mod r#gen;
mod keys;
mod output;
mod presets;
#[cfg(test)]
mod reference;
mod replay;
mod routes;
mod schema;
mod serve;
mod store;
mod test;
mod token;
mod trial;
mod version;
mod webhook;
mod what_can;
mod who_can;

use std::ffi::OsString;
use std::time::Duration;

use clap::Parser;

use crate::document::{Problems, Read, parse};
use crate::telemetry;

use exit::EXIT_CODES;
use output::{Output, Tone};

pub use exit::Exit;

/// Authentication and authorization for any HTTP app, from config files
///
/// sidegate runs as a reverse proxy beside an app. It verifies ID tokens, enforces the rules of a
/// policy file, and sends each request on with identity headers that the app can trust.
#[derive(Debug, Parser)]
#[command(
    name = "sidegate",
    version,
    after_help = EXIT_CODES,
    after_long_help = AFTER_LONG_HELP,
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Serve(serve::Arguments),
    Check(check::Arguments),
    Test(Box<test::Arguments>),
    Explain(Box<explain::Arguments>),
    Replay(replay::Arguments),
    Diff(diff::Arguments),
    WhoCan(who_can::Arguments),
    WhatCan(what_can::Arguments),
    Schema(schema::Arguments),
    Gen(Box<r#gen::Arguments>),
    Token(Box<token::Arguments>),
    Keys(keys::Arguments),
    Webhook(webhook::Arguments),
    Presets(presets::Arguments),
    Store(store::Arguments),
    Demo(demo::Arguments),
    Doctor(Box<doctor::Arguments>),
    Version(version::Arguments),
    Completions(completions::Arguments),
}

const AFTER_LONG_HELP: &str = "\
Examples:
  See it work, with nothing else installed:
    sidegate demo
    sidegate demo --check

  Put it in front of an app:
    sidegate serve --listen 0.0.0.0:8080 --upstream http://127.0.0.1:9000 --policy policy.yaml

  Find every mistake in the files:
    sidegate check --config sidegate.yaml --policy policy.yaml

  Hold cases against the policy, and ask why a request is refused:
    sidegate test --policy policy.yaml
    sidegate explain --policy policy.yaml GET /admin --as-subject bob --role viewer

  See which recorded decisions a changed policy would turn around:
    sidegate replay decisions.log --policy new.yaml

  See whether a live set-up has a hole:
    sidegate doctor --front https://app.example.com --policy policy.yaml

  Make an API key, see which keys there are, end one:
    sidegate keys new --name ci --tenant acme --scope alerts:read --expires 90d --policy policy.yaml
    sidegate keys list --policy policy.yaml
    sidegate keys revoke ID --policy policy.yaml

  See which webhook senders are known, sign a delivery as one would, see why a captured one is refused:
    sidegate presets list
    sidegate webhook sign --preset github --secret-env GITHUB_SECRET --body push.json --url http://127.0.0.1:8080/hooks
    sidegate webhook verify --preset github --secret-env GITHUB_SECRET --headers head.txt --body push.json

  Print what nginx must be told so that it asks sidegate, made for this policy:
    sidegate gen nginx --policy policy.yaml --host app.example.com --dir front

Exit codes:
  0  success
  1  the answer is no: `check` found mistakes, a case of `test` failed, `explain` saw a refusal,
     `replay` found decisions that flip, `diff` saw a difference, `who-can` or `what-can` found
     nobody or nothing, `keys expiring` found a key, there is no such key, a delivery is not genuine,
     `gen` names a proxy that cannot serve the policy, `doctor` found a hole
  2  the command line cannot be understood
  3  a policy, a process file, a file of cases or of keys, or a log has mistakes
  4  something outside is in the way: a taken port, a file that cannot be read, a database that
     does not answer

Data goes to stdout, messages to stderr. NO_COLOR turns colours off.";

/// Runs the command that the words ask for. The first word is the program's name.
pub fn run(words: impl IntoIterator<Item = OsString>) -> Exit {
    let output = Output::detect(variable("NO_COLOR").as_deref());
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => return show(&error),
    };
    let ended = match &cli.command {
        Command::Serve(arguments) => serve::run(arguments, output),
        Command::Check(arguments) => check::run(arguments, output),
        Command::Test(arguments) => test::run(arguments, output),
        Command::Explain(arguments) => explain::run(arguments, output),
        Command::Replay(arguments) => replay::run(arguments, output),
        Command::Diff(arguments) => diff::run(arguments, output),
        Command::WhoCan(arguments) => who_can::run(arguments, output),
        Command::WhatCan(arguments) => what_can::run(arguments, output),
        Command::Keys(arguments) => keys::run(arguments, output),
        Command::Webhook(arguments) => webhook::run(arguments, output),
        Command::Presets(arguments) => presets::run(arguments, output),
        Command::Store(arguments) => store::run(arguments, output),
        Command::Demo(arguments) => demo::run(arguments, output),
        Command::Doctor(arguments) => doctor::run(arguments, output),
        Command::Schema(arguments) => schema::run(arguments, output),
        Command::Gen(arguments) => r#gen::run(arguments, output),
        Command::Token(arguments) => token::run(arguments, output),
        Command::Version(arguments) => version::run(arguments, output),
        Command::Completions(arguments) => completions::run(arguments),
    };
    telemetry::flush();
    ended.unwrap_or_else(|failure| {
        if !failure.message.is_empty() {
            let mark = output.tint_note(Tone::Bad, "error:");
            output.note(format_args!("{mark} {}", failure.message));
        }
        failure.exit
    })
}

/// Shows help, or what is wrong with the words.
fn show(error: &clap::Error) -> Exit {
    // There is nobody left to tell that the terminal is gone.
    let _ = error.print();
    match error.exit_code() {
        0 => Exit::Success,
        _ => Exit::Usage,
    }
}

/// An environment variable, if it is set and is text.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Reads a duration as the files spell it.
fn duration(text: &str) -> Option<Duration> {
    let problems = Problems::new();
    let node = parse("the command line", text, &|_| None, &problems)?;
    Duration::read(&node, &problems)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn long_help_lists_the_same_exit_codes() {
        assert!(AFTER_LONG_HELP.contains(EXIT_CODES));
    }

    #[test]
    fn durations_are_spelled_as_in_files() {
        assert_eq!(duration("5m"), Some(Duration::from_secs(300)));
        assert_eq!(duration("five"), None);
        assert_eq!(duration("[5m"), None);
    }

    #[test]
    fn words_that_make_no_sense_are_a_usage_error() {
        for words in [&["sidegate", "fly"][..], &["sidegate", "token", "--nope"]] {
            assert_eq!(run(words.iter().map(Into::into)), Exit::Usage, "{words:?}");
        }
    }
}
