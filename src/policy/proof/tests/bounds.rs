//! Large policies are examined quickly, or refused in words.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::super::Difference;
use super::super::space::{Budget, TooMuch};
use super::{compile, policy};

/// Ten thousand routes: a thousand resources, each with what such a resource has.
fn large() -> String {
    let mut text = String::from("roles: { admin: , support: , viewer: }\nroutes:\n");
    for at in 0..1_250 {
        for route in [
            "path: /api/thing{}, methods: [GET], roles: [viewer]",
            "path: /api/thing{}, methods: [POST, PUT], roles: [admin]",
            "path: '/api/thing{}/{id}', methods: [GET], roles: [viewer, support]",
            "path: '/api/thing{}/{id}', methods: [DELETE], roles: [admin]",
            "path: '/api/thing{}/{id}/parts/**', roles: [support]",
            "path: '/tenants/{tenant}/thing{}/**', roles: [viewer]",
            "path: '/admin/thing{}/**', roles: [admin]",
            "path: '/internal/thing{}/*', host: 'host{}.example.com', roles: [admin]",
        ] {
            writeln!(text, "  - {{ {} }}", route.replace("{}", &at.to_string())).unwrap();
        }
    }
    text
}

const INVARIANTS: &str = "invariants:
  - only role admin reaches /admin/**
  - only roles admin, support reach DELETE /api/**
  - no public route under /**
  - a principal of one tenant never reaches /tenants/{tenant}/** of another
  - nobody reaches /secret/**
  - every route under /api/** asks for a role
  - machines reach nothing but /**
  - tokens of other reach nothing but /api/** and /tenants/** and /admin/** and /internal/**
  - API keys reach nothing but /v1/**
  - POST /api/thing7 is never public
";

#[test]
fn ten_thousand_routes_are_proven_and_compared_in_no_time() {
    let text = large();
    let bare = policy(&text);
    let start = Instant::now();
    let plain = compile(&text).0.is_some();
    let without = start.elapsed();
    let start = Instant::now();
    let (proven, problems) = compile(&format!("{text}{INVARIANTS}"));
    let with = start.elapsed();
    assert!(plain && proven.is_some(), "{problems:#?}");
    let start = Instant::now();
    let changed = text.replace(
        "thing77/**', roles: [viewer]",
        "thing77/**', roles: [support]",
    );
    let difference = Difference::between(&bare, &policy(&changed)).unwrap();
    assert_eq!(difference.changes.len(), 2, "{difference:#?}");
    eprintln!(
        "load {without:?}, load and prove {with:?}, compare and load {:?}",
        start.elapsed()
    );
    // Unoptimized, and beside other tests: an optimized build takes a tenth.
    assert!(with < without + Duration::from_secs(60));
}

/// Every combination of literals and captures: an automaton of such paths has a state for each subset.
fn tangled() -> String {
    let mut text = String::from("routes:\n");
    for at in 0..24 {
        let mut segments = vec!["*"; 24];
        segments[at] = "a";
        writeln!(text, "  - {{ path: '/{}' }}", segments.join("/")).unwrap();
    }
    text
}

#[test]
fn tangled_patterns_are_no_trouble() {
    let text = tangled();
    let (proven, problems) = compile(&format!("{text}invariants:\n  - nobody reaches /b/**\n"));
    assert!(
        proven.is_none() && problems[0].contains("does not hold"),
        "{problems:#?}"
    );
    let one = policy(&text);
    assert!(Difference::between(&one, &one).unwrap().changes.is_empty());
}

#[test]
fn too_much_work_is_an_error_and_never_half_an_answer() {
    let mut text = String::from("routes:\n");
    for at in 0..4_000 {
        writeln!(
            text,
            "  - {{ path: '/*/**', host: 'h{at}.test', methods: [M{at}] }}"
        )
        .unwrap();
    }
    let (proven, problems) = compile(&format!(
        "{text}invariants:\n  - no public route under /**\n"
    ));
    assert!(proven.is_some(), "{problems:#?}");
    let one = policy(&text);
    let mut few = Budget::of(1_000);
    assert_eq!(Difference::within(&one, &one, &mut few), Err(TooMuch));
    let mut many = String::from("routes:\n");
    for at in 0..3_000 {
        writeln!(many, "  - {{ path: /**, host: 'h{at}.test', name: a{at} }}").unwrap();
        writeln!(many, "  - {{ path: /x, methods: [M{at}], name: b{at} }}").unwrap();
    }
    let (proven, problems) = compile(&format!(
        "{many}invariants:\n  - no public route under /**\n"
    ));
    assert!(proven.is_none());
    assert!(
        problems[0].contains("overlap in too many ways"),
        "{problems:#?}"
    );
}
