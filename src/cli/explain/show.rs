//! An explanation for people.

use std::io;

use crate::cli::output::{Output, Tone};
use crate::cli::trial::{Checked, shown};

use super::explanation::{Candidate, Caught, CaughtKey, Credential, Explanation};
use super::signature;

/// Prints every step.
pub(super) fn explanation(it: &Explanation, output: Output) -> io::Result<()> {
    for note in &it.notes {
        output.note(format_args!(
            "{} {note}",
            output.tint_note(Tone::Strong, "note:")
        ));
    }
    request(it, output)?;
    routes(it, output)?;
    credential(it, output)?;
    signature::show(it, output)?;
    checks(it, output)?;
    decision(it, output)?;
    recorded(it, output)
}

pub(super) fn heading(text: &str, output: Output) -> io::Result<()> {
    output.line(output.tint(Tone::Strong, text))
}

pub(super) fn row(name: &str, value: impl std::fmt::Display, output: Output) -> io::Result<()> {
    output.line(format_args!("  {name:<10} {value}"))
}

fn request(it: &Explanation, output: Output) -> io::Result<()> {
    heading("request", output)?;
    row("method", &it.method, output)?;
    row("sent", &it.sent, output)?;
    match &it.judged {
        None => row("path", "cannot be read", output)?,
        Some(judged) => {
            let same = it.sent.split('?').next() == Some(judged);
            let how = if same {
                "judged as it was sent"
            } else {
                "the spelling that is judged and sent on"
            };
            row(
                "path",
                format_args!("{judged}  {}", output.tint(Tone::Faint, how)),
                output,
            )?;
        }
    }
    if !it.oddities.is_empty() {
        row("spelling", it.oddities.join(", "), output)?;
    }
    row("host", format_args!("{} ({})", it.host, it.scheme), output)?;
    row("client", &it.client, output)?;
    row("time", shown(it.now), output)?;
    it.facts
        .iter()
        .try_for_each(|(name, value)| row(name, value, output))
}

fn routes(it: &Explanation, output: Output) -> io::Result<()> {
    heading("routes", output)?;
    if it.routes.is_empty() {
        row("none", "has a path that fits", output)?;
    }
    for Candidate {
        name,
        place,
        chosen,
        why,
    } in &it.routes
    {
        let mark = match chosen {
            true => output.tint(Tone::Good, "takes it"),
            false => output.tint(Tone::Faint, "ruled out"),
        };
        let place = output.tint(Tone::Faint, format_args!("({place})"));
        let pad = if *chosen { "  " } else { " " };
        output.line(format_args!("  {mark}{pad} {name}: {why} {place}"))?;
    }
    it.captures
        .iter()
        .try_for_each(|(name, value)| row("captures", format_args!("{{{name}}} = {value}"), output))
}

fn credential(it: &Explanation, output: Output) -> io::Result<()> {
    let credential = &it.credential;
    if credential.unasked {
        return Ok(());
    }
    heading("caller", output)?;
    presented(credential, output)?;
    match &credential.principal {
        Some(principal) => person(principal, output),
        None => Ok(()),
    }
}

/// What the request came with.
fn presented(credential: &Credential, output: Output) -> io::Result<()> {
    let sighting = &credential.sighting;
    let what = match (credential.tokens_only, &sighting.key_set) {
        (_, Some(_)) => "API key",
        (true, None) => "token",
        (false, None) => "credential",
    };
    match (credential.outright, sighting.places.as_slice()) {
        (true, _) => row("given", "outright, without a credential", output)?,
        (false, []) => {
            let nowhere = format_args!("in none of the places where {what}s are read");
            row(what, nowhere, output)?;
        }
        (false, places) => {
            let where_found = format_args!("[removed] in {}", places.join(" and "));
            row(what, where_found, output)?;
        }
    }
    if let (false, Some(set)) = (credential.outright, &sighting.key_set) {
        row("set", format_args!("{set}, by its form and place"), output)?;
    }
    if let (false, Some(issuer)) = (credential.outright, &credential.sighting.issuer) {
        row(
            "issuer",
            format_args!("{issuer}, as the token says"),
            output,
        )?;
    }
    if credential.unverified {
        row(
            "signature",
            "taken for good: the issuer's keys are not here",
            output,
        )?;
    }
    Ok(())
}

