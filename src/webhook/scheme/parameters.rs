//! Values of the file that a scheme refers to by name.

use crate::document::{Key, Named, Node, OneOrMany, Placed, Problems, Read, Shape};

/// The section `parameters` of a webhook.
#[derive(Debug, Default)]
pub(in crate::webhook) struct Parameters(Vec<(Key, Placed<Vec<String>>)>);

impl Parameters {
    /// Names, each with one text or several.
    pub(in crate::webhook) fn shape() -> Shape {
        Shape::named(Shape::one_or_many(Shape::Text))
    }

    /// Reads a map of names, each with one text or several.
    pub(in crate::webhook) fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let named = Named::of(node, "names to values", problems)?;
        let each = named.into_iter().filter_map(|(key, node)| {
            let OneOrMany(value) = OneOrMany::<String>::read(node, problems)?;
            let node = node.clone();
            Some((key.clone(), Placed { value, node }))
        });
        Some(Self(each.collect()))
    }

    /// All values of a name; none where the file says nothing.
    pub(in crate::webhook) fn all(&self, name: &str) -> &[String] {
        let found = self.0.iter().find(|(key, _)| key.name == name);
        found.map_or(&[], |(_, values)| values.value.as_slice())
    }

    /// The value of a name that has one.
    pub(in crate::webhook) fn one(&self, name: &str) -> Option<&str> {
        match self.all(name) {
            [one] => Some(one),
            _ => None,
        }
    }
}
