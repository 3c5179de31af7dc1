//! Every step of one decision, gathered.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use crate::cli::exit::Failure;
use crate::cli::trial::{Ask, Caller, Checked, Effects, Verdict, World};
use crate::credential::Sighting;
use crate::model::{Denied, Principal, Reason, Request};
use crate::policy::Access;

use super::deliveries::{self, Delivery};
use super::source::{Recorded, Source};
use super::stored::{self, Asked};
use super::{facts, nearest, resigned};

/// A decision and how it came about. Nothing in it is secret.
#[derive(Debug)]
pub(super) struct Explanation {
    pub(super) notes: Vec<String>,
    pub(super) method: String,
    pub(super) scheme: &'static str,
    pub(super) host: String,
    pub(super) client: String,
    pub(super) now: SystemTime,
    /// The path as it was sent, and the names of the query.
    pub(super) sent: String,
    /// The path as it is judged, if it could be read.
    pub(super) judged: Option<String>,
    /// The names of the spellings that are not usual.
    pub(super) oddities: Vec<&'static str>,
    /// What rules read of the request beyond what every record has.
    pub(super) facts: Vec<(String, String)>,
    pub(super) routes: Vec<Candidate>,
    /// The captures of the route that decides.
    pub(super) captures: Vec<(String, String)>,
    pub(super) credential: Credential,
    /// What was made of the signature of a delivery, where the route accepts some.
    pub(super) delivery: Option<Delivery>,
    pub(super) checks: Vec<Checked>,
    pub(super) denied: Option<Denied>,
    /// The check that decided.
    pub(super) rule: Option<&'static str>,
    pub(super) effects: Option<Effects>,
    /// The status of what is answered in the place of an upstream.
    pub(super) answer: Option<u16>,
    /// What would have let the request pass.
    pub(super) nearest: Vec<String>,
    pub(super) recorded: Option<Recorded>,
    /// The policy's version.
    pub(super) policy: String,
}

/// A route whose path fits.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) name: String,
    pub(super) place: String,
    pub(super) chosen: bool,
    /// What ruled it out, or why it decides.
    pub(super) why: String,
}

/// What is known of who calls.
#[derive(Debug, Default)]
pub(super) struct Credential {
    /// Nobody was asked, because the route is open or there is none.
    pub(super) unasked: bool,
    /// The principal was given outright.
    pub(super) outright: bool,
    pub(super) sighting: Sighting,
    /// The policy has no sets of API keys.
    pub(super) tokens_only: bool,
    /// The signature was taken for good.
    pub(super) unverified: bool,
    /// The signature of a delivery was made here, for the secret is not.
    pub(super) unverified_delivery: bool,
    pub(super) principal: Option<Caught>,
}

/// A caller, as far as every record shows one.
#[derive(Debug)]
pub(super) struct Caught {
    pub(super) kind: &'static str,
    pub(super) subject: String,
    pub(super) tenant: Option<String>,
    pub(super) issuer: String,
    /// The roles that count.
    pub(super) roles: Vec<String>,
    /// Those of the caller's roles that the policy does not name.
    pub(super) unknown_roles: Vec<String>,
    pub(super) scopes: Vec<String>,
    /// The claims that rules read.
    pub(super) claims: Vec<(String, serde_json::Value)>,
    /// What is known of the API key; nothing of other callers.
    pub(super) key: Option<CaughtKey>,
}

/// An API key, without its text.
#[derive(Debug)]
pub(super) struct CaughtKey {
    /// What it is called by.
    pub(super) id: String,
    /// The only sources it may speak for.
    pub(super) sources: Option<Vec<String>>,
    /// The only networks it may be presented from.
    pub(super) networks: Option<Vec<String>>,
}

