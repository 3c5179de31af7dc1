//! Deliveries of Contentful: a MAC of method, path, the header fields that a field lists, and the body.
//!
//! Straight line: time -> list of signed fields, each there once -> canonical request -> MAC.
//!
//! Always: the list itself and the time are among the signed fields, or it is refused.

mod telling;
#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use http::{HeaderName, HeaderValue, Method};

use crate::document::{Fields, Shape};
use crate::model::Coverage;

use crate::webhook::candidates::Candidates;
use crate::webhook::kind::{Around, Nature, Presence};
use crate::webhook::message::Message;
use crate::webhook::proof::{Proof, unique};
use crate::webhook::refusal::{Refusal, Why};
use crate::webhook::scheme::{Encoding, Format, Hash, KeyForm, SecretEncoding, Text, first};
use crate::webhook::sign::{Draft, SignError, Signed};
use crate::webhook::signer::secret;
use crate::webhook::whole::{Sums, Whole};
use crate::webhook::window;

const SIGNATURE: HeaderName = HeaderName::from_static("x-contentful-signature");
const TIMESTAMP: HeaderName = HeaderName::from_static("x-contentful-timestamp");
const SIGNED_HEADERS: HeaderName = HeaderName::from_static("x-contentful-signed-headers");
const HASH: Hash = Hash::Sha256;

/// How far the time may lie in the past or in the future, unless the file says otherwise: as Contentful's package.
const TOLERANCE: Duration = Duration::from_secs(30);
/// The longest tolerance.
const MOST_TOLERANCE: Duration = Duration::from_secs(3_600);
/// The most fields that may be signed.
const MOST_FIELDS: usize = 64;

/// Deliveries of Contentful.
#[derive(Debug)]
pub(in crate::webhook) struct Contentful {
    tolerance: Duration,
}

/// What the header fields hold.
struct Head {
    signature: Vec<u8>,
    signed_at: std::time::SystemTime,
    /// The signed fields, as they are signed.
    fields: Vec<u8>,
}

impl Contentful {
    /// Reads the key `contentful` of the section `scheme`.
    pub(super) fn read(scheme: &mut Fields<'_>, around: &Around<'_>) -> Option<Self> {
        let Some(node) = scheme.shaped("contentful", || Shape::Section("contentful")) else {
            return Some(Self {
                tolerance: TOLERANCE,
            });
        };
        let mut fields = Fields::of(node, "contentful", around.problems)?;
        fields.refuse_blanks();
        let most = Some((MOST_TOLERANCE, "1h"));
        let tolerance = window::tolerance(&mut fields, TOLERANCE, most, around.problems);
        fields.finish();
        tolerance.map(|tolerance| Self { tolerance })
    }

    /// What is to be known of it.
    pub(super) fn nature(&self) -> Nature {
        Nature {
            covers: Coverage::Body,
            tolerance: Some(self.tolerance),
            identified: false,
        }
    }

    /// How its secrets are written.
    pub(super) fn key_form(&self) -> KeyForm {
        KeyForm::Secret {
            encoding: SecretEncoding::Utf8,
            strip_prefix: None,
        }
    }

    /// What can be said without the body.
    pub(super) fn look(&self, message: &Message<'_>) -> Result<Presence, Refusal> {
        match self.head(message)? {
            Some(_) => Ok(Presence::Present),
            None => Ok(Presence::Absent),
        }
    }

    /// What is computed of the body while it comes.
    pub(super) fn begin(
        &self,
        message: &Message<'_>,
        candidates: &Candidates<'_>,
        sums: &mut Sums,
    ) {
        let head = self.head(message).ok().flatten();
        sums.text(head.and_then(|head| before_body(message, &head, candidates).ok()));
    }

    /// Whether it is genuine.
    pub(super) fn verify(
        &self,
        message: &Message<'_>,
        body: Whole,
        candidates: &Candidates<'_>,
    ) -> Result<Proof, Refusal> {
        let head = self.head(message)?.ok_or(Why::Missing)?;
        let text = match body.text {
            Some(text) => text,
            None => {
                let mut text = before_body(message, &head, candidates)?;
                text.add(&body.bytes);
                text
            }
        };
        let given = std::slice::from_ref(&head.signature);
        let secret = first(&text.macs(), given)
            .ok_or_else(|| Refusal::new(Why::Mismatch, "no key that counts made the signature"))?;
        Ok(Proof {
            secret,
            event_id: None,
            signed_at: Some(head.signed_at),
            unique: unique(&head.signature),
        })
    }

    fn head(&self, message: &Message<'_>) -> Result<Option<Head>, Refusal> {
        let Some(signature) = signature(message)? else {
            return Ok(None);
        };
        let signed_at = time(message)?;
        window::within(self.tolerance, signed_at, message.request.received_at)?;
        let fields = signed_fields(message)?;
        Ok(Some(Head {
            signature,
            signed_at,
            fields,
        }))
    }

