//! What is known about the issuers that many people use.
//!
//! A preset turns two or three values into the issuer's address, its key set's address, the claims
//! its tokens carry and what tells its ID tokens from other tokens. Everything it says can be
//! overridden by a key in the section.

use crate::document::{Fields, OneOrMany, Problems, Read, Shape, choice};
use crate::model::ClaimPath;

use super::claims::{Expectation, Names};
use super::draft::{Draft, MachineDraft, only, types};
use super::mapping::{Mapping, top_level};
use super::words::{NamesText, PlainWord};

type Preset = fn(&mut Parameters<'_, '_>) -> Option<Draft>;

const PRESETS: &[(&str, Preset)] = &[
    ("cognito", cognito),
    ("firebase", firebase),
    ("google", google),
    ("auth0", auth0),
    ("entra", entra),
    ("okta", okta),
    ("keycloak", keycloak),
    ("kubernetes", kubernetes),
];

/// Reads the preset that a section names, with its parameters. A missing parameter is a problem and
/// gives nothing; a section without a preset gives an empty draft.
pub(super) fn read(fields: &mut Fields<'_>, problems: &Problems) -> Option<Draft> {
    let Some(node) = fields.shaped("preset", || Shape::words(PRESETS)) else {
        return Some(Draft::default());
    };
    let preset = choice(node, problems, PRESETS)?;
    preset(&mut Parameters {
        fields,
        problems,
        name: node.text().unwrap_or_default(),
    })
}

/// A preset's parameters: keys of the issuer's section.
struct Parameters<'f, 'n> {
    fields: &'f mut Fields<'n>,
    problems: &'f Problems,
    name: &'f str,
}

impl Parameters<'_, '_> {
    fn optional<T: Read>(&mut self, key: &'static str) -> Option<T> {
        self.fields.optional(key)
    }

    fn required<T: Read>(&mut self, key: &'static str) -> Option<T> {
        if self.fields.has(key) {
            return self.fields.optional(key);
        }
        // Asked for all the same, so that the key counts as known.
        let _ = self.fields.shaped(key, T::shape);
        let message = format!("preset `{}` needs the key `{key}`", self.name);
        self.problems.error(self.fields.node(), message);
        None
    }

    /// A parameter that becomes part of an address.
    fn word(&mut self, key: &'static str) -> Option<String> {
        self.required::<PlainWord>(key).map(|word| word.0)
    }

    fn clients(&mut self) -> Option<Names> {
        let clients = self.required::<OneOrMany<String>>("client_id")?;
        Some(Names::Only(clients.0.into_iter().map(Into::into).collect()))
    }

    /// The clients whose own tokens are admitted, when the section names any.
    fn machine(&mut self, draft: MachineDraft) -> Option<MachineDraft> {
        let clients = self.optional::<NamesText>("machine_clients");
        let wanted = clients.is_some() || self.fields.has("machine");
        wanted.then(|| MachineDraft {
            clients: clients.map(|names| names.0),
            ..draft
        })
    }
}

/// Amazon Cognito user pools. ID tokens only: `token_use` tells them from access tokens, which name
/// no audience.
fn cognito(given: &mut Parameters<'_, '_>) -> Option<Draft> {
    let (region, pool) = (given.word("region"), given.word("user_pool"));
    let clients = given.clients();
    let machine = given.machine(MachineDraft {
        marks: Box::new([Expectation::texts("token_use", &["access"])]),
        absent: Box::new([ClaimPath::exact(&["username"])]),
        client: top_level(&["client_id"]),
        ..MachineDraft::default()
    });
    let url = format!("https://cognito-idp.{}.amazonaws.com/{}", region?, pool?);
    Some(Draft {
        jwks_url: Some(format!("{url}/.well-known/jwks.json")),
        issuer: Some(url),
        audience: Some(clients?),
        token_type: Box::new([Expectation::texts("token_use", &["id"])]),
        mapping: Mapping {
            tenant: top_level(&["custom:tenant_id"]),
            roles: top_level(&["custom:role", "cognito:groups"]),
            ..Mapping::default()
        },
        machine,
        ..Draft::default()
    })
}

/// Firebase Authentication and Identity Platform.
fn firebase(given: &mut Parameters<'_, '_>) -> Option<Draft> {
    let project = given.word("project")?;
    let mut tenant = top_level(&["tenant_id"]).into_vec();
    tenant.push(ClaimPath::exact(&["firebase", "tenant"]));
    Some(Draft {
        issuer: Some(format!("https://securetoken.google.com/{project}")),
        jwks_url: Some(
            "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"
                .into(),
        ),
        audience: Some(only(project)),
        past: &["auth_time"],
        mapping: Mapping {
            tenant: tenant.into(),
            roles: top_level(&["roles", "role"]),
            ..Mapping::default()
        },
        ..Draft::default()
    })
}

