//! JSON with one reading: no member name may appear twice in an object.
//!
//! RFC 7519 section 4 lets a reader take the last of two equal names; another reader behind us may
//! take the first. So such a document is refused, at any depth.

use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Deserializer, Map, Number, Value};

/// Parses exactly one JSON object. serde_json bounds the depth and refuses broken UTF-8, lone
/// surrogates and numbers out of range.
pub(super) fn object(text: &[u8]) -> Option<Map<String, Value>> {
    // Once for the whole, instead of once for each text in it.
    let text = std::str::from_utf8(text).ok()?;
    let mut reader = Deserializer::from_str(text);
    let value = Strict.deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    match value {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("not finite"))?;
        Ok(number.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Self)? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(Self)?;
            if map.insert(name, value).is_some() {
                return Err(A::Error::custom("a name twice"));
            }
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_reading_agrees_with_the_usual_one() {
        let text =
            br#"{"a":[1,-2,1.5,1e3,18446744073709551615],"b":{"c":null,"d":"\u00e9"},"e":true}"#;
        let usual: Value = serde_json::from_slice(text).unwrap();
        assert_eq!(Some(Value::Object(object(text).unwrap())), Some(usual));
    }

    #[test]
    fn what_has_two_readings_is_refused() {
        let deep = "[".repeat(100_000);
        let deep = format!("{{\"a\":{deep}");
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"{"a":[{"b":1,"b":2}]}"#,
            r#"{} {}"#,
            r#"{"a":1e999}"#,
            r#"{"a":"\ud800"}"#,
            r#"{"a":NaN}"#,
            r#"{"a":1,}"#,
            "{/**/}",
            "\u{feff}{}",
            "[]",
            "\"text\"",
            "null",
            "",
            &deep,
        ] {
            let start: String = text.chars().take(40).collect();
            assert_eq!(object(text.as_bytes()), None, "{start}");
        }
        assert_eq!(object(b"{\"a\":\"\xff\"}"), None);
        assert_eq!(object(b"{\0\"\0a\0\"\0"), None);
    }
}
