//! What each stage of a request costs, measured through the doors that the rooms have anyway.
//!
//! A stage is defined once, in the module of its subject, and measured in two ways: `cargo bench`
//! times it with criterion; `benches/count` has callgrind count its instructions and allocations,
//! which a noisy machine cannot blur. `benches/README.md` says how to read both.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a bench whose setting is wrong should stop"
)]

mod deliveries;
mod engine;
mod headers;
mod http1;
mod keys;
mod load;
mod paths;
mod policy;
mod record;
mod routes;
mod stage;
mod tokens;
mod world;

use std::io::Write as _;

use criterion::Criterion;

use stage::Stage;

/// Every stage, in the order of a request's life.
fn stages() -> Vec<Stage> {
    [
        http1::STAGES,
        paths::STAGES,
        routes::STAGES,
        tokens::STAGES,
        keys::STAGES,
        policy::STAGES,
        engine::STAGES,
        deliveries::STAGES,
        headers::STAGES,
        record::STAGES,
        load::STAGES,
    ]
    .concat()
}

/// `--list` names the stages, `--source` the folder they were built from, `--stalls` says how long a worker computes
/// at a time, `--count NAME` runs one under callgrind; everything else is criterion's.
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--list"] => say(&stages().iter().map(|stage| stage.name).collect::<Vec<_>>()),
        ["--source"] => say(&[env!("CARGO_MANIFEST_DIR")]),
        ["--stalls"] => say(&deliveries::stalls()),
        ["--count", name] => {
            let found = stages().into_iter().find(|stage| stage.name == *name);
            let stage = found.expect("no stage has this name");
            say(&[stage.count().to_string()]);
        }
        _ => time(),
    }
}

fn time() {
    let mut criterion = Criterion::default().configure_from_args();
    for stage in stages() {
        stage.time(&mut criterion);
    }
    criterion.final_summary();
}

fn say<T: AsRef<str>>(lines: &[T]) {
    let mut out = std::io::stdout().lock();
    for line in lines {
        writeln!(out, "{}", line.as_ref()).expect("standard output takes lines");
    }
}
