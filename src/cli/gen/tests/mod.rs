mod files;
mod refused;

use clap::{Parser, ValueEnum};

use super::*;

const PLAIN: &str = "\
issuers:
  main: { issuer: https://idp.example.com, audience: my-api, secret: '${JWT_SECRET}' }
tokens: { from: [bearer, { cookie: session }, { header: X-Token }] }
identity_headers:
  X-User: '{{ principal.subject }}'
  X_Tier: gold
strip_headers: [X-Legacy, X-Internal-*]
errors:
  TENANT_MISMATCH: { text: no, status: 451 }
  TOKEN_MISSING: { redirect: 'https://login.example.com/' }
routes:
  - path: /open
    public: true
  - path: /api/**
    identity_headers: { X-Role: '{{ principal.roles }}' }
";

const HOOKS: &str = "\
webhooks:
  github: { preset: github, secrets: '${HOOK}', max_body: 3MiB, principal: { subject: bot } }
issuers:
  main: { issuer: https://idp.example.com, audience: my-api, secret: '${JWT_SECRET}' }
routes:
  - path: /hooks
    name: deliveries
    authenticate: github
    tenant: any
  - path: /api
    authenticate: main
";

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

fn parsed(words: &[&str]) -> Result<Arguments, clap::Error> {
    let words = ["gen"].iter().chain(words);
    Line::try_parse_from(words).map(|line| line.arguments)
}

/// The files of a target, or why there are none.
fn generated(target: Target, policy: &str, more: &[&str]) -> Result<Vec<File>, Failure> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yaml");
    std::fs::write(&file, policy).unwrap();
    let service = "http://sidegate.default.svc.cluster.local:8081";
    let mut words = vec![target.word(), "--policy", file.to_str().unwrap()];
    if target == Target::Istio {
        words.extend(["--sidegate", service, "--front", "10.0.0.0/8"]);
    }
    words.extend(more);
    let arguments = parsed(&words).unwrap();
    let facts = Facts::gather(&arguments)?;
    fit::refuse(target, &facts)?;
    Ok(target.files(&facts))
}

fn targets() -> &'static [Target] {
    Target::value_variants()
}

fn text(files: &[File], name: &str) -> String {
    let found = files.iter().find(|file| file.name == name);
    found.unwrap_or_else(|| panic!("no {name}")).text.clone()
}

/// Why a policy does not fit.
fn misfit(target: Target, policy: &str, more: &[&str]) -> String {
    let failure = generated(target, policy, more).unwrap_err();
    assert_eq!(
        failure.exit,
        Exit::Negative,
        "{target:?}: {}",
        failure.message
    );
    failure.message
}
