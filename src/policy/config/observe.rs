//! The shape of `observe` on a route.

use crate::document::{Fields, Node, Placed, Problems};

use super::{Texts, bare, texts};

/// `observe`, as written.
#[derive(Debug)]
pub(in crate::policy) struct ObserveConfig {
    /// The place of the whole; its value is left out.
    pub(in crate::policy) node: Node,
    pub(in crate::policy) until: Option<Placed<String>>,
    pub(in crate::policy) rules: Option<Texts>,
}

impl ObserveConfig {
    pub(super) fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let mut fields = Fields::of(node, "observe", problems)?;
        fields.refuse_blanks();
        let observe = Self {
            node: bare(node),
            until: fields.required("until"),
            rules: texts(&mut fields, "rules", problems),
        };
        fields.finish();
        Some(observe)
    }
}
