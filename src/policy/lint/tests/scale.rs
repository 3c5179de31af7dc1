use std::time::{Duration, Instant};

use super::super::super::{Config, Known};
use super::super::{Cases, Ignores, run};
use crate::document::{Fields, Problems, parse};

/// How long the lints alone take, and how much they find.
fn time(routes: &str) -> (Duration, usize) {
    let problems = Problems::new();
    let text = format!("issuers: {{ main: {{}} }}\nroutes:\n{routes}");
    let top = parse("policy.yaml", &text, &|_| None, &problems).unwrap();
    let mut fields = Fields::of(&top, "policy file", &problems).unwrap();
    fields.raw("issuers");
    let config = Config::read(&mut fields, &problems);
    let known = Known {
        webhooks: &[],
        issuers: &["main".into()],
        key_sets: &[],
        stored_key_sets: &[],
        upstreams: None,
    };
    let policy = config.compile(&known, &problems).unwrap();
    let start = Instant::now();
    run(
        &policy,
        &top,
        Cases::Unknown,
        &Ignores::default(),
        &problems,
    );
    (start.elapsed(), problems.len())
}

/// Some seconds in a debug build, and far more on a machine that does other things besides; looking at everything
/// would take hours.
const LONG: Duration = Duration::from_secs(120);

#[test]
fn ten_thousand_routes_are_no_trouble() {
    let routes = (0..10_000).map(|number| {
        let at = number % 100;
        format!("  - {{ path: '/s{at}/{{id}}/r{number}/**', methods: [GET, POST], roles: [a] }}\n")
    });
    let routes = routes.collect::<String>();
    let (took, found) = time(&format!("{routes}  - {{ path: '/{{any}}/**' }}\n"));
    eprintln!("{took:?}");
    assert_eq!(found, 10_000);
    assert!(took < LONG, "{took:?}");
}

#[test]
fn very_many_meetings_of_patterns_are_looked_at_in_part() {
    let strict = (0..3_000)
        .map(|number| format!("  - {{ path: '/s{number}/**', methods: [GET], roles: [a] }}\n"));
    let rest = (0..3_000).map(|number| format!("  - {{ path: '/{{t}}/r{number}', roles: [a] }}\n"));
    let (took, found) = time(&strict.chain(rest).collect::<String>());
    eprintln!("{took:?}");
    assert_eq!(found, 0);
    assert!(took < LONG, "{took:?}");
}
