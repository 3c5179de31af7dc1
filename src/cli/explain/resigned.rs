//! Tokens whose keys are elsewhere.
//!
//! Nobody on the network is asked, so the signature of such a token cannot be checked. What it says can: the
//! same claims are signed with a key made on the spot, and judged as a token of the issuer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::cli::exit::Failure;
use crate::cli::trial::{Alg, Ask, DeliveryDraft, TokenDraft, Verdict, World};
use crate::model::{Reason, Request};
use crate::webhook::Why;

use super::deliveries::{self, Outcome};

use super::source::Source;

/// The first text in a request that has the form of a token.
pub(super) fn token_in(ask: &Ask) -> Option<String> {
    let values = ask.headers.iter().map(|(_, value)| value.as_str());
    let mut texts = values.chain([ask.target.as_str()]);
    texts.find_map(|text| {
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let mut words = text.split(|c| !part(c));
        let token = words.find(|word| word.starts_with("eyJ") && word.split('.').count() == 3)?;
        Some(token.to_owned())
    })
}

/// The draft of a token that says the same.
pub(super) fn draft(token: &str) -> Option<TokenDraft> {
    let mut parts = token.split('.').map(part);
    let (mut header, claims) = (parts.next()??, parts.next()??);
    let alg = header.remove("alg");
    // The key that signs has a name of its own.
    header.remove("kid");
    let alg = match alg.as_ref().and_then(Value::as_str) {
        Some("none") | None => Alg::Unsigned,
        Some(name) => Alg::With(name.parse().ok()?),
    };
    Some(TokenDraft {
        claims,
        header,
        alg: Some(alg),
        verbatim: true,
        ..TokenDraft::default()
    })
}

fn part(text: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// Puts a token in the place of another.
fn replace(ask: &mut Ask, old: &str, new: &str) {
    for (_, value) in &mut ask.headers {
        *value = value.replace(old, new);
    }
    ask.target = ask.target.replace(old, new);
}

/// The request with a token that was signed here, when its own could not be verified for want of keys.
pub(super) fn signed_here(
    world: &World,
    source: &Source,
    ask: &Ask,
    request: &Request,
    verdict: &Verdict,
) -> Result<Option<Request>, Failure> {
    let unsure = [Reason::TokenKeyUnknown, Reason::TokenSignatureInvalid];
    let Some(draft) = &source.resigned else {
        return Ok(None);
    };
    let issuer = world.engine.verifiers().sight(request).issuer;
    let profile = world.issuer(issuer.as_deref());
    let here =
        profile.is_none_or(|profile| !profile.is_remote() && !world.has_made_up(profile.name()));
    if here
        || !verdict
            .reason()
            .is_some_and(|reason| unsure.contains(&reason))
    {
        return Ok(None);
    }
    let mut draft = draft.clone();
    draft.issuer = issuer.map(|issuer| issuer.to_string());
    let minted = world.mint(&draft, ask.now).map_err(Failure::environment)?;
    let old = token_in(ask);
    let (Some(minted), Some(old)) = (minted, old) else {
        return Ok(None);
    };
    let mut ask = ask.clone();
    replace(&mut ask, &old, &minted.token);
    Ok(ask.read().ok())
}

/// The request with a signature that was made here, where its own could not be verified because the secret is not
/// here. What it says of its time and of anything else was judged before.
pub(super) fn delivered_here(
    world: &World,
    ask: &Ask,
    request: &Request,
    verdict: &Verdict,
) -> Option<Ask> {
    if verdict.reason() != Some(Reason::SignatureInvalid) {
        return None;
    }
    let told = deliveries::told(world, request, &ask.body.clone().into())?;
    let wrong = matches!(told.outcome, Outcome::Refused(Why::Mismatch));
    if !wrong || !world.stands_in_for(&told.webhook) {
        return None;
    }
    let draft = DeliveryDraft {
        webhook: Some(told.webhook),
        ..DeliveryDraft::default()
    };
    let mut again = ask.clone();
    world.sign(&draft, None, &mut again).ok()?;
    Some(again)
}
