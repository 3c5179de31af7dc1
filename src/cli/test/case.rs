//! One case: a request, who sends it, and what must come of it.

use jsonwebtoken::Algorithm;
use serde_json::{Map, Value as Json};

use crate::cli::trial::{Alg, Ask, Caller, PrincipalDraft, TokenDraft, World};
use crate::document::{Fields, Node, OneOrMany, Place, Placed, Problems, Value, closest};

use super::each::Combination;
use super::expect::Expect;
use super::file::Shared;
use super::request;
use super::table;

/// The name of whoever has no credential.
pub(super) const NOBODY: &str = "nobody";

/// One case.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) ask: Ask,
    /// Whether the case itself says when it happens.
    pub(super) own_time: bool,
    pub(super) caller: Caller,
    pub(super) expect: Expect,
    /// The issuers and keys it names, to be held against the policy.
    issuers: Vec<Placed<String>>,
    /// Where the caller is written, for when an issuer has to be named.
    who: Node,
}

impl Case {
    /// Reads a case of which every variable has its value. With a mistake nothing is given.
    pub(super) fn read(
        combination: &Combination,
        shared: &Shared,
        problems: &Problems,
    ) -> Option<Self> {
        let node = &combination.node;
        let mut fields = Fields::of(node, "case", problems)?;
        fields.refuse_blanks();
        let name: Option<String> = fields.optional("name");
        // Has been read already.
        let _ = fields.raw("each");
        let (ask, own_time) = request::read(&mut fields, &shared.defaults, problems);
        let mut issuers = Vec::new();
        let caller = caller(&mut fields, shared, &mut issuers, problems);
        let expect = match fields.raw("expect") {
            Some(node) => table::choose(node, combination, problems)
                .and_then(|node| Expect::read(node, problems)),
            None => {
                let help = "`allow`, `deny`, `deny CODE`, `401`, or a map";
                problems.error_with(node, "case needs the key `expect`", help);
                None
            }
        };
        fields.finish();
        let ask = ask?;
        let name = name.unwrap_or_else(|| format!("{} {}", ask.method, ask.target));
        Some(Self {
            name: match combination.label.as_str() {
                "" => name,
                label => format!("{name} [{label}]"),
            },
            place: node.place.clone(),
            own_time,
            ask,
            caller: caller?,
            expect: expect?,
            issuers,
            who: bare(node),
        })
    }

    /// Holds what the case names against the policy.
    pub(super) fn check(&self, world: &World, problems: &Problems) {
        self.expect.check(world, problems);
        for issuer in &self.issuers {
            if world.issuer(Some(&issuer.value)).is_none() {
                let known: Vec<&str> = world.issuers().collect();
                let help = match closest(&issuer.value, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("issuers: {}", known.join(", ")),
                };
                let message = format!("the policy has no issuer `{}`", issuer.value);
                problems.error_with(&issuer.node, message, help);
            }
        }
        let unnamed = match &self.caller {
            Caller::Given(draft) => draft.issuer.is_none(),
            Caller::Claims(draft) => draft.issuer.is_none(),
            Caller::AsSent | Caller::Token { .. } => false,
        };
        if unnamed && world.issuer(None).is_none() {
            let known: Vec<&str> = world.issuers().collect();
            let (message, help) = match known.is_empty() {
                true => (
                    "the policy has no issuer, so nobody can have a credential",
                    "leave the caller out".to_owned(),
                ),
                false => (
                    "the policy has several issuers, and it is not said whose caller this is",
                    format!("write `issuer:` with one of: {}", known.join(", ")),
                ),
            };
            problems.error_with(&self.who, message, help);
        }
    }
}

fn bare(node: &Node) -> Node {
    Node {
        value: Value::Null,
        ..node.clone()
    }
}

