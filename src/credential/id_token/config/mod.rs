//! Reading one issuer's section of the policy file.

mod keys;
mod machine;
mod stand_in;

use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::Algorithm;

use crate::document::{Fields, Node, OneOrMany, Placed, Problems, Shape, Value};
use crate::jwks::{Origin, Source};

use super::algorithm;
use super::claims::Names;
use super::draft::Draft;
use super::mapping::Mapping;
use super::preset;
use super::rules::{Rules, Types, normal_type};
use super::words::{Expectations, NamesText, Paths};
use keys::{read_algorithms, read_keys};
use machine::read_machine;

pub(super) use keys::Keys;

const LONGEST_LEEWAY: Duration = Duration::from_secs(5 * 60);

/// One issuer as the file describes it.
#[derive(Debug)]
pub(in crate::credential) struct Settings {
    pub(super) name: Arc<str>,
    pub(super) issuer: Expected,
    pub(super) keys: Keys,
    pub(super) algorithms: Box<[Algorithm]>,
    pub(super) rules: Rules,
    pub(super) node: Node,
    allow_http: bool,
}

/// The `iss` that tokens must have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::credential) enum Expected {
    /// Exactly this text.
    Exactly(Box<str>),
    /// Whatever no other issuer claims, or none: a shared secret tells who signed.
    Any,
}

impl Settings {
    /// Reads a section. Every mistake in it is reported; with one, nothing is given.
    pub(in crate::credential) fn read(
        name: &Arc<str>,
        node: &Node,
        problems: &Problems,
    ) -> Option<Self> {
        let mut fields = Fields::of(node, "issuer", problems)?;
        fields.refuse_blanks();
        // What it silences is the policy room's business.
        fields.shaped("ignore", || Shape::named(Shape::Text));
        let draft = preset::read(&mut fields, problems)?;
        let own_url = match draft.url {
            Some(_) => None,
            None => fields.optional::<String>("url"),
        };
        let written = fields.optional::<String>("issuer");
        let algorithms = read_algorithms(&mut fields, problems);
        let issuer = expected(
            &fields,
            written.as_ref(),
            own_url.as_ref(),
            &draft,
            problems,
        );
        let keys = read_keys(&mut fields, own_url, written, &draft, &algorithms, problems);
        let allow_http = read_allow_http(&mut fields, problems);
        let rules = read_rules(&mut fields, draft, problems);
        fields.finish();
        let keys = keys?;
        Some(Self {
            name: Arc::clone(name),
            issuer: issuer?,
            algorithms: algorithms.unwrap_or_else(|| match &keys {
                Keys::Secret(_) => Box::new([Algorithm::HS256]),
                Keys::Published(_) => algorithm::asymmetric(),
            }),
            keys,
            rules: rules?,
            node: node.clone(),
            allow_http,
        })
    }

    /// The name the file gives the issuer.
    pub(in crate::credential) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// What tells its tokens from other issuers'.
    pub(in crate::credential) fn issuer(&self) -> &Expected {
        &self.issuer
    }

    /// The section, for problems.
    pub(in crate::credential) fn node(&self) -> &Node {
        &self.node
    }

    /// The published keys to subscribe to, with files found from `folder`. Addresses that may not be
    /// asked and files that hold no key are problems.
    pub(super) fn source(&self, folder: &FilePath, problems: &Problems) -> Option<Source> {
        let Keys::Published(origin) = &self.keys else {
            return None;
        };
        let origin = match origin {
            Origin::File(path) => Origin::File(folder.join(path)),
            other => other.clone(),
        };
        let source = Source {
            issuer: Arc::clone(&self.name),
            origin,
            allow_http: self.allow_http,
        };
        if let Err(error) = source.check() {
            problems.error(
                self.keys_node(),
                format!("its keys cannot be used: {error}"),
            );
            return None;
        }
        Some(source)
    }

    /// What the file says about the keys; the whole section when it says nothing of its own.
    fn keys_node(&self) -> &Node {
        ["jwks", "jwks_file", "jwks_url", "url"]
            .iter()
            .find_map(|key| self.node.at(key))
            .unwrap_or(&self.node)
    }
}

fn expected(
    fields: &Fields<'_>,
    written: Option<&String>,
    own_url: Option<&String>,
    draft: &Draft,
    problems: &Problems,
) -> Option<Expected> {
    let secret = fields.has("secret");
    match written.or(own_url).or(draft.issuer.as_ref()) {
        Some(any) if any == "any" && secret => {
            warn_of_any_issuer(fields.node(), problems);
            Some(Expected::Any)
        }
        Some(any) if any == "any" => {
            problems.error_with(
                fields.node(),
                "`issuer: any` works only with a `secret`",
                "published keys count only for the `iss` they belong to",
            );
            None
        }
        Some(issuer) => Some(Expected::Exactly(issuer.as_str().into())),
        None => {
            let help = if secret {
                "write the `iss` that tokens have, or `issuer: any` when they have none"
            } else {
                "write `url`, the address that is also the `iss` of its tokens, or a `preset`"
            };
            problems.error_with(fields.node(), "it is not said who the issuer is", help);
            None
        }
    }
}