/// Puts into the request what its caller presents. Somebody who is given outright presents nothing: that is them.
fn present(
    world: &World,
    source: &Source,
    ask: &mut Ask,
) -> Result<Option<Arc<Principal>>, Failure> {
    let mut given = None;
    let mut key = None;
    match &source.caller {
        Caller::AsSent => {}
        Caller::Given(draft) => {
            let principal = world.principal(draft, ask.now);
            given = Some(principal.ok_or_else(|| unknown(world))?);
        }
        Caller::Token { text, .. } => world.carry(text, ask),
        Caller::Key(draft) => {
            key = Some(world.key(draft, ask.now).ok_or_else(|| unknown(world))?);
            world.present(draft, ask);
        }
        Caller::Claims(draft) => {
            let minted = world.mint(draft, ask.now).map_err(Failure::environment)?;
            world.carry(&minted.ok_or_else(|| unknown(world))?.token, ask);
        }
    }
    if let Some(draft) = &source.delivery {
        world.sign(draft, key, ask).map_err(Failure::usage)?;
    }
    Ok(given)
}

impl Explanation {
    /// Whether the request would pass.
    pub(super) fn passes(&self) -> bool {
        self.denied.is_none()
    }

    /// Lets the engine decide, and says how it came to that.
    pub(super) fn of(world: &World, source: &Source, store: Asked) -> Result<Self, Failure> {
        let mut explanation = Self::bare(world, source);
        let mut ask = source.ask.clone();
        let given = present(world, source, &mut ask)?;
        let mut request = match ask.read() {
            Ok(request) => request,
            Err(denied) => {
                explanation.credential.unasked = true;
                explanation.nearest = nearest::spelling(&denied);
                explanation.denied = Some(denied);
                return Ok(explanation);
            }
        };
        let mut body = Bytes::from(ask.body.clone());
        let mut verdict = world.judge(&request, &body, given.as_ref());
        if let Some(again) = resigned::signed_here(world, source, &ask, &request, &verdict)? {
            request = again;
            verdict = world.judge(&request, &body, given.as_ref());
            explanation.credential.unverified = true;
        }
        if let Some(again) = resigned::delivered_here(world, &ask, &request, &verdict) {
            body = Bytes::from(again.body.clone());
            request = again.read().unwrap_or(request);
            verdict = world.judge(&request, &body, given.as_ref());
            explanation.credential.unverified_delivery = true;
        }
        explanation.delivery = deliveries::told(world, &request, &body);
        explanation.read(world, &request);
        explanation.credential.outright = given.is_some();
        explanation.credential.tokens_only = world.api_key_sets().next().is_none();
        explanation.conclude(world, &request, verdict);
        if store == Asked::Nobody
            && let Some(denied) = &explanation.denied
            && let Some(unsure) = stored::unasked(world, &request, denied)
        {
            explanation.denied = Some(unsure);
            explanation.nearest = Vec::new();
        }
        Ok(explanation)
    }

    fn bare(world: &World, source: &Source) -> Self {
        let (ask, engine) = (&source.ask, &world.engine);
        let (path, query) = ask.path_and_query();
        let query = query.map(|query| format!("?{}", names_only(query)));
        Self {
            notes: source.notes.clone(),
            method: ask.method.clone(),
            scheme: ask.scheme.as_str(),
            host: without_user(&ask.host),
            client: ask.client.to_string(),
            now: ask.now,
            sent: format!("{path}{}", query.unwrap_or_default()),
            judged: None,
            oddities: Vec::new(),
            facts: Vec::new(),
            routes: Vec::new(),
            captures: Vec::new(),
            credential: Credential::default(),
            delivery: None,
            checks: Vec::new(),
            denied: None,
            rule: None,
            effects: None,
            answer: None,
            nearest: Vec::new(),
            recorded: source.recorded.clone(),
            policy: engine.version().to_string(),
        }
    }

