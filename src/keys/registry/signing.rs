//! Secrets that holders of keys sign with: made with a text, kept encrypted, shown once.

use std::time::Duration;

use super::{Error, Registry};
use crate::keys::{Owner, SealError, Sealer};
use crate::model::ApiKey;
use crate::secret::Secret;

/// How a key gets a new text.
#[derive(Debug, Clone, Copy)]
pub struct Rotation {
    /// How long the old texts go on to count.
    pub grace: Duration,
    /// Whether there is to be a secret to sign with, also where there was none.
    pub signing: bool,
}

impl From<Duration> for Rotation {
    fn from(grace: Duration) -> Self {
        Self {
            grace,
            signing: false,
        }
    }
}

impl Registry {
    /// Gives the newest text of a key a secret to sign with, if that is wanted.
    pub(super) fn sign_with(
        &self,
        key: &mut ApiKey,
        wanted: bool,
    ) -> Result<Option<Secret>, Error> {
        let owner = key.generations.first().map(|newest| newest.number);
        let Some(generation) = owner.filter(|_| wanted) else {
            return Ok(None);
        };
        let Some(sealer) = &self.sealer else {
            let message = "needs `api_keys.encryption_key` in the process file";
            return Err(Error::invalid("signing_secret", message));
        };
        let failed = |error: SealError| Error::invalid("signing_secret", error.to_string());
        let secret = Sealer::make().map_err(failed)?;
        let owner = Owner {
            set: &key.set,
            id: &key.id,
            generation,
        };
        let sealed = sealer.seal(owner, &secret).map_err(failed)?;
        if let Some(newest) = key.generations.first_mut() {
            newest.signing = Some(sealed);
        }
        Ok(Some(secret))
    }
}
