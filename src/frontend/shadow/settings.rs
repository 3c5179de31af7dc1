//! What the process file says about a policy to try.

use std::path::PathBuf;

use crate::document::{Fields, Node, Problems, Shape};
use crate::telemetry::Share;

/// The key `shadow` of the process file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShadowSettings {
    /// The file of the policy to try.
    pub policy: PathBuf,
    /// How many of the decisions that would be others are told by records.
    pub sample: Share,
}

impl ShadowSettings {
    /// A file, or the section.
    pub fn shape() -> Shape {
        Shape::Text.or(Shape::Section("shadow"))
    }

    /// Reads the section; nothing when there is none, or no file in it.
    pub fn read(node: Option<&Node>, problems: &Problems) -> Option<Self> {
        let mut fields = Fields::of(node?, "shadow", problems)?;
        let policy = fields.required("policy");
        let sample = fields.shaped("sample", Share::shape);
        let sample = sample.map(|node| Share::read(node, problems));
        fields.finish();
        Some(Self {
            policy: policy?,
            sample: sample.unwrap_or_default(),
        })
    }
}
