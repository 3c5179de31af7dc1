//! Keys that live as long as a trial.

use std::cell::RefCell;
use std::collections::BTreeMap;

use jsonwebtoken::{Algorithm, AlgorithmFamily};
use serde_json::{Value, json};

use crate::cli::token::{KeyError, SigningKey};
use crate::secret::Secret;

/// Quick to make and to use first: an RSA key takes a tenth of a second.
const PREFERRED: [Algorithm; 12] = [
    Algorithm::ES256,
    Algorithm::EdDSA,
    Algorithm::ES384,
    Algorithm::HS256,
    Algorithm::HS384,
    Algorithm::HS512,
    Algorithm::RS256,
    Algorithm::PS256,
    Algorithm::RS384,
    Algorithm::PS384,
    Algorithm::RS512,
    Algorithm::PS512,
];

/// Whose key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner<'o> {
    /// The issuer of this name.
    Issuer(&'o str),
    /// Nobody that the policy knows.
    Stranger,
}

/// Key pairs, each made when it is first asked for, and shared secrets.
#[derive(Default)]
pub(super) struct Keyring {
    pairs: RefCell<BTreeMap<(String, String), SigningKey>>,
    secrets: RefCell<BTreeMap<String, Secret>>,
}

/// The algorithm to sign with when nobody says which.
pub(super) fn preferred(accepted: &[Algorithm]) -> Algorithm {
    let mut preferred = PREFERRED.into_iter();
    let best = preferred.find(|algorithm| accepted.contains(algorithm));
    best.unwrap_or(Algorithm::ES256)
}

impl Keyring {
    /// Keeps the secret that an issuer shares.
    pub(super) fn keep(&self, issuer: &str, secret: Secret) {
        self.secrets.borrow_mut().insert(issuer.to_owned(), secret);
    }

    /// Whether an issuer's secret is one that was made up.
    pub(super) fn has_made_up(&self, issuer: &str) -> bool {
        let secrets = self.secrets.borrow();
        let secret = secrets.get(issuer);
        secret.is_some_and(|secret| secret.matches(made_up(issuer).as_bytes()))
    }

    /// The key of an owner for an algorithm, always the same.
    pub(super) fn key(
        &self,
        owner: Owner<'_>,
        algorithm: Algorithm,
    ) -> Result<SigningKey, KeyError> {
        if algorithm.family() == AlgorithmFamily::Hmac {
            return self.shared(owner, algorithm);
        }
        let name = match owner {
            Owner::Issuer(name) => format!("issuer {name}"),
            Owner::Stranger => "stranger".to_owned(),
        };
        let place = (name, format!("{algorithm:?}"));
        if let Some(known) = self.pairs.borrow().get(&place) {
            return Ok(known.clone());
        }
        let made = SigningKey::generate(algorithm)?;
        self.pairs.borrow_mut().insert(place, made.clone());
        Ok(made)
    }

    /// An issuer that shares no secret has tokens that a stranger signed with one.
    fn shared(&self, owner: Owner<'_>, algorithm: Algorithm) -> Result<SigningKey, KeyError> {
        let secrets = self.secrets.borrow();
        let known = match owner {
            Owner::Issuer(name) => secrets.get(name),
            Owner::Stranger => None,
        };
        match known {
            Some(secret) => SigningKey::from_secret(secret.expose(), algorithm),
            None => SigningKey::from_secret(stranger().as_bytes(), algorithm),
        }
    }

    /// The key set of an issuer, with a key for each of some algorithms.
    pub(super) fn key_set(
        &self,
        issuer: &str,
        algorithms: &[Algorithm],
    ) -> Result<Value, KeyError> {
        let mut keys = Vec::new();
        for algorithm in algorithms {
            if algorithm.family() != AlgorithmFamily::Hmac {
                let set = self.key(Owner::Issuer(issuer), *algorithm)?.key_set()?;
                keys.extend(set.get("keys").and_then(Value::as_array).cloned());
            }
        }
        Ok(json!({ "keys": keys.concat() }))
    }
}

/// A secret that nobody shares, long enough for every algorithm.
fn stranger() -> String {
    "a secret that nobody shares. ".repeat(3)
}

/// A secret for an issuer whose own is not here: long enough for every algorithm, and of no use elsewhere.
pub(super) fn made_up(issuer: &str) -> String {
    format!("made up by `sidegate test` for {issuer}. ").repeat(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_owner_has_one_key_for_each_algorithm() {
        let ring = Keyring::default();
        let kid = |owner, algorithm| ring.key(owner, algorithm).unwrap().kid().map(str::to_owned);
        let (one, two) = (Owner::Issuer("one"), Owner::Issuer("stranger"));
        assert_eq!(kid(one, Algorithm::ES256), kid(one, Algorithm::ES256));
        assert_ne!(kid(one, Algorithm::ES256), kid(two, Algorithm::ES256));
        assert_ne!(
            kid(Owner::Stranger, Algorithm::ES256),
            kid(two, Algorithm::ES256)
        );
        assert_ne!(kid(one, Algorithm::ES256), kid(one, Algorithm::EdDSA));
        let set = ring
            .key_set("one", &[Algorithm::ES256, Algorithm::HS256])
            .unwrap();
        assert_eq!(set["keys"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn made_up_secrets_are_long_enough() {
        assert!(made_up("x").len() >= 64 && stranger().len() >= 64);
    }
}
