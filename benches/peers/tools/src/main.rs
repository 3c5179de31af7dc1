//! The measuring tools of the comparison with the peers, one command each.
//!
//! | command | what it is |
//! |---|---|
//! | `proxy` | the anchor "plain hyper": what forwarding costs on this stack when nobody is asked anything |
//! | `call` | HTTP/1.1 callers, as fast as it goes or at a constant rate |
//! | `talk` | WebSocket callers: one message there, the same back |
//! | `sink` | an upstream that reads every body to its end and echoes WebSocket messages |
//!
//! Results are one line of JSON on standard output. Nothing here is part of the gate.

mod arguments;
mod call;
mod http1;
mod proxy;
mod serve;
mod sink;
mod talk;
mod tokens;

use std::error::Error;
use std::process::ExitCode;

use arguments::Arguments;

/// Whatever went wrong: these tools only ever say it and stop.
type Failure = Box<dyn Error + Send + Sync>;

fn run() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    let arguments = Arguments::read(words)?;
    match command.as_str() {
        "proxy" => proxy::run(&arguments),
        "call" => call::run(&arguments),
        "talk" => talk::run(&arguments),
        "sink" => sink::run(&arguments),
        _ => Err("expected a command: proxy, call, talk or sink".into()),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            use std::io::Write as _;
            // Nobody is left to tell when standard error is gone.
            let _ = writeln!(std::io::stderr(), "sidegate-peers: {failure}");
            ExitCode::FAILURE
        }
    }
}
