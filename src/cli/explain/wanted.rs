//! What a credential would have had to be like.

use crate::cli::trial::World;
use crate::credential::{KeyProfile, Place};
use crate::model::Reason;
use crate::policy::{Access, Route};

/// The change that would have kept a credential from being refused for this reason.
pub(super) fn credential(world: &World, reason: Reason, route: &Route) -> Vec<String> {
    let change = match reason {
        Reason::TokenMissing | Reason::KeyMissing => missing(world, route),
        Reason::SignatureMissing => signature(world, route),
        Reason::SignatureInvalid => {
            "a signature of the whole request, as it is, with a secret that counts: see `sidegate webhook verify`"
                .to_owned()
        }
        Reason::SignatureExpired => "a signature of now: see the scheme's `tolerance`".to_owned(),
        Reason::SignatureReplayed => "a delivery that was not accepted before".to_owned(),
        Reason::SenderKeyUnavailable => "the key that the sender publishes".to_owned(),
        Reason::BodyTooLarge => {
            "a shorter body, or more `max_body` of the webhook or of the route".to_owned()
        }
        Reason::ContentEncoded => {
            "a body that is not compressed, or `content_encoding: pass` of the webhook".to_owned()
        }
        Reason::CredentialAmbiguous => "one credential, in one place".to_owned(),
        Reason::TokenMalformed => "a signed token with three parts (RFC 7515)".to_owned(),
        Reason::TokenExpired => "a token that has not expired".to_owned(),
        Reason::TokenNotYetValid => "a token that is valid already".to_owned(),
        Reason::TokenSignatureInvalid => {
            "a token that the issuer signed, with an algorithm that it uses".to_owned()
        }
        Reason::TokenKeyUnknown => "a token that is signed with a key of the issuer".to_owned(),
        Reason::TokenIssuerUnknown => format!("a token of {}", issuers(world, route)),
        Reason::TokenAudienceMismatch => {
            "a token that is meant for this audience: see the issuer's `audience` and `clients`"
                .to_owned()
        }
        Reason::TokenClaimMissing => "a token that has the claim".to_owned(),
        Reason::TokenClaimInvalid => "a token with another value of the claim".to_owned(),
        Reason::WrongTokenType => {
            "a token of the kind that the issuer is trusted for: see its `token_type`".to_owned()
        }
        Reason::KeyUnknown => unknown_key(world, route),
        Reason::KeyExpired => "a text of the key that is not over, or another key".to_owned(),
        Reason::KeyNotYetValid => "a key that has begun".to_owned(),
        Reason::KeyRevoked => "another key: a revoked one stays revoked".to_owned(),
        Reason::IssuerUnavailable => "the keys of the issuer".to_owned(),
        Reason::StoreUnavailable => "a store that answers".to_owned(),
        _ => return Vec::new(),
    };
    vec![change]
}

/// Whichever credentials the route accepts, each with where it is read.
fn missing(world: &World, route: &Route) -> String {
    let mut wanted = Vec::new();
    if accepted(world.issuers(), route).next().is_some() {
        let places = either(world.engine.verifiers().places());
        wanted.push(format!("a token of {} in {places}", issuers(world, route)));
    }
    for set in sets(world, route) {
        let (name, places) = (&set.set().name, either(set.places()));
        wanted.push(format!("an API key of the set `{name}` in {places}"));
    }
    if accepted(world.webhooks(), route).next().is_some() {
        wanted.push(signature(world, route));
    }
    wanted.join(", or ")
}

/// The webhooks whose signatures the route accepts, or the one that it demands.
fn signature(world: &World, route: &Route) -> String {
    let access = route.access();
    let taken = world
        .webhooks()
        .filter(|name| access.takes_deliveries_of(name));
    let named = |name| match world.scheme(name) {
        Some(scheme) => format!("`{name}` ({scheme})"),
        None => format!("`{name}`"),
    };
    let names: Vec<String> = taken.map(named).collect();
    format!("a signature as {} makes one", names.join(" or "))
}

fn unknown_key(world: &World, route: &Route) -> String {
    let names: Vec<String> = sets(world, route)
        .map(|set| format!("`{}`", set.set().name))
        .collect();
    match names.as_slice() {
        [] => missing(world, route),
        names => format!("a key of {}, whole as it was made", names.join(" or ")),
    }
}

fn either(places: &[Place]) -> String {
    let places: Vec<String> = places.iter().map(ToString::to_string).collect();
    places.join(" or ")
}

fn issuers(world: &World, route: &Route) -> String {
    let names: Vec<&str> = accepted(world.issuers(), route).collect();
    match names.as_slice() {
        [one] => format!("the issuer `{one}`"),
        many => format!("one of the issuers {}", many.join(", ")),
    }
}

fn sets<'w>(world: &'w World, route: &Route) -> impl Iterator<Item = &'w KeyProfile> {
    let names = accepted(world.api_key_sets(), route);
    names.filter_map(|name| world.api_key_set(Some(name)))
}

/// Those of some names that the route accepts.
fn accepted<'n>(
    names: impl Iterator<Item = &'n str>,
    route: &Route,
) -> impl Iterator<Item = &'n str> {
    let access = route.access();
    names.filter(|name| *access == Access::Public || access.accepts(name))
}
