//! Values of the file that a scheme refers to by name.

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::document::{Key, Named, Node, OneOrMany, Placed, Problems, Read, Shape, closest};

/// The section `parameters` of a webhook.
#[derive(Debug, Default)]
pub(in crate::webhook) struct Parameters {
    values: Vec<(Key, Placed<Vec<String>>)>,
    /// The names that were asked for, whether they have a value or not.
    asked: RefCell<BTreeSet<String>>,
}

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
        Some(Self {
            values: each.collect(),
            asked: RefCell::default(),
        })
    }

    /// Reports values that nothing of the webhook asked for: their author expects something of them.
    pub(in crate::webhook) fn refuse_unasked(&self, problems: &Problems) {
        let asked = self.asked.borrow();
        let names: Vec<&str> = asked.iter().map(String::as_str).collect();
        for (key, values) in &self.values {
            if asked.contains(&key.name) {
                continue;
            }
            let help = match (closest(&key.name, names.iter().copied()), &*names) {
                (Some(near), _) => format!("did you mean `{near}`?"),
                (None, []) => "leave it out: the scheme has no parameters".to_owned(),
                (None, names) => format!("the scheme has {}", names.join(", ")),
            };
            let message = format!("nothing here reads the parameter `{}`", key.name);
            problems.error_with(&values.node, message, &help);
        }
    }

    /// All values of a name; none where the file says nothing.
    pub(in crate::webhook) fn all(&self, name: &str) -> &[String] {
        self.asked.borrow_mut().insert(name.to_owned());
        let found = self.values.iter().find(|(key, _)| key.name == name);
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
