//! What may stand under a key, as far as that can be said without knowing what it means.

/// The shape of a value. A reader says which shapes it takes; the JSON Schema is made of them.
///
/// A shape may take more than its reader, never less: `schema` must not refuse a file that works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// Nobody has said; holds the type that was read. A test fails as long as there is one.
    Unknown(&'static str),
    /// Whatever is written: another format's document.
    Anything,
    /// Nothing written, or `null`.
    Nothing,
    /// Text, not empty.
    Text,
    /// Text of a form: a regular expression for the whole of it (ECMA-262, without anchors).
    Form(&'static str),
    /// Text, a number, true or false.
    Scalar,
    /// `true` or `false`.
    Bool,
    /// `false` alone.
    False,
    /// A whole number from the first to the second, both included.
    Integer(i64, i64),
    /// A number from the first to the second, both included.
    Number(i64, i64),
    /// One of these words.
    Words(Vec<&'static str>),
    /// This word, as it stands: not from the environment.
    Exactly(&'static str),
    /// A list with at least so many items.
    List(usize, Box<Shape>),
    /// A map whose keys are names that the operator chose.
    Named(Box<Shape>),
    /// A small map with this one key.
    OneKey(&'static str, Box<Shape>),
    /// The section that is opened under this name with [`super::Fields::of`].
    Section(&'static str),
    /// Any of these.
    AnyOf(Vec<Shape>),
}

impl Shape {
    /// A list, which may be empty.
    pub fn list(of: Self) -> Self {
        Self::List(0, of.into())
    }

    /// A list of at least one.
    pub fn filled_list(of: Self) -> Self {
        Self::List(1, of.into())
    }

    /// One value, or a list of them.
    pub fn one_or_many(of: Self) -> Self {
        of.clone().or(Self::list(of))
    }

    /// A map whose keys are names that the operator chose.
    pub fn named(of: Self) -> Self {
        Self::Named(of.into())
    }

    /// The words of a table that [`super::choice`] takes.
    pub fn words<T>(table: &[(&'static str, T)]) -> Self {
        Self::Words(table.iter().map(|(word, _)| *word).collect())
    }

    /// This, or another.
    pub fn or(self, other: Self) -> Self {
        let mut all = Vec::new();
        for shape in [self, other] {
            match shape {
                Self::AnyOf(shapes) => all.extend(shapes),
                shape => all.push(shape),
            }
        }
        let mut different: Vec<Self> = Vec::with_capacity(all.len());
        for shape in all {
            if !different.contains(&shape) {
                different.push(shape);
            }
        }
        match different.len() {
            1 => different.swap_remove(0),
            _ => Self::AnyOf(different),
        }
    }

    /// Calls a function on this shape and on every shape within it.
    pub(super) fn walk(&self, each: &mut dyn FnMut(&Self)) {
        each(self);
        match self {
            Self::List(_, of) | Self::Named(of) | Self::OneKey(_, of) => of.walk(each),
            Self::AnyOf(all) => all.iter().for_each(|shape| shape.walk(each)),
            _ => {}
        }
    }
}
