//! Secrets that have to be read again, encrypted.
//!
//! What a key's holder signs with cannot be kept as a hash: whoever verifies needs it. It is kept under a key
//! that only the process file leads to, and bound to the one text it belongs to, so that a row that is copied to
//! another key opens nothing.
//!
//! Form: a byte for the version, four that say under which key, twelve of a nonce, and AES-256-GCM with its tag.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::model::Sealed;
use crate::secret::Secret;

/// The fewest bytes of a secret that keys are made of.
const LEAST: usize = 32;
const VERSION: u8 = 1;
/// How many bytes say under which key something is encrypted.
const NAME: usize = 4;
/// Random bytes of a secret that is made here.
const MADE: usize = 32;
/// How one begins, as many senders want it.
const PREFIX: &str = "whsec_";

/// Why nothing can be sealed, or unsealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The operator's secret is too short to be one.
    #[error("expected a secret of at least {LEAST} bytes")]
    Short,
    /// There is no such secret.
    #[error("there is no secret to encrypt with")]
    Missing,
    /// It was encrypted under another key.
    #[error("it was encrypted under a key that is not configured")]
    OtherKey,
    /// It is not what was encrypted, or not for this text of this key.
    #[error("it is damaged, or belongs to another key")]
    Damaged,
    /// The system fails.
    #[error("the system has no randomness")]
    NoRandomness,
}

/// Encrypts and decrypts secrets of keys.
pub struct Sealer(Vec<Key>);

struct Key {
    /// A digest that tells keys apart and says nothing of them.
    name: [u8; NAME],
    key: RandomizedNonceKey,
}

/// Whose secret it is: nothing else opens it.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// The set of the key.
    pub set: &'a str,
    /// Its id.
    pub id: &'a str,
    /// Which of its texts.
    pub generation: u32,
}

impl Owner<'_> {
    fn aad(&self) -> Aad<Vec<u8>> {
        let number = self.generation.to_be_bytes();
        let parts = [self.set.as_bytes(), &[0], self.id.as_bytes(), &[0], &number];
        Aad::from(parts.concat())
    }
}

impl Sealer {
    /// With the operator's secrets: the first encrypts, all of them decrypt.
    pub fn new(secrets: &[Secret]) -> Result<Self, SealError> {
        if secrets.is_empty() {
            return Err(SealError::Missing);
        }
        secrets
            .iter()
            .map(Key::new)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// A secret that nobody has had before, as text.
    pub fn make() -> Result<Secret, SealError> {
        let mut random = Zeroizing::new([0; MADE]);
        rand::fill(&mut *random).map_err(|_| SealError::NoRandomness)?;
        let text = Zeroizing::new(STANDARD.encode(*random));
        Ok(Secret::new([PREFIX.as_bytes(), text.as_bytes()].concat()))
    }

    /// The secret as it is kept for its owner.
    pub fn seal(&self, owner: Owner<'_>, secret: &Secret) -> Result<Sealed, SealError> {
        let Some(first) = self.0.first() else {
            return Err(SealError::Missing);
        };
        // Room for the tag, so that no copy of the text stays behind.
        let mut text = Vec::with_capacity(secret.len() + AES_256_GCM.tag_len());
        text.extend_from_slice(secret.expose());
        let sealed = first.key.seal_in_place_append_tag(owner.aad(), &mut text);
        let nonce = sealed.map_err(|_| SealError::NoRandomness)?;
        let parts: [&[u8]; 4] = [&[VERSION], &first.name, nonce.as_ref(), &text];
        Ok(Sealed::new(parts.concat()))
    }

    /// The secret of its owner.
    pub fn open(&self, owner: Owner<'_>, sealed: &Sealed) -> Result<Secret, SealError> {
        let (name, nonce, text) = parts(sealed.as_bytes()).ok_or(SealError::Damaged)?;
        let key = self.0.iter().find(|key| key.name == *name);
        let key = key.ok_or(SealError::OtherKey)?;
        let mut text = Zeroizing::new(text.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = key.key.open_in_place(nonce, owner.aad(), &mut text);
        let opened = opened.map_err(|_| SealError::Damaged)?;
        Ok(Secret::new(opened.to_vec()))
    }
}

impl Key {
    fn new(secret: &Secret) -> Result<Self, SealError> {
        if secret.len() < LEAST {
            return Err(SealError::Short);
        }
        let derived = Salt::new(HKDF_SHA256, b"sidegate").extract(secret.expose());
        let fill = |info: &[u8], out: &mut [u8]| {
            let info = [info];
            let okm = derived.expand(&info, Length(out.len()));
            let filled = okm.and_then(|okm| okm.fill(out));
            filled.map_err(|_| SealError::NoRandomness)
        };
        let mut key = Zeroizing::new([0; 32]);
        let mut name = [0; NAME];
        fill(b"secrets of API keys", &mut *key)?;
        fill(b"name of the key", &mut name)?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, &*key);
        Ok(Self {
            name,
            key: key.map_err(|_| SealError::NoRandomness)?,
        })
    }
}

/// How many bytes are wanted of what was derived.
struct Length(usize);

impl aws_lc_rs::hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// Name, nonce and text of what is kept.
fn parts(kept: &[u8]) -> Option<(&[u8; NAME], &[u8; NONCE_LEN], &[u8])> {
    let rest = kept.strip_prefix(&[VERSION])?;
    let (name, rest) = rest.split_first_chunk()?;
    let (nonce, text) = rest.split_first_chunk()?;
    Some((name, nonce, text))
}

impl PartialEq for Sealer {
    fn eq(&self, other: &Self) -> bool {
        let names = |sealer: &Self| sealer.0.iter().map(|key| key.name).collect::<Vec<_>>();
        names(self) == names(other)
    }
}

impl Eq for Sealer {}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(texts: &[&str]) -> Sealer {
        let secrets: Vec<_> = texts
            .iter()
            .map(|text| Secret::new(text.repeat(16).into_bytes()))
            .collect();
        Sealer::new(&secrets).unwrap()
    }

