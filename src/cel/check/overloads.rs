//! How a function may be called.

use std::fmt;

use super::super::Type;
use super::super::eval::Function;

/// One way to call a function.
pub(super) struct Overload {
    pub(super) name: &'static str,
    /// Whether it is called on its first argument.
    pub(super) method: bool,
    pub(super) takes: Vec<Type>,
    pub(super) result: Type,
    pub(super) function: Function,
}

impl Overload {
    pub(super) fn takes(&self, method: bool, types: &[&Type]) -> bool {
        self.method == method
            && self.takes.len() == types.len()
            && types
                .iter()
                .zip(&self.takes)
                .all(|(own, wanted)| own.fits(wanted))
    }
}

impl fmt::Display for Overload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut takes = self.takes.iter();
        f.write_str("`")?;
        if let (true, Some(on)) = (self.method, takes.next()) {
            write!(f, "{on}.")?;
        }
        write!(f, "{}(", self.name)?;
        let rest = if self.method {
            takes
        } else {
            self.takes.iter()
        };
        for (index, ty) in rest.enumerate() {
            write!(f, "{}{ty}", if index == 0 { "" } else { ", " })?;
        }
        f.write_str(")`")
    }
}
