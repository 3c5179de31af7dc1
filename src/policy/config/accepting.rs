//! The shape of `authenticate`: any of several credentials, or one of them and a signature.

use crate::document::{Fields, Node, OneOrMany, Placed, Problems, Read, Shape, Value};

use super::settings::Located;
use super::{Texts, bare, texts_of};

/// Whose credentials count, as written.
#[derive(Debug)]
pub(in crate::policy) enum AcceptConfig {
    /// Any of these.
    Any(Texts),
    /// All of these.
    All(Texts),
}

impl Located for AcceptConfig {
    fn node(&self) -> &Node {
        match self {
            Self::Any(names) | Self::All(names) => &names.node,
        }
    }
}

impl AcceptConfig {
    /// What may stand under the key.
    pub(super) fn shape() -> Shape {
        Texts::shape().or(Shape::Section("authenticate"))
    }

    /// Reads `main`, `[main, partners]` or `{ all: [partners, signed] }`.
    pub(super) fn read(node: &Node, problems: &Problems) -> Option<Self> {
        if !matches!(node.value, Value::Map(_)) {
            return texts_of(node, "authenticate", problems).map(Self::Any);
        }
        let mut fields = Fields::of(node, "authenticate", problems)?;
        fields.refuse_blanks();
        let all: Option<Vec<Placed<String>>> = fields.required("all");
        fields.finish();
        Some(Self::All(Placed {
            value: OneOrMany(all?),
            node: bare(node),
        }))
    }
}
