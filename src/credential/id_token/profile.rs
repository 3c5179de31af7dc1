//! What a token of an issuer says, for whoever mints one to try a policy with.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::Algorithm;
use serde_json::{Map, Value, json};

use crate::model::{ClaimPath, Principal, PrincipalKind};

use super::IdTokens;
use super::claims::{Expectation, Names};
use super::decode::Parts;
use super::mapping::Alternatives;
use super::rules::{Machine, Rules, Types};

/// How long a minted token lives, unless the issuer allows less.
const LIFETIME: Duration = Duration::from_secs(3600);

/// Claims in the making.
type Object = Map<String, Value>;

/// What one issuer's tokens are like.
#[derive(Debug, Clone)]
pub struct Profile {
    pub(super) name: Arc<str>,
    /// Nothing: any will do.
    pub(super) iss: Option<Box<str>>,
    pub(super) algorithms: Box<[Algorithm]>,
    pub(super) shared: bool,
    pub(super) remote: bool,
    pub(super) rules: Rules,
}

impl Profile {
    /// The name the policy gives the issuer.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The algorithms that count; never empty.
    pub fn algorithms(&self) -> &[Algorithm] {
        &self.algorithms
    }

    /// Whether tokens are signed with a shared secret.
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// Whether its keys would have to be fetched from elsewhere.
    pub fn is_remote(&self) -> bool {
        self.remote
    }

    /// Adds what a token must say to be one of this issuer's, where the claims do not say it already:
    /// `iss`, `aud`, `iat`, `exp`, and what tells the issuer's tokens from others. Whose facts it states is
    /// left to the claims. `now` is in seconds since 1970.
    pub fn complete(&self, claims: &mut Object, now: u64) {
        let machine = self.machine(claims);
        if let Some(iss) = &self.iss {
            fill(claims, &ClaimPath::exact(&["iss"]), json!(iss));
        }
        match machine {
            Some(machine) => self.complete_machine(machine, claims),
            None => self.complete_user(claims, now),
        }
        let longest = self.rules.clock.max_lifetime.unwrap_or(LIFETIME);
        let end = now.saturating_add(longest.min(LIFETIME).as_secs());
        fill(claims, &ClaimPath::exact(&["iat"]), json!(now));
        fill(claims, &ClaimPath::exact(&["exp"]), json!(end));
    }

    fn complete_user(&self, claims: &mut Object, now: u64) {
        let rules = &self.rules;
        fill_name(claims, "aud", Some(&rules.audience));
        fill_name(claims, "azp", rules.parties.as_ref());
        fill_expected(claims, &rules.token_type);
        fill_expected(claims, &rules.expect);
        for name in rules.past {
            fill(claims, &ClaimPath::exact(&[name]), json!(now));
        }
    }

    fn complete_machine(&self, machine: &Machine, claims: &mut Object) {
        fill_name(claims, "aud", machine.audience.as_ref());
        let named = machine.client.iter().any(|path| at(claims, path).is_some());
        if let (false, Some(path), Some(Names::Only(clients))) =
            (named, machine.client.first(), &machine.clients)
            && let Some(client) = clients.first()
        {
            fill(claims, path, json!(client));
        }
        fill_expected(
            claims,
            machine.expect.as_ref().unwrap_or(&self.rules.expect),
        );
    }

    /// The `typ` of a token with such claims (RFC 7519 section 5.1).
    pub fn typ(&self, claims: &Object) -> &str {
        let types: &Types = match self.machine(claims) {
            Some(machine) => &machine.typ,
            None => &self.rules.typ,
        };
        match types.first() {
            Some(first) if !types.iter().any(|typ| **typ == *"jwt") => first,
            _ => "JWT",
        }
    }

    /// The claims of a token that speaks for exactly this principal, if this issuer has such tokens.
    pub fn claims_of(&self, principal: &Principal) -> Option<Object> {
        let mut claims = principal.claims.members().clone();
        let mapping = &self.rules.mapping;
        let mut put = |paths: &Alternatives, value: Value| {
            let path = paths.first()?;
            fill(&mut claims, path, value);
            Some(())
        };
        put(&mapping.subject, json!(principal.subject))?;
        if let Some(tenant) = &principal.tenant {
            put(&mapping.tenant, json!(tenant))?;
        }
        if let Some(email) = &principal.email {
            put(&mapping.email, json!(email))?;
        }
        match (principal.kind, &self.rules.machine) {
            (PrincipalKind::User, _) => {
                put_list(&mut put, &mapping.roles, &principal.roles)?;
                put_list(&mut put, &mapping.scopes, &principal.scopes)?;
            }
            (PrincipalKind::Machine, Some(machine)) if *machine.roles == *principal.roles => {
                put_list(&mut put, &machine.scopes, &principal.scopes)?;
                fill_expected(&mut claims, &machine.marks);
            }
            (PrincipalKind::Machine | PrincipalKind::ApiKey | PrincipalKind::Webhook, _) => {
                return None;
            }
        }
        let machine = self.machine(&claims).is_some();
        (machine == (principal.kind == PrincipalKind::Machine)).then_some(claims)
    }

    /// The rules for programs, if the claims are a program's.
    fn machine(&self, claims: &Object) -> Option<&Machine> {
        let machine = self.rules.machine.as_ref()?;
        let marked = machine.marks.iter().all(|mark| holds(mark, claims));
        let absent = machine.absent.iter().all(|path| at(claims, path).is_none());
        (marked && absent).then_some(machine)
    }
}

impl IdTokens {
    /// The issuer that a token names, which nobody has verified.
    pub(in crate::credential) fn named_by(&self, token: &str) -> Option<Arc<str>> {
        let mut room = Vec::new();
        let unverified = Parts::of(token).ok()?.read(&mut room).ok()?;
        let issuer = self.issuer_of(&unverified.claims).ok()?;
        Some(Arc::clone(&issuer.name))
    }
}

fn put_list(
    put: &mut impl FnMut(&Alternatives, Value) -> Option<()>,
    paths: &Alternatives,
    names: &[Box<str>],
) -> Option<()> {
    match names {
        [] => Some(()),
        names => put(paths, json!(names)),
    }
}

/// Sets a claim that is not there; objects on the way to it are made.
fn fill(claims: &mut Object, path: &ClaimPath, value: Value) {
    let mut steps = path.steps().peekable();
    let mut place = claims;
    while let Some(step) = steps.next() {
        let entry = place.entry(step);
        if steps.peek().is_none() {
            entry.or_insert(value);
            return;
        }
        match entry.or_insert_with(|| json!({})) {
            Value::Object(inner) => place = inner,
            _ => return,
        }
    }
}

fn fill_name(claims: &mut Object, claim: &str, names: Option<&Names>) {
    if let Some(Names::Only(names)) = names
        && let Some(name) = names.first()
    {
        fill(claims, &ClaimPath::exact(&[claim]), json!(name));
    }
}

fn fill_expected(claims: &mut Object, expected: &[Expectation]) {
    for wanted in expected {
        if let Some(value) = wanted.accepted.first() {
            fill(claims, &wanted.path, value.clone());
        }
    }
}

fn at<'c>(claims: &'c Object, path: &ClaimPath) -> Option<&'c Value> {
    let mut steps = path.steps();
    let first = claims.get(steps.next()?)?;
    steps.try_fold(first, |value, step| value.get(step))
}

fn holds(wanted: &Expectation, claims: &Object) -> bool {
    let accepted = |value: &Value| wanted.accepted.contains(value);
    match at(claims, &wanted.path) {
        None => false,
        Some(Value::Array(items)) => items.iter().any(accepted),
        Some(value) => accepted(value),
    }
}
