//! What an issuer's tokens must be like: all of it is judged without a key.

use std::time::SystemTime;

use crate::model::{ClaimPath, Denied, Principal, PrincipalKind, Reason};

use super::claims::{Clock, Expectation, Names, invalid, is_present, missing};
use super::decode::Unverified;
use super::json::{Json, Object};
use super::mapping::{Alternatives, Genuine, Mapping, text};

/// The JOSE `typ` values that are accepted, in lower case and without `application/`.
pub(super) type Types = Box<[Box<str>]>;

/// The rules for one issuer's tokens.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) clock: Clock,
    /// Accepted `aud` values of user tokens.
    pub(super) audience: Names,
    /// Accepted `azp` values; without it, an `azp` beside several audiences must be one of ours.
    pub(super) parties: Option<Names>,
    pub(super) typ: Types,
    /// The claims that tell a user's token from others of the same issuer.
    pub(super) token_type: Box<[Expectation]>,
    /// Claims that must be there and say something.
    pub(super) require: Box<[ClaimPath]>,
    pub(super) expect: Box<[Expectation]>,
    /// Claims that must be moments in the past.
    pub(super) past: &'static [&'static str],
    pub(super) mapping: Mapping,
    pub(super) machine: Option<Machine>,
}

/// The rules for tokens of programs (client credentials, RFC 6749 section 4.4).
#[derive(Debug, Clone)]
pub(super) struct Machine {
    /// What such a token says that a user's does not.
    pub(super) marks: Box<[Expectation]>,
    /// What it must not say.
    pub(super) absent: Box<[ClaimPath]>,
    /// The claims that may hold the client.
    pub(super) client: Alternatives,
    /// Accepted clients, when they are checked.
    pub(super) clients: Option<Names>,
    /// Accepted `aud` values, which such a token must have; without them it may have none, but not
    /// one that is meant for others than the issuer's users.
    pub(super) audience: Option<Names>,
    pub(super) typ: Types,
    /// What claims must say, when it is not what the issuer's other tokens must say.
    pub(super) expect: Option<Box<[Expectation]>>,
    pub(super) roles: Box<[Box<str>]>,
    pub(super) scopes: Alternatives,
}

/// `typ` without `application/`, which does not count (RFC 7515 section 4.1.9).
fn bare_type(typ: &str) -> &str {
    let prefix = "application/";
    match typ.split_at_checked(prefix.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(prefix) && !rest.contains('/') => rest,
        _ => typ,
    }
}

/// `typ` as it is compared: case does not count either.
pub(super) fn normal_type(typ: &str) -> Box<str> {
    bare_type(typ).to_ascii_lowercase().into()
}

/// A token without `typ` is taken for a plain JWT.
fn is_type(typ: Option<&str>, accepted: &Types) -> bool {
    let given = bare_type(typ.unwrap_or("jwt"));
    accepted.iter().any(|typ| typ.eq_ignore_ascii_case(given))
}

impl Rules {
    /// Whose token this is, if it is of a kind that is accepted. Of no worth until the signature is
    /// verified.
    pub(super) fn kind(&self, token: &Unverified<'_>) -> Option<PrincipalKind> {
        let typ = token.typ.as_deref();
        let holds = |wanted: &Expectation| wanted.holds(&token.claims);
        let machine = self.machine.as_ref().is_some_and(|machine| {
            is_type(typ, &machine.typ)
                && machine.marks.iter().all(holds)
                && !machine
                    .absent
                    .iter()
                    .any(|path| token.claims.at(path).is_some())
        });
        if machine {
            Some(PrincipalKind::Machine)
        } else if is_type(typ, &self.typ) && self.token_type.iter().all(holds) {
            Some(PrincipalKind::User)
        } else {
            None
        }
    }

    /// Whether the token is meant for us.
    pub(super) fn check_audience(
        &self,
        kind: PrincipalKind,
        claims: &Object<'_>,
    ) -> Result<(), Denied> {
        match (kind, &self.machine) {
            (PrincipalKind::Machine, Some(machine)) => {
                machine.check_audience(claims, &self.audience)
            }
            _ => {
                self.audience.check_audience(claims)?;
                self.check_party(claims)
            }
        }
    }

    /// The party a token was issued to (OpenID Connect Core section 3.1.3.7, steps 4 and 5).
    fn check_party(&self, claims: &Object<'_>) -> Result<(), Denied> {
        let party = match claims.get("azp") {
            None => None,
            Some(azp) => Some(azp.as_str().ok_or_else(|| invalid("azp"))?),
        };
        let several = claims
            .get("aud")
            .is_some_and(|aud| matches!(aud, Json::List(audiences) if audiences.len() > 1));
        let accepted = match (&self.parties, party) {
            (None, Some(party)) if several => self.audience.accept(party),
            (None, _) | (Some(Names::Any), _) => true,
            (Some(parties), Some(party)) => parties.accept(party),
            (Some(_), None) => false,
        };
        if accepted {
            Ok(())
        } else {
            let detail = "`azp` is not an accepted client";
            Err(Denied::new(Reason::TokenAudienceMismatch, detail))
        }
    }

    /// Checks what else the policy asks for, and names the caller.
    pub(super) fn principal(
        &self,
        kind: PrincipalKind,
        token: &Genuine<'_>,
        now: SystemTime,
    ) -> Result<Principal, Denied> {
        let claims = token.claims;
        // Bound to a key whose possession its holder would have to prove (RFC 7800, RFC 9449): as a
        // plain bearer token it may be stolen goods.
        if claims.get("cnf").is_some() {
            return Err(invalid("cnf"));
        }
        match (kind, &self.machine) {
            (PrincipalKind::Machine, Some(machine)) => {
                check_expected(machine.expect.as_ref().unwrap_or(&self.expect), claims)?;
                self.mapping.machine(&machine.roles, &machine.scopes, token)
            }
            _ => {
                self.check_contents(claims, now)?;
                self.mapping.user(token)
            }
        }
    }

    fn check_contents(&self, claims: &Object<'_>, now: SystemTime) -> Result<(), Denied> {
        for name in self.past {
            self.clock.check_past(claims, name, now)?;
        }
        for path in &self.require {
            if !is_present(claims, path) {
                return Err(missing(&path.to_string()));
            }
        }
        check_expected(&self.expect, claims)
    }
}

fn check_expected(expect: &[Expectation], claims: &Object<'_>) -> Result<(), Denied> {
    for wanted in expect {
        if claims.at(&wanted.path).is_none() {
            return Err(missing(&wanted.path.to_string()));
        }
        if !wanted.holds(claims) {
            return Err(invalid(&wanted.path.to_string()));
        }
    }
    Ok(())
}

impl Machine {
    fn check_audience(&self, claims: &Object<'_>, of_users: &Names) -> Result<(), Denied> {
        match &self.audience {
            Some(audience) => audience.check_audience(claims)?,
            // A token that says whom it is for is for nobody else (RFC 7519 section 4.1.3).
            None if claims.get("aud").is_some() => of_users.check_audience(claims)?,
            None => {}
        }
        let Some(clients) = &self.clients else {
            return Ok(());
        };
        let client = text(claims, &self.client)?.ok_or_else(|| missing("client_id"))?;
        if clients.accept(client) {
            Ok(())
        } else {
            let detail = "the client is not accepted";
            Err(Denied::new(Reason::TokenAudienceMismatch, detail))
        }
    }
}
