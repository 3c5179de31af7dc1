//! `token`: a signed token, for trying things.
//!
//! Straight line: key (made, read, or a shared secret) -> claims -> signature. The token stands alone
//! on stdout; everything else goes to stderr or to files.

mod claims;
mod jwk;
mod key;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::Algorithm;
use serde_json::Value;

use super::exit::{Exit, Failure};
use super::output::Output;

pub(in crate::cli) use claims::{Assignment, Claims};
pub(in crate::cli) use key::{KeyError, SigningKey, unsigned};

const EXAMPLES: &str = "\
Examples:
  A token of a new key, and the key set that verifies it:
    sidegate token --issuer https://idp.example.com --audience my-api --role admin --jwks-out keys.json

  More tokens of the same key:
    sidegate token --save-key key.pem --jwks-out keys.json --issuer https://idp.example.com --audience my-api
    sidegate token --key key.pem --issuer https://idp.example.com --audience my-api --subject bob

  A token that ended five minutes ago, and one with claims of your own (`null` removes one):
    sidegate token --issuer https://idp.example.com --audience my-api --expires-in=-5m
    sidegate token --claim custom:role=admin --claim 'amr=[\"mfa\"]' --claim exp=null

  A token signed with a shared secret:
    sidegate token --secret-env JWT_SECRET --issuer me --audience my-api";

/// Mint a signed token, for trying things
///
/// Prints the token on stdout. Without --key or --secret-env a throw-away key is made; its key set
/// goes to the file of --jwks-out, or to stderr.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// Private key to sign with: PEM (PKCS#8, or PKCS#1 for RSA) or a private JWK
    #[arg(long, value_name = "FILE", conflicts_with_all = ["secret_env", "save_key"])]
    key: Option<PathBuf>,
    /// Environment variable that holds the shared secret, for HS256, HS384 and HS512
    #[arg(long, value_name = "NAME", conflicts_with_all = ["save_key", "jwks_out", "print_jwks"])]
    secret_env: Option<String>,
    /// RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA, HS256, HS384 or HS512
    /// [default: RS256; HS256 with --secret-env]
    #[arg(long, value_name = "NAME", value_parser = algorithm)]
    algorithm: Option<Algorithm>,
    /// Name of the key in the token's header [default: the JWK's, or the thumbprint of a new key]
    #[arg(long)]
    kid: Option<String>,
    /// `typ` in the token's header; empty leaves it out
    #[arg(long, default_value = "JWT")]
    typ: String,
    /// Claim `iss`
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// Claim `aud`; repeat for a list
    #[arg(long)]
    audience: Vec<String>,
    /// Claim `sub`
    #[arg(long, default_value = "alice")]
    subject: String,
    /// Claim `tenant_id`
    #[arg(long)]
    tenant: Option<String>,
    /// Claim `roles`, always a list; repeat for more
    #[arg(long)]
    role: Vec<String>,
    /// Claim `scope`; several are separated by spaces
    #[arg(long)]
    scope: Option<String>,
    /// Claim `email`
    #[arg(long)]
    email: Option<String>,
    /// How long the token lives: `30s`, `5m`, `24h`; with a minus it has already ended
    #[arg(
        long,
        value_name = "TIME",
        default_value = "1h",
        allow_hyphen_values = true
    )]
    expires_in: Lifetime,
    /// Any claim; the value is JSON if it can be, otherwise text; `null` removes the claim
    #[arg(long, value_name = "NAME=VALUE")]
    claim: Vec<Assignment>,
    /// Write the key set that verifies the token to this file
    #[arg(long, value_name = "FILE")]
    jwks_out: Option<PathBuf>,
    /// Print the key set on stderr also when a key was given
    #[arg(long)]
    print_jwks: bool,
    /// Write the new private key to this file, readable by its owner only
    #[arg(long, value_name = "FILE")]
    save_key: Option<PathBuf>,
}

