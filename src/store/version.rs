//! Which version a database's tables have, and which one this program works with.

use super::Error;

/// The version of a database's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// What the database has; 0 when it has no tables of ours.
    pub found: u32,
    /// What this program works with.
    pub wanted: u32,
}

impl Version {
    /// Whether nothing has to be done.
    pub const fn is_current(&self) -> bool {
        self.found == self.wanted
    }

    /// Refuses tables that this program does not work with, and says what to do.
    pub(super) fn check(self) -> Result<(), Error> {
        self.refuse_newer()?;
        let found = match self.found {
            _ if self.is_current() => return Ok(()),
            0 => "there are no tables".to_owned(),
            found => format!("its tables have version {found}"),
        };
        let wanted = self.wanted;
        Err(Error::Unusable(
            format!("{found}, and version {wanted} is needed: run `sidegate store migrate`").into(),
        ))
    }

    /// Refuses tables that a newer program has made.
    pub(super) fn refuse_newer(self) -> Result<(), Error> {
        let Self { found, wanted } = self;
        if found <= wanted {
            return Ok(());
        }
        Err(Error::Unusable(
            format!("its tables have version {found}, and this sidegate knows only {wanted}: use the newer sidegate").into(),
        ))
    }
}
