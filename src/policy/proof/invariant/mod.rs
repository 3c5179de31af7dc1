//! Invariants: sentences of the policy file that must follow from its rules.
//!
//! The forms, with `WHAT` for one or more `[METHODS] [HOST]/path`, joined by `and`:
//!
//! | sentence | it is broken by |
//! |---|---|
//! | `only role R reaches WHAT`, `only roles R, S reach WHAT` | whoever passes without one of the roles |
//! | `nobody reaches WHAT` | whoever passes |
//! | `no public route under WHAT`, `WHAT is never public` | a public route there |
//! | `every route under WHAT asks for a permission` (`role`, `scope`, `tenant`, `source`, `condition`, `credential`, `signature`, `key`) | a route there that does not |
//! | `a principal of one tenant never reaches WHAT of another` | whoever passes with a tenant other than the `{tenant}` of the path |
//! | `WHO reach nothing but WHAT` | one of them who passes anywhere else |
//! | `WHO never reach WHAT` | one of them who passes there |
//!
//! `WHO` is `users`, `machines`, `API keys`, `API keys of SET`, `tokens of ISSUER`, `webhooks`, or `deliveries of
//! WEBHOOK`; a delivery that comes with a key is a call of either. A role that includes `R` counts as `R`, and so
//! does `R` as the default role. `GET` covers `HEAD`, as on routes. Anybody reaches what is public, except that
//! `reach nothing but` is about what credentials open.

mod breach;
mod forms;
mod prove;
mod read;
mod words;

pub(in crate::policy) use prove::hold;

use crate::document::{Fields, OneOrMany, Placed};
use crate::model::PrincipalKind;

use super::super::check::Rule;
use super::super::quick::Names;
use super::space::Region;

/// The sentences as written.
pub(in crate::policy) type Invariants = Vec<Placed<String>>;

/// Reads the sentences of a file: one, or a list.
pub(in crate::policy) fn read(fields: &mut Fields<'_>) -> Invariants {
    fields.or("invariants", OneOrMany(Vec::new())).0
}

/// A sentence that was understood.
#[derive(Debug)]
struct Sentence {
    claim: Claim,
    places: Vec<Region>,
}

/// What a sentence says about its places.
#[derive(Debug)]
enum Claim {
    /// Whoever passes has one of these roles.
    OnlyRoles(Names),
    /// No one passes.
    Nobody,
    /// No route is public.
    NeverPublic,
    /// Whoever passes has no other tenant than the segment at this position of the only place.
    OneTenant(usize),
    /// Every route asks for this.
    Asks(Wanted),
    /// None of these passes anywhere else.
    NothingBut(Who),
    /// None of these passes.
    Never(Who),
}

/// What every route may have to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Credential,
    /// A webhook's, alone or beside another credential.
    Signature,
    /// An API key, alone or with a signature.
    Key,
    Rule(Rule),
}

/// Callers of one sort.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Who {
    Kind(PrincipalKind),
    /// Of an issuer, or of a set of API keys.
    Of(String),
    /// Whose request carries a signature, of this webhook or of any.
    Signed(Option<String>),
}
