//! What `check` warns of: text, JSON, `--strict`, and silence with a reason.

use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;
use sidegate::policy::lint::LINTS;

use crate::support::gate::sidegate;
use crate::support::repository;

const ISSUERS: &str = "issuers:\n  main: { url: https://idp.example.com, audience: my-api }\n";
const HOLE: &str =
    "routes:\n  - path: /api/**\n  - path: /api/health\n    public: true\n    name: health\n";

/// Runs `check` on a policy beside these files.
fn check_beside(files: &[&str], text: &str, words: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("policy.yaml"), text).unwrap();
    for file in files {
        std::fs::write(folder.path().join(file), "").unwrap();
    }
    check_in(folder.path(), words)
}

fn check_in(folder: &Path, words: &[&str]) -> Output {
    let mut command = sidegate();
    command.current_dir(folder).stdin(Stdio::null());
    command.env("DEMO_ISSUER", "http://127.0.0.1:1");
    command.env("SHORT_API_KEYS", "guess me");
    command.env("JWT_SECRET", "a secret that is long enough for HS256");
    command.env("JWT_SECRET_KEY", "a secret that is long enough for HS256");
    command.env("VALID_API_KEYS", "a key that is long enough for all");
    for source in ["SENTINEL", "ELASTIC", "SPLUNK"] {
        let name = format!("{source}_WEBHOOK_SECRET");
        command.env(name, "a secret that is long enough for all");
    }
    command.args(["check", "--policy", "policy.yaml"]);
    command.args(words).output().unwrap()
}

fn check(text: &str, words: &[&str]) -> (i32, String) {
    said(&check_beside(&[], &format!("{ISSUERS}{text}"), words))
}

fn said(output: &Output) -> (i32, String) {
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap_or(-1), said)
}

#[test]
fn warning_shows_its_name_and_its_place_and_stops_nothing() {
    let (code, said) = check(HOLE, &[]);
    assert_eq!(code, 0, "{said}");
    let wanted = "policy.yaml:6:13: warning[public-under-protected]: `routes[1].public`: a public route \
                  lies under a protected one, which is at policy.yaml:4:5\n  help: ";
    assert!(said.starts_with(wanted), "{said}");
    assert!(said.ends_with("policy.yaml: 1 warning\n"), "{said}");
}

#[test]
fn strict_lets_warnings_count() {
    assert_eq!(check(HOLE, &["--strict"]).0, 1);
    assert_eq!(check("routes: [ { path: /** } ]\n", &["--strict"]).0, 0);
}

#[test]
fn json_carries_the_name_of_the_lint() {
    let (code, said) = check(HOLE, &["--json"]);
    assert_eq!(code, 0, "{said}");
    let report: Value = serde_json::from_str(&said).unwrap();
    let problem = &report["problems"][0];
    assert_eq!(problem["lint"], "public-under-protected");
    assert_eq!(problem["severity"], "warning");
    assert_eq!(problem["path"], "routes[1].public");
    assert_eq!(
        (&problem["line"], &problem["column"]),
        (&6.into(), &13.into())
    );
    assert_eq!(report["warnings"], 1);
    let (_, said) = check("routes: [ { pth: /** } ]\n", &["--json"]);
    let report: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(report["problems"][0]["lint"], Value::Null);
}