    /// Signs as the sender would.
    pub(super) fn sign(&self, draft: &Draft<'_>) -> Result<Signed, SignError> {
        let time = Format::UnixMs.write(draft.signed_at);
        let list = format!("{SIGNED_HEADERS},{TIMESTAMP}");
        let fields = format!("{SIGNED_HEADERS}:{list};{TIMESTAMP}:{time}");
        let two = || SignError::Incomplete("the address has two queries".into());
        let path = path_of(draft.target).ok_or_else(two)?;
        let before = canonical(draft.method, &path, fields.as_bytes());
        let key = secret(&self.key_form(), draft)?;
        let mac = HASH.mac(key.expose(), &[&before, draft.body]);
        let lines = [
            (SIGNATURE, Encoding::Hex.encode(&mac)),
            (TIMESTAMP, time),
            (SIGNED_HEADERS, list),
        ];
        let lines = lines.into_iter();
        let headers =
            lines.filter_map(|(name, line)| Some((name, HeaderValue::try_from(line).ok()?)));
        Ok(Signed {
            headers: headers.collect(),
            target: None,
            body: None,
        })
    }
}

fn signature(message: &Message<'_>) -> Result<Option<Vec<u8>>, Refusal> {
    let Some(signature) = once(message, SIGNATURE.as_str())? else {
        return Ok(None);
    };
    let signature = Encoding::Hex.decode(signature);
    let signature = signature.filter(|bytes| bytes.len() == Hash::Sha256.len());
    let unread = || malformed("the signature is no SHA-256 in hexadecimal");
    signature.map(Some).ok_or_else(unread)
}

fn time(message: &Message<'_>) -> Result<SystemTime, Refusal> {
    let time = once(message, TIMESTAMP.as_str())?;
    let time = time.ok_or_else(|| Refusal::new(Why::Missing, "there is no timestamp"))?;
    let time = std::str::from_utf8(time).ok();
    let time = time.and_then(|time| Format::UnixMs.parse(time));
    time.ok_or_else(|| malformed("the timestamp cannot be read exactly"))
}

/// The signed fields as they are signed. The list is sorted, names each field once, and is itself in it.
fn signed_fields(message: &Message<'_>) -> Result<Vec<u8>, Refusal> {
    let list = once(message, SIGNED_HEADERS.as_str())?;
    let list = list
        .and_then(|list| std::str::from_utf8(list).ok())
        .unwrap_or_default();
    let names: Vec<&str> = list.split(',').take(MOST_FIELDS + 1).collect();
    let has = |name: &HeaderName| names.iter().any(|own| own == name);
    let sorted = names.is_sorted_by(|one, next| one < next);
    if !sorted || names.len() > MOST_FIELDS || !has(&TIMESTAMP) || !has(&SIGNED_HEADERS) {
        return Err(malformed("the list of signed fields cannot be used"));
    }
    let mut fields = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let value = once(message, name)?;
        let value = value.ok_or_else(|| malformed("a signed field is not in the message"))?;
        let joint = if number == 0 { "" } else { ";" };
        fields.extend_from_slice(format!("{joint}{name}:").as_bytes());
        fields.extend_from_slice(value);
    }
    Ok(fields)
}

fn canonical(method: &Method, path: &str, fields: &[u8]) -> Vec<u8> {
    [method.as_str().as_bytes(), path.as_bytes(), fields, b""].join(&b'\n')
}

/// The text that is signed, up to the body, which is its end.
fn before_body(
    message: &Message<'_>,
    head: &Head,
    candidates: &Candidates<'_>,
) -> Result<Text, Refusal> {
    let path = path_of(message.target());
    let path = path.ok_or_else(|| malformed("the address has two queries"))?;
    let mut text = Text::keyed(HASH, candidates);
    text.add(&canonical(&message.request.method, &path, &head.fields));
    Ok(text)
}

/// The path with its query, escaped as Contentful does: the query once for itself, and all of it once again.
fn path_of(target: &str) -> Option<String> {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, query),
        None => (target, ""),
    };
    if query.contains('?') {
        return None;
    }
    let whole = escaped(path, b"-_.!~*'();,/:@&=+$#");
    match query {
        "" => Some(whole),
        query => Some(format!(
            "{whole}?{}",
            escaped(&escaped(query, b"-_.!~*'()"), b"-_.!~*'()")
        )),
    }
}

fn escaped(text: &str, kept: &[u8]) -> String {
    let each = text.bytes().map(|byte| match byte {
        byte if byte.is_ascii_alphanumeric() || kept.contains(&byte) => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    });
    each.collect()
}

fn once<'m>(message: &Message<'m>, name: &str) -> Result<Option<&'m [u8]>, Refusal> {
    let mut values = message.request.headers.get_all(name);
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(malformed("a header field that counts stands there twice")),
    }
}

fn malformed(detail: &'static str) -> Refusal {
    Refusal::new(Why::Malformed, detail)
}
