//! Who sends the request of a case.

use std::collections::BTreeMap;

use jsonwebtoken::Algorithm;
use serde_json::{Map, Value as Json};

use crate::cli::trial::{Alg, Caller, DeliveryDraft, KeyDraft, PrincipalDraft, TokenDraft};
use crate::document::{
    Fields, Named, Node, OneOrMany, Placed, Problems, Read as _, choice, closest,
};

use super::case::object;
use super::file::Shared;
use super::key;
use super::webhook::{self, Sent};

/// The name of whoever has no credential.
pub(super) const NOBODY: &str = "nobody";

/// Who calls in a case, and what the case names for that, to be held against the policy.
#[derive(Debug, Clone)]
pub(super) struct Who {
    pub(super) caller: Caller,
    /// Issuers, and issuers whose keys sign.
    pub(super) issuers: Vec<Placed<String>>,
    /// Sets of API keys.
    pub(super) sets: Vec<Placed<String>>,
    /// The delivery that is sent, alone or beside a credential.
    pub(super) delivery: Option<Sent>,
}

impl Who {
    fn alone(caller: Caller) -> Self {
        Self {
            caller,
            issuers: Vec::new(),
            sets: Vec::new(),
            delivery: None,
        }
    }

    /// What is signed beside whatever else is presented.
    pub(super) fn draft(&self) -> Option<&DeliveryDraft> {
        self.delivery.as_ref().map(|sent| &sent.draft)
    }

    fn sending(delivery: Sent) -> Self {
        Self {
            delivery: Some(delivery),
            ..Self::alone(Caller::AsSent)
        }
    }

    fn with_key((draft, set): (KeyDraft, Option<Placed<String>>)) -> Self {
        Self {
            sets: set.into_iter().collect(),
            ..Self::alone(Caller::Key(draft))
        }
    }
}

/// Those whom the cases of a file call by a name.
pub(super) fn principals(
    node: Option<&Node>,
    keys: Option<&Node>,
    problems: &Problems,
) -> BTreeMap<String, Who> {
    let entries = node.and_then(|node| Named::of(node, "names to principals", problems));
    let mut principals = BTreeMap::new();
    for (key, node) in entries.into_iter().flatten() {
        if key.name == NOBODY {
            let help = "`as: nobody` is a request without a credential; choose another name";
            problems.error_with(node, "`nobody` is nobody's name", help);
        }
        if let Some(mut who) = principal(node, keys, problems) {
            // What a principal names counts only where it calls.
            who.issuers.clear();
            principals.insert(key.name.clone(), who);
        }
    }
    principals
}

/// Who calls: at most one of `as`, `claims`, `key` and `token`, or else the file's default; and the webhook whose
/// delivery it is, if it is one.
pub(super) fn read(fields: &mut Fields<'_>, shared: &Shared, problems: &Problems) -> Option<Who> {
    let Some(node) = fields.raw("webhook") else {
        return credential(fields, shared, shared.defaults.caller.as_ref(), problems);
    };
    let delivery = webhook::read(node, problems);
    // The file's default is who calls where nothing is said, and here something is.
    let who = credential(fields, shared, None, problems)?;
    let outright = matches!(who.caller, Caller::Given(_));
    if outright || who.delivery.is_some() {
        let help = "leave `as` out, or have it name a caller with an API key";
        problems.error_with(node, "`webhook` and `as` are two senders", help);
        return None;
    }
    Some(Who {
        delivery: Some(delivery?),
        ..who
    })
}

/// Who calls, but for a signature.
fn credential(
    fields: &mut Fields<'_>,
    shared: &Shared,
    default: Option<&Placed<String>>,
    problems: &Problems,
) -> Option<Who> {
    // Text is the name of the key that signs a token.
    let key = fields.raw("key");
    let presented = key.filter(|key| fields.has("key") && key.text().is_none());
    let ways = [
        fields.has("as"),
        fields.has("claims"),
        fields.has("token"),
        presented.is_some(),
    ];
    if ways.iter().filter(|way| **way).count() > 1 {
        let message = "only one of `as`, `claims`, `key` and `token` can say who calls";
        problems.error(fields.node(), message);
    }
    check_signing(fields, presented.is_some(), problems);
    let draft = token_draft(fields, key, &shared.defaults.claims, problems);
    let token: Option<Placed<String>> = fields.optional("token");
    let outright = fields.raw("as");
    if let Some(token) = token {
        return Some(Who::alone(Caller::Token {
            text: token.value,
            secret: token.node.from_environment,
        }));
    }
    if fields.has("claims") {
        return draft;
    }
    if let Some(node) = presented {
        return key::read(node, shared.defaults.key.as_ref(), problems).map(Who::with_key);
    }
    match (outright, default) {
        (Some(node), _) if node.text().is_some() => {
            let name = Placed {
                value: node.text().unwrap_or_default().to_owned(),
                node: node.clone(),
            };
            named(&name, shared, problems)
        }
        (Some(node), _) => principal(node, shared.defaults.key.as_ref(), problems),
        (None, Some(name)) => named(name, shared, &Problems::new()),
        (None, None) => Some(Who::alone(Caller::AsSent)),
    }
}

