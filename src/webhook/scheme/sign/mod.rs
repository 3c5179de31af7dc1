//! Signing as a sender would: the way of verifying, backwards.

mod body;

use std::borrow::Cow;

use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue};
use sha2::{Digest as _, Sha256};

use crate::model::Fields;
use crate::webhook::candidates::Key;
use crate::webhook::public;
use crate::webhook::sign::{Draft, SignError, Signed};

use super::codec::Encoding;
use super::key_form::KeyForm;
use super::place::{Parts, Place};
use super::primitive::Primitive;
use super::query::encoded;
use super::signature::{Items, Spots};
use super::template::Given;
use super::{Declared, StampPlace};

/// A draft while it is being signed.
struct Work<'d> {
    draft: &'d Draft<'d>,
    signed: Signed,
}

impl Declared {
    /// Signs as the sender would.
    pub(in crate::webhook) fn sign(&self, draft: &Draft<'_>) -> Result<Signed, SignError> {
        let mut work = Work {
            draft,
            signed: Signed {
                headers: Vec::new(),
                target: None,
                body: None,
            },
        };
        let timestamp = self.timestamp.as_ref();
        let timestamp = timestamp.map(|stamp| stamp.format.write(draft.signed_at));
        if let (Some(stamp), Some(text)) = (&self.timestamp, &timestamp)
            && let StampPlace::At(place) = &stamp.place
        {
            self.put(&mut work, place, text)?;
        }
        let id = self.state_id(&mut work)?;
        for (name, value) in &self.require {
            work.header(name, value)?;
        }
        if let Some(hash) = &self.body_hash {
            let digest = hash.encoding.encode(&hash.of(work.body()));
            self.put(&mut work, &hash.place, &digest)?;
        }
        let signature = self.signature_of(&work, timestamp.as_deref(), id.as_deref())?;
        self.place_signature(&mut work, &signature, timestamp.as_deref())?;
        Ok(work.signed)
    }

    /// States the event's id, if the scheme has one and it can be stated; gives its text.
    fn state_id(&self, work: &mut Work<'_>) -> Result<Option<String>, SignError> {
        let Some(id) = &self.id else { return Ok(None) };
        let own = self.text_at(work, &id.place);
        let text = match (work.draft.event_id, own) {
            (Some(text), _) => text.to_owned(),
            // It has one already.
            (None, Some(own)) if !own.is_empty() => return Ok(Some(own)),
            // A body that is signed as a whole is left as it is.
            (None, _) if !id.is_signed_apart && !matches!(id.place, Place::Header(_)) => {
                return Ok(None);
            }
            (None, _) => made_up(work.draft),
        };
        if id.is_signed_apart || !matches!(id.place, Place::Json(_) | Place::Form(_)) {
            self.put(work, &id.place, &text)?;
        }
        Ok(Some(text))
    }

    fn signature_of(
        &self,
        work: &Work<'_>,
        timestamp: Option<&str>,
        id: Option<&str>,
    ) -> Result<Vec<u8>, SignError> {
        let headers = work.headers();
        let target = work.target();
        let parts = Parts::new(
            work.draft.method,
            target,
            &headers,
            work.body(),
            &self.pointers,
        );
        let given = Given {
            timestamp,
            id,
            base: self.base.as_ref(),
            verbatim: false,
        };
        let template = self.template.as_ref();
        let text = template
            .map(|template| template.render(&parts, given))
            .transpose();
        let text = text.map_err(|refusal| SignError::Incomplete(refusal.denied.detail.into()))?;
        self.made_with(work, &text.unwrap_or_default())
    }