#[test]
fn reason_silences_a_warning_where_it_stands() {
    let reason = "\"the load balancer asks without a token\"";
    let ignore = format!("ignore: {{ public-under-protected: {reason} }}\n");
    for text in [format!("{HOLE}    {ignore}"), format!("{HOLE}{ignore}")] {
        let (code, said) = check(&text, &["--strict"]);
        assert_eq!((code, said.as_str()), (0, "policy.yaml: fine\n"), "{text}");
    }
    let elsewhere = HOLE.replacen("/api/**\n", &format!("/api/**\n    {ignore}"), 1);
    let (code, said) = check(&elsewhere, &["--strict"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("warning[public-under-protected]"), "{said}");
    assert!(
        said.contains("policy.yaml:5:15: warning[unused-ignore]"),
        "{said}"
    );
}

#[test]
fn silence_without_reason_or_name_is_an_error() {
    for (ignore, wanted) in [
        (
            "{ public-under-protected: \"\" }",
            "silenced without a reason",
        ),
        (
            "{ public-under-protectd: why }",
            "did you mean `public-under-protected`?",
        ),
    ] {
        let (code, said) = check(&format!("{HOLE}    ignore: {ignore}\n"), &[]);
        assert_eq!(code, 1, "{said}");
        assert!(
            said.contains(": error: ") && said.contains(wanted),
            "{said}"
        );
    }
}

#[test]
fn lint_of_an_issuer_is_silenced_in_the_issuer() {
    let text = |ignore: &str| {
        format!(
            "issuers:\n  app:\n    secret: ${{JWT_SECRET}}\n    issuer: any\n    audience: any\n    {ignore}\nroutes: [ {{ path: /** }} ]\n"
        )
    };
    let (code, found) = said(&check_beside(&[], &text(""), &["--strict"]));
    assert_eq!(code, 1, "{found}");
    for place in ["4:13: warning[issuer-any]", "5:15: warning[audience-any]"] {
        assert!(found.contains(place), "{found}");
    }
    let ignore = "ignore: { issuer-any: tokens have none, audience-any: tokens have none }";
    let (code, found) = said(&check_beside(&[], &text(ignore), &["--strict"]));
    assert_eq!(code, 0, "{found}");
}

#[test]
fn audience_of_programs_and_plain_http_are_named_too() {
    let issuer = "issuers:\n  a:\n    url: http://idp.internal\n    allow_http: true\n    audience: b\n    \
                  machine: { marks: { use: job }, audience: any }\nroutes: [ { path: /** } ]\n";
    let (_, said) = said(&check_beside(&[], issuer, &[]));
    assert!(said.contains("4:17: warning[http-issuer]"), "{said}");
    assert!(said.contains("6:47: warning[audience-any]"), "{said}");
}

#[test]
fn secret_in_the_file_is_named_and_never_shown() {
    let text = "identity_headers: { X-App-Secret: 5up3r-s3cr3t-v4lu3 }\nroutes: [ { path: / } ]\n";
    for words in [&[][..], &["--json"]] {
        let (_, said) = check(text, words);
        assert!(said.contains("plaintext-secret"), "{said}");
        assert!(!said.contains("5up3r"), "{said}");
    }
}

#[test]
fn cases_beside_a_large_policy_are_missed() {
    let routes = (0..11).map(|number| format!("  - {{ path: /r{number} }}\n"));
    let text = format!("{ISSUERS}routes:\n{}", routes.collect::<String>());
    let (code, found) = said(&check_beside(&[], &text, &[]));
    assert_eq!(code, 0, "{found}");
    assert!(found.contains("warning[missing-tests]"), "{found}");
    for file in ["cases.yaml", "admin.cases.yaml"] {
        let (code, found) = said(&check_beside(&[file], &text, &["--strict"]));
        assert_eq!(code, 0, "{found}");
    }
    let ignored =
        format!("{text}ignore: {{ missing-tests: \"they are in another repository\" }}\n");
    let (code, found) = said(&check_beside(&[], &ignored, &["--strict"]));
    assert_eq!(code, 0, "{found}");
}

#[test]
fn policies_of_this_repository_are_without_warnings() {
    let folders = ["agentflow", "backflow", "calseta", "causeflow", "stackflow"]
        .map(|system| repository("config/examples").join(system));
    for folder in folders.iter().chain([&repository("config/demo")]) {
        let text = std::fs::read_to_string(folder.join("policy.yaml")).unwrap();
        let (code, found) = said(&check_beside(&["cases.yaml"], &text, &["--strict"]));
        assert_eq!(code, 0, "{}:\n{found}", folder.display());
    }
}

#[test]
fn start_of_the_page_is_without_warnings() {
    let page = std::fs::read_to_string(repository("README.md")).unwrap();
    let start = page.split("```yaml\n").nth(1).unwrap();
    let start = start.split("```").next().unwrap();
    let (code, found) = said(&check_beside(&[], start, &["--strict"]));
    assert_eq!(code, 0, "{found}");
}

#[test]
fn table_of_the_page_is_the_code_s() {
    let page = std::fs::read_to_string(repository("config/README.md")).unwrap();
    let section = page.split("## What check warns about").nth(1).unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let rows: Vec<&str> = rows.collect();
    let wanted = LINTS.map(|lint| format!("| `{}` | {} |", lint.name, lint.finds));
    assert_eq!(rows, wanted);
    assert!(LINTS.is_sorted_by_key(|lint| lint.name));
}

/// Every lint that the table has must be found by one of these.
#[test]
fn every_lint_of_the_table_can_be_found() {
    let bad = "issuers:\n  a: { issuer: any, audience: any, secret: \"${JWT_SECRET}\" }\n  \
               b: { url: http://idp.internal, allow_http: true, audience: c, machine: { marks: { d: e }, clients: f, roles: [nobody] } }\n\
               roles: { admin: ['*'], idle: ['y:write'], user: ['x:read', 'z:read'] }\n\
               scopes: { none: ['w:read'] }\n\
               identity_headers: { X-Secret: 5up3r-s3cr3t-v4lu3 }\n\
               ignore: { colon-capture: there is none }\n\
               routes:\n  \
               - { path: /admin/**, method: GET, roles: [admin] }\n  \
               - { path: /admin/open, public: true }\n  \
               - { path: '/t/{tenant}', methods: [GET, POST], permission: { GET: x:read } }\n  \
               - { path: '/u/{tenant}', public: true }\n  \
               - { path: '/o/{org}', methods: [GTE] }\n  \
               - { path: /dead/**, roles: [admin] }\n  \
               - { path: /dead, roles: [admin] }\n  \
               - { path: '/dead/{x}/**', roles: [admin] }\n  \
               - { path: /half/**, methods: [GET, POST], roles: [admin] }\n  \
               - { path: /half, method: POST, roles: [admin] }\n  \
               - { path: '/half/{x}/**', method: POST, roles: [admin] }\n  \
               - { path: /**, public: true }\n";
    let colon = format!(
        "{ISSUERS}routes: [ {{ path: '/:id' }} ]\n\
         errors: {{ 401: {{ redirect: /login }} }}\n\
         invariants: [ /nowhere/** is never public ]\n"
    );
    let keys = "api_keys: { app: { environment: SHORT_API_KEYS } }\nroutes: [ { path: /** } ]\n";
    let hash = format!("sha256:{}", "0123456789abcdef".repeat(4));
    let mixed = format!(
        "{ISSUERS}api_keys:\n  p: {{ prefix: acme_ }}\n  \
         q: {{ from: {{ header: X-Q }}, keys: [ {{ name: a, hash: \"{hash}\", scopes: ['*'], allowed_sources: [s] }} ] }}\n\
         authenticate: [main, p, q]\n\
         routes:\n  \
         - {{ path: /a, roles: [x], when: principal.kind != 'apikey' }}\n  \
         - {{ path: /keys/**, authenticate: main, api_keys: p }}\n"
    );
    let hooks = "webhooks:\n  meta: { preset: meta, secrets: \"${JWT_SECRET}\", answer_challenges: true, challenge_token: \"${JWT_SECRET}\" }\n  \
                 lab: { preset: gitlab-token, secrets: \"${JWT_SECRET_KEY}\" }\n  \
                 old: { preset: hubspot-v1, secrets: \"${SHORT_API_KEYS}\" }\n  \
                 made: { preset: asana, secrets: { file: policy.yaml, enrol: { until: 2026-01-01T00:00:00Z } } }\n\
                 routes:\n  \
                 - { path: /in, authenticate: [meta, lab] }\n  \
                 - { path: /meta, method: POST, authenticate: meta }\n";
    let found =
        [bad, &colon, keys, &mixed, hooks].map(|text| said(&check_beside(&[], text, &[])).1);
    let found = found.concat();
    for lint in LINTS {
        assert!(
            found.contains(&format!("warning[{}]: ", lint.name)),
            "{}:\n{found}",
            lint.name
        );
    }
}
