//! The signature algorithms that exist here (RFC 7518 section 3.1, RFC 8037 section 3.1).

use jsonwebtoken::Algorithm;

/// Every algorithm with its name. There is no `none`, and there never will be.
pub(super) const ALL: [(&str, Algorithm); 12] = [
    ("HS256", Algorithm::HS256),
    ("HS384", Algorithm::HS384),
    ("HS512", Algorithm::HS512),
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
];

/// The algorithm of that name; names are case-sensitive (RFC 7515 section 4.1.1).
pub(super) fn named(name: &str) -> Option<Algorithm> {
    ALL.iter()
        .find(|(known, _)| *known == name)
        .map(|(_, algorithm)| *algorithm)
}

/// Whether it works with a shared secret.
pub(super) fn is_symmetric(algorithm: Algorithm) -> bool {
    matches!(
        algorithm,
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512
    )
}

/// Every algorithm that works with a key pair.
pub(super) fn asymmetric() -> Box<[Algorithm]> {
    ALL.iter()
        .map(|(_, algorithm)| *algorithm)
        .filter(|algorithm| !is_symmetric(*algorithm))
        .collect()
}
