//! Recorded deliveries.

use super::*;

const HOOKS: &str = "issuers: { main: { url: 'https://idp.example.com', audience: a } }
api_keys: { partners: { prefix: acme_ } }
webhooks:
  github: { preset: github, secrets: '${NOT_SET_ANYWHERE}' }
  stripe: { preset: stripe, secrets: '${NOT_SET_EITHER}' }
authenticate: main
";

fn hooks(route: &str) -> Loaded {
    written(&format!("{HOOKS}routes: [ {{ path: /**, {route} }} ]\n"))
}

/// A record of a delivery of `github`.
fn delivered(more: Value) -> Value {
    let mut record = record(json!({
        "kind": "webhook", "issuer": "github", "subject": "github", "webhook": "github",
        "roles": [], "tenant": null,
    }));
    for (name, value) in more.as_object().unwrap() {
        record[name] = value.clone();
    }
    record
}

/// A record of somebody with a key, whose request was signed as this webhook, or not.
fn with_key(webhook: Value) -> Value {
    let mut of_key = record(json!({
        "kind": "api_key", "issuer": "partners", "key": "k1", "roles": [], "scopes": ["a:read"],
    }));
    of_key["webhook"] = webhook;
    of_key
}

#[test]
fn delivery_is_judged_by_what_its_sender_may() {
    assert_eq!(
        verdict(&hooks("authenticate: github"), &delivered(json!({}))),
        ALLOW
    );
    let scoped = hooks("authenticate: github, scopes: a:read");
    let found = verdict(&scoped, &delivered(json!({})));
    assert_eq!(found, deny(Reason::InsufficientScope));
    let allowed = delivered(json!({ "scopes": ["a:read"] }));
    assert_eq!(verdict(&scoped, &allowed), ALLOW);
    let former = delivered(json!({ "issuer": "former", "webhook": "former" }));
    assert_eq!(
        missing(&hooks("authenticate: github"), &former),
        ["what the changed webhooks say: webhooks differ"]
    );
}

#[test]
fn route_that_asks_for_both_lets_pass_what_was_signed() {
    let both = hooks("authenticate: { all: [partners, github] }");
    assert_eq!(verdict(&both, &with_key(json!("github"))), ALLOW);
    let unsigned = "whether it was signed: not recorded";
    assert_eq!(missing(&both, &with_key(Value::Null)), [unsigned]);
    assert_eq!(missing(&both, &with_key(json!("stripe"))), [unsigned]);
    let mut refused = with_key(Value::Null);
    refused["decision"] = json!("deny");
    refused["reason"] = json!("SIGNATURE_EXPIRED");
    assert_eq!(verdict(&both, &refused), deny(Reason::SignatureExpired));
    // Who asks for the key alone lets it pass.
    assert_eq!(verdict(&hooks("authenticate: partners"), &refused), ALLOW);
}

#[test]
fn refused_signature_stays_refused_and_an_unasked_one_is_unknown() {
    let loaded = hooks("authenticate: github");
    for reason in [
        Reason::SignatureMissing,
        Reason::SignatureInvalid,
        Reason::SignatureExpired,
        Reason::SignatureReplayed,
        Reason::BodyTooLarge,
        Reason::ContentEncoded,
    ] {
        assert_eq!(
            verdict(&loaded, &denied(reason.code())),
            deny(reason),
            "{reason}"
        );
    }
    for reason in [Reason::DeliveryPending, Reason::SenderKeyUnavailable] {
        assert_eq!(verdict(&loaded, &denied(reason.code())), None, "{reason}");
    }
    // Whoever came without a token may have come with a signature that nobody looked for.
    assert_eq!(
        missing(&loaded, &denied("TOKEN_MISSING")),
        ["whether it was signed: not recorded"]
    );
    let of_tokens = hooks("authenticate: main");
    let found = verdict(&of_tokens, &denied("SIGNATURE_MISSING"));
    assert_eq!(found, deny(Reason::TokenMissing));
}

#[test]
fn what_depends_on_webhooks_that_differ_is_unknown() {
    let loaded = hooks("authenticate: github");
    let differences = || Differences {
        webhooks: Changes {
            changed: ["github".to_owned()].into(),
            ..Changes::default()
        },
        ..Differences::default()
    };
    for record in [delivered(json!({})), denied("SIGNATURE_INVALID")] {
        let trust = Trust::Compared(Box::new(differences()));
        let judged = judged_with(&loaded, &record, trust, Prior::Same).unwrap();
        assert_eq!(judged.verdict, Verdict::Unknown);
    }
}
