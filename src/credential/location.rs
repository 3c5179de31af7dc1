//! Where a credential is read from.
//!
//! Every configured place is looked at, so that two different credentials in one request are noticed and
//! refused instead of one of them being picked. What is found is text of any kind: whoever knows it
//! already need not look at its characters, everybody else asks [`Presented::token`] or
//! [`Presented::key`] for it.

use std::borrow::Cow;
use std::fmt;

use http::header::{AUTHORIZATION, COOKIE, HeaderName};

use crate::keys::LONGEST_TEXT;
use crate::model::{Denied, Reason, Request};

use super::reader::{Reader, Reading};

/// One place of a request that may hold a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `Authorization: Bearer` (RFC 6750 section 2.1).
    Bearer,
    /// A header field whose whole value is the credential.
    Header(HeaderName),
    /// A cookie; the name is case-sensitive (RFC 6265 section 4.1.1).
    Cookie(Box<str>),
    /// A query parameter (RFC 6750 section 2.3), named as it reads once decoded.
    Query(Box<str>),
}

/// What stands in the places of a request: in each of them the same.
#[derive(PartialEq, Eq)]
pub(super) struct Presented<'r> {
    credentials: Cow<'r, [u8]>,
    /// Whether a comma would make a list of it.
    in_list_field: bool,
    reader: Reader,
}

impl Presented<'_> {
    /// Whose they are.
    pub(super) fn reader(&self) -> Reader {
        self.reader
    }

    /// The credentials as they were sent, whatever they are.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.credentials
    }

    /// The credentials as text, if they have the form of one token.
    pub(super) fn token(&self) -> Result<&str, Denied> {
        match token68(&self.credentials) {
            // No token has a comma.
            Err(_) if self.in_list_field && self.credentials.contains(&b',') => {
                Err(ambiguous("a list in the authorization header"))
            }
            token => token,
        }
    }

    /// The credentials, if they can be one API key.
    pub(super) fn key(&self) -> Result<&[u8], Denied> {
        let text = &*self.credentials;
        if self.in_list_field && text.contains(&b',') {
            return Err(ambiguous("a list in the authorization header"));
        }
        match flaw(text) {
            None => Ok(text),
            Some(flaw) => Err(Denied::new(Reason::KeyUnknown, flaw)),
        }
    }
}

/// What keeps a text from being an API key, whatever the form of keys is.
pub(super) fn flaw(text: &[u8]) -> Option<&'static str> {
    match text {
        [] => Some("an empty key"),
        long if long.len() > LONGEST_TEXT => Some("longer than any key"),
        text if text.iter().any(u8::is_ascii_control) => Some("control characters in a key"),
        _ => None,
    }
}

/// Whose it is, and nothing of the text.
impl fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Presented").field(&self.reader).finish()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bearer => f.write_str("`Authorization: Bearer`"),
            Self::Header(name) => write!(f, "the header `{name}`"),
            Self::Cookie(name) => write!(f, "the cookie `{name}`"),
            Self::Query(name) => write!(f, "the query parameter `{name}`"),
        }
    }
}

/// Looks at every place. Nothing found is `None`; two credentials that differ, or that are not one
/// reader's, are a refusal.
pub(super) fn find<'r>(
    readings: &[Reading],
    request: &'r Request,
) -> Result<Option<Presented<'r>>, Denied> {
    let mut found = None;
    for reading in readings {
        let finding = &mut Finding {
            found: &mut found,
            reading,
        };
        match &reading.place {
            Place::Bearer => bearer(request, finding)?,
            Place::Header(name) => header(request, name, finding)?,
            Place::Cookie(name) => cookie(request, name, finding)?,
            Place::Query(name) => query(request, name, finding)?,
        }
    }
    Ok(found)
}

/// What has been found so far, and where is being looked now.
struct Finding<'f, 'r> {
    found: &'f mut Option<Presented<'r>>,
    reading: &'f Reading,
}

impl<'r> Finding<'_, 'r> {
    fn add(&mut self, credentials: Cow<'r, [u8]>, in_list_field: bool) -> Result<(), Denied> {
        let reader = self.reading.reader(&credentials);
        match self.found {
            Some(first) if first.credentials != credentials => {
                Err(ambiguous("two different credentials"))
            }
            Some(first) if first.reader != reader => {
                Err(ambiguous("one text as credentials of two kinds"))
            }
            Some(first) => {
                first.in_list_field |= in_list_field;
                Ok(())
            }
            None => {
                *self.found = Some(Presented {
                    credentials,
                    in_list_field,
                    reader,
                });
                Ok(())
            }
        }
    }
}