/// Who calls: at most one of `as`, `claims` and `token`, or else the file's default.
fn caller(
    fields: &mut Fields<'_>,
    shared: &Shared,
    issuers: &mut Vec<Placed<String>>,
    problems: &Problems,
) -> Option<Caller> {
    let given = ["as", "claims", "token"];
    if given.iter().filter(|key| fields.has(key)).count() > 1 {
        let message = "only one of `as`, `claims` and `token` can say who calls";
        problems.error(fields.node(), message);
    }
    for key in ["header", "alg", "key"] {
        if fields.has(key) && !fields.has("claims") {
            problems.error(fields.node(), format!("`{key}` belongs beside `claims`"));
        }
    }
    let draft = token_draft(fields, &shared.defaults.claims, issuers, problems);
    let token: Option<Placed<String>> = fields.optional("token");
    let outright = fields.raw("as");
    if let Some(token) = token {
        return Some(Caller::Token {
            text: token.value,
            secret: token.node.from_environment,
        });
    }
    if fields.has("claims") {
        return draft.map(Caller::Claims);
    }
    match (outright, &shared.defaults.caller) {
        (Some(node), _) if node.text().is_some() => {
            let name = Placed {
                value: node.text().unwrap_or_default().to_owned(),
                node: node.clone(),
            };
            named(&name, shared, problems)
        }
        (Some(node), _) => {
            let draft = principal(node, problems)?;
            issuers.extend(issuer_of(node));
            Some(Caller::Given(draft))
        }
        (None, Some(name)) => named(name, shared, &Problems::new()),
        (None, None) => Some(Caller::AsSent),
    }
}

/// A caller by name.
pub(super) fn named(name: &Placed<String>, shared: &Shared, problems: &Problems) -> Option<Caller> {
    if name.value == NOBODY {
        return Some(Caller::AsSent);
    }
    if let Some(draft) = shared.principals.get(&name.value) {
        return Some(Caller::Given(draft.clone()));
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

/// A principal given outright.
pub(super) fn principal(node: &Node, problems: &Problems) -> Option<PrincipalDraft> {
    let mut fields = Fields::of(node, "principal", problems)?;
    if let Some(node) = node.at("sub") {
        let help = "write `subject`; or `claims` instead of `as`, for a token";
        problems.error_with(node, "a principal has no `sub`", help);
        return None;
    }
    fields.refuse_blanks();
    let kind = fields.raw("kind");
    let kinds = [("user", false), ("machine", true)];
    let machine = kind.map(|kind| crate::document::choice(kind, problems, &kinds));
    let draft = PrincipalDraft {
        subject: fields.required("subject").unwrap_or_default(),
        machine: machine.flatten().unwrap_or_default(),
        tenant: fields.optional("tenant"),
        email: fields.optional("email"),
        roles: fields.or("roles", OneOrMany(Vec::new())).0,
        scopes: fields.or("scopes", OneOrMany(Vec::new())).0,
        issuer: fields.optional("issuer"),
        claims: object(fields.raw("claims"), "claims", problems),
    };
    fields.finish();
    (!draft.subject.is_empty()).then_some(draft)
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
    shared: &Map<String, Json>,
    issuers: &mut Vec<Placed<String>>,
    problems: &Problems,
) -> Option<TokenDraft> {
    let node = fields.raw("claims");
    let header = object(fields.raw("header"), "header", problems);
    let alg = fields.raw("alg").map(|node| algorithm(node, problems));
    let key: Option<Placed<String>> = fields.optional("key");
    let node = node?;
    let mut claims = shared.clone();
    claims.extend(object(Some(node), "claims", problems));
    claims.remove("issuer");
    let issuer = issuer_of(node);
    issuers.extend(issuer.clone());
    issuers.extend(key.clone().filter(|key| key.value != "other"));
    Some(TokenDraft {
        issuer: issuer.map(|issuer| issuer.value),
        claims,
        header,
        alg: alg.flatten(),
        key: key.map(|key| key.value),
        verbatim: false,
    })
}

fn algorithm(node: &Node, problems: &Problems) -> Option<Alg> {
    let name = <String as crate::document::Read>::read(node, problems)?;
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

/// A map as JSON.
pub(super) fn object(node: Option<&Node>, what: &str, problems: &Problems) -> Map<String, Json> {
    match node.map(|node| (node, node.to_json())) {
        None => Map::new(),
        Some((_, Json::Object(members))) => members,
        Some((node, _)) => {
            let found = node.value.kind();
            problems.error(node, format!("expected a map of {what}, found {found}"));
            Map::new()
        }
    }
}

/// Text, or a number or truth value as it is written.
pub(super) fn plain(node: &Node, problems: &Problems) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        other => {
            problems.error(node, format!("expected text, found {}", other.kind()));
            None
        }
    }
}