/// Sign in with Google; the tenant is the Workspace domain.
fn google(given: &mut Parameters<'_, '_>) -> Option<Draft> {
    Some(Draft {
        issuer: Some("https://accounts.google.com".into()),
        jwks_url: Some("https://www.googleapis.com/oauth2/v3/certs".into()),
        audience: Some(given.clients()?),
        mapping: Mapping {
            tenant: top_level(&["hd"]),
            ..Mapping::default()
        },
        ..Draft::default()
    })
}

/// Auth0: tokens for an API. Beside the API they name Auth0's own userinfo address as an audience, and
/// any application of the tenant as `azp`.
fn auth0(given: &mut Parameters<'_, '_>) -> Option<Draft> {
    let domain = given.word("domain");
    let audience = given.required::<NamesText>("audience");
    let machine = given.machine(MachineDraft {
        marks: Box::new([Expectation::texts("gty", &["client-credentials"])]),
        client: top_level(&["azp", "client_id"]),
        audience: audience.as_ref().map(|names| names.0.clone()),
        ..MachineDraft::default()
    });
    let url = format!("https://{}/", domain?);
    Some(Draft {
        jwks_url: Some(format!("{url}.well-known/jwks.json")),
        issuer: Some(url),
        audience: Some(audience?.0),
        parties: Some(Names::Any),
        typ: types(&["jwt", "at+jwt"]),
        mapping: Mapping {
            tenant: top_level(&["tenant_id", "org_id"]),
            scopes: top_level(&["permissions", "scope"]),
            ..Mapping::default()
        },
        machine,
        ..Draft::default()
    })
}

/// Microsoft Entra ID, version 2.0 tokens of one directory.
fn entra(given: &mut Parameters<'_, '_>) -> Option<Draft> {
    let tenant = given.word("tenant").filter(|tenant| {
        let id = is_uuid(tenant);
        if !id {
            given.problems.error_with(
                given.fields.node(),
                "preset `entra` needs the directory's id as `tenant`",
                "names such as `common`, and domain names, never stand in the `iss` of a token",
            );
        }
        id
    });
    let clients = given.clients();
    let audience = given.optional::<NamesText>("audience");
    let base = format!("https://login.microsoftonline.com/{}", tenant?);
    Some(Draft {
        issuer: Some(format!("{base}/v2.0")),
        jwks_url: Some(format!("{base}/discovery/v2.0/keys")),
        audience: Some(audience.map(|names| names.0).or(clients)?),
        token_type: Box::new([Expectation::texts("ver", &["2.0"])]),
        mapping: Mapping {
            tenant: top_level(&["tid"]),
            scopes: top_level(&["scp"]),
            email: top_level(&["email", "preferred_username"]),
            ..Mapping::default()
        },
        ..Draft::default()
    })
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Okta with a custom authorization server; its keys verify tokens for your API.
fn okta(given: &mut Parameters<'_, '_>) -> Option<Draft> {
    let domain = given.word("domain");
    let server = given.optional::<PlainWord>("server");
    let audience = given.required::<NamesText>("audience");
    let server = server.map_or_else(|| "default".into(), |word| word.0);
    let url = format!("https://{}/oauth2/{server}", domain?);
    Some(Draft {
        jwks_url: Some(format!("{url}/v1/keys")),
        issuer: Some(url),
        audience: Some(audience?.0),
        mapping: Mapping {
            roles: top_level(&["roles", "groups"]),
            scopes: top_level(&["scp", "scope"]),
            ..Mapping::default()
        },
        ..Draft::default()
    })
}

/// Keycloak: ID tokens and access tokens of a realm, but no refresh or logout tokens. With a `client`,
/// only what was issued to that client.
fn keycloak(given: &mut Parameters<'_, '_>) -> Option<Draft> {
    let url = given.required::<String>("url");
    let realm = given.word("realm");
    let audience = given.required::<NamesText>("audience");
    let client = given.optional::<String>("client");
    let url = format!("{}/realms/{}", url?.trim_end_matches('/'), realm?);
    Some(Draft {
        issuer: Some(url.clone()),
        url: Some(url),
        audience: Some(audience?.0),
        parties: Some(client.map_or(Names::Any, only)),
        token_type: Box::new([Expectation::texts("typ", &["Bearer", "ID"])]),
        mapping: Mapping {
            roles: Box::new([ClaimPath::exact(&["realm_access", "roles"])]),
            ..Mapping::default()
        },
        ..Draft::default()
    })
}

/// Service account tokens of a Kubernetes cluster; the tenant is the namespace.
fn kubernetes(given: &mut Parameters<'_, '_>) -> Option<Draft> {
    let audience = given.required::<NamesText>("audience");
    let url = given
        .optional::<String>("url")
        .unwrap_or_else(|| "https://kubernetes.default.svc.cluster.local".into());
    Some(Draft {
        issuer: Some(url.clone()),
        url: Some(url),
        audience: Some(audience?.0),
        require: Box::new([ClaimPath::exact(&["kubernetes.io"])]),
        mapping: Mapping {
            tenant: Box::new([ClaimPath::exact(&["kubernetes.io", "namespace"])]),
            ..Mapping::default()
        },
        ..Draft::default()
    })
}
