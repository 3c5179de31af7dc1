//! What readers ask for while they read: every section, its keys, and the shapes of their values.
//!
//! Kept only by [`super::Problems::recording`]. It is what `schema` is made of, and what holds the
//! reference files against the code.

use std::collections::{BTreeMap, BTreeSet};

use super::{Key, Node, Place, Shape};

/// Everything that was asked for.
#[derive(Debug, Default)]
pub struct Notes {
    pub(super) sections: BTreeMap<&'static str, Section>,
}

/// One section, whichever key it stands under.
#[derive(Debug, Default)]
pub(super) struct Section {
    pub(super) keys: BTreeMap<&'static str, Asked>,
    /// Whether a key written without a value is a mistake.
    pub(super) refuses_blanks: bool,
}

/// What was asked of one key.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Every shape that some reader takes.
    pub(super) shapes: Vec<Shape>,
    /// Whether every reader insists on it.
    pub(super) required: bool,
    /// Whether it is a mistake to write it without a value.
    pub(super) refuses_blank: bool,
    /// Where files say it, with what they say.
    pub(super) given: Vec<Given>,
}

/// A key in a file.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) place: Place,
    pub(super) value: serde_json::Value,
}

/// One question of a reader.
pub(super) struct Question<'a> {
    pub(super) section: &'static str,
    pub(super) key: &'static str,
    pub(super) shape: Shape,
    pub(super) required: bool,
    pub(super) found: Option<&'a (Key, Node)>,
}

impl Notes {
    pub(super) fn opened(&mut self, section: &'static str) -> &mut Section {
        self.sections.entry(section).or_default()
    }

    pub(super) fn asked(&mut self, question: Question<'_>) {
        let keys = &mut self.opened(question.section).keys;
        let first = !keys.contains_key(question.key);
        let asked = keys.entry(question.key).or_default();
        asked.required = question.required && (first || asked.required);
        if !asked.shapes.contains(&question.shape) {
            asked.shapes.push(question.shape);
        }
        if let Some((key, node)) = question.found
            && asked.given.iter().all(|given| given.place != key.place)
        {
            asked.given.push(Given {
                place: key.place.clone(),
                value: node.to_json(),
            });
        }
    }

    pub(super) fn refuses_blank(&mut self, section: &'static str, key: &'static str) {
        let asked = self.opened(section).keys.entry(key).or_insert(Asked {
            required: true,
            ..Asked::default()
        });
        asked.refuses_blank = true;
    }

    fn keys(&self) -> impl Iterator<Item = (&'static str, &'static str, &Asked)> {
        self.sections.iter().flat_map(|(section, found)| {
            let keys = found.keys.iter();
            keys.map(|(key, asked)| (*section, *key, asked))
        })
    }

    /// Keys that the code knows and no file read so far has used, as `section.key`.
    pub fn unused_keys(&self) -> Vec<String> {
        self.keys()
            .filter(|(_, _, asked)| asked.given.is_empty())
            .map(|(section, key, _)| format!("{section}.{key}"))
            .collect()
    }

    /// What keeps these notes from being a whole schema, each with what to do about it. `top` is the
    /// section that a file begins with.
    pub fn gaps(&self, top: &str) -> Vec<String> {
        let mut gaps = Vec::new();
        let mut named = BTreeSet::from([top]);
        for (section, key, asked) in self.keys() {
            for shape in asked.known_shapes() {
                shape.walk(&mut |shape| match shape {
                    Shape::Unknown(reader) => gaps.push(format!(
                        "`{section}.{key}` has no shape: write `fields.shaped(\"{key}\", || Shape::...)` \
                         for `fields.raw(\"{key}\")`, or `fn shape()` in `impl Read for {reader}`"
                    )),
                    Shape::Section(name) => {
                        named.insert(name);
                        if !self.sections.contains_key(name) {
                            gaps.push(format!(
                                "`{section}.{key}` leads to the section `{name}`, which no reader opened: \
                                 use it in the reference file, or correct the name"
                            ));
                        }
                    }
                    _ => {}
                });
            }
        }
        for section in self.sections.keys().filter(|name| !named.contains(*name)) {
            gaps.push(format!(
                "no key leads to the section `{section}`: its key's shape has to name it, as in \
                 `fields.shaped(\"key\", || Shape::Section(\"{section}\"))`"
            ));
        }
        gaps
    }
}

impl Asked {
    /// The shapes, without those that nobody has said beside others.
    pub(super) fn known_shapes(&self) -> Vec<&Shape> {
        let known = |shape: &&Shape| !matches!(shape, Shape::Unknown(_));
        match self.shapes.iter().any(|shape| known(&shape)) {
            true => self.shapes.iter().filter(known).collect(),
            false => self.shapes.iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Fields, Problems, Subject, parse};
    use super::*;

    const FILE: &str =
        "# A list of names.\nnames: [a]\ninner:\n  # How many. Default: 3.\n  count: 1\n";

    /// Notes of a file whose key `inner` is said to have this shape.
    fn notes(inner: Option<Shape>) -> Notes {
        let problems = Problems::recording();
        let top = parse("file.yaml", FILE, &|_| None, &problems).unwrap();
        let mut fields = Fields::of(&top, "top", &problems).unwrap();
        let _: Option<Vec<String>> = fields.required("names");
        let node = match inner {
            Some(shape) => fields.shaped("inner", || shape),
            None => fields.raw("inner"),
        };
        let mut inner = Fields::of(node.unwrap(), "inner", &problems).unwrap();
        let _: Option<u16> = inner.optional("count");
        problems.into_notes()
    }

    #[test]
    fn missing_shapes_say_what_to_do() {
        let gaps = notes(None).gaps("top");
        assert_eq!(gaps.len(), 2, "{gaps:?}");
        assert!(gaps[0].contains("`top.inner` has no shape: write `fields.shaped(\"inner\""));
        assert!(gaps[1].contains("no key leads to the section `inner`"));
        let gaps = notes(Some(Shape::Section("iner"))).gaps("top");
        assert!(gaps[0].contains("which no reader opened"), "{gaps:?}");
        assert_eq!(
            notes(Some(Shape::Section("inner"))).gaps("top"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn schema_says_what_readers_ask_for_and_comments_say() {
        let notes = notes(Some(Shape::Section("inner")));
        let references = [("file.yaml", FILE)];
        let subject = Subject {
            top: "top",
            title: "a file",
            references: &references,
            alike: &[],
            layered: false,
        };
        let schema = notes.schema(subject);
        assert_eq!(schema["required"], serde_json::json!(["names"]));
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(
            schema["properties"]["names"]["description"],
            "A list of names."
        );
        let count = &schema["$defs"]["inner"]["properties"]["count"];
        assert_eq!(count["default"], 3);
        assert_eq!(count["anyOf"][0]["maximum"], 65_535);
        assert_eq!(notes.undescribed_keys(subject), ["top.inner"]);
    }
}