/// How a token is signed is said beside what it says.
fn check_signing(fields: &Fields<'_>, presents_key: bool, problems: &Problems) {
    let node = fields.node();
    for key in ["header", "alg"] {
        if fields.has(key) && !fields.has("claims") {
            problems.error(node, format!("`{key}` belongs beside `claims`"));
        }
    }
    if fields.has("key") && !fields.has("claims") && !presents_key {
        let help = "a caller with an API key is a map: `key: { set: partners, tenant: acme }`";
        problems.error_with(node, "`key` as text belongs beside `claims`", help);
    }
}

/// A caller by name.
pub(super) fn named(name: &Placed<String>, shared: &Shared, problems: &Problems) -> Option<Who> {
    if name.value == NOBODY {
        return Some(Who::alone(Caller::AsSent));
    }
    if let Some(who) = shared.principals.get(&name.value) {
        return Some(who.clone());
    }
    let known = shared.principals.keys().map(String::as_str);
    let help = match closest(&name.value, known.clone().chain([NOBODY])) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let known: Vec<&str> = known.collect();
            match known.is_empty() {
                true => "name one under `principals`, or write a map".to_owned(),
                false => format!("principals: {}; or `nobody`, or a map", known.join(", ")),
            }
        }
    };
    let message = format!("there is no principal `{}`", name.value);
    problems.error_with(&name.node, message, help);
    None
}

/// A principal given outright, or a caller with an API key.
fn principal(node: &Node, keys: Option<&Node>, problems: &Problems) -> Option<Who> {
    let mut fields = Fields::of(node, "principal", problems)?;
    if let Some(node) = node.at("sub") {
        let help = "write `subject`; or `claims` instead of `as`, for a token";
        problems.error_with(node, "a principal has no `sub`", help);
        return None;
    }
    fields.refuse_blanks();
    let (key, sent) = (fields.raw("key"), fields.raw("webhook"));
    if key.is_some() || sent.is_some() {
        fields.finish();
        let sent = sent.map(|node| webhook::read(node, problems));
        let with_key = key.map(|node| key::read(node, keys, problems).map(Who::with_key));
        return match (with_key, sent) {
            (Some(who), Some(sent)) => Some(Who {
                delivery: Some(sent?),
                ..who?
            }),
            (Some(who), None) => who,
            (None, Some(sent)) => sent.map(Who::sending),
            (None, None) => None,
        };
    }
    let machine = fields.raw("kind").and_then(|kind| machine(kind, problems));
    let draft = PrincipalDraft {
        subject: fields.required("subject").unwrap_or_default(),
        machine: machine.unwrap_or_default(),
        tenant: fields.optional("tenant"),
        email: fields.optional("email"),
        roles: fields.or("roles", OneOrMany(Vec::new())).0,
        scopes: fields.or("scopes", OneOrMany(Vec::new())).0,
        issuer: fields.optional("issuer"),
        claims: object(fields.raw("claims"), "claims", problems),
        key: None,
    };
    fields.finish();
    (!draft.subject.is_empty()).then(|| Who {
        issuers: issuer_of(node).into_iter().collect(),
        ..Who::alone(Caller::Given(draft))
    })
}

fn machine(kind: &Node, problems: &Problems) -> Option<bool> {
    if kind.text() == Some("api_key") {
        let help = "write `key: { set: partners, tenant: acme }` in the place of all of it";
        problems.error_with(kind, "a caller with an API key presents one", help);
        return None;
    }
    if kind.text() == Some("webhook") {
        let help = "write `webhook: github` in the place of all of it";
        problems.error_with(kind, "the sender of a webhook signs a delivery", help);
        return None;
    }
    choice(kind, problems, &[("user", false), ("machine", true)])
}

fn issuer_of(node: &Node) -> Option<Placed<String>> {
    let issuer = node.at("issuer")?;
    Some(Placed {
        value: issuer.text()?.to_owned(),
        node: issuer.clone(),
    })
}

/// `claims`, with `header`, `alg` and `key` beside it. `issuer` among the claims is the name that the policy
/// gives the issuer, not a claim. What tokens of the file share is `shared`.
fn token_draft(
    fields: &mut Fields<'_>,
    key: Option<&Node>,
    shared: &Map<String, Json>,
    problems: &Problems,
) -> Option<Who> {
    let node = fields.raw("claims");
    let header = object(fields.raw("header"), "header", problems);
    let alg = fields.raw("alg").map(|node| algorithm(node, problems));
    let node = node?;
    let key = key.filter(|key| key.text().is_some());
    let key = key.and_then(|key| Placed::<String>::read(key, problems));
    let mut claims = shared.clone();
    claims.extend(object(Some(node), "claims", problems));
    claims.remove("issuer");
    let issuer = issuer_of(node);
    let signer = key.clone().filter(|key| key.value != "other");
    Some(Who {
        issuers: issuer.clone().into_iter().chain(signer).collect(),
        ..Who::alone(Caller::Claims(TokenDraft {
            issuer: issuer.map(|issuer| issuer.value),
            claims,
            header,
            alg: alg.flatten(),
            key: key.map(|key| key.value),
            verbatim: false,
        }))
    })
}

fn algorithm(node: &Node, problems: &Problems) -> Option<Alg> {
    let name = String::read(node, problems)?;
    if name == "none" {
        return Some(Alg::Unsigned);
    }
    match name.parse::<Algorithm>() {
        Ok(algorithm) => Some(Alg::With(algorithm)),
        Err(_) => {
            let help = "known: none, HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA";
            problems.error_with(node, format!("`{name}` is not an algorithm"), help);
            None
        }
    }
}
