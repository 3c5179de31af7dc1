//! The registered claims: when a token counts and for whom (RFC 7519 section 4.1).

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::model::{ClaimPath, Denied, Reason};

use super::json::{Json, Object};

/// The last second of the year 9999; later times count as this one.
const LATEST_SECOND: u64 = 253_402_300_799;

/// How much clocks may differ, and how long a token may live.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    /// Added to `exp` and to now before `nbf` and `iat` are compared.
    pub(super) leeway: Duration,
    /// The longest that `exp` may lie ahead.
    pub(super) max_lifetime: Option<Duration>,
}

impl Clock {
    /// Checks `exp`, `nbf` and `iat`; gives the moment from which the token counts no more.
    pub(super) fn check(&self, claims: &Object<'_>, now: SystemTime) -> Result<SystemTime, Denied> {
        let exp = date(claims, "exp")?.ok_or_else(|| missing("exp"))?;
        let end = later(exp, self.leeway);
        if now >= end {
            return Err(Reason::TokenExpired.into());
        }
        let horizon = later(now, self.leeway);
        for name in ["nbf", "iat"] {
            if date(claims, name)?.is_some_and(|start| start > horizon) {
                let detail = format!("`{name}` lies in the future");
                return Err(Denied::new(Reason::TokenNotYetValid, detail));
            }
        }
        match self.max_lifetime {
            Some(longest) if exp > later(horizon, longest) => Err(invalid("exp")),
            _ => Ok(end),
        }
    }

    /// Checks a claim that must be a moment in the past, such as `auth_time`.
    pub(super) fn check_past(
        &self,
        claims: &Object<'_>,
        name: &str,
        now: SystemTime,
    ) -> Result<(), Denied> {
        match date(claims, name)? {
            None => Err(missing(name)),
            Some(moment) if moment > later(now, self.leeway) => Err(invalid(name)),
            Some(_) => Ok(()),
        }
    }
}

fn later(moment: SystemTime, by: Duration) -> SystemTime {
    moment.checked_add(by).unwrap_or(moment)
}

/// A NumericDate (RFC 7519 section 2): seconds, perhaps with a fraction, not before 1970.
fn date(claims: &Object<'_>, name: &str) -> Result<Option<SystemTime>, Denied> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let number = value.as_number().ok_or_else(|| invalid(name))?;
    let seconds = match number.as_u64() {
        Some(whole) => Duration::from_secs(whole.min(LATEST_SECOND)),
        None => number
            .as_f64()
            .map(|seconds| seconds.min(LATEST_SECOND as f64))
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .ok_or_else(|| invalid(name))?,
    };
    Ok(SystemTime::UNIX_EPOCH.checked_add(seconds))
}

/// A claim that must be there is not, or is empty. The name comes from the policy or from a standard.
pub(super) fn missing(name: &str) -> Denied {
    Denied::new(Reason::TokenClaimMissing, format!("`{name}`"))
}

/// A claim has a value or a type that will not do.
pub(super) fn invalid(name: &str) -> Denied {
    Denied::new(Reason::TokenClaimInvalid, format!("`{name}`"))
}

/// A list of accepted names, or any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Names {
    /// Every name.
    Any,
    /// One of these, exactly.
    Only(Box<[Box<str>]>),
}

impl Names {
    /// Whether a name is accepted.
    pub(super) fn accept(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Only(names) => names.iter().any(|known| **known == *name),
        }
    }

    /// Checks `aud`: text, or a list of texts, one of which is accepted (RFC 7519 section 4.1.3).
    pub(super) fn check_audience(&self, claims: &Object<'_>) -> Result<(), Denied> {
        if *self == Self::Any {
            return Ok(());
        }
        let named = match claims.get("aud") {
            None => return Err(missing("aud")),
            Some(Json::List(names)) => names,
            Some(one) => std::slice::from_ref(one),
        };
        if named.iter().any(|name| name.as_str().is_none()) {
            return Err(invalid("aud"));
        }
        let mut names = named.iter().filter_map(Json::as_str);
        if names.any(|name| self.accept(name)) {
            Ok(())
        } else {
            Err(Reason::TokenAudienceMismatch.into())
        }
    }
}

/// A claim that must have one of some values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expectation {
    /// The claim.
    pub(super) path: ClaimPath,
    /// Texts, numbers, or true or false.
    pub(super) accepted: Box<[Value]>,
}

impl Expectation {
    /// A claim with these texts as accepted values.
    pub(super) fn texts(claim: &str, accepted: &[&str]) -> Self {
        Self {
            path: ClaimPath::exact(&[claim]),
            accepted: accepted.iter().map(|text| Value::from(*text)).collect(),
        }
    }

    /// Whether the claim has an accepted value, or is a list that holds one.
    pub(super) fn holds(&self, claims: &Object<'_>) -> bool {
        match claims.at(&self.path) {
            None => false,
            Some(Json::List(items)) => items.iter().any(|item| self.accepts(item)),
            Some(value) => self.accepts(value),
        }
    }

    fn accepts(&self, value: &Json<'_>) -> bool {
        self.accepted
            .iter()
            .any(|accepted| match (accepted, value) {
                (Value::String(accepted), Json::Text(text)) => accepted == text,
                (Value::Bool(accepted), Json::Bool(value)) => accepted == value,
                (Value::Number(accepted), Json::Number(number)) => {
                    accepted == number || accepted.as_f64() == number.as_f64()
                }
                _ => false,
            })
    }
}

/// Whether a claim is there and says something.
pub(super) fn is_present(claims: &Object<'_>, path: &ClaimPath) -> bool {
    match claims.at(path) {
        None | Some(Json::Null) => false,
        Some(Json::Text(text)) => !text.is_empty(),
        Some(Json::List(items)) => !items.is_empty(),
        Some(Json::Object(members)) => !members.is_empty(),
        Some(Json::Bool(_) | Json::Number(_)) => true,
    }
}
