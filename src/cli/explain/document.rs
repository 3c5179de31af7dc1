//! An explanation for programs.

use serde_json::{Map, Value, json};

use crate::cli::trial::{Checked, Effects, shown};

use super::deliveries::{Delivery, Outcome};
use super::explanation::{Candidate, Caught, Credential, Explanation};

/// Everything that the text says, as one object.
pub(super) fn of(it: &Explanation) -> Value {
    json!({
        "schema": 1,
        "decision": if it.passes() { "allow" } else { "deny" },
        "reason": it.denied.as_ref().map(|denied| denied.reason.code()),
        "status": it.denied.as_ref().map(|denied| denied.reason.status().as_u16()),
        "detail": it.denied.as_ref().map(|denied| denied.detail.to_string()),
        "rule": it.rule,
        "nearest": it.nearest,
        "policy": it.policy,
        "request": {
            "method": it.method,
            "scheme": it.scheme,
            "host": it.host,
            "client": it.client,
            "time": shown(it.now),
            "sent": it.sent,
            "path": it.judged,
            "oddities": it.oddities,
            "facts": it.facts.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        },
        "routes": it.routes.iter().map(candidate).collect::<Vec<_>>(),
        "captures": it.captures.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        "caller": caller(&it.credential),
        "signature": it.delivery.as_ref().map(|delivery| signature(delivery, it)),
        "answer": it.answer,
        "checks": it.checks.iter().map(check).collect::<Vec<_>>(),
        "effects": it.effects.as_ref().map(effects),
        "record": it.recorded.as_ref().map(|said| json!({
            "decision": said.decision,
            "reason": said.reason.map(|reason| reason.code()),
            "policy": said.policy,
        })),
        "notes": it.notes,
    })
}

fn candidate(candidate: &Candidate) -> Value {
    json!({
        "name": candidate.name,
        "place": candidate.place,
        "chosen": candidate.chosen,
        "why": candidate.why,
    })
}

fn caller(credential: &Credential) -> Value {
    json!({
        "asked": !credential.unasked,
        "given_outright": credential.outright,
        "places": credential.sighting.places,
        "claimed_issuer": credential.sighting.issuer.as_deref(),
        "key_set": credential.sighting.key_set.as_deref(),
        "signature_taken_for_good": credential.unverified,
        "principal": credential.principal.as_ref().map(principal),
    })
}

fn signature(delivery: &Delivery, it: &Explanation) -> Value {
    let mut shown = json!({
        "webhook": delivery.webhook,
        "scheme": delivery.scheme,
        "covers": delivery.covers.0,
        "secret_chosen_by": delivery.chosen_by,
        "taken_for_good": it.credential.unverified_delivery,
        "steps": delivery.steps.iter().map(|step| json!({
            "what": step.what,
            "found": step.found,
            "holds": step.holds,
        })).collect::<Vec<_>>(),
        "signed_text": delivery.text,
    });
    let more = match &delivery.outcome {
        Outcome::Challenge => json!({ "challenge": true }),
        Outcome::Enrolment => json!({ "enrolment": true }),
        Outcome::Refused(why) => json!({ "genuine": false, "why": why.as_str() }),
        Outcome::Genuine {
            secret,
            tenant,
            event_id,
            signed_at,
        } => json!({
            "genuine": true,
            "secret": secret,
            "tenant": tenant,
            "event_id": event_id,
            "signed_at": signed_at,
        }),
    };
    if let (Value::Object(shown), Value::Object(more)) = (&mut shown, more) {
        shown.extend(more);
    }
    shown
}

fn principal(principal: &Caught) -> Value {
    let claims: Map<String, Value> = principal.claims.iter().cloned().collect();
    json!({
        "kind": principal.kind,
        "subject": principal.subject,
        "tenant": principal.tenant,
        "issuer": principal.issuer,
        "roles": principal.roles,
        "scopes": principal.scopes,
        "claims": claims,
        "key": principal.key.as_ref().map(|key| json!({
            "id": key.id,
            "sources": key.sources,
            "networks": key.networks,
        })),
    })
}

fn check(checked: &Checked) -> Value {
    let denied = checked.outcome.as_ref().err();
    json!({
        "rule": checked.rule.as_str(),
        "holds": denied.is_none(),
        "observed": checked.observed,
        "asks": checked.told.asks,
        "has": checked.told.has,
        "enough": checked.told.enough,
        "reason": denied.map(|denied| denied.reason.code()),
        "detail": denied.map(|denied| denied.detail.to_string()),
    })
}

fn effects(effects: &Effects) -> Value {
    json!({
        "upstream": effects.upstream,
        "path": effects.path,
        "sets": effects.injected,
        "removes": effects.removed,
    })
}
