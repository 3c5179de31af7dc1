//! sidegate.

use std::process::ExitCode;

fn main() -> ExitCode {
    sidegate::listener::install_crypto();
    sidegate::cli::run(std::env::args_os()).into()
}
