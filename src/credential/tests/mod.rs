//! The room as its users see it: a policy file, a request, a verification.

mod claims;
mod crowd;
mod forgeries;
mod keys;
mod kinds;
mod known;
mod memory;
mod places;
mod presets;
mod settings;
mod shapes;
pub(in crate::credential) mod signatures;

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderName, Method};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::{Accepted, Config, Recalled, Verification, Verified, Verifiers};
use crate::document::{Fields, Problems, parse};
use crate::jwks::KeySets;
use crate::model::{CanonicalPath, Client, Host, Reason, Request, Scheme};
use crate::telemetry::Registry;

/// When every request of these tests arrives, unless it says otherwise.
const NOW: u64 = 1_800_000_000;

const SECRET: &str =
    "a secret that has more than sixty-four bytes, so that every HS algorithm takes it";

/// A key pair with its public half as a JWK.
struct Signer {
    algorithm: Algorithm,
    key: EncodingKey,
    jwk: Value,
}

impl Signer {
    fn new(algorithm: Algorithm, kid: &str) -> Self {
        let pem = |kind| rcgen::KeyPair::generate_for(kind).unwrap().serialize_pem();
        let key = match algorithm {
            Algorithm::ES256 => {
                EncodingKey::from_ec_pem(pem(&rcgen::PKCS_ECDSA_P256_SHA256).as_bytes()).unwrap()
            }
            Algorithm::ES384 => {
                EncodingKey::from_ec_pem(pem(&rcgen::PKCS_ECDSA_P384_SHA384).as_bytes()).unwrap()
            }
            Algorithm::EdDSA => {
                let random = aws_lc_rs::rand::SystemRandom::new();
                let pair = Ed25519KeyPair::generate_pkcs8v1(&random).unwrap();
                EncodingKey::from_ed_der(pair.as_ref())
            }
            _ => EncodingKey::from_rsa_pem(pem(&rcgen::PKCS_RSA_SHA256).as_bytes()).unwrap(),
        };
        let jwk = Jwk::from_encoding_key(&key, algorithm).unwrap();
        let mut jwk = serde_json::to_value(jwk).unwrap();
        jwk["kid"] = kid.into();
        Self {
            algorithm,
            key,
            jwk,
        }
    }

    /// Signs claims under a header with this key's name.
    fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": format!("{:?}", self.algorithm), "kid": self.jwk["kid"] });
        self.sign_with(&header, claims)
    }

    fn sign_with(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    fn sign_text(&self, header: &str, claims: &str) -> String {
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &self.key, self.algorithm);
        format!("{signed}.{}", signature.unwrap())
    }
}

static RSA: LazyLock<Signer> = LazyLock::new(|| Signer::new(Algorithm::RS256, "rsa"));
static EC: LazyLock<Signer> = LazyLock::new(|| Signer::new(Algorithm::ES256, "ec"));
static EC384: LazyLock<Signer> = LazyLock::new(|| Signer::new(Algorithm::ES384, "ec384"));
static ED: LazyLock<Signer> = LazyLock::new(|| Signer::new(Algorithm::EdDSA, "ed"));

/// The shared secret as a signer.
fn hmac(algorithm: Algorithm) -> Signer {
    Signer {
        algorithm,
        key: EncodingKey::from_secret(SECRET.as_bytes()),
        jwk: json!({}),
    }
}

/// Claims that pass under [`policy`].
fn claims() -> Value {
    json!({
        "iss": "https://idp.example.com", "aud": "my-api", "sub": "u1",
        "exp": NOW + 600, "iat": NOW - 60, "nbf": NOW - 60,
        "email": "u1@example.com", "tenant_id": "acme", "roles": ["admin", "user"],
    })
}

/// The claims with some replaced; `null` takes one out.
fn changed(changes: Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

/// An issuer `main` with every test key, and more lines for its section.
fn policy(more: &str) -> String {
    let keys = json!([RSA.jwk, EC.jwk, EC384.jwk, ED.jwk]);
    format!(
        "issuers:\n  main:\n    issuer: https://idp.example.com\n    audience: my-api\n    \
         jwks: {{ keys: {keys} }}\n{}",
        more.lines()
            .map(|line| format!("    {line}\n"))
            .collect::<String>()
    )
}

/// What a policy file comes to: verifiers, or every mistake.
fn built(policy: &str) -> Result<Verifiers, Vec<String>> {
    let key_sets = KeySets::new(crate::jwks::Settings::default(), &Registry::new()).unwrap();
    built_on(policy, &key_sets)
}

fn built_on(policy: &str, key_sets: &Arc<KeySets>) -> Result<Verifiers, Vec<String>> {
    let problems = Problems::new();
    let environment = |name: &str| match name {
        "SECRET" => Some(SECRET.to_owned()),
        "SHORT" => Some("hunter2".to_owned()),
        _ => None,
    };
    let node = parse("policy.yaml", policy, &environment, &problems);
    let verifiers = node.and_then(|node| {
        let mut fields = Fields::of(&node, "policy", &problems)?;
        let config = Config::read(&mut fields, &problems);
        fields.finish();
        config.build(Path::new("/nowhere"), key_sets, &problems)
    });
    let lines = || {
        problems
            .into_sorted()
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    verifiers.ok_or_else(lines)
}

fn verifiers(policy: &str) -> Verifiers {
    built(policy).unwrap_or_else(|problems| panic!("{policy}\n{}", problems.join("\n")))
}

/// A request for a target with these header fields.
fn request(target: &str, headers: &[(&str, &str)]) -> Request {
    Request {
        method: Method::GET,
        scheme: Scheme::Https,
        host: Host::parse("app.example.com").unwrap(),
        path: CanonicalPath::parse(target).unwrap(),
        headers: crate::model::Fields::of(headers),
        client: Client::direct("192.0.2.1:1000".parse().unwrap()),
        received_at: at(NOW),
    }
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn bearer(token: &str) -> Request {
    request("/", &[("authorization", &format!("Bearer {token}"))])
}

fn verify(verifiers: &Verifiers, request: &Request) -> Verification {
    verify_for(verifiers, request, &Accepted::All)
}

fn verify_for(verifiers: &Verifiers, request: &Request, accepted: &Accepted) -> Verification {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(verifiers.verify(request, accepted))
}

/// Who it was, or why not.
fn outcome(verification: Verification) -> Result<Verified, Reason> {
    match verification {
        Verification::Verified(verified) => Ok(verified),
        Verification::Absent(reason) => Err(reason),
        Verification::Rejected(denied) | Verification::Unavailable(denied) => Err(denied.reason),
    }
}

fn accept(verifiers: &Verifiers, token: &str) -> Arc<crate::model::Principal> {
    match verify(verifiers, &bearer(token)) {
        Verification::Verified(verified) => verified.principal,
        other => panic!("{other:?}"),
    }
}

fn refuse(verifiers: &Verifiers, token: &str) -> Reason {
    match outcome(verify(verifiers, &bearer(token))) {
        Ok(_) => panic!("accepted: {token}"),
        Err(reason) => reason,
    }
}
