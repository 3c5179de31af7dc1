//! Whether a policy serves or is only tried. A worker serves by the one and tries the other, request by
//! request, so it remembers what it knows under each apart: the newer of the two must not push the other out.

/// What a policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Standing {
    /// It is in force.
    #[default]
    InForce,
    /// It is tried beside the one in force.
    Tried,
}

/// One of a kind for each standing.
#[derive(Debug)]
pub(super) struct ForEach<T> {
    in_force: T,
    tried: T,
}

impl<T> ForEach<T> {
    pub(super) fn new(make: impl Fn() -> T) -> Self {
        Self {
            in_force: make(),
            tried: make(),
        }
    }

    pub(super) fn of(&mut self, standing: Standing) -> &mut T {
        match standing {
            Standing::InForce => &mut self.in_force,
            Standing::Tried => &mut self.tried,
        }
    }
}
