//! Published examples, signatures of other packages, and what is refused.

mod published;
mod refused;
mod transformed;
mod written;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Method;

use super::Rfc9421;
use crate::webhook::candidates::Candidates;
use crate::webhook::proof::Proof;
use crate::webhook::refusal::{Refusal, Why};
use crate::webhook::staged::{Staged, keys, read};

const URL: Option<&str> = Some("https://hooks.example.com");

fn scheme(text: &str, url: Option<&str>) -> Rfc9421 {
    read(text, url, Rfc9421::read).unwrap_or_else(|found| panic!("{text}\n{found:?}"))
}

fn verify(
    scheme: &Rfc9421,
    staged: &Staged,
    body: &str,
    given: &[(&str, &str)],
) -> Result<Proof, Refusal> {
    let held = keys(&scheme.key_form(), given);
    let candidates = Candidates::new(&held, staged.0.received_at);
    let body = Bytes::copy_from_slice(body.as_bytes());
    scheme.verify(&staged.message(), &body.into(), &candidates)
}

fn post(target: &str, headers: &[(&str, &str)], at: u64) -> Staged {
    Staged::new(Method::POST, target, headers).at(at)
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn why(refused: Result<Proof, Refusal>) -> Option<Why> {
    refused.err().map(|refusal| refusal.reason)
}
