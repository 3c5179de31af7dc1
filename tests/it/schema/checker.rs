//! Holds a value against a JSON Schema, by the keywords that ours use.

use serde_json::Value;

use super::pattern;

/// What says nothing about whether a value is right.
const REMARKS: [&str; 6] = [
    "$schema",
    "$defs",
    "title",
    "description",
    "examples",
    "default",
];

/// A schema whose `$ref`s lead into itself.
pub(super) struct Checker(pub(super) Value);

impl Checker {
    /// The places in a value that the schema refuses.
    pub(super) fn refused(&self, value: &Value) -> Vec<String> {
        self.refused_by(&self.0, value)
    }

    /// The same for a part of the schema.
    pub(super) fn refused_by(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut refused = Vec::new();
        self.hold(schema, value, "", &mut refused);
        refused
    }

    fn hold(&self, schema: &Value, value: &Value, path: &str, refused: &mut Vec<String>) {
        for (keyword, wanted) in schema.as_object().unwrap() {
            if !self.keyword(schema, keyword, wanted, value, path, refused) {
                refused.push(format!("`{path}`: not as `{keyword}` wants it"));
            }
        }
    }

    fn keyword(
        &self,
        schema: &Value,
        keyword: &str,
        wanted: &Value,
        value: &Value,
        path: &str,
        refused: &mut Vec<String>,
    ) -> bool {
        match keyword {
            remark if REMARKS.contains(&remark) => true,
            "$ref" => {
                let part = wanted.as_str().unwrap().strip_prefix('#').unwrap();
                self.hold(self.0.pointer(part).unwrap(), value, path, refused);
                true
            }
            "anyOf" => {
                let mut all = Vec::new();
                for way in wanted.as_array().unwrap() {
                    let before = all.len();
                    self.hold(way, value, path, &mut all);
                    if all.len() == before {
                        return true;
                    }
                }
                refused.extend(all);
                true
            }
            "type" => match wanted {
                Value::String(_) => is_type(wanted, value),
                several => several
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|one| is_type(one, value)),
            },
            "enum" => wanted.as_array().unwrap().contains(value),
            "pattern" => {
                let text = value.as_str();
                text.is_none_or(|text| pattern::finds(wanted.as_str().unwrap(), text))
            }
            "minLength" => {
                let least = wanted.as_u64().unwrap() as usize;
                value
                    .as_str()
                    .is_none_or(|text| text.chars().count() >= least)
            }
            "minimum" => value
                .as_f64()
                .is_none_or(|number| number >= wanted.as_f64().unwrap()),
            "maximum" => value
                .as_f64()
                .is_none_or(|number| number <= wanted.as_f64().unwrap()),
            "minItems" => {
                let least = wanted.as_u64().unwrap() as usize;
                value.as_array().is_none_or(|items| items.len() >= least)
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.hold(wanted, item, &format!("{path}[{index}]"), refused);
                }
                true
            }
            "properties" => {
                for (key, item) in value.as_object().into_iter().flatten() {
                    if let Some(inner) = wanted.get(key) {
                        self.hold(inner, item, &format!("{path}.{key}"), refused);
                    }
                }
                true
            }
            "additionalProperties" => {
                for (key, item) in value.as_object().into_iter().flatten() {
                    let known = schema
                        .get("properties")
                        .is_some_and(|all| all.get(key).is_some());
                    match wanted {
                        _ if known => {}
                        Value::Bool(false) => refused.push(format!("`{path}.{key}`: unknown key")),
                        inner => self.hold(inner, item, &format!("{path}.{key}"), refused),
                    }
                }
                true
            }
            "required" => {
                let mut names = wanted
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|name| name.as_str().unwrap());
                value
                    .as_object()
                    .is_none_or(|map| names.all(|name| map.contains_key(name)))
            }
            other => panic!("the schemas use `{other}`: teach it to tests/it/schema/checker.rs"),
        }
    }
}

fn is_type(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type is called `{other}`"),
    }
}
