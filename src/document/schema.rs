//! From what readers ask for to a JSON Schema (draft 2020-12).

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::Shape;
use super::described::{default, description, examples};
use super::notes::{Asked, Notes, Section};

/// The definition that values with `${NAME}` refer to.
const VARIABLE: &str = "#/$defs/variable";

/// What a schema is made from, beside the notes.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The section that a file begins with.
    pub top: &'static str,
    /// What the file is called.
    pub title: &'a str,
    /// Files that use every key together, by name, with a comment above each key: its description.
    pub references: &'a [(&'a str, &'a str)],
    /// Sections whose keys mean what those of another section mean, each with that one: a key without a
    /// comment of its own has that of the other.
    pub alike: &'a [(&'a str, &'a str)],
    /// Whether other sources may add to the file, so that a key that must be there may come from them.
    pub layered: bool,
}

impl Notes {
    /// The schema of a file that these notes were taken from.
    pub fn schema(&self, subject: Subject<'_>) -> Json {
        let writer = Writer {
            notes: self,
            subject,
        };
        let mut definitions: Map<String, Json> = self
            .sections
            .iter()
            .filter(|(name, _)| **name != subject.top)
            .map(|(name, section)| ((*name).to_owned(), writer.section(name, section)))
            .collect();
        definitions.insert("variable".to_owned(), variable());
        let empty = Section::default();
        let top = self.sections.get(subject.top).unwrap_or(&empty);
        let mut schema = writer.section(subject.top, top);
        set(
            &mut schema,
            "$schema",
            json!("https://json-schema.org/draft/2020-12/schema"),
        );
        set(&mut schema, "title", json!(subject.title));
        set(&mut schema, "$defs", Json::Object(definitions));
        schema
    }

    /// Keys without a comment of their own in the reference file, as `section.key`.
    pub fn undescribed_keys(&self, subject: Subject<'_>) -> Vec<String> {
        let mut found = Vec::new();
        for (section, keys) in &self.sections {
            for (key, asked) in &keys.keys {
                if self.description(section, key, asked, subject).is_none() {
                    found.push(format!("{section}.{key}"));
                }
            }
        }
        found
    }

    fn description(
        &self,
        section: &str,
        key: &str,
        asked: &Asked,
        subject: Subject<'_>,
    ) -> Option<String> {
        let others = || {
            let mut alike = subject.alike.iter().filter(|(name, _)| *name == section);
            alike.find_map(|(_, other)| {
                let asked = self.sections.get(other)?.keys.get(key)?;
                description(asked, subject.references)
            })
        };
        description(asked, subject.references).or_else(others)
    }
}

/// Text that is filled in from the environment may be anything in the end.
fn variable() -> Json {
    json!({
        "description": "Taken from the environment: `${NAME}`, or `${NAME:-default}`.",
        "type": "string",
        "pattern": r"\$\{",
    })
}

struct Writer<'a> {
    notes: &'a Notes,
    subject: Subject<'a>,
}

impl Writer<'_> {
    fn section(&self, name: &str, section: &Section) -> Json {
        let keys = section.keys.iter();
        let properties: Map<String, Json> = keys
            .clone()
            .map(|(key, asked)| {
                (
                    (*key).to_owned(),
                    self.property((name, key), section, asked),
                )
            })
            .collect();
        let required: Vec<&str> = keys
            .filter(|(_, asked)| asked.required && !self.subject.layered)
            .map(|(key, _)| *key)
            .collect();
        let mut schema = json!({
            "type": "object",
            "additionalProperties": false,
            "properties": properties,
        });
        if !required.is_empty() {
            set(&mut schema, "required", json!(required));
        }
        schema
    }

    fn property(&self, (name, key): (&str, &str), section: &Section, asked: &Asked) -> Json {
        let shapes = asked.known_shapes().into_iter().cloned();
        let mut shape = shapes.reduce(Shape::or).unwrap_or(Shape::Anything);
        if !section.refuses_blanks && !asked.refuses_blank && !asked.required {
            shape = shape.or(Shape::Nothing);
        }
        let mut schema = written(&shape);
        let description = self.notes.description(name, key, asked, self.subject);
        if let Some(description) = description {
            if let Some(default) = default(&description, &shape) {
                set(&mut schema, "default", default);
            }
            set(&mut schema, "description", json!(description));
        }
        let examples = examples(asked, &shape);
        if !examples.is_empty() {
            set(&mut schema, "examples", json!(examples));
        }
        schema
    }
}

fn set(schema: &mut Json, key: &str, value: Json) {
    if let Json::Object(entries) = schema {
        entries.insert(key.to_owned(), value);
    }
}

/// A shape in the words of JSON Schema.
fn written(shape: &Shape) -> Json {
    match shape {
        Shape::Unknown(_) => json!({}),
        Shape::Anything => {
            json!({ "type": ["string", "number", "boolean", "array", "object"] })
        }
        Shape::Nothing => json!({ "type": "null" }),
        Shape::Text => json!({ "type": "string", "minLength": 1 }),
        // Text from the environment has its form only once it is filled in.
        Shape::Form(form) => {
            json!({ "type": "string", "pattern": format!(r"\$\{{|^(?:{form})$") })
        }
        Shape::Scalar => json!({ "type": ["string", "number", "boolean"] }),
        Shape::Bool => or_variable(json!({ "type": "boolean" })),
        Shape::False => json!({ "enum": [false] }),
        Shape::Integer(least, most) => or_variable(integer(*least, *most)),
        Shape::Number(least, most) => {
            json!({ "type": "number", "minimum": least, "maximum": most })
        }
        Shape::Words(words) => or_variable(json!({ "enum": words })),
        Shape::Exactly(word) => json!({ "enum": [word] }),
        Shape::List(0, of) => json!({ "type": "array", "items": written(of) }),
        Shape::List(least, of) => {
            json!({ "type": "array", "minItems": least, "items": written(of) })
        }
        Shape::Named(of) => json!({ "type": "object", "additionalProperties": written(of) }),
        Shape::OneKey(key, of) => {
            let properties = BTreeMap::from([(key, written(of))]);
            json!({
                "type": "object",
                "additionalProperties": false,
                "properties": properties,
                "required": [key],
            })
        }
        Shape::Section(name) => json!({ "$ref": format!("#/$defs/{name}") }),
        Shape::AnyOf(shapes) => any_of(shapes),
    }
}

fn integer(least: i64, most: i64) -> Json {
    let mut schema = json!({ "type": "integer", "minimum": least });
    if most < i64::MAX {
        set(&mut schema, "maximum", json!(most));
    }
    schema
}

fn or_variable(schema: Json) -> Json {
    json!({ "anyOf": [schema, { "$ref": VARIABLE }] })
}

/// One flat list of ways; what is taken from the environment is said once.
fn any_of(shapes: &[Shape]) -> Json {
    let mut ways: Vec<Json> = Vec::new();
    for shape in shapes {
        let way = written(shape);
        let inner = match way.get("anyOf") {
            Some(Json::Array(inner)) => inner.clone(),
            _ => vec![way],
        };
        for way in inner {
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
    }
    json!({ "anyOf": ways })
}
