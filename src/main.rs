//! sidegate.

use std::process::ExitCode;

fn main() -> ExitCode {
    sidegate::cli::run(std::env::args_os()).into()
}