pub(in crate::cli) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    let key = signing_key(arguments)?;
    let token = key
        .sign(&claims(arguments, now()), &arguments.typ)
        .map_err(Failure::usage)?;
    if let (Some(path), Some(pem)) = (&arguments.save_key, key.pem()) {
        write_private(path, pem)?;
    }
    publish(arguments, &key, output)?;
    output.line(token)?;
    Ok(Exit::Success)
}

fn signing_key(arguments: &Arguments) -> Result<SigningKey, Failure> {
    let default = match arguments.secret_env {
        Some(_) => Algorithm::HS256,
        None => Algorithm::RS256,
    };
    let algorithm = arguments.algorithm.unwrap_or(default);
    let key = match (&arguments.key, &arguments.secret_env) {
        (Some(path), _) => SigningKey::from_text(&read(path)?, algorithm),
        (None, Some(name)) => shared_secret(name, algorithm),
        (None, None) => SigningKey::generate(algorithm),
    };
    let key = key.map_err(Failure::usage)?;
    Ok(match &arguments.kid {
        Some(kid) => key.named(kid.as_str()),
        None => key,
    })
}

fn shared_secret(name: &str, algorithm: Algorithm) -> Result<SigningKey, KeyError> {
    match std::env::var(name) {
        Ok(secret) if !secret.is_empty() => SigningKey::from_secret(secret.as_bytes(), algorithm),
        _ => Err(KeyError::SecretUnset(name.to_owned())),
    }
}

fn claims(arguments: &Arguments, now: i64) -> Value {
    let end = now.saturating_add(arguments.expires_in.0);
    // A token that has already ended was issued before that.
    let mut claims = Claims::default()
        .with("sub", arguments.subject.as_str())
        .with("iat", now.min(end))
        .with("exp", end);
    claims.set_given("iss", arguments.issuer.as_deref());
    claims.set_one_or_many("aud", &arguments.audience);
    claims.set_given("tenant_id", arguments.tenant.as_deref());
    if !arguments.role.is_empty() {
        claims.set("roles", arguments.role.as_slice());
    }
    claims.set_given("scope", arguments.scope.as_deref());
    claims.set_given("email", arguments.email.as_deref());
    for Assignment { name, value } in &arguments.claim {
        claims.set(name, value.clone());
    }
    claims.into_json()
}

fn publish(arguments: &Arguments, key: &SigningKey, output: Output) -> Result<(), Failure> {
    let made_here = arguments.key.is_none() && arguments.secret_env.is_none();
    let wanted = arguments.print_jwks || (made_here && arguments.jwks_out.is_none());
    if arguments.jwks_out.is_none() && !wanted {
        return Ok(());
    }
    let set = key.key_set().map_err(Failure::usage)?;
    if let Some(path) = &arguments.jwks_out {
        std::fs::write(path, format!("{set:#}\n"))
            .map_err(|error| cannot("write", path, &error))?;
    }
    if wanted {
        output.note(&set);
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| cannot("read", path, &error))
}

fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;

    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| cannot("write", path, &error))
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::environment(format_args!("cannot {what} `{}`: {error}", path.display()))
}

fn algorithm(text: &str) -> Result<Algorithm, &'static str> {
    text.parse()
        .map_err(|_| "expected a name such as RS256, PS256, ES256, EdDSA or HS256")
}

/// Seconds from now, possibly back in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lifetime(i64);

impl std::str::FromStr for Lifetime {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (sign, text) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        super::duration(text)
            .and_then(|span: Duration| i64::try_from(span.as_secs()).ok())
            .map(|seconds| Self(sign * seconds))
            .ok_or("expected a time such as `30s`, `5m`, `24h` or `-5m`")
    }
}

/// Seconds since 1970 (RFC 7519 section 2, NumericDate).
pub(in crate::cli) fn now() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "a token is minted at the time of the command"
    )]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_secs()).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
