//! Answers that the policy's engine gives itself: to senders that test an address, and to those that send again
//! what was accepted before.

use http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method};

use crate::frontend::connection::{Answer, Content};
use crate::model::Fields;
use crate::webhook::Reply;

/// The reply as an answer. What it repeats was said by a stranger, so nobody keeps it or guesses what it is.
pub(in crate::frontend) fn reply(reply: &Reply, method: &Method) -> Answer<Content> {
    let mut fields = Fields::new();
    for (name, value) in &reply.fields {
        fields.append(name, value);
    }
    fields.set(&CACHE_CONTROL, &HeaderValue::from_static("no-store"));
    fields.set(
        &X_CONTENT_TYPE_OPTIONS,
        &HeaderValue::from_static("nosniff"),
    );
    let body = match reply.body.is_empty() || *method == Method::HEAD {
        true => Content::Empty,
        false => Content::Own(reply.body.clone()),
    };
    Answer {
        status: reply.status,
        fields,
        body,
    }
}
