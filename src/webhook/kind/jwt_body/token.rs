//! A compact JWS (RFC 7515 section 7.1), taken apart before anything in it is trusted.

use crate::webhook::refusal::{Refusal, Why};
use crate::webhook::scheme::{Encoding, Found, Pointers};

/// The longest token that is looked at, in bytes.
const MOST_TOKEN: usize = 16 * 1024;

/// A token whose signature has not been checked.
#[derive(Debug)]
pub(super) struct Token<'t> {
    /// What is signed: header and claims as they were sent.
    pub(super) signed: &'t str,
    /// The claims that were asked for, by their numbers.
    pub(super) claims: Vec<Found>,
    /// The signature.
    pub(super) signature: Vec<u8>,
}

impl<'t> Token<'t> {
    /// Reads a token of one algorithm, which the file says. Of the header nothing else is used: no key, no address
    /// of one, and no extension that must be understood.
    pub(super) fn read(text: &'t str, algorithm: &str, wanted: &Pointers) -> Result<Self, Refusal> {
        let (signed, header, claims, signature) = parts(text).ok_or_else(malformed)?;
        let decoded = |part: &str| Encoding::Base64Url.decode(part.as_bytes());
        let header = decoded(header).ok_or_else(malformed)?;
        refuse_other(&header, algorithm)?;
        let claims = decoded(claims).ok_or_else(malformed)?;
        Ok(Self {
            signed,
            claims: wanted.find(&claims).map_err(|_| malformed())?,
            signature: decoded(signature).ok_or_else(malformed)?,
        })
    }

    /// A claim, as text.
    pub(super) fn text(&self, number: usize) -> Option<&str> {
        match self.claims.get(number) {
            Some(Found::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A claim that is a whole number, as it is written.
    pub(super) fn number(&self, number: usize) -> Option<&str> {
        match self.claims.get(number) {
            Some(Found::Number(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether there is a claim, of whatever type.
    pub(super) fn has(&self, number: usize) -> bool {
        let claim = self.claims.get(number);
        claim.is_some_and(|claim| !claim.is_none())
    }
}

fn parts(text: &str) -> Option<(&str, &str, &str, &str)> {
    let (signed, signature) = text.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let fits = text.len() <= MOST_TOKEN && !claims.contains('.');
    fits.then_some((signed, header, claims, signature))
}

fn refuse_other(header: &[u8], algorithm: &str) -> Result<(), Refusal> {
    let mut wanted = Pointers::default();
    let numbers = ["/alg", "/crit", "/b64"].map(|pointer| wanted.add(pointer));
    let found = wanted.find(header).map_err(|_| malformed())?;
    let at = |number: Option<usize>| number.and_then(|number| found.get(number));
    let [named, critical, unencoded] = numbers.map(at);
    if ![critical, unencoded]
        .iter()
        .all(|found| found.is_some_and(Found::is_none))
    {
        return Err(malformed());
    }
    match named {
        Some(Found::Text(named)) if **named == *algorithm => Ok(()),
        _ => Err(Refusal::new(
            Why::Mismatch,
            "the token names another algorithm than the file",
        )),
    }
}

fn malformed() -> Refusal {
    Refusal::new(
        Why::Malformed,
        "the signature is no token that can be read exactly",
    )
}