/// Who calls, as far as rules look at it.
fn person(principal: &Caught, output: Output) -> io::Result<()> {
    row(
        "subject",
        format_args!("{} ({})", principal.subject, principal.kind),
        output,
    )?;
    match &principal.key {
        None => row("issuer", &principal.issuer, output)?,
        Some(key) => row(
            "key",
            format_args!("{} of {}", key.id, principal.issuer),
            output,
        )?,
    }
    row(
        "tenant",
        principal.tenant.as_deref().unwrap_or("none"),
        output,
    )?;
    row("roles", listed(&principal.roles), output)?;
    if !principal.unknown_roles.is_empty() {
        let unknown = listed(&principal.unknown_roles);
        row(
            "unknown",
            format_args!("the policy has no role {unknown}"),
            output,
        )?;
    }
    row("scopes", listed(&principal.scopes), output)?;
    if let Some(CaughtKey {
        sources: Some(sources),
        ..
    }) = &principal.key
    {
        row("sources", listed(sources), output)?;
    }
    if let Some(CaughtKey {
        networks: Some(networks),
        ..
    }) = &principal.key
    {
        row("networks", listed(networks), output)?;
    }
    let mut claims = principal.claims.iter();
    claims.try_for_each(|(name, value)| row("claim", format_args!("{name} = {value}"), output))
}

fn listed(names: &[String]) -> String {
    match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    }
}

fn checks(it: &Explanation, output: Output) -> io::Result<()> {
    if it.checks.is_empty() {
        return Ok(());
    }
    heading("checks", output)?;
    it.checks
        .iter()
        .try_for_each(|checked| check(checked, output))
}

/// One check: what was asked, what there was, and what a refusal says.
fn check(checked: &Checked, output: Output) -> io::Result<()> {
    let word = match &checked.outcome {
        Ok(()) => output.tint(Tone::Good, "holds "),
        Err(_) if checked.observed => output.tint(Tone::Strong, "observed"),
        Err(_) => output.tint(Tone::Bad, "fails "),
    };
    let (rule, told) = (checked.rule.as_str(), &checked.told);
    output.line(format_args!(
        "  {word} {rule}: asks for {}; has {}",
        told.asks, told.has
    ))?;
    match (&checked.outcome, checked.observed) {
        (Err(denied), true) => row(
            "",
            format_args!("would refuse with {}, and only observes", denied.reason),
            output,
        ),
        _ => Ok(()),
    }
}

fn decision(it: &Explanation, output: Output) -> io::Result<()> {
    let Some(denied) = &it.denied else {
        if let Some(answer) = &it.answer {
            heading(&output.tint(Tone::Good, "decision: answer"), output)?;
            return row("status", answer, output);
        }
        heading(&output.tint(Tone::Good, "decision: allow"), output)?;
        return effects(it, output);
    };
    let status = denied.reason.status().as_u16();
    let decision = format!("decision: deny {status} {}", denied.reason);
    heading(&output.tint(Tone::Bad, decision), output)?;
    if !denied.detail.is_empty() {
        row("because", &denied.detail, output)?;
    }
    it.nearest
        .iter()
        .enumerate()
        .try_for_each(|(position, change)| {
            let name = if position == 0 { "passes if" } else { "and" };
            row(name, change, output)
        })
}

fn effects(it: &Explanation, output: Output) -> io::Result<()> {
    let Some(effects) = &it.effects else {
        return Ok(());
    };
    row("upstream", &effects.upstream, output)?;
    row("path", &effects.path, output)?;
    for (name, value) in &effects.injected {
        row("sets", format_args!("{name}: {value}"), output)?;
    }
    match effects.removed.is_empty() {
        true => Ok(()),
        false => row("removes", effects.removed.join(", "), output),
    }
}

fn recorded(it: &Explanation, output: Output) -> io::Result<()> {
    let Some(said) = &it.recorded else {
        return Ok(());
    };
    heading("record", output)?;
    let reason = said
        .reason
        .map(|reason| format!(" {reason}"))
        .unwrap_or_default();
    let decision = said.decision.as_deref().unwrap_or("unknown");
    row("said", format_args!("{decision}{reason}"), output)?;
    match &said.policy {
        Some(policy) if *policy != it.policy => row(
            "policy",
            format_args!("{policy}; this one is {}", it.policy),
            output,
        ),
        _ => Ok(()),
    }
}