fn ambiguous(detail: &'static str) -> Denied {
    Denied::new(Reason::CredentialAmbiguous, detail)
}

fn malformed(detail: &'static str) -> Denied {
    Denied::new(Reason::TokenMalformed, detail)
}

fn bearer<'r>(request: &'r Request, finding: &mut Finding<'_, 'r>) -> Result<(), Denied> {
    let mut values = request.headers.get_all(&AUTHORIZATION);
    let Some(value) = values.next() else {
        return Ok(());
    };
    if values.next().is_some() {
        return Err(ambiguous("more than one authorization header"));
    }
    let Some(credentials) = bearer_credentials(value) else {
        return Ok(());
    };
    finding.add(Cow::Borrowed(credentials), true)
}

/// What follows the scheme `Bearer`; nothing when the scheme is another. Schemes are
/// case-insensitive (RFC 9110 section 11.1).
pub(super) fn bearer_credentials(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked(b"bearer".len())?;
    let ends = matches!(rest.first(), None | Some(b' ' | b'\t' | b','));
    if !ends || !scheme.eq_ignore_ascii_case(b"bearer") {
        return None;
    }
    let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
    rest.get(spaces..)
}

/// The one form of credentials that a bearer token has (RFC 9110 section 11.2).
fn token68(credentials: &[u8]) -> Result<&str, Denied> {
    // Without an early end, so that many bytes are looked at in one step.
    let strange = credentials
        .iter()
        .fold(0, |strange, byte| strange | u8::from(!is_token68(*byte)));
    let shaped = !credentials.is_empty() && strange == 0;
    match std::str::from_utf8(credentials) {
        Ok(text) if shaped => Ok(text),
        _ => Err(malformed("bearer credentials that are not one token")),
    }
}

fn is_token68(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    // `-`, `.`, `/` and the digits are neighbours.
    let digit = byte.wrapping_sub(b'-') <= b'9' - b'-';
    letter | digit | (byte == b'_') | (byte == b'~') | (byte == b'+') | (byte == b'=')
}

fn header<'r>(
    request: &'r Request,
    name: &HeaderName,
    finding: &mut Finding<'_, 'r>,
) -> Result<(), Denied> {
    for value in request.headers.get_all(name) {
        finding.add(Cow::Borrowed(value), false)?;
    }
    Ok(())
}

fn cookie<'r>(
    request: &'r Request,
    name: &str,
    finding: &mut Finding<'_, 'r>,
) -> Result<(), Denied> {
    for header in request.headers.get_all(&COOKIE) {
        for pair in header.split(|byte| *byte == b';') {
            if let Some(value) = cookie_value(pair, name) {
                finding.add(Cow::Borrowed(value), false)?;
            }
        }
    }
    Ok(())
}

/// The value of a cookie pair when it has that name. A value may stand in double quotes (RFC 6265
/// section 4.1.1).
pub(super) fn cookie_value<'p>(pair: &'p [u8], name: &str) -> Option<&'p [u8]> {
    let rest = pair.trim_ascii().strip_prefix(name.as_bytes())?;
    let value = rest.trim_ascii_start().strip_prefix(b"=")?.trim_ascii();
    let quoted = value
        .strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""));
    Some(quoted.unwrap_or(value))
}

fn query<'r>(
    request: &'r Request,
    name: &str,
    finding: &mut Finding<'_, 'r>,
) -> Result<(), Denied> {
    for pair in request.path.query().unwrap_or_default().split('&') {
        if let Some(value) = query_value(pair, name) {
            let value = match percent_decoded(value) {
                Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                Cow::Owned(text) => Cow::Owned(text.into_bytes()),
            };
            finding.add(value, false)?;
        }
    }
    Ok(())
}

/// The raw value of a query pair when its name, decoded, is this one.
pub(super) fn query_value<'p>(pair: &'p str, name: &str) -> Option<&'p str> {
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    (percent_decoded(key) == name).then_some(value)
}

/// Undoes escapes and `+`, as servers do that read query parameters (URL standard, section 5.1).
pub(super) fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let (mut decoded, mut bytes) = (Vec::with_capacity(text.len()), text.bytes());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => escaped(&mut bytes).unwrap_or(b'%'),
            b'+' => b' ',
            other => other,
        });
    }
    Cow::Owned(String::from_utf8_lossy(&decoded).into_owned())
}

/// The byte that the next two hex digits stand for; takes nothing when they are not there.
fn escaped(bytes: &mut std::str::Bytes<'_>) -> Option<u8> {
    let mut ahead = bytes.clone();
    let mut digit = || char::from(ahead.next()?).to_digit(16);
    let value = u8::try_from(digit()? * 16 + digit()?).ok();
    *bytes = ahead;
    value
}
