//! The cases written out, for a harness that sends them to a gate.
//!
//! Such a harness serves the key sets at the issuers' addresses, sets the variables that hold secrets, and
//! sends each request with its token. Tokens are good at the moment of the cases, so it asks for them with
//! `--now now`; a case that has a time of its own says so.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::cli::exit::Failure;
use crate::cli::trial::{Caller, World, shown};

use super::api_key;
use super::case::Case;
use super::expect::Expect;
use super::outcome;
use super::suite::Suite;

/// What stands in the place of a token that came from the environment.
const REMOVED: &str = "[removed]";

/// Writes the key set of each issuer into a folder. An issuer of two policies has one file.
pub(super) fn write_key_sets(folder: &Path, suites: &[Suite]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::environment(format_args!(
            "cannot write to `{}`: {error}",
            folder.display()
        ))
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    for world in suites.iter().filter_map(|suite| suite.world.as_ref()) {
        for (issuer, set) in world.key_sets() {
            let path = folder.join(file_of(issuer));
            std::fs::write(path, format!("{set:#}\n")).map_err(failed)?;
        }
    }
    Ok(())
}

/// A file's name; what an issuer may be called but a file may not is replaced.
fn file_of(issuer: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let name: String = issuer
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .collect();
    format!("{name}.json")
}

/// All cases as one object.
pub(super) fn document(suites: &[Suite], keys: Option<&Path>) -> Result<Value, Failure> {
    let mut listed = Vec::new();
    for suite in suites {
        let Some(world) = &suite.world else { continue };
        let cases: Result<Vec<Value>, Failure> = suite
            .cases
            .iter()
            .map(|case| listed_case(world, case))
            .collect();
        let issuers = world.key_sets().iter().map(|(issuer, set)| {
            let file = keys.map(|folder| folder.join(file_of(issuer)).display().to_string());
            (issuer.clone(), json!({ "jwks": set, "jwks_file": file }))
        });
        listed.push(json!({
            "file": suite.file.display().to_string(),
            "policy": suite.policy.display().to_string(),
            "environment": suite.environment,
            "made_up_secrets": world.made_up(),
            "issuers": issuers.collect::<Map<String, Value>>(),
            "api_keys": keys_of(world),
            "cases": cases?,
        }));
    }
    Ok(json!({ "schema": 1, "files": listed }))
}

/// The API keys that cases present and that are somebody's, by their sets: without their texts.
fn keys_of(world: &World) -> Map<String, Value> {
    let sets = world.api_key_sets().map(|set| {
        let keys = world.made_keys(set);
        let keys = keys.iter().map(api_key::listed);
        (set.to_owned(), keys.collect())
    });
    sets.collect()
}

fn listed_case(world: &World, case: &Case) -> Result<Value, Failure> {
    let minting = Failure::environment;
    let now = case.ask.now;
    let mut principal = Value::Null;
    let minted = match &case.who.caller {
        Caller::AsSent | Caller::Token { .. } | Caller::Key(_) => None,
        Caller::Claims(draft) => world.mint(draft, now).map_err(minting)?,
        Caller::Given(draft) => match world.principal(draft, now) {
            Some(given) => {
                principal = json!({
                    "kind": given.kind.as_str(),
                    "subject": given.subject,
                    "tenant": given.tenant,
                    "email": given.email,
                    "roles": given.roles,
                    "scopes": given.scopes,
                    "issuer": given.issuer.as_ref(),
                    "claims": given.claims.members(),
                });
                world.mint_for(&given, now).map_err(minting)?
            }
            None => None,
        },
    };
    let (token, claims) = match (&case.who.caller, minted) {
        (Caller::Token { secret: true, .. }, _) => (json!(REMOVED), Value::Null),
        (Caller::Token { text, .. }, _) => (json!(text), Value::Null),
        (_, Some(minted)) => (json!(minted.token), minted.claims),
        (_, None) => (Value::Null, Value::Null),
    };
    let (ask, _) = outcome::sent(world, case)?;
    let headers = match (&case.who.caller, token.as_str()) {
        // The token that was signed for the list is the one to send.
        (Caller::Given(_) | Caller::Claims(_), Some(token)) => {
            let mut ask = case.ask.clone();
            world.carry(token, &mut ask);
            if let Some(draft) = case.who.draft() {
                world
                    .sign(draft, None, &mut ask)
                    .map_err(Failure::invalid)?;
            }
            ask
        }
        (Caller::Token { secret: true, .. }, _) => case.ask.clone(),
        _ => ask,
    };
    Ok(json!({
        "name": case.name,
        "line": case.place.line,
        "now": shown(now),
        "own_time": case.own_time,
        "request": {
            "method": headers.method,
            "scheme": headers.scheme.as_str(),
            "host": headers.host,
            "target": headers.target,
            "headers": headers.headers,
            "client": headers.client.to_string(),
            "body_base64": STANDARD.encode(&headers.body),
        },
        "principal": principal,
        "token": token,
        "claims": claims,
        "webhook": case.who.draft().map(|draft| json!({
            "name": draft.webhook,
            "tenant": draft.tenant,
            "twice": case.twice,
        })),
        "key": outcome::key_of(world, case).map(|made| json!({ "id": made.id, "start": made.start })),
        "expect": expected(&case.expect),
    }))
}

fn expected(expect: &Expect) -> Value {
    let headers = expect.headers.iter();
    json!({
        "decision": expect.allow.map(|allow| if allow { "allow" } else { "deny" }),
        "reason": expect.reason.map(|reason| reason.code()),
        "status": expect.status.or(expect.reason.map(|reason| reason.status().as_u16())),
        "route": expect.route.as_ref().map(|route| &route.value),
        "headers": headers.cloned().collect::<std::collections::BTreeMap<_, _>>(),
        "removed": expect.removed,
        "upstream": expect.upstream.as_ref().map(|upstream| &upstream.value),
        "path": expect.path,
        "answer": expect.answer.as_ref().map(|answer| json!({
            "status": answer.status,
            "body": answer.body,
            "headers": answer.headers.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        })),
    })
}
