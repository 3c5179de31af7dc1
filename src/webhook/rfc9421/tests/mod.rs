//! Published examples, signatures of other packages, and what is refused.

mod published;
mod refused;
mod written;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Method;

use super::super::candidates::Candidates;
use super::super::proof::Proof;
use super::super::refusal::{Refusal, Why};
use super::super::staged::{Staged, keys, read};
use super::Rfc9421;

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
    scheme.verify(&staged.message(), &body, &candidates)
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
