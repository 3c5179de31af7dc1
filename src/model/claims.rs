//! What a credential says, and how one claim is named.

use std::fmt;

use serde_json::{Map, Value};

/// The claims of a verified credential (RFC 7519 section 4).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// Wraps a JSON object.
    pub fn new(claims: Map<String, Value>) -> Self {
        Self(claims)
    }

    /// The value at a path, or nothing if any step is missing or not an object.
    pub fn at(&self, path: &ClaimPath) -> Option<&Value> {
        let (first, rest) = path.0.split_first()?;
        rest.iter()
            .try_fold(self.0.get(first.as_ref())?, |value, step| {
                value.get(step.as_ref())
            })
    }

    /// All of them.
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// A top-level claim.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

/// The way to one claim: `sub`, `realm_access.roles`, `custom:role`, `https://example.com/roles`.
///
/// A dot separates steps into nested objects. A name with `://` in it is one step, dots and all; a
/// step in double quotes may hold dots too: `"a.b".c`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClaimPath(Vec<Box<str>>);

/// The text does not name a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimPathError {
    /// A step between two dots, or the whole path, is empty.
    #[error("a claim path needs a name on each side of a dot")]
    EmptyStep,
    /// A double quote is not closed, or stands inside a name.
    #[error("a quoted step must begin and end with a double quote, next to a dot or an end")]
    Quote,
}

impl ClaimPath {
    /// Parses the text of a policy file.
    pub fn parse(text: &str) -> Result<Self, ClaimPathError> {
        if text.contains("://") && !text.contains('"') {
            return Ok(Self(vec![text.into()]));
        }
        let mut steps = Vec::new();
        let mut rest = text;
        loop {
            let (step, after) = next_step(rest)?;
            if step.is_empty() {
                return Err(ClaimPathError::EmptyStep);
            }
            steps.push(step.into());
            match after.strip_prefix('.') {
                Some(more) => rest = more,
                None if after.is_empty() => return Ok(Self(steps)),
                None => return Err(ClaimPathError::Quote),
            }
        }
    }

    /// The top-level claim it leads into or to.
    pub fn first(&self) -> Option<&str> {
        self.0.first().map(AsRef::as_ref)
    }

    /// The names on the way, from the top.
    pub fn steps(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// A path of exactly these names, none of them split.
    pub fn exact(steps: &[&str]) -> Self {
        Self(steps.iter().map(|step| (*step).into()).collect())
    }
}

fn next_step(text: &str) -> Result<(&str, &str), ClaimPathError> {
    match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').ok_or(ClaimPathError::Quote),
        None => {
            let end = text.find('.').unwrap_or(text.len());
            let (step, after) = text.split_at(end);
            if step.contains('"') {
                Err(ClaimPathError::Quote)
            } else {
                Ok((step, after))
            }
        }
    }
}

impl fmt::Display for ClaimPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            let quote = if step.contains('.') && !step.contains("://") {
                "\""
            } else {
                ""
            };
            write!(f, "{dot}{quote}{step}{quote}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(json: Value) -> Claims {
        match json {
            Value::Object(map) => Claims::new(map),
            other => panic!("not an object: {other}"),
        }
    }

    #[test]
    fn names_of_every_provider_can_be_reached() {
        let claims = claims(serde_json::json!({
            "sub": "u1",
            "custom:role": "admin",
            "https://example.com/roles": ["a"],
            "realm_access": { "roles": ["r"] },
            "resource_access": { "my.app": { "roles": ["q"] } },
        }));
        for (path, wanted) in [
            ("sub", serde_json::json!("u1")),
            ("custom:role", serde_json::json!("admin")),
            ("https://example.com/roles", serde_json::json!(["a"])),
            ("realm_access.roles", serde_json::json!(["r"])),
            ("resource_access.\"my.app\".roles", serde_json::json!(["q"])),
        ] {
            let parsed = ClaimPath::parse(path).unwrap();
            assert_eq!(claims.at(&parsed), Some(&wanted), "{path}");
            assert_eq!(parsed.to_string(), path);
        }
    }

    #[test]
    fn a_missing_step_is_nothing() {
        let claims = claims(serde_json::json!({ "a": { "b": 1 }, "c": "text" }));
        for path in ["x", "a.x", "a.b.c", "c.d", "__proto__", "constructor.name"] {
            assert_eq!(claims.at(&ClaimPath::parse(path).unwrap()), None, "{path}");
        }
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for path in ["", ".", "a.", ".a", "a..b", "\"a", "a\"b", "\"a\"b"] {
            assert!(ClaimPath::parse(path).is_err(), "{path}");
        }
    }
}
