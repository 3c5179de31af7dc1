//! How strong and how recent a sign-in must be (RFC 9470).

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::document::{Placed, Problems};
use crate::model::{Claims, Denied, Principal, Reason, Request};

use super::complaint::complain;
use super::config::Texts;

/// The claims that are read (RFC 9470 section 6.1).
const ACR: &str = "acr";
const AUTH_TIME: &str = "auth_time";

/// The longest that all values of `acr` of one rule may be, in bytes.
const MOST_ACR: usize = 1024;

/// How far ahead the issuer's clock may be when `auth_time` is compared.
const LEEWAY: Duration = Duration::from_secs(60);

/// What a route asks of the sign-in behind a credential. A program has none of its own: it passes only
/// with a token that says so.
#[derive(Debug, PartialEq, Eq)]
pub struct StepUp {
    acr: Arc<[Box<str>]>,
    max_age: Option<Duration>,
    challenge: Box<str>,
}

impl StepUp {
    pub(super) fn new(acr: Arc<[Box<str>]>, max_age: Option<Duration>) -> Self {
        let challenge = challenge(&acr, max_age).into();
        Self {
            acr,
            max_age,
            challenge,
        }
    }

    /// The accepted values of the claim `acr`; with none of them, any will do.
    pub fn acr(&self) -> &[Box<str>] {
        &self.acr
    }

    /// How long ago the caller may have signed in, in whole seconds, by the claim `auth_time`.
    pub fn max_age(&self) -> Option<Duration> {
        self.max_age
    }

    /// The claims that the answer depends on.
    pub(super) fn claims(&self) -> impl Iterator<Item = &str> {
        let acr = (!self.acr.is_empty()).then_some(ACR);
        let auth_time = self.max_age.map(|_| AUTH_TIME);
        acr.into_iter().chain(auth_time)
    }

    /// Holds a credential against what is asked. A claim that is missing, or is not what it should
    /// be, satisfies nothing.
    pub(super) fn check(&self, request: &Request, principal: &Principal) -> Result<(), Denied> {
        let claims = &principal.claims;
        if !self.acr.is_empty() {
            self.check_acr(claims)?;
        }
        match self.max_age {
            Some(max_age) => check_age(max_age, claims, request.received_at),
            None => Ok(()),
        }
    }

    fn check_acr(&self, claims: &Claims) -> Result<(), Denied> {
        let stated = claims.get(ACR).and_then(serde_json::Value::as_str);
        let detail = match stated {
            Some(stated) if self.acr.iter().any(|known| **known == *stated) => return Ok(()),
            Some(_) => "the token has another `acr`",
            None => "the token has no `acr`",
        };
        let wanted = self.acr.join(", ");
        Err(too_weak(format!(
            "the route asks for the acr {wanted}; {detail}"
        )))
    }

    /// The parameters that tell a client what to ask its issuer for (RFC 9470 section 3).
    pub(super) fn challenge(&self) -> &str {
        &self.challenge
    }
}

fn challenge(acr: &[Box<str>], max_age: Option<Duration>) -> String {
    let mut parameters = String::new();
    if !acr.is_empty() {
        parameters += &format!(r#", acr_values="{}""#, acr.join(" "));
    }
    if let Some(max_age) = max_age {
        parameters += &format!(r#", max_age="{}""#, max_age.as_secs());
    }
    parameters
}

impl fmt::Display for StepUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.acr.is_empty() {
            write!(f, "acr {}", self.acr.join(" or "))?;
        }
        if let Some(max_age) = self.max_age {
            let comma = if self.acr.is_empty() { "" } else { ", " };
            write!(f, "{comma}signed in at most {} s ago", max_age.as_secs())?;
        }
        Ok(())
    }
}

fn check_age(max_age: Duration, claims: &Claims, now: SystemTime) -> Result<(), Denied> {
    let Some(signed_in) = claims.get(AUTH_TIME).and_then(numeric_date) else {
        return Err(too_weak("the token has no usable `auth_time`".into()));
    };
    match now.duration_since(signed_in) {
        Ok(age) if age <= max_age => Ok(()),
        Err(ahead) if ahead.duration() <= LEEWAY => Ok(()),
        Ok(_) => {
            let seconds = max_age.as_secs();
            Err(too_weak(format!("the sign-in is older than {seconds} s")))
        }
        Err(_) => Err(too_weak("`auth_time` lies in the future".into())),
    }
}

/// Seconds since 1970, with or without a fraction (RFC 7519 section 2).
fn numeric_date(claim: &serde_json::Value) -> Option<SystemTime> {
    let since = Duration::try_from_secs_f64(claim.as_f64()?).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(since)
}

fn too_weak(detail: String) -> Denied {
    Denied::new(Reason::StepUpRequired, detail)
}

/// Checks the values of `acr`: a header has to hold them all.
pub(super) fn check_acr(values: &Texts, problems: &Problems) {
    let length: usize = values.value.0.iter().map(|value| value.value.len()).sum();
    if length > MOST_ACR {
        let message = format!("the values are longer than {MOST_ACR} bytes together");
        problems.error_with(&values.node, message, "callers are told them in a header");
    }
    for value in &values.value.0 {
        check_acr_value(value, problems);
    }
}

/// Checks a value of `acr`. It is sent in a challenge between double quotes, one of several with spaces
/// between them, so it is a token as scopes are (RFC 6749 section 3.3).
fn check_acr_value(value: &Placed<String>, problems: &Problems) {
    if !is_scope_token(&value.value) {
        let help = "a value of `acr` is one word of printable ASCII without quotes and backslashes; \
                    several are a list: `[a, b]`";
        complain(value, "is not a value of `acr`", help, problems);
    }
}

/// Checks `max_age`, which a challenge gives in whole seconds.
pub(super) fn check_max_age(max_age: &Placed<Duration>, problems: &Problems) {
    let (value, node) = (max_age.value, &max_age.node);
    if value.is_zero() {
        let help = "write how long ago the caller may have signed in, such as `5m`";
        problems.error_with(node, "nobody could sign in that recently", help);
    } else if value.subsec_nanos() != 0 {
        let help = "write whole seconds, such as `30s`";
        problems.error_with(node, "`auth_time` counts in seconds", help);
    }
}

/// Whether a text is a `scope-token` (RFC 6749 section 3.3), which needs no escape between quotes.
pub(super) fn is_scope_token(text: &str) -> bool {
    let token = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    !text.is_empty() && text.bytes().all(token)
}
