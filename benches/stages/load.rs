//! What is done once, when a policy is loaded.

use std::hint::black_box;

use crate::stage::{Stage, Work, fresh, same};
use crate::world::{compile, document, issuers, keep, read, rules};

pub(crate) const STAGES: &[Stage] = &[
    Stage::new("load/parse-1000-routes", || {
        let text = text();
        same(move || document(black_box(&text)))
    })
    .times(1),
    Stage::new("load/read-1000-routes", || {
        let node = document(&text());
        same(move || read(black_box(&node)))
    })
    .times(1),
    Stage::new("load/compile-1000-routes", compiled).times(1),
];

fn text() -> String {
    issuers(2) + &rules(1_000)
}

fn compiled() -> Work {
    let node = document(&text());
    let credentials = keep(read(&node).0);
    fresh(
        move || Some(read(&node).1),
        move |config| config.take().map(|config| compile(config, credentials)),
    )
}
