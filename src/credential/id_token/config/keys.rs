//! Where an issuer's keys are, and which algorithms they count for.

use std::path::PathBuf;
use std::sync::Arc;

use jsonwebtoken::Algorithm;

use crate::document::{Fields, Node, OneOrMany, Placed, Problems, Read, Shape};
use crate::jwks::{Origin, SecretKeyError, VerifyingKey};
use crate::secret::Secret;

use super::super::algorithm;
use super::super::draft::Draft;

/// Where the keys are.
#[derive(Debug)]
pub(in crate::credential::id_token) enum Keys {
    Secret(Arc<VerifyingKey>),
    Published(Origin),
}

/// The algorithms that the section names, if it names any that can be used.
pub(super) fn read_algorithms(
    fields: &mut Fields<'_>,
    problems: &Problems,
) -> Option<Box<[Algorithm]>> {
    let secret = fields.has("secret");
    let OneOrMany(names) = fields.optional::<OneOrMany<Placed<String>>>("algorithms")?;
    let known = names.iter().filter_map(|name| {
        let help = match (algorithm::named(&name.value), name.value.as_str()) {
            (Some(found), _) if algorithm::is_symmetric(found) == secret => return Some(found),
            (Some(_), _) if secret => "a `secret` works with `HS256`, `HS384` and `HS512`",
            (Some(_), _) => "`HS` algorithms need a `secret`, and never work with published keys",
            (None, "none" | "None" | "NONE") => "unsigned tokens are never accepted",
            (None, _) => {
                "known: HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA"
            }
        };
        problems.error_with(&name.node, "this algorithm cannot be used here", help);
        None
    });
    let known: Box<[Algorithm]> = known.collect();
    if names.is_empty() {
        problems.error(fields.node(), "`algorithms` names none");
    }
    (!known.is_empty()).then_some(known)
}

/// The keys that the section names, or else those its preset or its address leads to.
pub(super) fn read_keys(
    fields: &mut Fields<'_>,
    own_url: Option<String>,
    issuer: Option<String>,
    draft: &Draft,
    algorithms: &Option<Box<[Algorithm]>>,
    problems: &Problems,
) -> Option<Keys> {
    const WAYS: [&str; 4] = ["jwks_url", "jwks_file", "jwks", "secret"];
    if WAYS.iter().filter(|way| fields.has(way)).count() > 1 {
        let message =
            "only one of `jwks_url`, `jwks_file`, `jwks` and `secret` can say what the keys are";
        problems.error(fields.node(), message);
    }
    let secret = fields.shaped("secret", Secret::shape);
    let inline = fields
        .shaped("jwks", || Shape::Anything)
        .map(|node| Origin::Inline(node.to_json()));
    let file = fields.optional::<PathBuf>("jwks_file").map(Origin::File);
    let address = fields.optional::<String>("jwks_url").map(Origin::Url);
    if let Some(node) = secret {
        return read_secret(node, algorithms, problems);
    }
    let default = || draft.jwks_url.clone().filter(|_| own_url.is_none());
    let discovery = || {
        let issuer_url = own_url.clone().or_else(|| draft.url.clone())?;
        Some(Origin::Discovery {
            expected_issuer: issuer.filter(|issuer| *issuer != issuer_url),
            issuer_url,
        })
    };
    let written = inline.or(file).or(address);
    let known = written
        .or_else(|| default().map(Origin::Url))
        .or_else(discovery);
    if known.is_none() && !WAYS.iter().any(|way| fields.has(way)) {
        problems.error_with(
            fields.node(),
            "it is not said where the keys are",
            "write `url` to find them by discovery, or `jwks_url`, `jwks_file`, `jwks` or `secret`",
        );
    }
    known.map(Keys::Published)
}

fn read_secret(
    node: &Node,
    algorithms: &Option<Box<[Algorithm]>>,
    problems: &Problems,
) -> Option<Keys> {
    let secret = Secret::read(node, problems)?;
    let algorithms = algorithms.as_deref().unwrap_or(&[Algorithm::HS256]);
    match VerifyingKey::from_secret(&secret, algorithms) {
        Ok(key) => Some(Keys::Secret(Arc::new(key))),
        // What `algorithms` may hold has been reported where it stands.
        Err(SecretKeyError::NotSymmetric(_) | SecretKeyError::NoAlgorithm) => None,
        Err(error @ SecretKeyError::TooShort { .. }) => {
            problems.error_with(
                node,
                error.to_string(),
                "a shorter secret can be guessed from one token (RFC 7518 section 3.2); make one with `openssl rand -base64 64`",
            );
            None
        }
    }
}