    /// What was made of the request before anybody was asked who calls.
    fn read(&mut self, world: &World, request: &Request) {
        let policy = world.engine.policy();
        self.host = request.host.to_string();
        self.client = request.client.address.to_string();
        self.judged = Some(request.path.as_str().to_owned());
        self.oddities = facts::oddities(request);
        self.facts = facts::facts(world, request);
        let plan = world.engine.plan(request);
        if request.path.oddities().within(policy.allowed_oddities()) {
            self.routes = facts::candidates(world, request);
        }
        if let Ok(matched) = plan.matched() {
            let captures = matched.captures();
            self.captures = captures
                .map(|(name, value)| (name.to_owned(), value.into_owned()))
                .collect();
        }
        self.credential.sighting = world.engine.verifiers().sight(request);
    }

    /// What was decided.
    fn conclude(&mut self, world: &World, request: &Request, verdict: Verdict) {
        let open = verdict
            .route()
            .is_none_or(|route| *route.access() == Access::Public);
        self.credential.unasked = open;
        let principal = verdict.principal();
        self.credential.principal = principal.map(|principal| facts::caught(world, principal));
        self.rule = verdict.decided_by().map(|checked| checked.rule.as_str());
        self.denied = verdict.denied().cloned();
        self.answer = verdict.reply().map(|reply| reply.status.as_u16());
        self.take_recorded(&verdict);
        self.effects = verdict
            .decision()
            .and_then(|decision| decision.permit())
            .filter(|permit| permit.reply().is_none())
            .map(|permit| Effects::of(permit, request));
        self.redact();
        if let Some(denied) = &self.denied {
            self.nearest = nearest::of(world, request, &verdict, denied);
        }
        self.checks = verdict.checks;
    }

    /// A record holds no credential: what was made of it then is taken for what would be made of it now.
    fn take_recorded(&mut self, verdict: &Verdict) {
        let missing = [
            Reason::TokenMissing,
            Reason::KeyMissing,
            Reason::SignatureMissing,
        ];
        let absent = verdict.reason();
        let absent = absent.is_some_and(|reason| missing.contains(&reason));
        let Some(reason) = self.recorded.as_ref().and_then(|said| said.reason) else {
            return;
        };
        if absent && !missing.contains(&reason) {
            let note =
                "the record holds no credential: what it says became of it is taken as it is";
            self.notes.push(note.to_owned());
            self.denied = Some(reason.into());
        }
    }

    /// Nor is shown what the upstream gets in a query.
    fn redact(&mut self) {
        if let Some(effects) = &mut self.effects
            && let Some((path, query)) = effects.path.split_once('?')
        {
            effects.path = format!("{path}?{}", names_only(query));
        }
    }
}

/// A query without its values: any of them may be a secret, and those that a rule reads are facts.
fn names_only(query: &str) -> String {
    let hidden = |pair: &str| match pair.split_once('=') {
        Some((name, _)) => format!("{name}=..."),
        // A word alone may be a value.
        None if pair.is_empty() => String::new(),
        None => "...".to_owned(),
    };
    query.split('&').map(hidden).collect::<Vec<_>>().join("&")
}

/// A host without the name and the password that a URL may have before it.
fn without_user(host: &str) -> String {
    match host.rsplit_once('@') {
        Some((_, host)) => format!("...@{host}"),
        None => host.to_owned(),
    }
}

fn unknown(world: &World) -> Failure {
    let issuers: Vec<&str> = world.issuers().collect();
    let sets: Vec<&str> = world.api_key_sets().collect();
    let webhooks: Vec<&str> = world.webhooks().collect();
    let flags = [
        ("--issuer", issuers),
        ("--as-key", sets),
        ("--as-webhook", webhooks),
    ];
    let known = flags.iter().filter(|(_, names)| !names.is_empty());
    let known: Vec<String> = known
        .map(|(flag, names)| format!("{flag} {}", names.join("|")))
        .collect();
    match known.is_empty() {
        true => Failure::usage("the policy has no issuer, so nobody can have a credential"),
        false => Failure::usage(format_args!(
            "name whose credential it is, as the policy calls them: {}",
            known.join(" or ")
        )),
    }
}