    fn made_with(&self, work: &Work<'_>, text: &[Cow<'_, [u8]>]) -> Result<Vec<u8>, SignError> {
        let secret = work.draft.secret;
        if let KeyForm::Public { algorithm, .. } = &self.key_form {
            return public::sign(*algorithm, secret, &text.concat());
        }
        let key = self
            .key_form
            .key(secret.expose())
            .map_err(SignError::Secret)?;
        let Key::Secret(key) = key else {
            return Err(SignError::NotBySecret);
        };
        if self.primitive.is_fixed() {
            return Ok(key.expose().to_vec());
        }
        let mut sum = self.sum(key.expose());
        text.iter().for_each(|part| sum.add(part));
        Ok(sum.end())
    }

    fn place_signature(
        &self,
        work: &mut Work<'_>,
        signature: &[u8],
        timestamp: Option<&str>,
    ) -> Result<(), SignError> {
        let written = match self.primitive {
            Primitive::Basic => format!("Basic {}", Encoding::Base64.encode(signature)),
            _ => format!(
                "{}{}",
                self.signature.prefix,
                self.signature.encoding.encode(signature)
            ),
        };
        let text = self.listed(&written, timestamp);
        match &self.signature.spots {
            Spots::One(place) => self.put(work, place, &text),
            Spots::OneOf(names) | Spots::Each(names) => match names.first() {
                Some(name) => work.header(name, &text),
                None => Err(SignError::Incomplete(
                    "the scheme has no place for it".into(),
                )),
            },
        }
    }

    /// A signature as an item of its list, behind the timestamp where that stands there.
    fn listed(&self, written: &str, timestamp: Option<&str>) -> String {
        let Some(list) = &self.signature.list else {
            return written.to_owned();
        };
        let stamp = self.timestamp.as_ref().zip(timestamp);
        let label = stamp.and_then(|(stamp, text)| match &stamp.place {
            StampPlace::List(label) => Some((label, text)),
            StampPlace::At(_) => None,
        });
        match (&list.items, label) {
            (Items::Plain, _) => written.to_owned(),
            (Items::Positional, label) => {
                let text = label.map_or("", |(_, text)| text);
                format!("{text}{}{written}", list.sep)
            }
            (Items::Labelled { kv, key }, None) => format!("{key}{kv}{written}"),
            (Items::Labelled { kv, key }, Some((label, text))) => {
                format!("{label}{kv}{text}{}{key}{kv}{written}", list.sep)
            }
        }
    }

    /// What stands at a place of the draft.
    fn text_at(&self, work: &Work<'_>, place: &Place) -> Option<String> {
        let headers = work.headers();
        let (target, body) = (work.target(), work.body());
        let parts = Parts::new(work.draft.method, target, &headers, body, &self.pointers);
        let value = parts.value(place).ok().flatten()?;
        String::from_utf8(value.into_owned()).ok()
    }

    /// Puts a text where it belongs.
    fn put(&self, work: &mut Work<'_>, place: &Place, text: &str) -> Result<(), SignError> {
        match place {
            Place::Header(name) => return work.header(name, text),
            Place::Query(name) => {
                let target = work.target();
                let sign = if target.contains('?') { '&' } else { '?' };
                let target = format!("{target}{sign}{}={}", encoded(name), encoded(text));
                work.signed.target = Some(target);
            }
            Place::Form(name) => {
                self.begin_form(work)?;
                work.signed.body = Some(body::with_field(work.body(), name, text));
            }
            Place::Json(number) => {
                let steps = self.pointers.steps(*number);
                work.signed.body = Some(body::with_value(work.body(), steps, text)?);
            }
        }
        Ok(())
    }
}

impl Declared {
    /// A form is one by its type: that is stated of a body that begins here, and asked of one that is given.
    fn begin_form(&self, work: &mut Work<'_>) -> Result<(), SignError> {
        let headers = work.headers();
        let target = work.target();
        let any = Parts::new(work.draft.method, target, &headers, b"a", &self.pointers);
        let is_form = any.form().is_ok();
        let is_typed = headers.get_all(&CONTENT_TYPE).next().is_some();
        match (is_form, work.body().is_empty() && !is_typed) {
            (true, _) => Ok(()),
            (false, true) => work.header(&CONTENT_TYPE, "application/x-www-form-urlencoded"),
            (false, false) => Err(SignError::Incomplete(
                "the signature stands in a form: give a body with `Content-Type: \
                 application/x-www-form-urlencoded`"
                    .into(),
            )),
        }
    }
}

impl Work<'_> {
    fn body(&self) -> &[u8] {
        self.signed.body.as_deref().unwrap_or(self.draft.body)
    }

    fn target(&self) -> &str {
        self.signed.target.as_deref().unwrap_or(self.draft.target)
    }

    fn headers(&self) -> Fields {
        let mut fields = Fields::new();
        for (name, value) in self.draft.headers.iter().chain(&self.signed.headers) {
            fields.append(name, value);
        }
        fields
    }

    fn header(&mut self, name: &HeaderName, text: &str) -> Result<(), SignError> {
        let value = HeaderValue::from_str(text)
            .map_err(|_| SignError::Incomplete(format!("`{name}` cannot hold its value")))?;
        self.signed.headers.push((name.clone(), value));
        Ok(())
    }
}

/// An id that is the same whenever the same is signed.
fn made_up(draft: &Draft<'_>) -> String {
    let since = draft
        .signed_at
        .duration_since(std::time::SystemTime::UNIX_EPOCH);
    let mut digest = Sha256::new();
    digest.update(since.unwrap_or_default().as_nanos().to_be_bytes());
    digest.update(draft.body);
    let digest = digest.finalize();
    format!(
        "evt_{}",
        Encoding::Hex.encode(digest.get(..12).unwrap_or_default())
    )
}
