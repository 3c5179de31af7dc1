//! The schemes of senders, as files that an operator could have written.

/// A scheme that ships.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Its name, which `preset:` takes.
    pub name: &'static str,
    /// Its text: what may stand below a webhook's name in a policy file, with comments.
    pub text: &'static str,
}

/// All presets, by name.
pub fn presets() -> &'static [Preset] {
    PRESETS
}

impl Preset {
    /// The preset of this name.
    pub fn of(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }
}

const PRESETS: &[Preset] = &[];
