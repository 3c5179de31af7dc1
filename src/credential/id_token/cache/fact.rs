//! What a verified token proved, in as little memory as it takes.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::jwks::VerifyingKey;
use crate::model::{Claims, Memo, Principal, PrincipalKind};

use super::super::super::fingerprint::Fingerprint;
use super::pack::{Reader, Writer, unpacked};

/// How far behind a verification the clock may be for its result to count. Workers stamp requests
/// moments apart; a clock that was set back further may stand before `nbf`, so the token is judged
/// anew.
const SLACK: Duration = Duration::from_secs(5);

/// A verified caller, and what its credential is called in logs.
#[derive(Debug, Clone)]
pub(in crate::credential) struct Proven {
    pub(in crate::credential) principal: Arc<Principal>,
    pub(in crate::credential) fingerprint: Fingerprint,
}

impl Proven {
    /// About how many bytes the principal owns, unpacked.
    pub(in crate::credential) fn unpacked(&self) -> usize {
        let Principal { roles, scopes, .. } = &*self.principal;
        let names = roles.iter().chain(scopes);
        // Each is a piece of memory of its own.
        let names = names.map(|name| size_of_val(name) + 16 + name.len());
        names.sum::<usize>() + unpacked(self.principal.claims.members())
    }
}

/// Who vouches for a fact: an issuer, by the name that the policy gives it, with one of its keys.
pub(in crate::credential) struct Ground {
    pub(in crate::credential) issuer: Arc<str>,
    pub(in crate::credential) key: Arc<VerifyingKey>,
}

/// When a fact may be used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Validity {
    from: SystemTime,
    until: SystemTime,
}

impl Validity {
    /// Whether a fact that this key proved may be used at a moment.
    pub(super) fn holds(&self, key: &VerifyingKey, now: SystemTime) -> bool {
        now < self.until && now >= self.from && key.is_current()
    }

    /// How long it still counts.
    pub(super) fn left(&self) -> Duration {
        self.until.duration_since(self.from).unwrap_or_default()
    }
}

/// How much stands in the fact itself: a subject, a tenant, an e-mail address and two roles of the
/// usual lengths.
const INLINE: usize = 110;

/// Bytes, in place when they are few: a look-up among a million then reads one piece of memory less.
#[derive(Clone)]
enum Packed {
    Here(u8, [u8; INLINE]),
    Elsewhere(Box<[u8]>),
}

impl From<Vec<u8>> for Packed {
    fn from(bytes: Vec<u8>) -> Self {
        let mut place = [0; INLINE];
        match (place.get_mut(..bytes.len()), u8::try_from(bytes.len())) {
            (Some(start), Ok(length)) => {
                start.copy_from_slice(&bytes);
                Self::Here(length, place)
            }
            _ => Self::Elsewhere(bytes.into()),
        }
    }
}

impl Packed {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Here(length, bytes) => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Self::Elsewhere(bytes) => bytes,
        }
    }
}

/// A principal in one piece, without its issuer.
#[derive(Clone)]
pub(super) struct Fact {
    packed: Packed,
    pub(super) fingerprint: Fingerprint,
    pub(super) validity: Validity,
}

impl Fact {
    /// Packs what was proven at a moment; nothing when it is too long to be worth it.
    pub(super) fn new(proven: &Proven, verified_at: SystemTime) -> Option<Self> {
        let validity = Validity {
            from: verified_at.checked_sub(SLACK)?,
            until: proven.principal.expires_at,
        };
        Some(Self {
            packed: pack(&proven.principal)?.into(),
            fingerprint: proven.fingerprint,
            validity,
        })
    }

    /// The fact as it was proven.
    pub(super) fn unpack(&self, issuer: &Arc<str>) -> Option<Proven> {
        let principal = unpack(self.packed.bytes(), issuer, self.validity.until)?;
        Some(Proven {
            principal: Arc::new(principal),
            fingerprint: self.fingerprint,
        })
    }

    /// The bytes it owns elsewhere, with what the allocator adds.
    pub(super) fn owned(&self) -> usize {
        match &self.packed {
            Packed::Here(..) => 0,
            Packed::Elsewhere(bytes) => bytes.len() + 24,
        }
    }

    /// The bytes of the principal.
    pub(super) fn length(&self) -> usize {
        self.packed.bytes().len()
    }
}

fn pack(principal: &Principal) -> Option<Vec<u8>> {
    let mut out = Writer::default();
    out.byte(match principal.kind {
        PrincipalKind::User => b'u',
        PrincipalKind::Machine => b'm',
        // No token speaks for one.
        PrincipalKind::ApiKey | PrincipalKind::Webhook => return None,
    });
    out.text(&principal.subject)?;
    // These are never empty when they are there.
    out.text(principal.tenant.as_deref().unwrap_or_default())?;
    out.text(principal.email.as_deref().unwrap_or_default())?;
    out.texts(&principal.roles)?;
    out.texts(&principal.scopes)?;
    out.members(principal.claims.members())?;
    Some(out.finish())
}

fn unpack(packed: &[u8], issuer: &Arc<str>, expires_at: SystemTime) -> Option<Principal> {
    let mut from = Reader::new(packed);
    let some = |text: &str| (!text.is_empty()).then(|| text.into());
    Some(Principal {
        kind: match from.byte()? {
            b'u' => PrincipalKind::User,
            b'm' => PrincipalKind::Machine,
            _ => return None,
        },
        subject: from.text()?.into(),
        tenant: some(from.text()?),
        email: some(from.text()?),
        roles: from.texts()?,
        scopes: from.texts()?,
        issuer: Arc::clone(issuer),
        claims: Claims::new(from.members()?),
        expires_at,
        key: None,
        webhook: None,
        memo: Memo::default(),
    })
}

impl fmt::Debug for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Fact").field(&self.fingerprint).finish()
    }
}