    const OWNER: Owner<'_> = Owner {
        set: "partners",
        id: "0aB3dE5gH7jK",
        generation: 1,
    };

    #[test]
    fn sealed_secret_comes_back_and_cannot_be_read() {
        let (sealer, secret) = (sealer(&["ab"]), Sealer::make().unwrap());
        let sealed = sealer.seal(OWNER, &secret).unwrap();
        assert!(memchr::memmem::find(sealed.as_bytes(), secret.expose()).is_none());
        let opened = sealer.open(OWNER, &sealed).unwrap();
        assert!(opened.matches(secret.expose()));
        assert_ne!(sealed, sealer.seal(OWNER, &secret).unwrap());
        assert_eq!(format!("{sealed:?} {sealer:?}"), "[sealed] Sealer(1)");
    }

    #[test]
    fn sealed_secret_opens_for_its_owner_alone() {
        let sealer = sealer(&["ab"]);
        let sealed = sealer.seal(OWNER, &Sealer::make().unwrap()).unwrap();
        let others = [
            Owner {
                set: "other",
                ..OWNER
            },
            Owner {
                id: "0aB3dE5gH7jL",
                ..OWNER
            },
            Owner {
                generation: 2,
                ..OWNER
            },
        ];
        for other in others {
            assert_eq!(sealer.open(other, &sealed).unwrap_err(), SealError::Damaged);
        }
    }

    #[test]
    fn changed_or_shortened_secret_does_not_open() {
        let sealer = sealer(&["ab"]);
        let sealed = sealer.seal(OWNER, &Sealer::make().unwrap()).unwrap();
        for at in 0..sealed.as_bytes().len() {
            let mut bytes = sealed.as_bytes().to_vec();
            bytes[at] ^= 1;
            assert!(sealer.open(OWNER, &Sealed::new(bytes)).is_err(), "{at}");
            let short = &sealed.as_bytes()[..at];
            assert!(sealer.open(OWNER, &Sealed::new(short)).is_err(), "{at}");
        }
    }

    #[test]
    fn older_operators_secret_still_decrypts() {
        let (old, new, both) = (sealer(&["ab"]), sealer(&["cd"]), sealer(&["cd", "ab"]));
        let sealed = old.seal(OWNER, &Sealer::make().unwrap()).unwrap();
        assert!(both.open(OWNER, &sealed).is_ok());
        assert_eq!(new.open(OWNER, &sealed).unwrap_err(), SealError::OtherKey);
        let renewed = both.seal(OWNER, &Sealer::make().unwrap()).unwrap();
        assert!(new.open(OWNER, &renewed).is_ok());
    }

    #[test]
    fn short_operators_secret_is_refused() {
        let short = Secret::new(vec![b'a'; 31]);
        assert_eq!(Sealer::new(&[short]).unwrap_err(), SealError::Short);
        assert_eq!(Sealer::new(&[]).unwrap_err(), SealError::Missing);
    }
}
