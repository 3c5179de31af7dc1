//! API keys: which kind a text is, when a key counts, where keys come from, how they leave.

mod hostile;
mod kinds;
mod leaving;
mod life;
mod mistakes;
mod sources;

use std::collections::BTreeMap;

use tempfile::TempDir;

use super::*;
use crate::credential::{CredentialKind, KeySource};
use crate::keys::Format;

/// A key that was never there before: its text, and its hash as files have it.
fn mint(prefix: &str) -> (String, String) {
    let minted = Format::new(prefix).unwrap().mint(None).unwrap();
    let text = String::from_utf8(minted.text.expose().to_vec()).unwrap();
    let hash = hash(&text);
    (text, hash)
}

fn hash(text: &str) -> String {
    let digest = crate::keys::digest(text.as_bytes());
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

/// Where a policy is tried.
struct House {
    folder: TempDir,
    variables: BTreeMap<String, String>,
}

/// A policy that was built.
#[derive(Debug)]
struct Home {
    verifiers: Verifiers,
    warnings: Vec<String>,
    sources: Vec<KeySource>,
}

impl House {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            variables: BTreeMap::new(),
        }
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Writes a file, and the folders that lead to it.
    fn write(self, name: &str, text: &str) -> Self {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn build(&self, policy: &str) -> Result<Home, Vec<String>> {
        self.build_for(policy, false)
    }

    fn build_for(&self, policy: &str, is_trial: bool) -> Result<Home, Vec<String>> {
        let problems = Problems::new();
        let environment = |name: &str| self.variables.get(name).cloned();
        let key_sets = KeySets::new(crate::jwks::Settings::default(), &Registry::new()).unwrap();
        let node = parse("policy.yaml", policy, &environment, &problems).unwrap();
        let mut fields = Fields::of(&node, "policy", &problems).unwrap();
        let mut config = Config::read(&mut fields, &problems);
        fields.finish();
        let folder = self.folder.path();
        let sources = config.gather_keys(folder, &environment, is_trial, &problems);
        let verifiers = config.build(folder, &key_sets, &problems);
        let lines = problems.into_sorted();
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        match verifiers {
            Some(verifiers) => Ok(Home {
                verifiers,
                warnings: lines,
                sources,
            }),
            None => Err(lines),
        }
    }

    fn home(&self, policy: &str) -> Home {
        let built = self.build(policy);
        built.unwrap_or_else(|problems| panic!("{policy}\n{}", problems.join("\n")))
    }
}

/// A policy's verifiers, in an empty house.
fn home(policy: &str) -> Verifiers {
    House::new().home(policy).verifiers
}

/// Who a request is from, by set and kind, or why it is nobody.
fn who(verifiers: &Verifiers, request: &Request) -> Result<(String, CredentialKind), Reason> {
    who_of(verifiers, request, &Accepted::All)
}

fn who_of(
    verifiers: &Verifiers,
    request: &Request,
    accepted: &Accepted,
) -> Result<(String, CredentialKind), Reason> {
    let verified = outcome(verify_for(verifiers, request, accepted))?;
    Ok((verified.principal.issuer.to_string(), verified.kind))
}

fn only(names: &[&str]) -> Accepted {
    Accepted::Only(names.iter().map(|name| (*name).into()).collect())
}

/// A set with one key, that says this of it, read from `X-API-Key`.
fn one_key(hash: &str, more: &str) -> String {
    format!(
        "api_keys:\n  main: {{ prefix: pk_, keys: [ {{ name: ci, hash: '{hash}', {more} }} ] }}\n"
    )
}

fn with_key(text: &str) -> Request {
    request("/", &[("x-api-key", text)])
}