fn warn_of_any_issuer(section: &Node, problems: &Problems) {
    let message = "tokens count whatever their `iss` says, also without one";
    let help = "write the `iss` that this issuer's tokens have";
    let written = section.at("issuer").unwrap_or(section);
    problems.warn("issuer-any", written, message, help);
}

/// `audience: any` of an issuer or of its programs.
fn warn_of_any_audience(section: &Node, problems: &Problems) {
    if let Some(written) = section.at("audience")
        && written.text() == Some("any")
    {
        let message = "tokens that were made for other apps count here too";
        let help = "write the `aud` that tokens for this app have";
        problems.warn("audience-any", written, message, help);
    }
}

fn read_allow_http(fields: &mut Fields<'_>, problems: &Problems) -> bool {
    let allowed = fields.optional::<Placed<bool>>("allow_http");
    if let Some(written) = allowed.as_ref().filter(|allowed| allowed.value) {
        problems.warn(
            "http-issuer",
            &written.node,
            "keys are fetched over plain `http://`",
            "whoever can change that traffic can sign tokens; use `https://`, if need be with `key_sets.ca_file`",
        );
    }
    allowed.is_some_and(|allowed| allowed.value)
}

fn read_rules(fields: &mut Fields<'_>, mut draft: Draft, problems: &Problems) -> Option<Rules> {
    let audience = fields
        .optional::<NamesText>("audience")
        .map(|names| names.0);
    warn_of_any_audience(fields.node(), problems);
    let named = fields.has("audience");
    let audience = audience.or(draft.audience.take());
    if audience.is_none() && !named {
        problems.error_with(
            fields.node(),
            "issuer needs the key `audience`",
            "the `aud` that its tokens have for your app; `any` accepts tokens meant for others too",
        );
    }
    let machine_draft = draft.machine.take();
    let mut rules = draft.rules(audience.clone().unwrap_or(Names::Any));
    rules.machine = read_machine(fields, machine_draft, problems);
    rules.parties = read_parties(fields).or(rules.parties);
    read_clock(fields, &mut rules, problems);
    read_token_type(fields, &mut rules, problems);
    if let Some(Paths(require)) = fields.optional("require") {
        rules.require = require;
    }
    rules.expect = fields
        .optional::<Expectations>("expect")
        .map_or_else(Box::default, |expect| expect.0);
    read_mapping(fields, &mut rules.mapping, problems);
    audience.map(|_| rules)
}

fn read_parties(fields: &mut Fields<'_>) -> Option<Names> {
    fields.optional::<NamesText>("clients").map(|names| names.0)
}

fn read_clock(fields: &mut Fields<'_>, rules: &mut Rules, problems: &Problems) {
    if let Some(leeway) = fields.optional::<Placed<Duration>>("leeway") {
        if leeway.value > LONGEST_LEEWAY {
            problems.error(&leeway.node, "clocks may differ by `5m` at most");
        }
        rules.clock.leeway = leeway.value;
    }
    if let Some(longest) = fields.optional::<Placed<Duration>>("max_lifetime") {
        if longest.value.is_zero() {
            problems.error(&longest.node, "no token lives shorter than that");
        }
        rules.clock.max_lifetime = Some(longest.value);
    }
}

fn read_token_type(fields: &mut Fields<'_>, rules: &mut Rules, problems: &Problems) {
    let Some(node) = fields.shaped("token_type", || Shape::Section("token_type")) else {
        return;
    };
    let Some(mut fields) = Fields::of(node, "token_type", problems) else {
        return;
    };
    fields.refuse_blanks();
    if let Some(typ) = read_types(&mut fields, problems) {
        rules.typ = typ;
    }
    if let Some(Expectations(claims)) = fields.optional("claims") {
        rules.token_type = claims;
    }
    fields.finish();
}

fn read_types(fields: &mut Fields<'_>, problems: &Problems) -> Option<Types> {
    let Placed { value, node } = fields.optional::<Placed<OneOrMany<String>>>("typ")?;
    let OneOrMany(names) = value;
    if matches!(&node.value, Value::List(items) if items.is_empty()) {
        problems.error(&node, "an empty list accepts no token");
    }
    Some(names.iter().map(|name| normal_type(name)).collect())
}

fn read_mapping(fields: &mut Fields<'_>, mapping: &mut Mapping, problems: &Problems) {
    let Some(node) = fields.shaped("claims", || Shape::Section("claims")) else {
        return;
    };
    let Some(mut fields) = Fields::of(node, "claims", problems) else {
        return;
    };
    fields.refuse_blanks();
    for (key, fact) in [
        ("subject", &mut mapping.subject),
        ("tenant", &mut mapping.tenant),
        ("roles", &mut mapping.roles),
        ("scopes", &mut mapping.scopes),
        ("email", &mut mapping.email),
    ] {
        if let Some(Paths(paths)) = fields.optional(key) {
            *fact = paths;
        }
    }
    fields.finish();
}
