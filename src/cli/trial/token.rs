//! Tokens signed on the spot: good ones, and bad ones of every kind.

use std::time::SystemTime;

use jsonwebtoken::Algorithm;
use serde_json::{Map, Value, json};

use crate::cli::token::{KeyError, unsigned};
use crate::credential::Profile;

use super::keys::{Keyring, Owner, preferred};
use super::moment::{numeric_date, seconds};

/// The claims that are dates.
const DATES: [&str; 4] = ["exp", "nbf", "iat", "auth_time"];

/// What a token is to be like.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct TokenDraft {
    /// The issuer by its name in the policy; nothing means the only one.
    pub(in crate::cli) issuer: Option<String>,
    /// What it says; `null` keeps a claim out that would be filled in.
    pub(in crate::cli) claims: Map<String, Value>,
    /// What its header says beside what it must; `null` takes out.
    pub(in crate::cli) header: Map<String, Value>,
    pub(in crate::cli) alg: Option<Alg>,
    /// Whose key signs when it is not the issuer's: another issuer's name, or `other`.
    pub(in crate::cli) key: Option<String>,
    /// Claims and header are those of a real token: nothing is filled in.
    pub(in crate::cli) verbatim: bool,
}

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Alg {
    /// Not at all (RFC 7518 section 3.6).
    Unsigned,
    /// With this algorithm.
    With(Algorithm),
}

/// A token with what it says.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Minted {
    pub(in crate::cli) token: String,
    pub(in crate::cli) claims: Value,
}

impl TokenDraft {
    /// The algorithm that signs a token of this issuer.
    pub(super) fn algorithm(&self, profile: &Profile) -> Algorithm {
        match self.alg {
            Some(Alg::With(algorithm)) => algorithm,
            Some(Alg::Unsigned) | None => preferred(profile.algorithms()),
        }
    }

    pub(super) fn mint(
        &self,
        profile: &Profile,
        ring: &Keyring,
        now: SystemTime,
    ) -> Result<Minted, KeyError> {
        let claims = self.whole(profile, seconds(now));
        let algorithm = self.algorithm(profile);
        let own = Owner::Issuer(profile.name());
        let (owner, named) = match self.key.as_deref() {
            None => (own, own),
            // A forgery says that the issuer's key has signed it.
            Some("other") => (Owner::Stranger, own),
            Some(other) => (Owner::Issuer(other), Owner::Issuer(other)),
        };
        let header = self.head(profile, &claims, ring, named, algorithm)?;
        let claims = Value::Object(claims);
        let token = match self.alg {
            Some(Alg::Unsigned) => format!("{}.", unsigned(&header, &claims)),
            _ => ring.key(owner, algorithm)?.sign_under(&header, &claims)?,
        };
        Ok(Minted { token, claims })
    }

    fn whole(&self, profile: &Profile, now: u64) -> Map<String, Value> {
        let mut claims = self.claims.clone();
        if self.verbatim {
            return claims;
        }
        for name in DATES {
            if let Some(date) = claims.get_mut(name) {
                *date = numeric_date(date, now);
            }
        }
        profile.complete(&mut claims, now);
        without_nulls(claims)
    }

    fn head(
        &self,
        profile: &Profile,
        claims: &Map<String, Value>,
        ring: &Keyring,
        named: Owner<'_>,
        algorithm: Algorithm,
    ) -> Result<Value, KeyError> {
        let mut header = Map::new();
        let alg = match self.alg {
            Some(Alg::Unsigned) => "none".to_owned(),
            _ => format!("{algorithm:?}"),
        };
        header.insert("alg".to_owned(), json!(alg));
        if !self.verbatim {
            header.insert("typ".to_owned(), json!(profile.typ(claims)));
        }
        if let Some(kid) = ring.key(named, algorithm)?.kid() {
            header.insert("kid".to_owned(), json!(kid));
        }
        header.extend(self.header.clone());
        Ok(Value::Object(without_nulls(header)))
    }
}

fn without_nulls(members: Map<String, Value>) -> Map<String, Value> {
    let members = members.into_iter();
    members.filter(|(_, value)| !value.is_null()).collect()
}
