//! What a token is to say.

use serde_json::{Map, Value};

/// Claims in the making.
#[derive(Debug, Default)]
pub(in crate::cli) struct Claims(Map<String, Value>);

impl Claims {
    /// Sets a claim; `null` takes it out again.
    pub(in crate::cli) fn set(&mut self, name: &str, value: impl Into<Value>) {
        match value.into() {
            Value::Null => {
                self.0.remove(name);
            }
            value => {
                self.0.insert(name.to_owned(), value);
            }
        }
    }

    /// The same, with the claim set.
    #[must_use]
    pub(in crate::cli) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    /// Sets a claim that was given.
    pub(in crate::cli) fn set_given(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    /// One value as itself, several as a list.
    pub(in crate::cli) fn set_one_or_many(&mut self, name: &str, values: &[String]) {
        match values {
            [] => {}
            [one] => self.set(name, one.as_str()),
            many => self.set(name, many),
        }
    }

    /// The JSON object.
    pub(in crate::cli) fn into_json(self) -> Value {
        Value::Object(self.0)
    }
}

/// `name=value`; the value is JSON if it can be, otherwise text.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cli) struct Assignment {
    pub(in crate::cli) name: String,
    pub(in crate::cli) value: Value,
}

impl std::str::FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(Self {
                name: name.to_owned(),
                value: serde_json::from_str(value).unwrap_or_else(|_| value.into()),
            }),
            _ => Err("expected `name=value`".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn value_is_json_if_it_can_be() {
        for (text, name, value) in [
            ("a=1", "a", json!(1)),
            ("a=[\"x\"]", "a", json!(["x"])),
            ("a=\"1\"", "a", json!("1")),
            ("a=plain text", "a", json!("plain text")),
            ("a=b=c", "a", json!("b=c")),
            ("a=", "a", json!("")),
            ("custom:role=admin", "custom:role", json!("admin")),
        ] {
            let wanted = Assignment {
                name: name.into(),
                value,
            };
            assert_eq!(text.parse(), Ok(wanted), "{text}");
        }
        assert!("=1".parse::<Assignment>().is_err());
        assert!("a".parse::<Assignment>().is_err());
    }

    #[test]
    fn null_takes_a_claim_out() {
        let claims = Claims::default().with("exp", 5).with("exp", Value::Null);
        assert_eq!(claims.into_json(), json!({}));
    }
}
